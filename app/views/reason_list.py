"""Why a photo is low: measured faults in plain words, kept apart from the learned score."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import Theme, icon_pixmap
from app.translation import tr
from app.views.controls import label
from core.domain import Box, Photo, Reason, Status
from core.reasons.codes import NO_FAULT


class ReasonRow(QWidget):
    """One reason; pointing at it shows where.

    Signals:
        pointed(object): the ``Box`` of what is meant, None when the mouse leaves.
    """

    pointed = Signal(object)

    def __init__(self, reason: Reason, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box: Box | None = reason.box
        mark = QLabel()
        grave = reason.severity >= 0.5
        color = theme.tokens.colors["warning" if grave else "text_faint"]
        mark.setPixmap(icon_pixmap("warning", color, 16, self.devicePixelRatioF()))
        mark.setAccessibleName(tr("Grave") if grave else tr("Slight"))
        text = label(reason.text)
        text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(mark)
        row.addWidget(text, 1)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Point."""
        self.pointed.emit(self._box)

    def leaveEvent(self, event: QEvent) -> None:
        """Point no more."""
        self.pointed.emit(None)


class ReasonList(QWidget):
    """The reasons of one photo, the gravest first; says so when there is none.

    Signals:
        pointed(object): as ``ReasonRow.pointed``.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)

    def show_photo(self, photo: Photo) -> None:
        """Show a photo's reasons."""
        while self._column.count():
            widget = self._column.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.setVisible(photo.status is Status.SCORED)
        self._column.addWidget(label(tr("What was measured"), "section"))
        for reason in photo.reasons if photo.reasons_measured else ():
            row = ReasonRow(reason, self._theme)
            row.pointed.connect(self.pointed)
            self._column.addWidget(row)
        if not photo.reasons:
            text = NO_FAULT if photo.reasons_measured else tr("Not measured yet")
            nothing = label(tr(text), "dim")
            nothing.setWordWrap(True)
            self._column.addWidget(nothing)
