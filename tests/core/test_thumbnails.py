"""Thumbnails are derived: deleted to make room, or lost, they are made again when wanted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.domain import Analysis, Status
from core.library.analysis_writes import AnalyzedPhoto
from core.library.library import Library
from core.reconcile import reconcile
from core.thumbnails import delete_thumbnails, thumbnail, thumbnails
from tests.app.synthetic import MODEL, scored
from tests.photos import quadrants


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def album(library: Library, folder: Path, count: int, analysis: Analysis | None) -> list[int]:
    """An album of pictures, analyzed so or waiting."""
    folder.mkdir()
    for n in range(count):
        quadrants(600, 400).save(folder / f"{n}.jpg")
    library.writer.add_album(folder).result()
    reconcile(library, folder)
    known = library.queries.known_files(folder)
    if analysis is not None:
        done = [AnalyzedPhoto(k.id, f"{k.size}:{k.mtime_ns}", analysis) for k in known.values()]
        library.writer.save_analyses(MODEL, done).result()
    return sorted(k.id for k in known.values())


def test_a_lost_thumbnail_is_made_again(library: Library, tmp_path: Path) -> None:
    ids = album(library, tmp_path / "album", 3, scored(1))
    assert library.thumbnails.get_many(ids) == {}
    first = thumbnail(library, ids[0])
    assert first is not None
    assert library.thumbnails.get(ids[0]) == first, "it is kept"
    assert thumbnails(library, ids).keys() == set(ids)
    library.close()


def test_photos_that_wait_or_cant_be_read_get_none(library: Library, tmp_path: Path) -> None:
    waiting = album(library, tmp_path / "waiting", 2, None)
    broken = Analysis(None, Status.UNREADABLE, "the file is empty", None, ())
    unreadable = album(library, tmp_path / "unreadable", 2, broken)
    assert thumbnails(library, [*waiting, *unreadable]) == {}
    gone = album(library, tmp_path / "gone", 1, scored(1))
    (tmp_path / "gone" / "0.jpg").unlink()
    assert thumbnail(library, gone[0]) is None
    library.close()


def test_deleting_makes_room_but_keeps_what_cant_be_made_again(
    library: Library, tmp_path: Path
) -> None:
    here = album(library, tmp_path / "here", 20, scored(1))
    away = album(library, tmp_path / "away", 2, scored(1))
    made = thumbnails(library, [*here, *away])
    library.thumbnails.put_many((i, bytes(50_000)) for i in here)
    shutil.rmtree(tmp_path / "away")  # as if its drive were unplugged
    assert delete_thumbnails(library) > 900_000
    assert library.thumbnails.get_many([*here, *away]) == {i: made[i] for i in away}
    assert library.thumbnails.total_bytes() < 100_000
    assert thumbnail(library, here[0]) == made[here[0]]
    library.close()
