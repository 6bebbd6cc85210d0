"""Changing keys: every command with its key, the preset they start from, and what collides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.keymap import commands, keys_in_force, without_key
from app.theme import Theme
from app.translation import tr, trn
from app.views.controls import ChoiceButton, IconButton, SearchField, label, push_button
from app.views.key_field import KeyField
from app.views.sheet import Sheet
from core.settings import KEY_PRESETS

PRESET_NAMES = {"lightroom": "Lightroom", "digikam": "digiKam", "darktable": "darktable"}


class KeyEditor(Sheet):
    """All commands with a field each.

    Signals:
        changed(str, object): the preset, and the user's own keys by command (None without any).
    """

    changed = Signal(str, object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Change keys"), theme, parent)
        self._preset = "lightroom"
        self._own: dict[str, str] = {}
        self._texts = {command.name: command.text for command in commands()}
        self._pending: tuple[str, str, str] | None = None
        self.preset = ChoiceButton(tr("Keys as in"), "keyboard", theme)
        self.preset.set_choices([(name, PRESET_NAMES[name]) for name in KEY_PRESETS])
        self.preset.chosen.connect(lambda name: self._use(str(name), self._own))
        self.find = SearchField(tr("Find a command"), theme)
        self.find.textChanged.connect(self._filter)
        self.reset = push_button("", link=True)
        self.reset.clicked.connect(lambda: self._use(self._preset, {}))
        self.fields: dict[str, KeyField] = {}
        self.back: dict[str, IconButton] = {}
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self._titles: list[tuple[QLabel, list[str]]] = []
        self.conflict = label("", "warning")
        self.conflict.setWordWrap(True)
        self.take = push_button(tr("Give it to this one"), primary=True)
        self.take.clicked.connect(self._take_away)
        self.leave = push_button(tr("Leave it"))
        self.leave.clicked.connect(self._forget)
        self._build(theme)

    def _build(self, theme: Theme) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(10)
        top = QHBoxLayout()
        top.addWidget(self.preset)
        top.addWidget(self.find, 1)
        column.addLayout(top)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(0, 260)
        line = 0
        for group, members in groupby(commands(), key=lambda command: command.group):
            title = label(group, "section")
            grid.addWidget(title, line, 0, 1, 3)
            line += 1
            names = []
            for command in members:
                field = KeyField(command.text)
                field.taken.connect(partial(self._taken, command.name))
                field.refused.connect(self._refused)
                back = IconButton("undo", tr("The key of the preset"), theme)
                back.clicked.connect(partial(self._put_back, command.name))
                keeps_room = back.sizePolicy()
                keeps_room.setRetainSizeWhenHidden(True)
                back.setSizePolicy(keeps_room)
                name = label(command.text)
                for place, widget in enumerate((name, field, back)):
                    grid.addWidget(widget, line, place)
                self.fields[command.name], self.back[command.name] = field, back
                self._rows[command.name] = (name, field)
                names.append(command.name)
                line += 1
            self._titles.append((title, names))
        column.addLayout(grid)
        column.addStretch()
        self.set_body(body)
        footer = QWidget()
        row = QHBoxLayout(footer)
        row.setContentsMargins(0, 8, 8, 0)
        row.addWidget(self.conflict, 1)
        row.addWidget(self.leave)
        row.addWidget(self.take)
        row.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignRight)
        self.set_footer(footer)

    def show_keys(self, preset: str, own: Mapping[str, str] | None) -> None:
        """Open the sheet with the keys in force."""
        self._preset, self._own = preset, dict(own or {})
        self.find.clear()
        self._forget()
        self._show()
        self.open()
        self.find.setFocus()

    def _show(self) -> None:
        keys = keys_in_force(self._preset, self._own)
        self.preset.show_value(self._preset)
        for name, field in self.fields.items():
            field.show_keys(keys.get(name, ()))
            self.back[name].setVisible(name in self._own and not self._rows[name][0].isHidden())
        count = len(self._own)
        self.reset.setText(trn("Undo {n} change of yours", "Undo all {n} changes of yours", count))
        self.reset.setAccessibleName(self.reset.text())
        self.reset.setVisible(count > 0 and self._pending is None)

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for name, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(wanted in self._texts[name].casefold())
        for title, names in self._titles:
            title.setVisible(any(not self._rows[name][0].isHidden() for name in names))
        self._show()

    def _use(self, preset: str, own: Mapping[str, str]) -> None:
        self._preset, self._own = preset, dict(own)
        self._pending = None
        self._tell("")
        self._show()
        self.changed.emit(self._preset, self._own or None)

    # --- a key that was pressed ------------------------------------------------------------------

    def _taken(self, name: str, key: str) -> None:
        keys = keys_in_force(self._preset, self._own)
        if key and key in keys.get(name, ()):
            self._forget()
            return
        holder = next((other for other, held in keys.items() if key and key in held), None)
        if holder is None:
            self._use(self._preset, self._own | {name: key})
            return
        self._pending = name, key, holder
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        self._tell(
            tr("{key} is the key of “{command}”.", key=shown, command=self._texts[holder]),
            asks=True,
        )
        self._show()
        self.take.setFocus()

    def _refused(self, key: str) -> None:
        self._forget()
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        self._tell(tr("{key} moves among the photos and can’t be changed.", key=shown))

    def _take_away(self) -> None:
        if self._pending is None:
            return
        name, key, holder = self._pending
        left = without_key(keys_in_force(self._preset, self._own)[holder], key)
        self._use(self._preset, self._own | {holder: left, name: key})
        self.fields[name].setFocus()

    def _put_back(self, name: str) -> None:
        left = {other: key for other, key in self._own.items() if other != name}
        keys = keys_in_force(self._preset, left)
        holder = next(
            (o for o, held in keys.items() if o != name and set(held) & set(keys[name])), None
        )
        if holder is not None:
            shown = QKeySequence(keys[name][0]).toString(QKeySequence.SequenceFormat.NativeText)
            self._tell(
                tr("{key} is the key of “{command}”.", key=shown, command=self._texts[holder])
            )
            return
        self._use(self._preset, left)

    def _forget(self) -> None:
        self._pending = None
        self._tell("")
        self._show()

    def _tell(self, text: str, *, asks: bool = False) -> None:
        self.conflict.setText(text)
        self.take.setVisible(asks)
        self.leave.setVisible(asks)
        if self.isVisible():
            self.place()
