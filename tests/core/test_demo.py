"""The demo album: made anywhere, always the same, never over anyone's files."""

import hashlib
from pathlib import Path

import pytest

from core.demo import CREDITS_FILE, PHOTOS, DemoError, make_demo


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("demo") / "new" / "Albumen demo"
    return folder, make_demo(folder)


def digests(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}


def test_every_photo_says_what_was_done_and_credits_lie_beside(
    album: tuple[Path, dict[str, str]],
) -> None:
    folder, whats = album
    names = {f.name for f in folder.iterdir()}
    assert names == {*whats, CREDITS_FILE}
    assert len(whats) == len(PHOTOS) + 3
    assert "NASA" in (folder / CREDITS_FILE).read_text("utf-8")


def test_making_it_again_changes_nothing_and_repairs_what_was_edited(
    album: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, _ = album
    before = digests(folder)
    make_demo(tmp_path)
    assert digests(tmp_path) == before
    victim = tmp_path / "demo-0003.jpg"
    victim.write_bytes(b"edited")
    untouched = (tmp_path / "demo-0001.jpg").stat().st_mtime_ns
    make_demo(tmp_path)
    assert digests(tmp_path) == before
    assert (tmp_path / "demo-0001.jpg").stat().st_mtime_ns == untouched


def test_a_folder_with_other_files_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(DemoError, match=r"mine\.jpg"):
        make_demo(tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["mine.jpg"]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "album").write_bytes(b"")
    with pytest.raises(DemoError, match="can't be written"):
        make_demo(tmp_path / "album")
