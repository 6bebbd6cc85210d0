"""Two windows on one library: the second joins, is closed, takes over; a newer one is refused."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.composition import make_window, open_some_session
from app.opening import open_session
from app.session import Session
from app.theme import Theme, ThemeChoice
from app.views.library_question import ask_for_another_library
from app.views.main_window import MainWindow
from core.library.database import DATABASE_NAME, SCHEMA_VERSION
from core.library.library import open_library
from core.library.turns import JOINED
from core.settings import Settings

PATIENCE_MS = 60_000

Window = tuple[Session, MainWindow, list[str]]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Callable[[], Window]]:
    """Opens one window after the other on the same library."""
    sessions: list[Session] = []

    def open_one() -> Window:
        session = open_session(tmp_path / "library", Settings(workers=1))
        sessions.append(session)
        said: list[str] = []
        session.notifier.posted.connect(lambda message: said.append(message.text))
        window = make_window(session, Theme(qapp, ThemeChoice.DARK), Settings())
        qtbot.addWidget(window)
        with qtbot.waitSignal(session.browser.opened, timeout=PATIENCE_MS):
            window.show()
            session.start()
        return session, window, said

    yield open_one
    for session in sessions:
        session.stop()


def test_a_second_window_joins_can_be_closed_and_a_third_takes_over(
    qtbot: QtBot, opened: Callable[[], Window]
) -> None:
    first, first_window, said = opened()
    _, second_window, said_second = opened()
    qtbot.waitUntil(lambda: JOINED in said_second, timeout=PATIENCE_MS)
    assert JOINED not in said
    assert second_window.close()
    assert not second_window.isVisible()
    assert first.library.presence.first
    third, third_window, _ = opened()
    assert not third.library.presence.first
    assert first_window.close()
    qtbot.waitUntil(lambda: third.library.presence.first, timeout=PATIENCE_MS)
    assert third_window.close()


def test_a_window_closed_before_its_work_began_is_closed(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    session = open_session(tmp_path / "library", Settings(workers=1))
    window = make_window(session, Theme(qapp, ThemeChoice.DARK), Settings())
    qtbot.addWidget(window)
    window.show()
    assert window.close()
    open_library(tmp_path / "library").close()


@pytest.mark.qt_log_ignore("propagateSizeHints")  # what the offscreen platform says of any dialog
def test_a_newer_library_is_told_of_and_another_one_opened(
    qapp: QApplication, tmp_path: Path
) -> None:
    """B41: the window says both versions, and offers another library."""
    newer = tmp_path / "newer"
    open_library(newer).close()
    with contextlib.closing(sqlite3.connect(newer / DATABASE_NAME)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = (newer / DATABASE_NAME).read_bytes()
    asked: list[str] = []

    def ask(reason: str) -> Path | None:
        QTimer.singleShot(0, lambda: click("Open another library…"))
        asked.append(reason)
        return ask_for_another_library(reason, lambda: str(tmp_path / "another"))

    session = open_some_session(newer, Settings(workers=1), ask)
    assert session is not None
    assert session.library.path == tmp_path / "another"
    session.stop()
    assert f"version {SCHEMA_VERSION + 1}" in asked[0]
    assert f"up to {SCHEMA_VERSION}" in asked[0]
    QTimer.singleShot(0, lambda: click("Close"))
    assert open_some_session(newer, Settings(workers=1)) is None
    assert (newer / DATABASE_NAME).read_bytes() == before


def click(text: str) -> None:
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    next(b for b in box.findChildren(QPushButton) if b.text() == text).click()
