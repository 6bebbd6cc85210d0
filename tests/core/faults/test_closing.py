"""Ended in the middle of a scan, the program stores what is done and goes on from there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.domain import IndexProgress, Status
from core.library.library import open_library
from tests.core.faults.indexed import PATIENCE, make_indexer, scan, statuses
from tests.quick import TinyPhotos

PHOTOS = 60


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_closed_at_any_share_of_a_scan_the_next_start_continues(
    tiny: TinyPhotos, tmp_path: Path, share: float
) -> None:
    """B53: no thread is left, nothing that was done is done again, nothing is left out."""
    album = tmp_path / "album"
    tiny.album(album, PHOTOS)
    before = set(threading.enumerate())
    with open_library(tmp_path / "library") as library:
        library.writer.add_album(album).result()
        indexer = make_indexer(library)
        reached = threading.Event()

        def hear(progress: IndexProgress) -> None:
            if progress.done >= share * PHOTOS:
                reached.set()

        indexer.subscribe(hear)
        indexer.start()
        indexer.scan(album)
        assert reached.wait(PATIENCE)
        indexer.stop()
        stored = list(statuses(library).values()).count(Status.SCORED)
        assert stored == indexer.progress().done >= share * PHOTOS
    assert set(threading.enumerate()) <= before
    with open_library(tmp_path / "library") as library:
        assert library.notes == []
        again = scan(library, album)
        assert again.progress().done == PHOTOS - stored
        assert set(statuses(library).values()) == {Status.SCORED}
