"""Links in circles, names that are no text, nested and doubled roots, closed folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from core.cli import main
from core.curation.apply import Rejects, apply
from core.curation.plan import preview
from core.curation.undo import undo
from core.domain import Status
from core.exporting.files import How, export_files
from core.exporting.selection import ranked
from core.grouping.groups import Grouping
from core.library.library import Library, open_library
from core.metadata_xmp import Place, write_out
from tests.core.faults.indexed import (
    make_indexer,
    photos,
    rate,
    scan,
    skip_where_nobody_may_read,
    statuses,
)
from tests.quick import MODEL, TinyPhotos


def test_links_in_circles_give_each_real_file_once(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B31: to itself, upwards, to each other, to a file inside, to a file outside."""
    album = tmp_path / "album"
    paths = tiny.album(album / "inside", 2)
    outside = tiny.save(tmp_path / "outside" / "o.jpg")
    (album / "loop").symlink_to(".")
    (album / "inside" / "up").symlink_to("..")
    (album / "a").symlink_to("b")
    (album / "b").symlink_to("a")
    (album / "again.jpg").symlink_to(paths[0])
    (album / "from-outside.jpg").symlink_to(outside)
    scan(library, album)
    assert statuses(library) == dict.fromkeys(
        [paths[0].name, paths[1].name, "from-outside.jpg"], Status.SCORED
    )
    assert scan(library, album).progress().done == 0


