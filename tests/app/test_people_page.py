"""The page of people as its user meets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.models.face_crops import round_crop
from app.models.people import ROW_ROLE
from app.session import Session
from app.views.main_window import MainWindow
from core.curation.undo import history
from core.domain import Analysis, Box
from core.grouping.identify import identify
from core.library import people_queries
from core.library.library import Library
from core.people import name_person
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, fill, scored
from tests.core.curation.made_album import face_of

Choose = QItemSelectionModel.SelectionFlag.Select


def portrait(number: int) -> Analysis:
    """Photo ``number`` shows person ``number % 3``."""
    return replace(scored(number), faces=(face_of(number % 3 + 1, number),))


@pytest.fixture
def window(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> MainWindow:
    fill(library, tmp_path / "album", 9, portrait, thumbnails=True)
    identify(library)
    window = open_window()
    window.show_view("people")
    qtbot.waitUntil(lambda: session.people.everybody.rowCount() == 3)
    return window


def told(library: Library) -> dict[str, int]:
    return {p.name: p.photos for p in people_queries.everybody(library.queries)}


def test_everybody_has_a_face_and_a_name_can_be_typed(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    page = window.people
    first = session.people.everybody.index(0)
    assert first.data() == "Who is this?"
    page.everybody.setCurrentIndex(first)
    qtbot.keyClick(page.everybody, Qt.Key.Key_F2)
    editor = page.everybody.findChild(QLineEdit)
    assert editor is not None
    qtbot.keyClicks(editor, "Anna")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Anna" in told(library))
    qtbot.waitUntil(lambda: session.people.everybody.index(0).data() == "Anna")
    place = session.people.everybody.index(0).data(ROW_ROLE).cover
    qtbot.waitUntil(lambda: session.face_crops.get(place) is not None, timeout=20_000)


def test_two_are_made_one_and_taken_apart_again(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    page, model = window.people, session.people.everybody
    assert not page.merge.isEnabled()
    for row in (0, 1):
        page.everybody.selectionModel().select(model.index(row), Choose)
    qtbot.mouseClick(page.merge, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    assert sorted(p.photos for p in people_queries.everybody(library.queries)) == [3, 6]
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: model.rowCount() == 3)


def test_not_this_person_takes_a_face_out_and_somebody_else_moves_it(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    people = people_queries.everybody(library.queries)
    name_person(library, people[1].id, "Bo").result()
    page = window.people
    session.people.open(people[0].id)
    qtbot.waitUntil(lambda: session.people.faces.rowCount() == 3)
    rows = [session.people.faces.index(row) for row in range(3)]
    scores = [row.data(ROW_ROLE).mean for row in rows]
    assert scores == sorted(scores, reverse=True)
    qtbot.waitUntil(lambda: "%" in rows[0].data())
    said = rows[0].data(Qt.ItemDataRole.AccessibleTextRole).splitlines()
    assert rows[0].data() == "72 %  2.88/10"
    assert said == ["Better than 72 % of this album", "score 2.88 of 10"]
    page.faces.selectionModel().select(session.people.faces.index(0), Choose)
    qtbot.mouseClick(page.deny, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.people.faces.rowCount() == 2)
    page.faces.selectionModel().select(session.people.faces.index(0), Choose)
    page.move.menu().aboutToShow.emit()
    entries = {action.text(): action for action in page.move.menu().actions()}
    assert "A new person" in entries
    entries["Bo"].trigger()
    qtbot.waitUntil(lambda: told(library).get("Bo") == 4)
    assert [entry.details["action"] for entry in history(library)] == ["move", "deny", "name"]


def test_a_persons_photos_are_shown_in_the_grid_until_the_filter_is_off(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    person = people_queries.everybody(library.queries)[0]
    session.people.open(person.id)
    qtbot.waitUntil(lambda: session.people.faces.rowCount() == 3)
    with qtbot.waitSignal(session.browser.listed):
        qtbot.mouseClick(window.people.show_photos, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.browser.listing.ids) == 3)
    assert window.pages.currentWidget() is window.grid
    wanted = {f.place.photo_id for f in people_queries.faces_of(library.queries, person.id, MODEL)}
    assert set(session.browser.listing.ids.tolist()) == wanted
    qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.browser.listing.ids) == 9)


def test_a_named_persons_photos_are_a_search_that_can_be_kept(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    person = people_queries.everybody(library.queries)[0]
    session.people.open(person.id)
    with qtbot.waitSignal(session.browser.listed):
        session.browser.change(min_score=9.0)
    window.people.photos_wanted.emit(person.id)  # without a name: shown, but not to be kept
    qtbot.waitUntil(lambda: len(session.browser.listing.ids) == 3)
    with qtbot.waitSignal(session.notifier.posted) as said:
        qtbot.mouseClick(window.filters.save, Qt.MouseButton.LeftButton)
    assert "name first" in said.args[0].text
    session.people.name(person.id, "Grandma Rose")
    qtbot.waitUntil(lambda: session.people.name_of(person.id) == "Grandma Rose")
    window.people.photos_wanted.emit(person.id)
    qtbot.waitUntil(lambda: window.filters.search.text() == 'person:"Grandma Rose"')
    qtbot.waitUntil(lambda: len(session.browser.listing.ids) == 3)
    assert window.pages.currentWidget() is window.grid
    qtbot.mouseClick(window.filters.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.albums.smart_albums) == 1)
    assert session.albums.smart_albums[0].query == 'person:"Grandma Rose"'


def test_a_stranger_is_hidden_and_found_again(
    qtbot: QtBot, session: Session, library: Library, window: MainWindow
) -> None:
    page, model = window.people, session.people.everybody
    page.everybody.selectionModel().select(model.index(2), Choose)
    qtbot.keyClick(page.everybody, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    qtbot.waitUntil(page.hidden.isVisible)
    page.hidden.click()
    qtbot.waitUntil(lambda: model.rowCount() == 3)


def test_a_library_without_faces_says_so(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 2)
    window = open_window()
    window.show_view("people")
    qtbot.waitUntil(window.people.empty.isVisible)
    assert "Nobody yet" in window.people.empty.text()
    qtbot.keyClick(window.people.everybody, Qt.Key.Key_Escape)


def test_a_crop_is_round_and_shows_the_face() -> None:
    from PySide6.QtGui import QImage

    pixels = np.full((300, 400, 3), 40, np.uint8)
    pixels[60:120, 200:240] = (200, 30, 30)
    image = QImage(pixels.tobytes(), 400, 300, 1200, QImage.Format.Format_RGB888)
    crop = round_crop(image, Box(0.5, 0.2, 0.1, 0.2), 96)
    assert crop.width() == crop.height() == 96
    assert crop.pixelColor(48, 48).red() > 150
    assert crop.pixelColor(1, 1).alpha() == 0


def test_faces_of_nobody_are_named_and_it_can_be_undone(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    def lonely(number: int) -> Analysis:
        return replace(scored(number), faces=(face_of(number + 1, number),))

    ids = fill(library, tmp_path / "album", 4, lonely, thumbnails=True)  # four strangers
    identify(library)
    window = open_window()
    window.show_view("people")
    page, book = window.people, session.people
    qtbot.waitUntil(lambda: page.body.currentWidget() is page.empty)
    qtbot.mouseClick(page.nobody, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: book.faces.rowCount() == 4)
    best = book.faces.index(0).data(ROW_ROLE)
    assert best.place.photo_id == ids[3]  # those in the best photos first
    assert not page.name.isEnabled()
    for row in (0, 1):
        page.faces.selectionModel().select(book.faces.index(row), Choose)
    qtbot.keyClicks(page.name, "  Grandma ")
    qtbot.keyClick(page.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: told(library) == {"Grandma": 2})
    qtbot.waitUntil(lambda: book.faces.rowCount() == 2)
    page.faces.selectionModel().select(book.faces.index(0), Choose)
    qtbot.keyClicks(page.name, "grandma")  # the same person, whatever the case
    qtbot.keyClick(page.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: told(library) == {"Grandma": 3})
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: told(library) == {"Grandma": 2})
    qtbot.keyClick(page.faces, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: book.everybody.index(0).data() == "Grandma")
