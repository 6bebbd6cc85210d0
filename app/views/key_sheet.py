"""The sheet of keys that ``?`` shows over the window."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.keymap import commands
from app.theme import Theme
from app.translation import tr
from app.views.controls import IconButton, label


class KeySheet(QWidget):
    """Covers its parent with the keys in force; any key or click outside closes it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._sheet = QWidget(self)
        self._sheet.setObjectName("sheet")
        self._sheet.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        close = IconButton("close", tr("Close"), theme)
        close.clicked.connect(self.hide)
        top = QHBoxLayout()
        top.addWidget(label(tr("Keys"), "title"))
        top.addStretch()
        top.addWidget(close)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(tr("Keys"))
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }"
        )
        column = QVBoxLayout(self._sheet)
        column.setContentsMargins(24, 16, 16, 16)
        column.addLayout(top)
        column.addWidget(self._area)
        parent.installEventFilter(self)
        self.hide()

    def show_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Open the sheet with these keys."""
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(32)
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
                cap = QLabel(
                    QKeySequence(bound[0]).toString(QKeySequence.SequenceFormat.NativeText)
                )
                cap.setObjectName("keyCap")
                cap.setTextFormat(Qt.TextFormat.PlainText)
                box.addWidget(cap, row, 1, Qt.AlignmentFlag.AlignRight)
            box.setRowStretch(box.rowCount(), 1)
            columns.addLayout(box)
        self._area.setWidget(body)
        self._place()
        self.show()
        self.raise_()
        self.setFocus()

    def _place(self) -> None:
        self.setGeometry(self.parentWidget().rect())
        body = self._area.widget()
        wish = body.sizeHint() if body is not None else self.size()
        width = min(self.width() - 32, wish.width() + 72)
        height = min(self.height() - 32, wish.height() + 92)
        self._sheet.setGeometry(
            (self.width() - width) // 2, (self.height() - height) // 2, width, height
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken what is behind."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 130))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes."""
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the sheet closes."""
        if not self._sheet.geometry().contains(event.position().toPoint()):
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
