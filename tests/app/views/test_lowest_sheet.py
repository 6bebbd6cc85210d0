"""Choosing the lowest scored: counted before, looked at, and never what the user thinks well of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from core.domain import Flag, SortKey
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, fill, scored, unreadable


def test_the_lowest_are_counted_chosen_rejected_and_taken_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 20, lambda n: unreadable() if n == 19 else scored(n))
    library.writer.set_rating([ids[0]], 3).result()
    library.writer.set_flag([ids[2]], Flag.PICK).result()
    window = open_window()
    window.commands["lowest"].trigger()
    sheet = window.places.lowest
    sheet.number.setValue(3)
    qtbot.waitUntil(lambda: sheet.count.text() == "3 photos")
    qtbot.waitUntil(sheet.use.isEnabled)
    with qtbot.waitSignal(sheet.chosen) as told:
        qtbot.mouseClick(sheet.use, Qt.MouseButton.LeftButton)
    assert told.args == [3]
    assert session.browser.query.sort is SortKey.SCORE
    assert not session.browser.query.descending
    assert session.browser.chosen_ids().tolist() == [ids[1], ids[3], ids[4]]
    rows = library.queries.photo_rows(ids, MODEL)
    assert [i for i in ids if rows[i].flag is Flag.REJECT] == []  # chosen, and no more

    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.grid, Qt.Key.Key_X)
    rows = library.queries.photo_rows(ids, MODEL)
    assert [i for i in ids if rows[i].flag is Flag.REJECT] == [ids[1], ids[3], ids[4]]
    with qtbot.waitSignal(session.notifier.posted):
        session.actions.undo()
    rows = library.queries.photo_rows(ids, MODEL)
    assert all(row.flag is not Flag.REJECT for row in rows.values())


def test_below_a_score_means_below_and_keeps_to_the_filters(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 20, lambda n: scored(n, faces=n % 2))
    window = open_window()
    with qtbot.waitSignal(session.browser.listed):
        session.browser.change(portraits_only=True)
    means = [row.mean for n in range(10) if (row := session.browser.photos.row(n)) is not None]
    window.commands["lowest"].trigger()
    sheet = window.places.lowest
    sheet.score.setValue(2.9)
    wanted = sum(mean < 2.9 for mean in means if mean is not None)
    assert 0 < wanted < 10
    assert sheet.by_score.isChecked()
    qtbot.waitUntil(lambda: sheet.count.text().startswith(str(wanted)))
    sheet.score.setValue(1.0)
    qtbot.waitUntil(lambda: sheet.count.text() == "0 photos")
    assert not sheet.use.isEnabled()  # nothing is chosen by an empty answer
