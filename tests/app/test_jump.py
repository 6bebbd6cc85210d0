"""Going to a photo by its name, and to the shots of its burst."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from core.domain import Flag
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import fill
from tests.app.test_grouping import shot


def test_typing_a_name_goes_there_and_filters_nothing(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 30)
    window = open_window()
    session.browser.activate(0)
    window.commands["jump"].trigger()
    qtbot.keyClicks(window.jump.text, "-0001")
    qtbot.waitUntil(lambda: session.browser.active_id == ids[19])  # the best of 10 to 19
    assert window.jump.count.text() == "1 of 10"
    assert session.browser.photos.rowCount() == 30
    qtbot.keyClick(window.jump.text, Qt.Key.Key_Down)
    assert session.browser.active_id == ids[18]
    qtbot.keyClick(window.jump.text, Qt.Key.Key_Up)
    qtbot.keyClick(window.jump.text, Qt.Key.Key_Up)
    assert session.browser.active_id == ids[10]  # round the end
    qtbot.keyClicks(window.jump.text, "zz")
    qtbot.waitUntil(lambda: window.jump.count.text() == "No such name")
    qtbot.keyClick(window.jump.text, Qt.Key.Key_Escape)
    assert not window.jump.isVisible()
    assert session.browser.active_id == ids[10]


def test_a_key_shows_the_shots_of_a_burst(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 7, shot)
    window = open_window()
    qtbot.waitUntil(lambda: session.bursts.size_of(ids[4]) == 3, timeout=20_000)
    session.browser.activate(session.browser.photos.position(ids[4]) or 0)
    window.commands["burst"].trigger()
    assert window.survey.isVisible()
    assert sorted(window.survey.photo_ids) == ids[3:6]
    assert session.browser.active_id == ids[4]
    window.show_view("grid")
    session.browser.activate(session.browser.photos.position(ids[6]) or 0)
    with qtbot.waitSignal(session.notifier.posted):
        window.commands["burst"].trigger()
    assert window.grid.isVisible()


def test_a_burst_that_a_filter_hides_is_told(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 3, shot)
    library.writer.set_flag(ids[:1], Flag.PICK).result()
    window = open_window()
    qtbot.waitUntil(lambda: session.bursts.size_of(ids[0]) == 3, timeout=20_000)
    with qtbot.waitSignal(session.browser.listed):
        session.browser.change(flag=Flag.PICK)
    session.browser.activate(0)
    with qtbot.waitSignal(session.notifier.posted) as told:
        window.commands["burst"].trigger()
    assert "hidden by a filter" in told.args[0].text
