"""Opening a library: the first photos at once, whatever the rest takes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from app.theme import Theme
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.domain import PhotoQuery
from core.errors import LibraryError
from core.library.library import Library, open_library
from core.settings import Settings
from tests.app.conftest import IdleWork, OpenWindow
from tests.app.synthetic import fill


def test_the_first_photos_show_while_the_whole_list_is_on_its_way(
    qtbot: QtBot,
    session: Session,
    library: Library,
    work: IdleWork,
    theme: Theme,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """B50."""
    fill(library, tmp_path / "album", 260)
    asked = threading.Event()
    answer = threading.Event()
    photo_ids = library.queries.photo_ids

    def slow(query: PhotoQuery) -> object:
        asked.set()
        assert answer.wait(20)
        return photo_ids(query)

    monkeypatch.setattr(library.queries, "photo_ids", slow)
    window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
    qtbot.addWidget(window)
    window.show()
    session.start()
    photos = session.browser.photos
    try:
        qtbot.waitUntil(lambda: photos.rowCount() == 200, timeout=10_000)
        assert window.pages.currentWidget() is window.grid
        first = photos.row(0)
        assert first is not None
        assert first.name == "photo-00199.jpg"
        session.browser.activate(3)  # while the rest is on its way
        chosen = photos.id_at(3)
        qtbot.waitUntil(asked.is_set)
    finally:
        answer.set()
    qtbot.waitUntil(lambda: photos.rowCount() == 260, timeout=10_000)
    assert session.browser.active_id == chosen
    assert [int(i) for i in session.browser.chosen_ids()] == [chosen]
    assert work.asked == ["start", "rescan None"]


def test_the_background_work_waits_for_the_first_answer(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    begun = []
    session.browser.opened.connect(lambda: begun.append(list(work.asked)))
    session.start()
    qtbot.waitUntil(lambda: work.asked == ["start", "rescan None"], timeout=10_000)
    assert begun == [[]]


def test_the_background_work_begins_also_where_the_list_fails(
    qtbot: QtBot,
    session: Session,
    library: Library,
    work: IdleWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise LibraryError("The library can't be read.")

    monkeypatch.setattr(library.queries, "page", broken)
    said: list[object] = []
    session.notifier.posted.connect(said.append)
    session.start()
    qtbot.waitUntil(lambda: work.asked == ["start", "rescan None"], timeout=10_000)
    assert any("can't be read" in str(getattr(one, "text", one)) for one in said)


def test_a_part_that_fails_to_end_does_not_keep_the_window_open(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork,
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """B53: nor is anything else left running; the fault is in the log."""

    def broken() -> None:
        raise RuntimeError("cannot join thread before it is started")

    window = open_window()
    monkeypatch.setattr(work, "stop", broken)
    assert window.close()
    assert not window.isVisible()
    assert "cannot join thread" in caplog.text
    with open_library(library.path) as again:
        assert again.presence.first
