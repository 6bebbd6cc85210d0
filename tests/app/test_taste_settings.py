"""My taste in the settings: its figure, when it is used, and forgetting it with one click."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.models.taste import TasteBook, taste_text
from app.session import Session
from app.translation import use_language
from core import taste
from core.library.library import Library
from core.library.schema import now
from core.settings import Settings
from core.taste import Taste
from core.taste_fitting import Report
from tests.app.conftest import OpenWindow
from tests.core.curation.made_album import MODEL
from tests.core.test_taste import LATER, shoot


def known(pairs: int, accuracy: float, confidence: float = 0.99) -> Taste:
    return Taste("m", Report(pairs, 10, 0.6, accuracy, confidence), (0.0,), (1.0,), (0.0,))


def test_the_figures_and_whether_it_is_used_are_told() -> None:
    assert taste_text(None).startswith("Nothing is learned yet")
    assert "30 of your choices" in taste_text(known(30, 0.9))
    used = taste_text(known(240, 0.725))
    assert used.startswith("Used when the best are kept")
    assert "Of 240 choices" in used
    assert "72 %, the model alone 60 %" in used
    assert taste_text(known(240, 0.61, confidence=0.7)).startswith("Not used")
    use_language("de")
    assert "240 Entscheidungen" in taste_text(known(240, 0.725))


def test_it_is_shown_and_forgotten_with_one_click(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    shoot(library, tmp_path / "album", 10, "faces")
    taste.train(library, MODEL, now=now() + LATER)
    session.taste = TasteBook(library, session.jobs, MODEL, session)
    window = open_window()
    sheet = window.preferences.sheet
    assert not sheet.taste.forget.isEnabled()
    with qtbot.waitSignal(session.taste.changed):
        sheet.show_settings(Settings())
    assert sheet.taste.note.text().startswith("Used when the best are kept")
    with qtbot.waitSignal(session.taste.changed):
        qtbot.mouseClick(sheet.taste.forget, Qt.MouseButton.LeftButton)
    assert sheet.taste.note.text().startswith("Nothing is learned yet")
    assert not sheet.taste.forget.isEnabled()
    assert taste.load(library, MODEL) is None


def test_it_learns_by_itself_but_not_while_the_user_rates_or_forbids_it(
    qtbot: QtBot,
    session: Session,
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shoot(library, tmp_path / "album", 10, "faces")
    book = TasteBook(library, session.jobs, MODEL, session)
    asked: list[bool] = []
    session.jobs.failed.connect(lambda error: asked.append(False))

    def look(on: bool) -> None:
        book.start(on)
        book.look()
        done: list[int] = []
        session.jobs.run(lambda: 1, done.append)
        qtbot.waitUntil(lambda: bool(done))

    look(True)
    assert taste.load(library, MODEL) is None  # the last choice is seconds old
    monkeypatch.setattr(taste, "QUIET", -LATER)  # an hour passes
    look(False)
    assert taste.load(library, MODEL) is None
    book.idle = lambda: False
    look(True)
    assert taste.load(library, MODEL) is None
    book.idle = lambda: True
    with qtbot.waitSignal(book.changed):
        book.look()
    book.stop()
    found = taste.load(library, MODEL)
    assert found is not None
    assert found.on
    assert asked == []


def test_who_does_not_want_it_is_not_judged_by_it(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window()
    assert session.culling.with_taste
    window.preferences.sheet.show_settings(Settings())
    window.preferences.sheet.taste.on.click()
    assert not session.culling.with_taste
