"""Type a piece of a name and go to that photo; nothing is filtered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.browsing import Browser
from app.theme import Theme
from app.translation import number, tr
from app.views.controls import SearchField, label

TYPING_MS = 60
EDGE = 16


class JumpField(QWidget):
    """A small field in the corner of the grid: the active photo follows what is typed.

    Return and Down go to the next match, Up to the one before, Escape leaves.
    """

    def __init__(self, browser: Browser, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("legend")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._browser = browser
        self._over = over
        self._found: NDArray[np.int64] = np.zeros(0, np.int64)
        self.text = SearchField(tr("Go to a name"), theme)
        self.text.setFixedWidth(220)
        self.count = label("", "small")
        self.count.setMinimumWidth(64)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 8, 12, 8)
        row.setSpacing(10)
        row.addWidget(self.text)
        row.addWidget(self.count)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self.text.textChanged.connect(lambda _: self._typing.start())
        self.text.installEventFilter(self)
        over.installEventFilter(self)
        browser.listed.connect(lambda _: self.isVisible() and self._ask())
        self.hide()

    def open(self) -> None:
        """Show it, ready to be typed in."""
        self.text.clear()
        self.count.clear()
        self._place()
        self.show()
        self.raise_()
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def leave(self) -> None:
        """Back to the photos."""
        if self.isVisible():
            self.hide()
            self._over.setFocus()

    def _place(self) -> None:
        self.adjustSize()
        x = EDGE if self.isRightToLeft() else self._over.width() - self.width() - EDGE - 14
        self.move(x, self._over.height() - self.height() - EDGE)

    def _ask(self) -> None:
        typed = self.text.text().strip()
        if typed:
            self._browser.find_names(typed, lambda found: self._take(typed, found))
        else:
            self._take(typed, np.zeros(0, np.int64))

    def _take(self, typed: str, found: NDArray[np.int64]) -> None:
        if typed != self.text.text().strip() or not self.isVisible():
            return
        self._found = found
        if len(found):
            here = max(0, self._browser.active_position)
            at = int(np.searchsorted(found, here))
            self._go(at % len(found))
        else:
            self.count.setText(tr("No such name") if typed else "")

    def _step(self, by: int) -> None:
        if len(self._found):
            here = self._browser.active_position
            at = int(np.searchsorted(self._found, here, side="right" if by > 0 else "left"))
            self._go((at if by > 0 else at - 1) % len(self._found))

    def _go(self, match: int) -> None:
        self._browser.activate(int(self._found[match]))
        self.count.setText(
            tr("{place} of {count}", place=number(match + 1), count=number(len(self._found)))
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the field; its place when the grid's size changes; gone when it is left."""
        if watched is self._over and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self.text and event.type() is QEvent.Type.FocusOut:
            self.hide()
        pressed = watched is self.text and event.type() is QEvent.Type.KeyPress
        return pressed and isinstance(event, QKeyEvent) and self._take_key(event.key())

    def _take_key(self, key: int) -> bool:
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self._step(1)
        elif key == Qt.Key.Key_Up:
            self._step(-1)
        else:
            return False
        return True
