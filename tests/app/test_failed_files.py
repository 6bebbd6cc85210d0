"""Files that could not be read, as the user meets them: a list, reasons, another try."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.models.photo_list import PHOTO_ROLE
from app.session import Session
from app.views.failed_list import UNREADABLE
from app.views.main_window import MainWindow
from core.domain import Analysis, PhotoQuery
from core.library.library import Library
from tests.app.conftest import IdleWork, OpenWindow
from tests.app.synthetic import MODEL, fill, scored, unreadable


def every_third_fails(number: int) -> Analysis:
    return unreadable("the file is cut off") if number % 3 == 0 else scored(number)


def show_failed(qtbot: QtBot, session: Session, window: MainWindow) -> None:
    with qtbot.waitSignal(session.browser.listed, timeout=10_000):
        window.filters.states.chosen.emit("unreadable")


def test_failed_files_are_listed_with_reasons_and_can_be_tried_again(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork, open_window: OpenWindow,
    tmp_path: Path,
) -> None:  # fmt: skip
    ids = fill(library, tmp_path / "album", 10, every_third_fails)
    window = open_window()
    show_failed(qtbot, session, window)
    assert window.pages.currentWidget() is window.failed
    assert window.failed.title.text() == "4 files could not be read"
    model = window.failed.list.model()
    rows = [model.index(n, 0).data(PHOTO_ROLE) for n in range(model.rowCount())]
    assert {row.reason for row in rows} == {"the file is cut off"}
    assert window.failed.retry.text() == "Try again"
    with qtbot.waitSignal(session.notifier.posted):
        qtbot.mouseClick(window.failed.retry, Qt.MouseButton.LeftButton)
    assert [*map(int, work.asked[-1].removeprefix("retry [").removesuffix("]").split(","))] == [
        int(i) for i in session.browser.photos.ids
    ]
    assert set(session.browser.photos.ids) == set(ids[::3])


def test_only_the_chosen_files_are_tried_again(
    qtbot: QtBot, session: Session, library: Library, work: IdleWork, open_window: OpenWindow,
    tmp_path: Path,
) -> None:  # fmt: skip
    fill(library, tmp_path / "album", 10, every_third_fails)
    window = open_window()
    show_failed(qtbot, session, window)
    model = window.failed.list.model()
    selection = window.failed.list.selectionModel()
    selection.clear()
    for n in (0, 2):
        selection.select(model.index(n, 0), QItemSelectionModel.SelectionFlag.Select)
    assert window.failed.retry.text() == "Try the chosen again"
    with qtbot.waitSignal(session.notifier.posted):
        qtbot.mouseClick(window.failed.retry, Qt.MouseButton.LeftButton)
    chosen = [int(session.browser.photos.ids[n]) for n in (0, 2)]
    assert work.asked[-1] == f"retry {chosen}"


def test_once_all_could_be_read_the_list_says_so_and_leads_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6)
    window = open_window()
    show_failed(qtbot, session, window)
    empty = window.pages.empty
    assert window.pages.currentWidget() is empty
    assert empty.title.text() == "Every file could be read"
    with qtbot.waitSignal(session.browser.listed):
        qtbot.mouseClick(empty.show_all, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.grid


def test_the_count_of_failures_leads_to_the_list(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6, every_third_fails)
    window = open_window()
    with qtbot.waitSignal(session.browser.listed):
        window.activity.failed.click()
    assert session.browser.query.statuses == UNREADABLE
    assert window.pages.currentWidget() is window.failed


def test_every_control_of_list_and_question_has_a_name(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 3, every_third_fails)
    window = open_window()
    window.preferences.sheet.show_settings(window.preferences.settings)
    for parent in (window.failed, window.preferences.sheet.faces):
        for button in parent.findChildren(QAbstractButton):
            assert button.accessibleName() or button.text()
    assert window.failed.list.accessibleName()


def test_faces_are_erased_only_when_asked_twice(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 4)
    window = open_window()
    sheet = window.preferences.sheet
    sheet.show_settings(window.preferences.settings)
    faces = sheet.faces
    assert not faces.sure.isVisible()
    qtbot.mouseClick(faces.erase, Qt.MouseButton.LeftButton)
    assert faces.sure.isVisible()
    qtbot.mouseClick(faces.cancel, Qt.MouseButton.LeftButton)
    assert not faces.sure.isVisible()
    assert face_count(library, ids) == 4
    qtbot.mouseClick(faces.erase, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(session.notifier.posted, timeout=20_000) as said:
        qtbot.mouseClick(faces.sure, Qt.MouseButton.LeftButton)
    assert "4 faces were erased" in said.args[0].text
    assert face_count(library, ids) == 0
    assert len(library.queries.photo_ids(PhotoQuery(MODEL, min_score=1.0))) == 4


def face_count(library: Library, ids: list[int]) -> int:
    return sum(len(photo.faces) for photo in library.queries.photos(ids, MODEL))
