"""Why a photo is low: measured faults in plain words, kept apart from the learned score."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import Theme, icon_pixmap
from app.translation import tr, trn
from app.views.controls import label, push_button
from app.wording import fault_text
from core.domain import Box, Photo, Reason, Status
from core.reasons.codes import no_fault

FIRST = 3
"""Reasons that are shown at once; the rest behind a button."""


class ReasonRow(QWidget):
    """One reason; pointing at it shows where, a click or Enter zooms to the place.

    Signals:
        pointed(object): the ``Box`` of what is meant, None when the mouse leaves.
        opened(object): the ``Box`` to zoom to.
    """

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self, reason: Reason, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._box: Box | None = reason.box
        mark = QLabel()
        grave = reason.severity >= 0.5
        color = theme.tokens.colors["warning" if grave else "text_faint"]
        mark.setPixmap(icon_pixmap("warning", color, 16, self.devicePixelRatioF()))
        mark.setAccessibleName(tr("Grave") if grave else tr("Slight"))
        self.text = label(fault_text(reason))
        self.text.setWordWrap(True)
        self.setAccessibleName(self.text.text())
        if self._box is not None:
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(tr("Click: zoom to the place"))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(8)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Point."""
        self.pointed.emit(self._box)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Point no more."""
        self.pointed.emit(None)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Zoom to the place."""
        self._open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and space do what a click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open()
        else:
            event.ignore()

    def _open(self) -> None:
        if self._box is not None:
            self.opened.emit(self._box)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A plate under the mouse, a ring with the keyboard."""
        if self._box is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse():
            painter.setBrush(self._theme.tokens.color("raised_hover"))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.tokens.color("accent"), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class ReasonList(QWidget):
    """The reasons of one photo, the gravest first; says so when there is none.

    Signals:
        pointed(object), opened(object): as those of ``ReasonRow``.
    """

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._photo: Photo | None = None
        self._all_shown = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    @property
    def sentences(self) -> list[str]:
        """What is said now."""
        return [row.text.text() for row in self.rows]

    @property
    def rows(self) -> list[ReasonRow]:
        """The reasons that are shown."""
        found = (self._column.itemAt(i).widget() for i in range(self._column.count()))
        return [widget for widget in found if isinstance(widget, ReasonRow)]

    def show_photo(self, photo: Photo) -> None:
        """Show a photo's reasons."""
        if self._photo is None or self._photo.id != photo.id:
            self._all_shown = False
        self._photo = photo
        while self._column.count():
            widget = self._column.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.setVisible(photo.status is Status.SCORED)
        self._column.addWidget(label(tr("What was measured"), "section"))
        reasons = photo.reasons if photo.reasons_measured else ()
        for reason in reasons if self._all_shown else reasons[:FIRST]:
            row = ReasonRow(reason, self._theme)
            row.pointed.connect(self.pointed)
            row.opened.connect(self.opened)
            self._column.addWidget(row)
        more = len(reasons) - FIRST
        if more > 0 and not self._all_shown:
            button = push_button(trn("{n} more", "{n} more", more), link=True)
            button.clicked.connect(self._show_all)
            self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if not reasons:
            text = no_fault(photo.percentile) if photo.reasons_measured else "Not measured yet"
            nothing = label(tr(text), "dim")
            nothing.setWordWrap(True)
            self._column.addWidget(nothing)

    def _show_all(self) -> None:
        if self._photo is not None:
            self._all_shown = True
            self.show_photo(self._photo)