def test_a_name_that_is_no_text_is_scored_moved_and_brought_back(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B33: the bytes of the name are kept through curation and undo."""
    album = tmp_path / "album"
    album.mkdir()
    names = [b"caf\xe9.jpg", b"\xff\xfe.jpg", b"plain.jpg"]
    try:
        for name in names:
            with open(os.fsencode(album) + b"/" + name, "wb") as file:
                file.write(tiny.next())
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    scan(library, album)
    found = photos(library)
    assert {photo.status for photo in found.values()} == {Status.SCORED}
    rows = library.queries.photo_rows([photo.id for photo in found.values()], MODEL)
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in {row.name for row in rows.values()}
    rate(library, album / "plain.jpg", 5)
    plan = preview(library, MODEL, 1, Grouping.ALBUM, folder=album)
    applied = apply(library, plan, Rejects.MOVE)
    assert applied.rejected == 2
    rejected = sorted(os.listdir(os.fsencode(album / "_rejected")))
    assert rejected == sorted(set(names) - set(os.listdir(os.fsencode(album))))
    undo(library)
    assert set(names) <= set(os.listdir(os.fsencode(album)))


@pytest.mark.skipif(sys.platform == "win32", reason="names hold no such characters there")
def test_names_cannot_play_tricks_on_the_terminal(
    tiny: TinyPhotos, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B33's kind: escape sequences, line breaks and turns of direction are shown, not done; whoever
    reads the JSON gets the name itself."""
    album = tmp_path / "album"
    names = ["red\x1b[31m.jpg", "two\nlines.jpg", "bell\a.jpg", "\u202egpj.exe"[::-1] + ".jpg"]
    for name in names:
        tiny.save(album / name)
    at = ["--library", str(tmp_path / "library")]
    with open_library(tmp_path / "library") as library:
        scan(library, album)
    assert main(["list", *at]) == 0
    said = capsys.readouterr().out
    assert "red\u241b[31m.jpg" in said
    assert "two\u240alines.jpg" in said
    assert not {"\x1b", "\a", "\u202e"} & set(said)
    assert main(["rate", str(album / names[0]), "--stars", "3", *at]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["show", str(album / "not\x1bthere.jpg"), *at]) == 2
    assert "not\u241bthere.jpg" in capsys.readouterr().err
    assert main(["list", "--json", *at]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {Path(photo["path"]).name for photo in listed} == set(names)


@pytest.mark.skipif(sys.platform == "win32", reason="paths are shorter there")
def test_names_as_long_as_the_disk_takes_them_are_rejected_exported_and_described(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B33's kind: a number, a rank or an ending more does not fit behind them."""
    album = tmp_path / "album"
    names = ["x" * 251 + ".jpg", "é" * 125 + "y.jpg", "z" * 250 + ".jpeg", "best.jpg"]
    for name in names:
        tiny.save(album / name)
    scan(library, album)
    rate(library, album / "best.jpg", 5)
    rated = rate(library, album / names[0], 3)
    wrote = write_out(library, [rated], Place.SIDECAR)
    assert (wrote.changed, wrote.failed) == (1, {})
    assert (album / ("x" * 251 + ".xmp")).is_file()
    (album / ("x" * 251 + ".xmp")).unlink()
    library.writer.set_rating([rated], 0).result()
    hashes = {path.name: path.read_bytes() for path in album.iterdir()}
    for _ in range(2):  # the second time their names are taken among the rejects
        plan = preview(library, MODEL, 1, Grouping.ALBUM, folder=album)
        assert apply(library, plan, Rejects.MOVE).moved == 3
        for name in names[:3]:
            tiny.save(album / name)
        scan(library, album)
    moved = list((album / "_rejected").iterdir())
    assert len(moved) == 6
    assert {path.suffix for path in moved} == {".jpg", ".jpeg"}
    contents = [path.read_bytes() for path in moved]
    assert all(hashes[name] in contents for name in names[:3])
    shown = [path for path in album.iterdir() if path.is_file()]
    out = export_files(ranked(library, MODEL, folder=album), tmp_path / "out", How.COPY)
    assert out.failed == {}
    assert len(out.files) == len(shown)
    assert {path.suffix for path in out.files} == {".jpg", ".jpeg"}


def test_nested_roots_show_each_photo_once_whatever_is_scanned_first(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B76: /p and /p/sub."""
    outer = tmp_path / "p"
    tiny.album(outer, 2)
    inner = tiny.save(outer / "sub" / "inner.jpg")
    scan(library, outer / "sub")
    photo_id = rate(library, inner, 3)
    scan(library, outer)
    scan(library, outer / "sub")
    found = photos(library)
    assert len(found) == 3
    assert (found["inner.jpg"].id, found["inner.jpg"].rating) == (photo_id, 3)
    assert found["inner.jpg"].album == outer / "sub"


def test_a_nested_root_keeps_its_own_rules_when_the_outer_one_is_scanned(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    outer = tmp_path / "p"
    tiny.save(outer / "own.jpg")
    tiny.save(outer / "sub" / "kept.jpg")
    tiny.save(outer / "sub" / "left_small.jpg")
    inner = library.writer.add_album(outer / "sub").result()
    library.writer.set_ignore_patterns(inner.id, ["*_small.jpg"]).result()
    for _ in range(2):
        scan(library, outer)
        assert statuses(library) == dict.fromkeys(["own.jpg", "kept.jpg"], Status.SCORED)


def test_a_nested_root_whose_drive_is_away_is_offline_not_empty(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    outer = tmp_path / "p"
    tiny.save(outer / "own.jpg")
    tiny.save(outer / "drive" / "a.jpg")
    library.writer.add_album(outer / "drive").result()
    scan(library, outer)
    (outer / "drive").rename(tmp_path / "away")
    (outer / "drive").mkdir()
    scan(library, outer)
    assert {album.path: album.online for album in library.queries.albums()} == {
        outer: True,
        outer / "drive": False,
    }
    assert set(statuses(library).values()) == {Status.SCORED}


def test_the_same_folder_by_another_path_adds_nothing(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B76's kind: a link to the album is made an album too."""
    album = tmp_path / "album"
    tiny.album(album, 3)
    scan(library, album)
    (tmp_path / "link").symlink_to(album)
    notes = scan(library, tmp_path / "link").progress().notes
    assert len(photos(library)) == 3
    assert ["already" in text for text in notes.values()] == [True]


CLOSED = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from core.library.library import open_library
    from tests.core.faults.indexed import scan, statuses

    folder = Path(sys.argv[1])
    with open_library(folder / "other-library") as library:
        scan(library, folder / "other")  # all code is loaded while it may be read
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    with open_library(folder / "library") as library:
        indexer = scan(library, folder / "album")
        print(sorted(indexer.progress().notes.values()))
        print({name: str(status) for name, status in sorted(statuses(library).items())})
        print(library.queries.photo_by_path(folder / "album" / "closed.jpg", "stand-in").reason)
    """
)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs to become nobody")
def test_a_closed_folder_and_a_closed_file_cost_only_themselves(
    tiny: TinyPhotos,
) -> None:
    """B32, as a user who is not root."""
    root = Path(__file__).parents[3]
    skip_where_nobody_may_read(root)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chown(folder, 65534, 65534)
        tiny.album(folder / "other", 1)
        tiny.album(folder / "album", 3)
        tiny.album(folder / "album" / "closed", 2)
        tiny.save(folder / "album" / "closed.jpg").chmod(0)
        (folder / "album" / "closed").chmod(0)
        done = subprocess.run(
            [sys.executable, "-P", "-c", CLOSED, name],
            env=os.environ | {"PYTHONPATH": str(root), "HOME": name},
            cwd=name,
            capture_output=True,
            text=True,
        )
        (folder / "album" / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    notes, seen, reason = done.stdout.splitlines()
    assert notes.count("permission denied") == 1
    assert "closed" in notes
    assert seen.count("'scored'") == 3
    assert seen.count("'unreadable'") == 1
    assert "permission denied" in reason


def test_empty_files_are_unreadable_and_never_copies_of_each_other(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B09: nor do they get a picture, nor does one take over what the other was."""
    album = tmp_path / "album"
    tiny.album(album, 2)
    for name in ("a.jpg", "b.jpg"):
        (album / name).touch()
    scan(library, album)
    first = rate(library, album / "a.jpg", 2)
    (album / "a.jpg").unlink()
    (album / "c.jpg").touch()
    scan(library, album)
    found = photos(library)
    for name in ("b.jpg", "c.jpg"):
        assert (found[name].status, found[name].reason) == (Status.UNREADABLE, "the file is empty")
        assert library.thumbnails.get(found[name].id) is None
    assert found["c.jpg"].id != first
    groups = preview(library, MODEL, 1, Grouping.BURST, folder=album).source
    assert not groups.copies


def test_byte_equal_copies_are_known_as_copies(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B76: under two names, one of them in a nested root."""
    album = tmp_path / "album"
    content = tiny.next()
    tiny.album(album, 2)
    for path in (album / "one.jpg", album / "sub" / "two.jpg"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    library.writer.add_album(album / "sub").result()
    scan(library, album)
    found = photos(library)
    groups = preview(library, MODEL, 1, Grouping.BURST, folder=album).source
    assert set(groups.copies) == {found["one.jpg"].id, found["two.jpg"].id}


def test_a_removed_album_is_scanned_no_more(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    tiny.album(album, 1)
    scan(library, album)
    library.writer.remove_album(library.queries.albums()[0].id).result()
    indexer = make_indexer(library)
    indexer.start()
    indexer.scan(album)
    assert indexer.wait_until_idle(60)
    indexer.stop()
    assert indexer.found_files == 0
