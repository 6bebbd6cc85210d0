"""The background work on real files with the real models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.analysis import Analyzer, open_analyzer
from core.domain import Analysis, PhotoQuery, Status
from core.errors import ModelError
from core.files.scan import Seen, seen_below
from core.indexer import Indexer
from core.library.library import Library, open_library
from tests.making import save_album, save_photo

PATIENCE = 60.0


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return open_analyzer("nima")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def index(library: Library, folder: Path, analyzer: Analyzer) -> Indexer:
    """Scan a folder to the end."""
    library.writer.add_album(folder).result()
    indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id)
    indexer.start()
    indexer.scan(folder)
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    return indexer


def statuses(library: Library, model: str) -> dict[str, Status]:
    ids = library.queries.photo_ids(PhotoQuery(model, statuses=frozenset(Status)))
    rows = library.queries.photo_rows([int(i) for i in ids], model)
    return {row.path.name: row.status for row in rows.values()}


def test_every_photo_gets_score_thumbnail_and_percentile(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    save_album(tmp_path / "album", 6)
    index(library, tmp_path / "album", analyzer)
    ids = [int(i) for i in library.queries.photo_ids(PhotoQuery(analyzer.model_id))]
    photos = library.queries.photos(ids, analyzer.model_id)
    means = [photo.score.mean for photo in photos if photo.score]
    assert len(means) == 6
    assert means == sorted(means, reverse=True)
    percentiles = [photo.percentile for photo in photos]
    assert percentiles == pytest.approx([1100 / 12, 75, 700 / 12, 500 / 12, 25, 100 / 12])
    for photo in photos:
        assert photo.score is not None
        assert sum(photo.score.distribution.probabilities) == pytest.approx(1, abs=1e-5)
        jpeg = library.thumbnails.get(photo.id)
        assert jpeg is not None
        assert jpeg.startswith(b"\xff\xd8")


def test_the_last_photos_wait_for_no_others_to_be_stored(
    library: Library, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.indexing.saving.BATCH_SECONDS", 10 * PATIENCE)
    save_album(tmp_path / "album", 2)
    index(library, tmp_path / "album", analyzer)
    assert set(statuses(library, analyzer.model_id).values()) == {Status.SCORED}


def test_stored_scores_equal_fresh_ones(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    (path,) = save_album(tmp_path / "album", 1)
    index(library, tmp_path / "album", analyzer)
    stored = library.queries.photo_by_path(path, analyzer.model_id)
    fresh = analyzer.analyze(path)
    assert stored is not None
    assert stored.score is not None
    assert fresh.score is not None
    assert stored.score.mean == pytest.approx(fresh.score.mean, abs=1e-5)
    assert stored.score.scene_maps is not None
    assert fresh.score.scene_maps is not None
    np.testing.assert_allclose(stored.score.scene_maps, fresh.score.scene_maps, atol=2e-3)


def test_flat_frames_and_broken_files_get_a_reason_and_no_number(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    save_photo(album / "good.jpg")
    for name, level in (("black.png", 0), ("white.png", 255)):
        Image.new("RGB", (300, 200), (level,) * 3).save(album / name)
    Image.new("RGB", (300, 200), (200, 30, 30)).save(album / "red.png")
    (album / "empty.jpg").touch()
    (album / "half.jpg").write_bytes((album / "good.jpg").read_bytes()[:900])
    index(library, album, analyzer)
    reasons = {}
    for path in sorted(album.iterdir()):
        photo = library.queries.photo_by_path(path, analyzer.model_id)
        assert photo is not None
        assert (photo.score is not None) == (path.name == "good.jpg")
        reasons[path.name] = (photo.status, photo.reason)
    assert reasons["black.png"] == (Status.NOT_SCORED, "an empty frame: black")
    assert reasons["white.png"] == (Status.NOT_SCORED, "an empty frame: white")
    assert reasons["red.png"] == (Status.NOT_SCORED, "an empty frame: one colour")
    assert reasons["empty.jpg"] == (Status.UNREADABLE, "the file is empty")
    assert reasons["half.jpg"][0] is Status.UNREADABLE
    assert "cut off" in (reasons["half.jpg"][1] or "")


def test_a_second_scan_analyzes_nothing(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    save_album(album, 3)
    assert index(library, album, analyzer).progress().done == 3
    assert index(library, album, analyzer).progress().done == 0
    save_photo(album / "photo-0001.jpg", seed=9)
    save_photo(album / "another.jpg", seed=10)
    assert index(library, album, analyzer).progress().done == 2


def test_a_hundred_renamed_folders_are_one_look_at_their_album(
    library: Library, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each asks for the tree around it; looking at it a hundred times took minutes."""
    album = tmp_path / "album"
    for number in range(100):
        save_photo(album / f"folder-{number}" / "a.jpg", seed=number)
    library.writer.add_album(album).result()
    looks: list[str] = []

    def counted(folder: Path, *rest: Any, **options: Any) -> Iterator[Seen]:
        looks.append(folder.name)
        return seen_below(folder, *rest, **options)

    monkeypatch.setattr("core.reconcile.seen_below", counted)
    indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id)
    for number in range(100):
        indexer.scan_together([(album / f"folder-{number}", True), (album, True)])
    indexer.pause()
    indexer.start()
    with indexer._state:
        assert indexer._state.wait_for(lambda: not indexer.progress().scanning, 60)
    indexer.stop()
    assert looks == ["album"]
    assert library.queries.pending_count(analyzer.model_id) == 100


