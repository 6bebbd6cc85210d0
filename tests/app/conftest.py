"""A real window on a real library; only the background work is a stand-in that does nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.session import Session
from app.theme import Theme, ThemeChoice
from app.translation import use_language
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.domain import IndexProgress
from core.library.library import Library, open_library
from core.settings import Settings
from tests.app.synthetic import MODEL


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the settings or the library of whoever runs it."""
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("ALBUMEN_LIBRARY", str(tmp_path / "own-library"))
    use_language("en")


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """A test that leaves a thread running fails, whatever else it says."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in left:
        thread.join(5)
    left = [thread.name for thread in left if thread.is_alive()]
    assert not left, f"threads left behind: {left}"


class IdleWork:
    """Background work that never has anything to do, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.first: list[int] = []
        self.listeners: list[Callable[[IndexProgress], None]] = []

    def start(self) -> None:
        self.asked.append("start")

    def stop(self) -> None:
        self.asked.append("stop")

    def rescan(self, album_id: int | None = None) -> None:
        self.asked.append(f"rescan {album_id}")

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def cancel(self) -> None:
        self.asked.append("cancel")

    def retry(self, photo_ids: list[int] | None = None) -> int:
        self.asked.append(f"retry {photo_ids}")
        return len(photo_ids or ())

    def prioritize(self, photo_ids: list[int]) -> None:
        self.first = list(photo_ids)

    def subscribe(self, listener: Callable[[IndexProgress], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An open, empty library; the session closes it."""
    return open_library(tmp_path / "library")


@pytest.fixture
def work() -> IdleWork:
    """The stand-in for the indexer."""
    return IdleWork()


@pytest.fixture
def session(qapp: QApplication, library: Library, work: IdleWork) -> Iterator[Session]:
    """A session on the library, not started."""
    result = Session(library, work, MODEL)
    yield result
    result.stop()


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """The dark theme."""
    return Theme(qapp, ThemeChoice.DARK)


OpenWindow = Callable[[], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, session: Session, theme: Theme, tmp_path: Path) -> OpenWindow:
    """Opens the window once the library holds what the test wants."""

    def open_it() -> MainWindow:
        window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        with qtbot.waitSignal(session.browser.listed, timeout=20_000):
            window.show()
            session.start()
        qtbot.waitUntil(lambda: len(session.albums.albums) == len(session.library.queries.albums()))
        return window

    return open_it
