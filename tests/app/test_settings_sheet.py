"""The settings about how scoring uses the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

import app.background
from app.opening import open_session
from app.session import Session
from core.domain import IndexProgress
from core.inference.session import SessionPool
from core.library.analysis_writes import AnalyzedPhoto
from core.library.library import Library
from core.reconcile import reconcile
from core.settings import Settings
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, fill, scored


def saved_photos(library: Library, folder: Path, count: int) -> list[int]:
    """Scored photos whose files are as the library knows them."""
    ids = fill(library, folder, count, lambda _: None, thumbnails=True)
    reconcile(library, folder)
    files = library.queries.files_by_id(ids)
    done = [
        AnalyzedPhoto(i, f"{file.size}:{file.mtime_ns}", scored(n))
        for n, (i, file) in enumerate(files.items())
    ]
    library.writer.save_analyses(MODEL, done).result()
    return ids


def test_the_machine_is_asked_what_it_has_and_the_choice_is_kept(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 2)
    window = open_window()
    kept: list[Settings] = []
    window.preferences.save = kept.append
    window.commands["settings"].trigger()
    sheet = window.preferences.sheet
    qtbot.waitUntil(lambda: str(library.path) in sheet.storage.place.text(), timeout=20_000)
    assert not sheet.footer.isVisible()
    sheet.scoring.precision.chosen.emit("exact")
    assert kept[-1].precision == "exact"
    assert sheet.footer.isVisible()  # it counts when the window is opened anew
    sheet.scoring.precision.chosen.emit("quick")
    assert not sheet.footer.isVisible()
    sheet.scoring.show_processors(("cpu", "cuda"))
    assert sheet.scoring.processor.isEnabled()
    sheet.scoring.processor.chosen.emit("cuda")
    assert kept[-1].processor == "cuda"
    sheet.scoring.show_processors(("cpu",))  # a settings file of another machine
    assert "not there" in sheet.scoring.processor.text()


def test_thumbnails_are_deleted_from_the_disk_and_made_again_when_looked_at(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = saved_photos(library, tmp_path / "album", 40)
    window = open_window()
    window.commands["settings"].trigger()
    sheet = window.preferences.sheet
    qtbot.waitUntil(sheet.storage.delete.isEnabled)
    before = sheet.storage.thumbnails.text()
    assert str(library.path) in sheet.storage.place.text()
    assert sheet.storage.open_place.isVisible()
    sheet.storage.delete.click()
    qtbot.waitUntil(lambda: sheet.storage.thumbnails.text() != before)
    assert "thumbnails deleted" in window.messages.text.text()
    session.thumbnails.clear()
    sheet.dismiss()
    qtbot.waitUntil(lambda: session.thumbnails.get(ids[3]) is not None, timeout=20_000)


def test_waiting_on_battery_is_switched_while_it_works(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 2)
    window = open_window()
    window.commands["settings"].trigger()
    sheet = window.preferences.sheet
    assert sheet.scoring.battery.isChecked()
    qtbot.mouseClick(sheet.scoring.battery, Qt.MouseButton.LeftButton, pos=QPoint(8, 10))
    assert not sheet.scoring.battery.isChecked()
    assert session.battery.wanted is False


@pytest.mark.parametrize("wanted", [True, False])
def test_the_session_waits_on_battery_as_the_settings_say(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    monkeypatch.setattr(app.background, "on_battery", lambda: True)
    made = open_session(tmp_path / "library", Settings(pause_on_battery=wanted))
    told: list[IndexProgress] = []
    made.work.subscribe(told.append)
    made._start_work()
    try:
        assert made.work._look_at_power() is not None  # type: ignore[attr-defined]
        assert any("battery" in p.notes for p in told) is wanted
        made.use_settings(Settings(pause_on_battery=not wanted))
        made.work._look_at_power()  # type: ignore[attr-defined]
        assert ("battery" in told[-1].notes) is not wanted
    finally:
        made.stop()


def test_models_are_loaded_anew_for_another_processor() -> None:
    from core.inference.cards import find_model

    loaded: list[str] = []

    def load(card: object) -> object:
        loaded.append(str(card))
        return object()

    pool = SessionPool(load)  # type: ignore[arg-type]
    card = find_model("nima")
    first = pool(card)
    assert pool(card) is first
    pool.forget()
    assert pool(card) is not first
    assert len(loaded) == 2