class SlowAnalyzer:
    """Lets a test decide when each analysis may go on."""

    def __init__(self, inner: Analyzer, allowed: int) -> None:
        self.model_id = inner.model_id
        self._inner = inner
        self._allowed = threading.Semaphore(allowed)
        self.reached = threading.Semaphore(0)

    def allow(self, count: int) -> None:
        self._allowed.release(count)

    def analyze(self, path: Path) -> Analysis:
        self.reached.release()
        self._allowed.acquire()
        return self._inner.analyze(path)


def test_stopping_in_the_middle_and_starting_again_ends_with_the_same_rows(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    save_album(album, 8)
    library.writer.add_album(album).result()
    slow = SlowAnalyzer(analyzer, allowed=3)
    indexer = Indexer(library, lambda: slow, model_id=slow.model_id, workers=1)  # type: ignore[arg-type, return-value]
    indexer.start()
    indexer.scan(album)
    for _ in range(4):
        assert slow.reached.acquire(timeout=PATIENCE)
    slow.allow(1)  # the one in hand is finished and stored, no other is begun
    indexer.stop()
    done = statuses(library, analyzer.model_id)
    assert len(done) == 8
    assert list(done.values()).count(Status.SCORED) in (4, 5)
    index(library, album, analyzer)
    assert set(statuses(library, analyzer.model_id).values()) == {Status.SCORED}
    assert len(statuses(library, analyzer.model_id)) == 8


def test_pausing_holds_the_work_and_resuming_ends_it(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    save_album(album, 3)
    library.writer.add_album(album).result()
    indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id)
    indexer.pause()
    indexer.start()
    indexer.scan(album)
    assert not indexer.wait_until_idle(0.3)
    assert indexer.progress().paused
    assert Status.SCORED not in statuses(library, analyzer.model_id).values()
    indexer.resume()
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    assert set(statuses(library, analyzer.model_id).values()) == {Status.SCORED}


def test_on_battery_photos_are_found_but_not_analyzed(
    library: Library, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.indexer.POWER_SECONDS", 0.02)
    album = tmp_path / "album"
    save_album(album, 2)
    library.writer.add_album(album).result()
    unplugged = threading.Event()
    unplugged.set()
    indexer = Indexer(
        library, lambda: analyzer, model_id=analyzer.model_id, on_battery=unplugged.is_set
    )
    indexer.start()
    try:
        indexer.scan(album)
        assert not indexer.wait_until_idle(0.3)
        assert "battery" in indexer.progress().notes["battery"]
        assert set(statuses(library, analyzer.model_id).values()) == {Status.PENDING}
        unplugged.clear()
        assert indexer.wait_until_idle(PATIENCE)
    finally:
        indexer.stop()
    assert set(statuses(library, analyzer.model_id).values()) == {Status.SCORED}
    assert "battery" not in indexer.progress().notes


def test_photos_on_screen_come_first(library: Library, analyzer: Analyzer, tmp_path: Path) -> None:
    album = tmp_path / "album"
    save_album(album, 10)
    library.writer.add_album(album).result()
    slow = SlowAnalyzer(analyzer, allowed=1)
    indexer = Indexer(library, lambda: slow, model_id=slow.model_id, workers=1)  # type: ignore[arg-type, return-value]
    indexer.pause()
    indexer.start()
    indexer.scan(album)
    assert not indexer.wait_until_idle(0.3)
    wanted = library.queries.photo_by_path(album / "photo-0008.jpg", analyzer.model_id)
    assert wanted is not None
    indexer.prioritize([wanted.id])
    indexer.resume()
    for _ in range(2):
        assert slow.reached.acquire(timeout=PATIENCE)
    slow.allow(1)
    indexer.stop()
    scored = [
        name
        for name, status in statuses(library, analyzer.model_id).items()
        if status is Status.SCORED
    ]
    assert "photo-0008.jpg" in scored


def test_a_model_that_cannot_be_used_is_told_and_photos_stay_pending(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    save_album(album, 2)
    library.writer.add_album(album).result()

    def broken() -> Analyzer:
        raise ModelError("The model file x is missing.")

    indexer = Indexer(library, broken, model_id="broken")
    indexer.start()
    indexer.scan(album)
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    assert indexer.progress().notes["model"] == "The model file x is missing."
    assert set(statuses(library, "broken").values()) == {Status.PENDING}


def test_a_fault_of_the_program_costs_one_photo_not_the_pool(
    library: Library, analyzer: Analyzer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    album = tmp_path / "album"
    save_album(album, 3)

    class Faulty:
        model_id = analyzer.model_id

        def analyze(self, path: Path) -> Analysis:
            if path.name == "photo-0001.jpg":
                raise ZeroDivisionError
            return analyzer.analyze(path)

    index(library, album, Faulty())  # type: ignore[arg-type]
    photo = library.queries.photo_by_path(album / "photo-0001.jpg", analyzer.model_id)
    assert photo is not None
    assert photo.status is Status.UNREADABLE
    assert "internal error" in (photo.reason or "")
    assert "ZeroDivisionError" in caplog.text
    assert list(statuses(library, analyzer.model_id).values()).count(Status.SCORED) == 2
