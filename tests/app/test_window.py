"""The window as its user meets it, on a real library."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.models.photo_list import PERCENTILE_ROLE
from app.session import Session
from app.translation import use_language
from core.domain import Analysis, Flag, IndexProgress, PhotoQuery, SortKey, Status
from core.library.library import Library
from tests.app.conftest import IdleWork, OpenWindow
from tests.app.synthetic import MODEL, fill, scored, unreadable


def shown_names(session: Session) -> list[str]:
    photos = session.browser.photos
    return [row.name for n in range(photos.rowCount()) if (row := photos.row(n)) is not None]


def answered(qtbot: QtBot, session: Session) -> object:
    """Waits for the next list that the library gives."""
    return qtbot.waitSignal(session.browser.listed, timeout=10_000)


def test_the_first_start_invites_to_add_a_folder(
    qtbot: QtBot, session: Session, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    assert window.pages.currentWidget() is window.pages.welcome
    assert window.pages.welcome.add.isVisible()
    assert not window.filters.isVisible()
    folder = tmp_path / "holiday"
    folder.mkdir()
    with qtbot.waitSignal(session.actions.album_added):
        session.actions.add_albums([folder])
    qtbot.waitUntil(lambda: session.browser.query.album_id is not None)
    qtbot.waitUntil(lambda: window.toolbar.title.text() == "holiday")


def test_photos_are_shown_best_first_and_worst_first_by_choice(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 12)
    open_window()
    assert shown_names(session)[0] == "photo-00011.jpg"
    with answered(qtbot, session):
        session.browser.change(sort=SortKey.SCORE, descending=False)
    assert shown_names(session)[0] == "photo-00000.jpg"


def test_filters_combine_and_the_chip_says_what_they_hide(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 10)
    library.writer.set_flag(ids[5:], Flag.PICK).result()
    window = open_window()
    assert not window.filters.chip.isVisible()
    with answered(qtbot, session):
        session.browser.change(flag=Flag.PICK, min_score=2.91)
    left = len(session.browser.listing.ids)
    assert 0 < left < 5
    assert window.filters.chip.isVisible()
    assert window.filters.chip.text().startswith(f"{10 - left} hidden by filters")
    with answered(qtbot, session):
        qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    assert len(session.browser.listing.ids) == 10
    assert not window.filters.chip.isVisible()


def test_filters_that_hide_everything_say_so(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    window = open_window()
    with answered(qtbot, session):
        session.browser.change(text="no such name")
    assert window.pages.currentWidget() is window.pages.empty
    assert "no such name" in window.pages.empty.text.text()
    with answered(qtbot, session):
        qtbot.mouseClick(window.pages.empty.show_all, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.grid


def test_typing_in_the_search_field_finds_and_judges_nothing(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 12)
    window = open_window()
    session.browser.activate(0)
    window.filters.focus_search()
    with answered(qtbot, session):
        qtbot.keyClicks(window.filters.search, "0005")
    assert shown_names(session) == ["photo-00005.jpg"]
    assert library.queries.count(PhotoQuery(MODEL, min_rating=1)) == 0


def test_number_keys_rate_what_is_chosen_and_undo_takes_it_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 6)
    window = open_window()
    window.grid.setFocus()
    session.browser.activate(0)
    qtbot.keyClick(window.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.grid, Qt.Key.Key_4)
    rows = library.queries.photo_rows(ids, MODEL)
    assert [rows[i].rating for i in ids] == [0, 0, 0, 0, 4, 4]
    assert window.messages.message is not None
    assert "2 photos" in window.messages.message.text
    with qtbot.waitSignal(session.notifier.posted):
        qtbot.keyClick(window.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert library.queries.count(PhotoQuery(MODEL, min_rating=1)) == 0
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(session.notifier.posted):
        qtbot.keyClick(window.grid, Qt.Key.Key_Z, redo)
    assert library.queries.count(PhotoQuery(MODEL, min_rating=4)) == 2


def test_what_is_taken_back_is_told_in_the_users_language(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    use_language("de")
    ids = fill(library, tmp_path / "album", 3)
    open_window()
    with qtbot.waitSignal(session.actions.judged):
        session.actions.rate(3, ids[:1])
    with qtbot.waitSignal(session.notifier.posted) as told:
        session.actions.undo()
    assert told.args[0].text == "Rückgängig gemacht: 3 Sterne"
    with qtbot.waitSignal(session.notifier.posted) as told:
        session.actions.redo()
    assert told.args[0].text == "Wiederholt: 3 Sterne"
    with qtbot.waitSignal(session.notifier.posted) as told:
        session.actions.redo()
    assert told.args[0].text == "Nichts zu wiederholen"


def test_in_the_loupe_keys_act_on_the_photo_shown_alone(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 5)
    window = open_window()
    window.grid.selectAll()
    session.browser.activate(1, choose=False)
    qtbot.keyClick(window.grid, Qt.Key.Key_E)
    assert window.pages.currentWidget() is window.loupe
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_X)
    rows = library.queries.photo_rows(ids, MODEL)
    assert [i for i in ids if rows[i].flag is Flag.REJECT] == [ids[3]]


def test_a_photo_that_its_rating_filters_out_hands_over_to_the_next(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 5)
    library.writer.set_rating(ids, 3).result()
    window = open_window()
    with answered(qtbot, session):
        session.browser.change(min_rating=2)
    session.browser.activate(1)
    following = session.browser.photos.id_at(2)
    with answered(qtbot, session):
        qtbot.keyClick(window.grid, Qt.Key.Key_1)
    assert session.browser.active_id == following


def test_auto_advance_goes_on_after_judging(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 5)
    window = open_window()
    session.browser.activate(0)
    window.commands["auto_advance"].setChecked(True)
    with qtbot.waitSignal(session.browser.active_changed):
        qtbot.keyClick(window.grid, Qt.Key.Key_P)
    assert session.browser.active_position == 1


def test_the_choice_survives_photos_that_arrive(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 30)
    open_window()
    session.browser.activate(3)
    active = session.browser.active_id
    with answered(qtbot, session):
        fill(library, tmp_path / "album" / "more", 70, analysis=lambda n: unreadable())
    qtbot.waitUntil(lambda: session.browser.listing.total == 100, timeout=10_000)
    assert session.browser.active_id == active
    assert list(session.browser.chosen_ids()) == [active]


def test_unreadable_photos_show_their_reason(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 2, analysis=lambda n: unreadable("the file is empty"))
    window = open_window()
    with qtbot.waitSignal(session.details.loaded):
        session.browser.activate(0)
    assert window.panel.rank.text() == "The file is empty"
    assert not window.panel.chart.isVisible()
    tip = session.browser.photos.data(session.browser.photos.index(0), Qt.ItemDataRole.ToolTipRole)
    assert "the file is empty" in tip
    with answered(qtbot, session):
        window.activity.unreadable_requested.emit()
    assert session.browser.query.statuses == frozenset({Status.UNREADABLE})


def test_the_panel_shows_score_rank_and_distribution(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 11)
    window = open_window()
    with qtbot.waitSignal(session.details.loaded):
        session.browser.activate(0)
    first = session.browser.photos.row(0)
    assert first is not None
    assert window.panel.score.text() == "95 %"
    assert "of this album" in window.panel.of_ten.text()
    assert f"{first.mean:.2f}" in window.panel.rank.text()
    assert "10:" in window.panel.chart.accessibleDescription()
    with qtbot.waitSignal(session.details.loaded):
        window.panel.stars.rated.emit(5)
    assert window.panel.photo is not None
    assert window.panel.photo.rating == 5


def test_cells_tell_where_a_photo_stands_in_its_own_album(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "large", 50)
    fill(library, tmp_path / "small", 4)
    open_window()
    photos = session.browser.photos
    first = photos.index(0)
    qtbot.waitUntil(lambda: first.data(PERCENTILE_ROLE) is not None)
    assert first.data(PERCENTILE_ROLE) == 99.0
    spoken = first.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Better than 99 % of this album" in spoken
    best_of_small = next(
        photos.index(n) for n in range(photos.rowCount())
        if (row := photos.row(n)) and row.path == tmp_path / "small" / "photo-00003.jpg"
    )  # fmt: skip
    assert best_of_small.data(PERCENTILE_ROLE) == 87.5
    changed = fill(library, tmp_path / "late", 2)
    qtbot.waitUntil(lambda: photos.position(changed[0]) is not None)
    late = photos.index(photos.position(changed[0]) or 0)
    qtbot.waitUntil(lambda: late.data(PERCENTILE_ROLE) == 25.0)
    alone = fill(library, tmp_path / "alone", 1)
    qtbot.waitUntil(lambda: photos.position(alone[0]) is not None)
    only = photos.index(photos.position(alone[0]) or 0)
    assert only.data(PERCENTILE_ROLE) is None  # there is nothing to compare it with


def test_the_heat_map_lies_over_the_photo(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3, thumbnails=True)
    window = open_window()
    with qtbot.waitSignal(session.details.loaded):
        session.browser.activate(0)
    qtbot.keyClick(window.grid, Qt.Key.Key_H)
    assert window.pages.currentWidget() is window.loupe
    qtbot.waitUntil(lambda: window.loupe.canvas.heat is not None)
    image = window.loupe.canvas.heat
    assert image is not None
    top, bottom = image.pixelColor(50, 40), image.pixelColor(220, 150)
    assert top.red() > top.blue()  # the made-up maps raise the score here
    assert bottom.blue() > bottom.red()  # and lower it there
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_H)
    assert window.loupe.canvas.heat is None


def test_arrows_walk_through_the_list_in_the_loupe(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 4, thumbnails=True)
    window = open_window()
    session.browser.activate(0)
    window.show_view("loupe")
    for key, position in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 3), (Qt.Key.Key_Right, 3),
                          (Qt.Key.Key_Left, 2), (Qt.Key.Key_Home, 0)):  # fmt: skip
        qtbot.keyClick(window.loupe.canvas, key)
        assert session.browser.active_position == position
        assert window.loupe.photo_id == session.browser.photos.id_at(position)
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.grid


def test_z_goes_to_the_best_face_at_full_size_and_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 1, thumbnails=True)
    window = open_window()
    with qtbot.waitSignal(session.details.loaded):
        session.browser.activate(0)
    window.show_view("loupe")
    qtbot.waitUntil(lambda: window.loupe.canvas.has_photo)
    qtbot.waitUntil(lambda: window.loupe.canvas.best_face() is not None)
    canvas = window.loupe.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Z)
    assert canvas.zoom == 1.0
    face = canvas.best_face()
    assert face is not None
    assert (canvas.center.x(), canvas.center.y()) == pytest.approx(face.box.center)
    qtbot.keyClick(canvas, Qt.Key.Key_Z)
    assert canvas.zoom is None


def test_progress_can_be_paused_resumed_and_cancelled(
    qtbot: QtBot, session: Session, work: IdleWork, open_window: OpenWindow
) -> None:
    window = open_window()
    tell = work.listeners[0]
    tell(IndexProgress(found=10, done=4, photos_per_second=2.0, seconds_left=3.0, unreadable=1))
    qtbot.waitUntil(window.activity.isVisible)
    assert "4 of 10" in window.activity.detail.text()
    assert window.windowTitle() == "Albumen – 40 %"
    qtbot.mouseClick(window.activity.pause, Qt.MouseButton.LeftButton)
    tell(IndexProgress(found=10, done=4, paused=True))
    qtbot.waitUntil(lambda: window.activity.title.text() == "Paused")
    qtbot.mouseClick(window.activity.pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.activity.cancel, Qt.MouseButton.LeftButton)
    assert [word for word in work.asked if word in {"pause", "resume", "cancel"}] == [
        "pause",
        "resume",
        "cancel",
    ]
    tell(IndexProgress(found=10, done=10))
    qtbot.waitUntil(lambda: not window.activity.isVisible())


def test_the_photos_on_screen_are_analyzed_first(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork, open_window: OpenWindow,
    tmp_path: Path,
) -> None:  # fmt: skip
    fill(library, tmp_path / "album", 300, analysis=lambda n: None)
    window = open_window()
    window.grid.verticalScrollBar().setValue(window.grid.verticalScrollBar().maximum())
    last = session.browser.photos.id_at(299)
    qtbot.waitUntil(lambda: last in work.first)
    assert len(work.first) < 60


def test_selecting_by_keyboard_and_mouse(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 40)
    window = open_window()
    grid, browser = window.grid, session.browser
    viewport = grid.viewport()

    def click(position: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
        spot = grid.visualRect(browser.photos.index(position)).center()
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, modifier, spot)

    click(1)
    click(6, Qt.KeyboardModifier.ShiftModifier)
    assert browser.chosen_count == 6
    click(2, Qt.KeyboardModifier.ControlModifier)
    assert browser.chosen_count == 5
    click(3)
    assert list(browser.chosen_ids()) == [browser.photos.id_at(3)]
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert browser.chosen_count == 40
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert browser.active_position == 39
    assert grid.viewport().rect().contains(grid.visualRect(browser.photos.index(39)).center())


def test_the_rubber_band_chooses_what_it_touches(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 8)
    window = open_window()
    grid, viewport = window.grid, window.grid.viewport()
    first = grid.visualRect(session.browser.photos.index(0))
    second = grid.visualRect(session.browser.photos.index(1))
    start = first.topLeft() - QPoint(6, 6)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, second.center())
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=second.center())
    assert session.browser.chosen_count == 2


def test_every_control_has_a_name_for_screen_readers(
    session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    window = open_window()
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisibleTo(window)
        and not isinstance(widget, QLabel)
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
    ]
    assert nameless == []


def test_a_narrow_window_gives_the_room_to_the_photos(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    window = open_window()
    assert window.sidebar.isVisible()
    window.resize(640, 420)
    qtbot.waitUntil(lambda: not window.sidebar.isVisible())
    assert not window.panel.isVisible()
    window.resize(1280, 800)
    qtbot.waitUntil(window.sidebar.isVisible)


def test_the_keys_are_shown_and_any_key_closes_them(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3)
    window = open_window()
    window.commands["keys"].trigger()
    assert window.preferences.key_sheet.isVisible()
    qtbot.keyClick(window.preferences.key_sheet, Qt.Key.Key_Escape)
    assert not window.preferences.key_sheet.isVisible()


def test_the_window_closes_clean_and_comes_back_as_it_was(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork, open_window: OpenWindow,
    tmp_path: Path,
) -> None:  # fmt: skip
    fill(library, tmp_path / "album", 3)
    window = open_window()
    window.options.set_order(SortKey.NAME, False)
    window.commands["info"].setChecked(False)
    window.toolbar.show_side(200)
    window.close()
    assert work.asked[-1] == "stop"
    text = (tmp_path / "config" / "window.ini").read_text()
    assert "sort=name" in text
    assert "info=false" in text
    assert "side=200" in text


def test_many_thousand_photos_stay_at_hand(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    """B50: the list is ids; only what is on screen is fetched."""
    fill(library, tmp_path / "album", 20_000, analysis=scored_few)
    window = open_window()
    browser, grid = session.browser, window.grid
    assert browser.photos.rowCount() == 20_000
    grid.selectAll()
    assert browser.chosen_count == 20_000
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert browser.active_position == 19_999
    assert 19_999 in grid.visible_range()
    assert len(browser.photos._cache) < 2_000


def scored_few(number: int) -> Analysis | None:
    return scored(number, faces=0) if number % 100 == 0 else None
