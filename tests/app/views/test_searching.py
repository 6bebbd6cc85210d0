"""Searching in the window: the box, what it offers and tells, the menu, smart albums."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.models.albums import COUNT_ROLE
from app.session import Session
from core.domain import Analysis, ColorLabel, PhotoMetadata
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import fill, scored
from tests.app.test_window import answered, shown_names


def taken_in_june(number: int) -> Analysis:
    """One photo a day, from the first of June 2024 on."""
    facts = PhotoMetadata("jpeg", 600, 400, taken_at=datetime(2024, 6, 1 + number, 12))
    return replace(scored(number), metadata=facts)


def test_a_search_is_completed_read_and_answered(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 12)
    library.writer.set_color(ids[:4], ColorLabel.GREEN).result()
    window = open_window()
    box = window.filters.search
    window.filters.focus_search()
    qtbot.keyClicks(box, "col")
    assert box.help is not None
    assert box.help.offering
    assert "color:" in box.help.list.item(0).text()
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert box.text() == "color:"
    qtbot.keyClicks(box, "gr")
    qtbot.keyClick(box, Qt.Key.Key_Down)
    with answered(qtbot, session):
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == "color:green "
    assert len(shown_names(session)) == 4
    with answered(qtbot, session):
        qtbot.keyClicks(box, "-0003")
    assert len(shown_names(session)) == 3
    assert window.filters.chip.text().startswith("9 hidden by filters")
    with answered(qtbot, session):
        qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    assert box.text() == ""


def test_the_example_is_understood_and_can_be_read_whole(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 30, taken_in_june)
    window = open_window()
    box = window.filters.search
    narrow = box.width()
    text = 'score>3 faces:1 -reason:eyes_closed taken:2024-06 -person:"Grandma"'
    window.filters.focus_search()
    qtbot.keyClicks(box, text)
    with answered(qtbot, session):
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == text
    assert [term.key for term in session.browser.query.terms] == [
        "score", "faces", "reason", "taken", "person",
    ]  # fmt: skip
    means = [row.mean or 0.0 for n in range(30) if (row := session.browser.photos.row(n))]
    assert means
    assert len(means) < 30
    assert min(means) > 3
    assert box.fontMetrics().horizontalAdvance(text) < box.width()
    with answered(qtbot, session):
        qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    assert box.width() == narrow


def test_a_wrong_word_is_told_and_the_list_stays(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 4)
    window = open_window()
    box = window.filters.search
    window.filters.focus_search()
    qtbot.keyClicks(box, "fases:1")
    qtbot.waitUntil(lambda: box.help is not None and box.help.error.isVisible())
    assert "Did you mean “faces”?" in box.help.error.text()
    assert "faces" in box.accessibleDescription()
    assert len(shown_names(session)) == 4
    box.clear()
    qtbot.keyClicks(box, "score:")  # not wrong yet, only unfinished
    qtbot.waitUntil(lambda: not box._typing.isActive())
    assert not box.help.error.isVisible()
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert "a value is missing" in box.help.error.text()
    assert box.hasFocus()


def test_filters_of_the_menu_are_written_into_the_box(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6)
    window = open_window()
    more = window.filters.more
    more._fill({"format": ["jpeg", "png"], "camera": []})
    assert not more.menus["camera"].menuAction().isVisible()
    png = next(a for a in more.menus["format"].actions() if a.text() == "png")
    with answered(qtbot, session):
        png.trigger()
    assert window.filters.search.text() == "format:png"
    assert shown_names(session) == []
    more._fill({"format": ["jpeg", "png"]})
    jpeg = next(a for a in more.menus["format"].actions() if a.text() == "jpeg")
    with answered(qtbot, session):
        jpeg.trigger()
    assert window.filters.search.text() == "format:jpeg"
    assert len(shown_names(session)) == 6


def test_a_range_of_days_is_chosen_and_written_into_the_box(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6, taken_in_june)
    window = open_window()
    more = window.filters.more
    more._fill(library.queries.search_values())
    entry = next(a for a in more.menus["taken"].actions() if a.text() == "From … to …")
    entry.trigger()
    sheet = more.dates
    assert sheet is not None
    assert (sheet.first.date(), sheet.last.date()) == (QDate(2024, 6, 1), QDate(2024, 6, 30))
    sheet.first.setDate(QDate(2024, 6, 4))  # the other way round is meant all the same
    sheet.last.setDate(QDate(2024, 6, 2))
    with answered(qtbot, session):
        qtbot.mouseClick(sheet.use, Qt.MouseButton.LeftButton)
    assert window.filters.search.text() == "taken:2024-06-02..2024-06-04"
    assert sorted(shown_names(session)) == [f"photo-0000{n}.jpg" for n in (1, 2, 3)]
    more.ask_for_dates()
    assert (sheet.first.date(), sheet.last.date()) == (QDate(2024, 6, 2), QDate(2024, 6, 4))


def test_people_are_offered_by_name(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    more = open_window().filters.more
    more._fill({})
    texts = [action.text() for action in more.menus["person"].actions()]
    assert "Nobody has a name yet" in texts
    more._fill({"person": ["Ann & Bo", "Grandma"]})
    ann = next(a for a in more.menus["person"].actions() if a.text() == "Ann && Bo")
    with answered(qtbot, session):
        ann.trigger()
    assert more.window().filters.search.text() == 'person:"Ann & Bo"'  # type: ignore[attr-defined]


def test_a_search_is_kept_named_chosen_removed_and_brought_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 12)
    window = open_window()
    with answered(qtbot, session):
        session.browser.change(min_score=2.9)
    found = len(session.browser.listing.ids)
    qtbot.mouseClick(window.filters.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.albums.smart_albums) == 1)
    row = session.albums.row_of_smart(session.albums.smart_albums[0].id)
    assert row == 2
    counted = session.albums.index(row)
    assert counted.data(COUNT_ROLE) == str(found)
    index = session.albums.index(row)
    assert session.albums.setData(index, "Good ones")
    qtbot.waitUntil(lambda: session.albums.smart_albums[0].name == "Good ones")
    qtbot.waitUntil(lambda: window.toolbar.title.text() == "Good ones")

    with answered(qtbot, session):
        window.sidebar.choose(None)
    assert len(session.browser.listing.ids) == 12
    with answered(qtbot, session):
        window.sidebar.view.setCurrentIndex(index)
    assert len(session.browser.listing.ids) == found
    assert window.filters.search.text() == "score>=2.9"
    with answered(qtbot, session):  # asking for something else leaves it; it can be chosen anew
        qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    assert window.sidebar.view.currentIndex().row() == 0
    assert window.toolbar.title.text() == "All photos"
    with answered(qtbot, session):
        window.sidebar.view.setCurrentIndex(index)
    assert len(session.browser.listing.ids) == found
    with qtbot.waitSignal(session.notifier.posted):
        qtbot.keyClick(window.sidebar, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: session.albums.smart_albums == [])
    qtbot.waitUntil(lambda: window.toolbar.title.text() == "All photos")
    qtbot.waitUntil(lambda: len(session.browser.listing.ids) == 12)
    with qtbot.waitSignal(session.notifier.posted):
        session.actions.undo()
    qtbot.waitUntil(lambda: [a.name for a in session.albums.smart_albums] == ["Good ones"])


def test_a_smart_album_counts_what_comes_and_goes(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 5)
    library.writer.save_search("Mine", "stars>=4").result()
    open_window()

    def counted() -> str:
        row = next((r for r in range(9) if session.albums.smart(r)), 0)
        return str(session.albums.index(row).data(COUNT_ROLE))

    qtbot.waitUntil(lambda: counted() == "0")
    library.writer.set_rating(ids[:2], 5).result()
    qtbot.waitUntil(lambda: counted() == "2")
    library.writer.set_rating(ids[:1], 3).result()
    qtbot.waitUntil(lambda: counted() == "1")
    session.search_counts.soon()
    with qtbot.waitSignal(session.search_counts.counted) as told:
        pass
    assert [count for _, count in told.args[0]] == [1]


def test_files_can_be_left_out_of_an_album(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    window = open_window()
    album = session.albums.albums[0]
    window.sidebar.ignoring_requested.emit(album)
    sheet = window.places.ignoring
    qtbot.waitUntil(sheet.isVisible)
    sheet.patterns.setPlainText("*_small.jpg\n\n")
    with qtbot.waitSignal(session.actions.ignoring_changed):
        qtbot.mouseClick(sheet.use, Qt.MouseButton.LeftButton)
    assert library.queries.ignore_patterns(album.id) == ["*_small.jpg"]

    window.commands["settings"].trigger()  # the settings lead there as well
    buttons = window.preferences.sheet.folders.findChildren(QPushButton)
    ignored = next(b for b in buttons if b.accessibleName() == "album: Ignored files…")
    qtbot.mouseClick(ignored, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(sheet.isVisible)
    assert not window.preferences.sheet.isVisible()
    assert sheet.patterns.toPlainText() == "*_small.jpg"
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert library.queries.ignore_patterns(album.id) == ["*_small.jpg"]
