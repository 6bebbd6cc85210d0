"""The sheet of keys that ``?`` shows over the window."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from app.keymap import commands
from app.theme import Theme
from app.translation import tr
from app.views.controls import label, push_button
from app.views.sheet import Sheet


class KeySheet(Sheet):
    """The keys in force, by group; any key closes it.

    Signals:
        change_wanted(): the user wants other keys.
    """

    change_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Keys"), theme, parent)
        self.change = push_button(tr("Change keys"), link=True)
        self.change.clicked.connect(self.change_wanted)
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 8, 8, 0)
        row.addStretch()
        row.addWidget(self.change)
        self.set_footer(foot)

    def show_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Open the sheet with these keys."""
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(32)
        native = QKeySequence.SequenceFormat.NativeText
        for group, members in groupby(commands(), key=lambda command: command.group):
            box = QGridLayout()
            box.setHorizontalSpacing(16)
            box.setVerticalSpacing(7)
            box.addWidget(label(group, "section"), 0, 0, 1, 2)
            for command in members:
                bound = keys.get(command.name, ())
                if not bound:
                    continue
                row = box.rowCount()
                box.addWidget(label(command.text), row, 0)
                cap = QLabel(QKeySequence(bound[0]).toString(native))
                cap.setObjectName("keyCap")
                cap.setTextFormat(Qt.TextFormat.PlainText)
                box.addWidget(cap, row, 1, Qt.AlignmentFlag.AlignRight)
            box.setRowStretch(box.rowCount(), 1)
            columns.addLayout(box)
        self.set_body(body)
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes."""
        self.dismiss()
