"""Scrolling up and down does not make the program grow."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.session import Session
from app.theme import Theme
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.library.library import Library
from core.settings import Settings
from tests.app.conftest import IdleWork
from tests.app.synthetic import MODEL, fill, thumbnail

PHOTOS = 400
BOUND_MB = 16
TURNS = 4


def test_scrolling_up_and_down_again_and_again_takes_no_more_memory(
    qtbot: QtBot, library: Library, theme: Theme, tmp_path: Path
) -> None:
    """B51: thumbnails come and go within their bound."""
    ids = fill(library, tmp_path / "album", PHOTOS)
    library.thumbnails.put_many([(i, thumbnail(n)) for n, i in enumerate(ids)])
    session = Session(library, IdleWork(), MODEL, BOUND_MB)
    try:
        window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        with qtbot.waitSignal(session.browser.listed, timeout=20_000):
            window.show()
            session.start()
        grid, cache = window.grid, session.thumbnails
        bar = grid.verticalScrollBar()
        step = max(1, grid.viewport().height())
        process = psutil.Process()
        grown: list[float] = []
        for _ in range(TURNS):
            for place in [*range(0, bar.maximum(), step), *range(bar.maximum(), 0, -step)]:
                bar.setValue(place)
                grid.viewport().repaint()
                seen = [session.browser.photos.id_at(n) for n in grid.visible_range()]
                qtbot.waitUntil(lambda: all(cache.get(i) is not None for i in seen if i))  # noqa: B023
                QApplication.processEvents()
            assert cache.used_bytes <= BOUND_MB * 1_000_000
            grown.append(process.memory_info().rss / 1e6)
        window.close()
    finally:
        session.stop()
    assert grown[-1] - grown[1] < 10


@pytest.mark.parametrize("many", [100, 100_000], ids=["first page first", "all at once"])
def test_who_has_scrolled_down_sees_the_beginning_of_what_is_asked_for_next(
    qtbot: QtBot,
    library: Library,
    theme: Theme,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    monkeypatch.setattr("app.browsing.MANY", many)
    fill(library, tmp_path / "album", PHOTOS)
    session = Session(library, IdleWork(), MODEL)
    try:
        window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        browser, grid = session.browser, window.grid
        with qtbot.waitSignal(browser.listed, timeout=20_000):
            window.show()
            session.start()
        bar = grid.verticalScrollBar()
        bar.setValue(bar.maximum())
        assert grid.visible_range().start > 300
        scores = [browser.photos.row(n).mean for n in range(PHOTOS)]  # type: ignore[union-attr]
        middle = sorted(mean for mean in scores if mean is not None)[PHOTOS // 3]
        with qtbot.waitSignal(browser.listed, timeout=20_000):
            browser.change(min_score=middle)
        assert grid.visible_range().start == 0
        bar.setValue(bar.maximum())
        seen = browser.photos.id_at(grid.visible_range().start)
        with qtbot.waitSignal(browser.listed, timeout=20_000):
            browser.refresh()  # the same question: nothing moves
        assert browser.photos.id_at(grid.visible_range().start) == seen
        window.close()
    finally:
        session.stop()
