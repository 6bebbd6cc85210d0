"""How many photos are analyzed at a time: measured once, remembered, measured anew elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core import indexer as indexing
from core import tuning
from core.analysis import open_analyzer
from core.doctor.surroundings import check_workers
from core.indexer import Indexer
from core.library.library import open_library
from core.tuning import Measured, measure, remember, remembered
from core.versions import versions
from tests.making import save_album


class Machine:
    """Analyzes in a time of its own, which only passes here: ``lanes`` photos side by side."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.photos = 0
        self._lock = threading.Lock()

    def analyze(self, path: Path) -> None:
        assert path.is_file()
        with self._lock:
            self.photos += 1

    def clock_for(self, counts: tuple[int, ...]) -> Callable[[], float]:
        """A clock that has run as long as a round of so many threads takes, when asked again."""
        rounds = iter([count for _ in range(tuning.ROUNDS) for count in counts])
        now = 0.0
        running: int | None = None

        def clock() -> float:
            nonlocal now, running
            if running is None:
                running = next(rounds)
            else:
                now += tuning.PHOTOS_A_THREAD * max(1.0, running / self.lanes)
                running = None
            return now

        return clock


@pytest.mark.parametrize(("lanes", "best"), [(1, 1), (2, 2), (4, 4)])
def test_as_many_as_make_it_faster_and_no_more(lanes: int, best: int) -> None:
    machine = Machine(lanes)
    counts = (1, 2, 4)
    found = measure(machine.analyze, counts, machine.clock_for(counts))
    assert found.workers == best
    assert found.speeds == {count: float(min(count, lanes)) for count in counts}
    assert machine.photos == 1 + tuning.ROUNDS * tuning.PHOTOS_A_THREAD * sum(counts)


def test_remembered_until_the_machine_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remembered(tmp_path) is None
    measured = Measured(3, {1: 10.0, 3: 25.5})
    remember(measured, tmp_path)
    assert remembered(tmp_path) == measured
    monkeypatch.setattr(tuning, "available_cores", lambda: 64)
    assert remembered(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": 1}', "\x00"])
def test_a_damaged_file_means_not_measured(tmp_path: Path, content: str) -> None:
    (tmp_path / tuning.FILE_NAME).write_text(content)
    assert remembered(tmp_path) is None


def test_absurd_numbers_are_not_believed(tmp_path: Path) -> None:
    remember(Measured(2, {2: 20.0}), tmp_path)
    file = tmp_path / tuning.FILE_NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | {"workers": 4000}))
    assert remembered(tmp_path) is None


def test_a_scan_measures_once_and_everybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(indexing, "WORTH_MEASURING", 3)
    monkeypatch.setattr(tuning, "available_cores", lambda: 2)
    assert "one a core" in check_workers(tmp_path).text
    analyzer = open_analyzer("nima")
    album = tmp_path / "album"
    save_album(album, 4)
    with open_library(tmp_path / "library") as library:
        library.writer.add_album(album).result()
        indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id, workers=None)
        indexer.start()
        indexer.scan(album)
        assert indexer.wait_until_idle(60)
        indexer.stop()
        assert indexer.progress().scored == 4
    found = remembered()
    assert found is not None
    assert set(found.speeds) == {1, 2, 3}
    assert found.workers in found.speeds
    assert f"{found.workers} photos are analyzed at a time" in check_workers(tmp_path).text
    assert versions()["workers"] == f"{found.workers}, measured"


def test_a_few_photos_are_not_worth_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    analyzer = open_analyzer("nima")
    album = tmp_path / "album"
    save_album(album, 2)
    with open_library(tmp_path / "library") as library:
        library.writer.add_album(album).result()
        indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id, workers=None)
        indexer.start()
        indexer.scan(album)
        assert indexer.wait_until_idle(60)
        indexer.stop()
    assert remembered() is None
