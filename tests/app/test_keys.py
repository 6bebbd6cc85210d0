"""Changing keys: in the editor, kept, told where they collide."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.keymap import commands, conflicts, keys_in_force
from app.session import Session
from app.views.key_editor import KeyEditor
from app.views.key_field import KeyField, key_name
from app.views.main_window import MainWindow
from core.domain import Flag
from core.library.library import Library
from core.settings import KEY_PRESETS, load_settings, save_settings
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, fill


@pytest.fixture
def window(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> MainWindow:
    fill(library, tmp_path / "album", 4)
    opened = open_window()
    opened.preferences.save = save_settings
    session.browser.activate(0)
    QTest.qWaitForWindowExposed(opened)
    return opened


def editor_of(window: MainWindow) -> KeyEditor:
    window.commands["settings"].trigger()
    window.preferences.sheet.edit_keys.click()
    assert window.preferences.key_editor.isVisible()
    assert not window.preferences.sheet.isVisible()
    return window.preferences.key_editor


def press(field: KeyField, key: Qt.Key, text: str = "", modifiers: object = None) -> None:
    field.click()
    QTest.keyClick(field, key, modifiers or Qt.KeyboardModifier.NoModifier)


def test_a_key_is_changed_works_at_once_and_is_kept(
    qtbot: QtBot, session: Session, window: MainWindow
) -> None:
    editor = editor_of(window)
    press(editor.fields["pick"], Qt.Key.Key_Y)
    assert editor.fields["pick"].text() == "Y"
    assert load_settings().keys == {"pick": "Y"}
    editor.dismiss()
    window.grid.setFocus()
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.grid, Qt.Key.Key_Y)
    active = session.browser.active_id
    assert active is not None
    assert session.library.queries.photo_rows([active], MODEL)[active].flag is Flag.PICK


def test_a_key_that_another_command_has_is_told_and_only_taken_on_request(
    window: MainWindow,
) -> None:
    editor = editor_of(window)
    press(editor.fields["pick"], Qt.Key.Key_X)
    assert "Reject" in editor.conflict.text()
    assert editor.take.isVisible()
    assert window.commands.keys["reject"] == ("X",)
    editor.leave.click()
    assert editor.conflict.text() == ""
    assert editor.fields["pick"].text() == "P"
    press(editor.fields["pick"], Qt.Key.Key_X)
    editor.take.click()
    assert window.commands.keys["pick"] == ("X",)
    assert window.commands.keys["reject"] == ()
    assert conflicts(window.commands.keys) == []
    editor.reset.click()
    assert window.commands.keys["reject"] == ("X",)
    assert load_settings().keys is None


def test_moving_keys_are_refused_escape_and_backspace_do_as_everywhere(
    window: MainWindow,
) -> None:
    editor = editor_of(window)
    field = editor.fields["zoom"]
    press(field, Qt.Key.Key_Return)
    assert "can’t be changed" in editor.conflict.text()
    press(field, Qt.Key.Key_Escape)
    assert editor.isVisible()
    assert field.text() == "Z"
    press(field, Qt.Key.Key_Backspace)
    assert field.text() == "–"
    assert window.commands.keys["zoom"] == ()
    editor.back["zoom"].click()
    assert window.commands.keys["zoom"] == ("Z",)


def test_the_preset_is_changed_and_own_keys_outlive_it(window: MainWindow) -> None:
    editor = editor_of(window)
    press(editor.fields["burst"], Qt.Key.Key_R)  # darktable rejects with it
    editor.preset.chosen.emit("darktable")
    assert window.commands.keys["burst"] == ("R",)
    assert window.commands.keys["compare"] == ("X",)
    assert conflicts(window.commands.keys) == []
    assert load_settings().key_preset == "darktable"


def test_commands_are_found_by_their_names(window: MainWindow) -> None:
    editor = editor_of(window)
    editor.find.setText("rEject")
    shown = [name for name, field in editor.fields.items() if field.isVisible()]
    assert shown == ["reject"]


def test_no_key_judges_a_photo_behind_a_sheet(
    qtbot: QtBot, session: Session, window: MainWindow
) -> None:
    window.commands["settings"].trigger()
    target = QApplication.focusWidget() or window.preferences.sheet
    for key in (Qt.Key.Key_X, Qt.Key.Key_5):
        qtbot.keyClick(target, key)
    window.preferences.sheet.dismiss()
    session.library.writer.submit(lambda _: (None, _nothing())).result()
    active = session.browser.active_id
    assert active is not None
    row = session.library.queries.photo_rows([active], MODEL)[active]
    assert (row.flag, row.rating) == (None, 0)


def _nothing() -> object:
    from core.domain import LibraryChange

    return LibraryChange()


@pytest.mark.parametrize("preset", KEY_PRESETS)
def test_every_key_can_be_typed_into_the_editor(preset: str) -> None:
    shift, none = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Question, shift, "?")
    assert key_name(event) == "?"
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_P, shift, "P")
    assert key_name(event) == "Shift+P"
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_5, none, "5")
    assert key_name(event) == "5"
    assert set(keys_in_force(preset, None)) == {command.name for command in commands()}


def test_the_sheet_of_keys_leads_to_the_editor(window: MainWindow) -> None:
    window.commands["keys"].trigger()
    window.preferences.key_sheet.change.click()
    assert window.preferences.key_editor.isVisible()
    assert not window.preferences.key_sheet.isVisible()
