"""Reasons are measured after scoring, while nothing more urgent is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import PhotoQuery
from core.indexer import Indexer
from core.library.library import Library, open_library
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos

WAIT = 120.0


@pytest.fixture
def album(tmp_path: Path) -> Path:
    TinyPhotos().album(tmp_path / "album", 5)
    return tmp_path / "album"


@pytest.fixture
def library(tmp_path: Path, album: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        opened.writer.add_album(album).result()
        yield opened


def started(library: Library) -> Indexer:
    indexer = Indexer(
        library,
        QuickAnalyzer,  # type: ignore[arg-type]
        model_id=MODEL,
        measure_reasons=True,
    )
    indexer.start()
    return indexer


def measured(library: Library) -> int:
    found = library.queries.photos(library.queries.photo_ids(PhotoQuery(MODEL)), MODEL)  # type: ignore[arg-type]
    return sum(photo.reasons_measured for photo in found)


def test_scored_photos_are_measured_and_say_that_they_are_small(
    library: Library, album: Path
) -> None:
    indexer = started(library)
    try:
        indexer.scan(album)
        assert indexer.wait_until_idle(WAIT)
        assert indexer.wait_until_measured(WAIT)
    finally:
        indexer.stop()
    assert measured(library) == 5
    assert library.queries.reason_counts()["low_resolution"] == 5
    assert library.queries.unmeasured(MODEL) == []


def test_nothing_is_measured_while_paused_and_all_after_resume(
    library: Library, album: Path
) -> None:
    indexer = started(library)
    try:
        indexer.pause()
        indexer.scan(album)
        assert not indexer.wait_until_measured(0.2)
        assert measured(library) == 0
        indexer.resume()
        assert indexer.wait_until_idle(WAIT)
        assert indexer.wait_until_measured(WAIT)
    finally:
        indexer.stop()
    assert measured(library) == 5


def test_the_next_start_goes_on_where_this_one_ended(library: Library, album: Path) -> None:
    plain = Indexer(library, QuickAnalyzer, model_id=MODEL)  # type: ignore[arg-type]
    plain.start()
    plain.scan(album)
    assert plain.wait_until_idle(WAIT)
    assert plain.wait_until_measured(), "without measuring there is nothing to wait for"
    plain.stop()
    assert len(library.queries.unmeasured(MODEL)) == 5
    indexer = started(library)
    try:
        assert indexer.wait_until_measured(WAIT)
    finally:
        indexer.stop()
    assert measured(library) == 5


def test_a_file_that_went_away_is_left_alone(library: Library, album: Path) -> None:
    plain = Indexer(library, QuickAnalyzer, model_id=MODEL)  # type: ignore[arg-type]
    plain.start()
    plain.scan(album)
    assert plain.wait_until_idle(WAIT)
    plain.stop()
    sorted(album.iterdir())[1].unlink()
    indexer = started(library)
    try:
        assert indexer.wait_until_measured(WAIT)
    finally:
        indexer.stop()
    assert measured(library) == 4
