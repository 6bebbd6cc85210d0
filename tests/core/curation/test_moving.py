"""A move overwrites nothing, loses nothing, and keeps bytes and times, between disks too."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.curation import moving


def made(path: Path, content: bytes = b"a photo") -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(1, 1_500_000_000_123_456_789))
    return path


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk here")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def arrived(source: Path, target: Path, content: bytes = b"a photo") -> None:
    assert not source.exists()
    assert target.read_bytes() == content
    assert target.stat().st_mtime_ns == 1_500_000_000_123_456_789
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_on_one_disk(tmp_path: Path) -> None:
    source = made(tmp_path / "a.jpg")
    (tmp_path / "there").mkdir()
    moving.move(source, tmp_path / "there" / "b.jpg")
    arrived(source, tmp_path / "there" / "b.jpg")


def test_between_disks(tmp_path: Path, other_disk: Path) -> None:
    source = made(tmp_path / "a.jpg", b"x" * 3_000_000)
    moving.move(source, other_disk / "a.jpg")
    arrived(source, other_disk / "a.jpg", b"x" * 3_000_000)


def test_between_disks_a_bad_copy_leaves_the_original(
    tmp_path: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made(tmp_path / "a.jpg")
    monkeypatch.setattr(
        moving.shutil, "copyfileobj", lambda reading, writing, size: writing.write(b"a ph0to")
    )
    with pytest.raises(OSError, match="differs"):
        moving.move(source, other_disk / "a.jpg")
    assert source.read_bytes() == b"a photo"
    assert list(other_disk.iterdir()) == []


WAYS = ["rename", "link", "placeholder"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The three ways that file systems offer, the better ones taken away."""

    def unsupported(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    if request.param != "rename":
        monkeypatch.setattr(moving, "_exclusive_rename", lambda: None)
    if request.param == "placeholder":
        monkeypatch.setattr(os, "link", unsupported)
    return str(request.param)


def test_every_way_moves(tmp_path: Path, way: str) -> None:
    source = made(tmp_path / "a.jpg")
    (tmp_path / "there").mkdir()
    moving.move(source, tmp_path / "there" / "a.jpg")
    arrived(source, tmp_path / "there" / "a.jpg")


def test_no_way_overwrites(tmp_path: Path, way: str) -> None:
    source = made(tmp_path / "a.jpg")
    target = made(tmp_path / "b.jpg", b"another photo")
    with pytest.raises(FileExistsError):
        moving.move(source, target)
    assert source.read_bytes() == b"a photo"
    assert target.read_bytes() == b"another photo"


def test_between_disks_nothing_is_overwritten_either(tmp_path: Path, other_disk: Path) -> None:
    source, target = made(tmp_path / "a.jpg"), made(other_disk / "a.jpg", b"another photo")
    with pytest.raises(FileExistsError):
        moving.move(source, target)
    assert source.read_bytes() == b"a photo"
    assert target.read_bytes() == b"another photo"


def test_a_missing_folder_leaves_the_file(tmp_path: Path) -> None:
    source = made(tmp_path / "a.jpg")
    with pytest.raises(FileNotFoundError):
        moving.move(source, tmp_path / "nowhere" / "a.jpg")
    assert source.read_bytes() == b"a photo"
