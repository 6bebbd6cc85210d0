"""What was done, entry by entry, and the way back from any of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.models.history import ENTRY_ROLE, HistoryModel, entry_facts, entry_title
from app.theme import Theme, icon_pixmap
from app.translation import tr
from app.views.controls import label, push_button
from app.wording import phrase_text
from core.curation.undo import HistoryEntry

ICONS = {
    "judgement": "star",
    "curation": "trophy",
    "people": "person",
    "smart_album": "search",
    "groups": "survey",
    "album": "album",
}
MARGIN = 12
ICON = 36


class EntryDelegate(QStyledItemDelegate):
    """An entry: its sign, what was done, when and how much, and what could not be taken back."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines, and one for each problem."""
        entry: HistoryEntry = index.data(ENTRY_ROLE)
        lines = 2 + len(entry.problems)
        line = self._view.fontMetrics().height() + 3
        return QSize(200, max(ICON + 16, lines * line + 20))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one entry."""
        entry: HistoryEntry = index.data(ENTRY_ROLE)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell = QRectF(option.rect).adjusted(MARGIN, 3, -MARGIN, -3)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(QPen(tokens.color("accent"), 2) if chosen else Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("tile_hover" if hovered else "tile"))
        painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 8, 8)
        inside = cell.toRect().adjusted(10, 7, -12, -7)
        rtl = option.direction is Qt.LayoutDirection.RightToLeft
        spot = QRectF(inside.right() - ICON if rtl else inside.x(), inside.y(), ICON, ICON)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("raised"))
        painter.drawEllipse(spot)
        name = "undo" if entry.undone else ICONS.get(entry.kind, "clock")
        token = "text_faint" if entry.undone else "accent_text"
        ratio = painter.device().devicePixelRatioF()
        pixmap = icon_pixmap(name, tokens.colors[token], 18, ratio)
        painter.drawPixmap(QPointF(spot.x() + (ICON - 18) / 2, spot.y() + (ICON - 18) / 2), pixmap)
        text = inside.adjusted(0 if rtl else ICON + 12, 0, -(ICON + 12) if rtl else 0, 0)
        self._paint_words(painter, option, entry, text)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: HistoryEntry, area: QRect
    ) -> None:
        tokens = self._theme.tokens
        metrics = self._view.fontMetrics()
        line = metrics.height() + 3
        leading = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeading)
        align = int(leading | Qt.AlignmentFlag.AlignVCenter)
        strong = QFont(self._view.font())
        strong.setWeight(QFont.Weight.DemiBold)
        strong.setStrikeOut(entry.undone and not entry.files)
        rows = [
            (entry_title(entry), strong, "text_dim" if entry.undone else "text"),
            (entry_facts(entry), self._view.font(), "text_dim"),
            *((phrase_text(said), self._view.font(), "warning") for said in entry.problems),
        ]
        for number, (words, font, token) in enumerate(rows):
            painter.setFont(font)
            painter.setPen(tokens.color(token))
            spot = QRect(area.x(), area.y() + number * line, area.width(), line)
            fitted = metrics.elidedText(words, Qt.TextElideMode.ElideRight, area.width() - 8)
            painter.drawText(spot, align, fitted)


class HistoryPage(QWidget):
    """The journal as a list; the chosen entry can be taken back, whatever its age.

    Signals:
        closed(): back to the grid.
        undo_wanted(int): id of an entry to take back.
    """

    closed = QtSignal()
    undo_wanted = QtSignal(int)

    def __init__(
        self,
        entries: HistoryModel,
        theme: Theme,
        subscribe: Callable[[Callable[[object], None]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("historyPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("History"))
        self.entries = entries
        self._wanted: int | None = None
        self.view = QListView()
        self.view.setObjectName("planView")
        self.view.setAccessibleName(tr("What was done"))
        self.view.setModel(entries)
        self.view.setItemDelegate(EntryDelegate(theme, self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = label(tr("Nothing was done yet"), "headline")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body = QStackedWidget()
        self.body.addWidget(self.view)
        self.body.addWidget(self.empty)
        self.hint = label("", "dim")
        self.hint.setWordWrap(True)
        self.back = push_button(tr("Take back"), primary=True)
        self._build()
        self.back.clicked.connect(self._take_back)
        self.view.selectionModel().currentChanged.connect(lambda *_: self._show_entry())
        entries.refreshed.connect(self._refreshed)
        entries.modelAboutToBeReset.connect(self._remember)
        entries.modelReset.connect(self._restore)
        theme.changed.connect(self.view.viewport().update)
        subscribe(lambda _: self._refresh())

    def _build(self) -> None:
        bar = QWidget()
        bar.setObjectName("toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 7, 12, 7)
        row.setSpacing(12)
        row.addWidget(label(tr("History"), "title"))
        row.addWidget(self.hint, 1)
        row.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(6)
        column.addWidget(bar)
        column.addWidget(self.body, 1)
        self.setFocusProxy(self.view)

    def showEvent(self, event: object) -> None:
        """Read what was done until now."""
        self._refresh()

    def _refresh(self) -> None:
        if self.isVisible():
            self.entries.refresh()

    def _remember(self) -> None:
        entry = self._current()
        self._wanted = None if entry is None else entry.id

    def _restore(self) -> None:
        row = None if self._wanted is None else self.entries.row_of(self._wanted)
        if self.entries.rowCount():
            self.view.setCurrentIndex(self.entries.index(row or 0))

    def _refreshed(self) -> None:
        filled = self.entries.rowCount() > 0
        self.body.setCurrentWidget(self.view if filled else self.empty)
        if filled and not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.entries.index(0))
        self.view.doItemsLayout()
        self._show_entry()

    def _current(self) -> HistoryEntry | None:
        return self.entries.entry(self.view.currentIndex().row())

    def _show_entry(self) -> None:
        entry = self._current()
        self.back.setEnabled(entry is not None and entry.undoable)
        if entry is None:
            self.hint.setText("")
        elif entry.undone and entry.undoable:
            self.hint.setText(tr("Some of it could not be taken back. Try again once it can."))
        elif entry.undone:
            self.hint.setText(tr("This is taken back already."))
        elif entry.files:
            self.hint.setText(tr("Files go back to where they were; nothing is overwritten."))
        else:
            self.hint.setText(tr("What you decided anew since then stays as it is."))

    def _take_back(self) -> None:
        entry = self._current()
        if entry is not None and entry.undoable:
            self.undo_wanted.emit(entry.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return takes the chosen entry back, Escape leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_back()
        else:
            event.ignore()
