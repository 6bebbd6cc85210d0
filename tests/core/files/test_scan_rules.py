"""A scan finds each real photo once, nothing of the system's, and always ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.files.formats import identify, is_photo_content, sniff
from core.files.scan import IgnoreRules, walk
from tests.photos import jpeg_bytes, quadrants

JPEG = jpeg_bytes(quadrants(16, 12))


def put(path: Path, content: bytes = JPEG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(root: Path, *patterns: str) -> list[str]:
    paths = [state.path for state in walk(root, IgnoreRules(patterns))]
    assert len(set(paths)) == len(paths)
    return sorted(path.relative_to(root).as_posix() for path in paths)


def test_state_is_that_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jpg")
    (state,) = walk(tmp_path, IgnoreRules())
    on_disk = path.stat()
    assert state.path == path
    assert (state.size, state.mtime_ns) == (on_disk.st_size, on_disk.st_mtime_ns)
    assert (state.inode, state.device) == (on_disk.st_ino, on_disk.st_dev)


def test_photos_are_told_by_extension_or_content(tmp_path: Path) -> None:
    for name in ("A.JPG", "b.HeIc", "c.cr2", "image .jpg", "empty.png"):
        put(tmp_path / name, b"")
    for name in ("image", "image.jpg%23something", "IMG_1.jpg.1"):
        put(tmp_path / name)
    for name in ("notes", "README.me", "empty", "a.xyz"):
        put(tmp_path / name, b"")
        put(tmp_path / f"{name}2", b"BM is how this text begins, but it is no picture")
    for name in ("a.txt", "a.xmp", "a.mp4", "a.pdf"):
        put(tmp_path / name)
    assert found(tmp_path) == sorted(
        [
            *("A.JPG", "b.HeIc", "c.cr2", "image .jpg", "empty.png"),
            *("image", "image.jpg%23something", "IMG_1.jpg.1"),
        ]
    )


def test_system_and_hidden_things_are_passed_over(tmp_path: Path) -> None:
    """B30."""
    put(tmp_path / "good" / "a.jpg")
    for folder in (
        ".thumbnails", "@eaDir", ".Trashes", ".Trash-1000", "__MACOSX", "#recycle", "lost+found",
        "$RECYCLE.BIN", "System Volume Information", "_rejected", ".git", "good/_rejected",
    ):  # fmt: skip
        put(tmp_path / folder / "inner" / "x.jpg")
    for name in ("._a.jpg", ".DS_Store", ".hidden.jpg", "~$a.jpg"):
        put(tmp_path / name)
    put(tmp_path / "phone" / "cache" / "x.jpg")
    put(tmp_path / "phone" / "cache" / ".nomedia", b"")
    put(tmp_path / "phone" / "cache" / "deep" / "x.jpg")
    put(tmp_path / "phone" / "b.jpg")
    assert found(tmp_path) == ["good/a.jpg", "phone/b.jpg"]


def test_unfinished_files_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    for name in (
        ".goutputstream-XYZ", "a.jpg.tmp", "a.jpg~", ".#a.jpg", "a.jpg.part", "a.jpg.crdownload",
        ".x.tmp", "b.jpg.filepart", "#a.jpg#",
    ):  # fmt: skip
        put(tmp_path / name)
    assert found(tmp_path) == ["a.jpg"]


def test_the_users_patterns_count(tmp_path: Path) -> None:
    for name in ("a.jpg", "a_SMALL.jpg", "drafts/b.jpg", "exports/web/c.jpg", "c/drafts.jpg"):
        put(tmp_path / name)
    assert found(tmp_path, "*_small.jpg") == sorted(
        ["a.jpg", "c/drafts.jpg", "drafts/b.jpg", "exports/web/c.jpg"]
    )
    assert found(tmp_path, "drafts/", "exports/*") == ["a.jpg", "a_SMALL.jpg", "c/drafts.jpg"]
    rules = IgnoreRules(("drafts/",))
    assert rules.ignores(tmp_path / "drafts" / "b.jpg", tmp_path)
    assert rules.ignores(tmp_path / ".x" / "b.jpg", tmp_path)
    assert not rules.ignores(tmp_path / "c" / "b.jpg", tmp_path)
    assert rules.ignores(tmp_path.parent, tmp_path)


def test_link_circles_end_and_each_real_file_comes_once(tmp_path: Path) -> None:
    album, outside = tmp_path / "album", tmp_path / "elsewhere"
    put(album / "real" / "a.jpg")
    put(outside / "b.jpg")
    put(outside / "single.jpg")
    (album / "loop").symlink_to(".")
    (album / "up").symlink_to("..")
    (album / "real" / "up").symlink_to("../..")
    (album / "x").symlink_to("y")
    (album / "y").symlink_to("x")
    (album / "nowhere.jpg").symlink_to("missing.jpg")
    (album / "again.jpg").symlink_to("real/a.jpg")
    (album / "folder-again").symlink_to("real")
    (album / "linked").symlink_to(outside)
    (album / "linked-twice").symlink_to(outside)
    (outside / "back").symlink_to(album)
    (outside / "circle").symlink_to(outside)
    assert found(album) == ["linked/b.jpg", "linked/single.jpg", "real/a.jpg"]
    (album / "linked").unlink()
    (album / "linked-twice").unlink()
    (album / "one.jpg").symlink_to(outside / "single.jpg")
    (album / "two.jpg").symlink_to(outside / "single.jpg")
    assert found(album) == ["one.jpg", "real/a.jpg"]


def test_part_of_an_album_is_scanned_by_the_albums_rules(tmp_path: Path) -> None:
    put(tmp_path / "a" / "real.jpg")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "again.jpg").symlink_to(tmp_path / "a" / "real.jpg")
    put(tmp_path / "b" / "web" / "x.jpg")
    assert not list(walk(tmp_path / "b", IgnoreRules(("b/web",)), album=tmp_path))


def test_one_level_only(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    put(tmp_path / "deep" / "b.jpg")
    states = walk(tmp_path, IgnoreRules(), recursive=False)
    assert [state.path.name for state in states] == ["a.jpg"]


def test_unreadable_folder_is_told_and_the_rest_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "good" / "a.jpg")
    put(tmp_path / "secret" / "b.jpg")
    put(tmp_path / "z.jpg")
    if os.geteuid() == 0:  # root may list everything, so the system is made to refuse
        list_folder = os.scandir

        def refuse(path: str) -> object:
            if os.path.basename(path) == "secret":
                raise PermissionError(13, "Permission denied")
            return list_folder(path)

        monkeypatch.setattr(os, "scandir", refuse)
    else:
        (tmp_path / "secret").chmod(0)
    problems: dict[Path, str] = {}
    names = [s.path.name for s in walk(tmp_path, IgnoreRules(), on_problem=problems.__setitem__)]
    assert sorted(names) == ["a.jpg", "z.jpg"]
    assert list(problems) == [tmp_path / "secret"]
    assert "permission denied" in problems[tmp_path / "secret"]


def test_files_that_vanish_during_the_scan_are_left_out(tmp_path: Path) -> None:
    for number in range(200):
        put(tmp_path / f"{number % 4}" / f"{number:03}.jpg")
    seen = []
    for state in walk(tmp_path, IgnoreRules()):
        seen.append(state.path)
        if len(seen) == 10:
            for number in range(150, 200):
                (tmp_path / f"{number % 4}" / f"{number:03}.jpg").unlink()
    assert 150 <= len(seen) <= 200


def test_names_that_are_not_text_are_kept(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg"
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(JPEG)
    (state,) = walk(tmp_path, IgnoreRules())
    assert os.fsencode(state.path.name) == name
    assert state.path.read_bytes() == JPEG


def test_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert not list(walk(tmp_path / "gone", IgnoreRules()))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (JPEG[:64], "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"II*\0\x10\0\0\0CR\x02\0", "cr2"),
        (b"II*\0\x08\0\0\0", "tiff"),
        (b"MM\0*\0\0\0\x08", "tiff"),
        (b"IIRO\x08\0\0\0", "orf"),
        (b"IIU\0\x18\0\0\0", "rw2"),
        (b"FUJIFILMCCD-RAW 0201", "raf"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "cr3"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "avif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", None),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
        (b"\xff\x0a\xfa\x7f", "jxl"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "bmp"),
        (b"", None),
        (b"hello", None),
    ],
)
def test_content_tells_the_format(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


def test_weak_signs_are_not_enough_for_files_without_a_photos_name() -> None:
    assert not is_photo_content(b"\xff\x0a and then something else")
    assert not is_photo_content(b"BM, he wrote, and went on")
    assert is_photo_content(JPEG[:64])


def test_raw_files_that_are_tiff_inside_keep_their_extensions_word(tmp_path: Path) -> None:
    path = put(tmp_path / "a.nef", b"II*\0\x08\0\0\0\0\0")
    with path.open("rb") as file:
        assert identify(file.read(64), file, "a.NEF") == "nef"
        assert identify(b"II*\0\x08\0\0\0\0\0", file, "a.tif") == "tiff"
