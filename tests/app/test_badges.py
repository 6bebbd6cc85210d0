"""What thumbnails tell can be switched off, all of it or piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.session import Session
from app.views.main_window import MainWindow
from app.views.photo_delegate import BADGES
from core.domain import ColorLabel, FileState, Flag
from core.library.file_writes import FileChanges
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import fill
from tests.app.test_grouping import shot


def cell(window: MainWindow, position: int = 0) -> QImage:
    grid = window.grid
    return grid.viewport().grab(grid.visualRect(grid.model().index(position))).toImage()


@pytest.fixture
def window(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> MainWindow:
    ids = fill(library, tmp_path / "album", 3, shot, thumbnails=True)
    album = library.queries.albums()[0]
    raw = [FileState(tmp_path / "album" / f"photo-{n:05}.nef", 5, 1, 90 + n, 1) for n in range(3)]
    library.writer.apply_files(FileChanges(album.id, new=raw)).result()
    library.writer.set_rating(ids, 3).result()
    library.writer.set_flag(ids, Flag.PICK).result()
    library.writer.set_color(ids, ColorLabel.GREEN).result()
    opened = open_window()
    qtbot.waitUntil(lambda: session.bursts.size_of(ids[0]) == 3, timeout=20_000)
    qtbot.waitUntil(lambda: session.thumbnails.get(ids[2]) is not None, timeout=20_000)
    return opened


@pytest.mark.parametrize("badge", [b for b in BADGES if b != "fault"])
def test_each_badge_is_switched_off_by_itself_and_stays_off(window: MainWindow, badge: str) -> None:
    before = cell(window)
    window.menus._badges[badge].trigger()
    after = cell(window)
    assert after != before
    assert window._state.badges(BADGES) == frozenset(BADGES) - {badge}
    window.menus._badges[badge].trigger()
    assert cell(window) == before


def test_one_key_switches_all_of_them(window: MainWindow) -> None:
    before = cell(window)
    window.commands["badges"].trigger()
    bare = cell(window)
    assert bare != before
    for badge in set(BADGES) - {"score"}:
        assert not window.menus._badges[badge].isEnabled()
    window.commands["badges"].trigger()
    assert cell(window) == before
