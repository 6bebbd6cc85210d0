"""A sheet over the window: for what is looked at for a moment, like keys and settings."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import IconButton, label

EDGE = 32


class Sheet(QWidget):
    """Darkens its parent and shows a scrollable body; Escape or a click beside it closes it.

    Signals:
        closed(): it was closed.
    """

    closed = Signal()

    def __init__(self, title: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plate = QWidget(self)
        self._plate.setObjectName("sheet")
        self._plate.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.close_button = IconButton("close", tr("Close"), theme)
        self.close_button.clicked.connect(self.dismiss)
        top = QHBoxLayout()
        self._title = label(title, "title")
        top.addWidget(self._title)
        top.addStretch()
        top.addWidget(self.close_button)
        self._area = QScrollArea()
        self._area.setObjectName("sheetArea")
        self._area.setAccessibleName(title)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._column = QVBoxLayout(self._plate)
        self._column.setContentsMargins(24, 16, 16, 18)
        self._column.addLayout(top)
        self._column.addWidget(self._area, 1)
        parent.installEventFilter(self)
        self.hide()

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def set_body(self, body: QWidget) -> None:
        """Show this inside."""
        body.setObjectName("sheetBody")
        self._area.setWidget(body)

    def set_footer(self, footer: QWidget) -> None:
        """Show this below the scrolling part."""
        self._column.addWidget(footer)

    def open(self) -> None:
        """Show the sheet."""
        self.place()
        self.show()
        body = self._area.widget()
        if body is not None and body.layout() is not None:  # what is shown has its style's sizes
            for child in body.findChildren(QWidget):
                child.ensurePolished()
            body.layout().invalidate()
        self.place()
        self.raise_()
        self.setFocus()

    def dismiss(self) -> None:
        """Close the sheet and give the keys back to what is below."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def place(self) -> None:
        """Size and centre the sheet for its body."""
        self.setGeometry(self.parentWidget().rect())
        body = self._area.widget()
        wish = body.sizeHint() if body is not None else QSize(320, 240)
        extra = self._column.sizeHint().height() - self._area.sizeHint().height()
        width = min(self.width() - EDGE, wish.width() + 72)
        height = min(self.height() - EDGE, wish.height() + max(extra, 60) + 24)
        self._plate.setGeometry(
            (self.width() - width) // 2, (self.height() - height) // 2, width, height
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken what is behind."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 130))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes; nothing reaches the photos below."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Keys that are commands of the window mean nothing here, but quitting."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not event.matches(QKeySequence.StandardKey.Quit):
                event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the sheet closes it."""
        if not self._plate.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)
