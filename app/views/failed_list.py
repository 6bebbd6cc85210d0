"""The files that could not be read: which, why, and another try."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.browsing import Browser
from app.models.photo_list import PHOTO_ROLE
from app.theme import Theme, icon_pixmap
from app.translation import tr, trn
from app.views.controls import label, push_button
from app.wording import reason_text
from core.domain import PhotoQuery, Status
from core.paths import display_name

UNREADABLE = frozenset({Status.UNREADABLE})

_PADDING = 10
_ICON = 24


def asks_for_failed(query: PhotoQuery) -> bool:
    """Whether the filters leave only files that could not be read."""
    return query.statuses == UNREADABLE


class FailedList(QWidget):
    """Name, reason and folder of each; the chosen ones (or all) can be tried again.

    Signals:
        retry_requested(object): ids of the photos to read again.
        opened(int): a file was asked to be seen by itself, by its position.
    """

    retry_requested = Signal(object)
    opened = Signal(int)

    def __init__(self, browser: Browser, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")  # the same ground
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._browser = browser
        self.title = label("", "title")
        self.hint = label(
            tr("Nothing was changed or deleted. Mend or replace a file, and it is read again."),
            "dim",
        )
        self.hint.setWordWrap(True)
        self.retry = push_button("", primary=True)
        self.retry.clicked.connect(lambda: self.retry_requested.emit(self._wanted()))
        self.list = QListView()
        self.list.setObjectName("planView")
        self.list.setAccessibleName(tr("Files that could not be read"))
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.setItemDelegate(_FailedDelegate(theme, self.list))
        self.list.setModel(browser.photos)
        self.list.setSelectionModel(browser.selection)
        self.list.activated.connect(lambda index: self.opened.emit(index.row()))
        self.setFocusProxy(self.list)
        theme.changed.connect(self.list.viewport().update)

        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.title)
        words.addWidget(self.hint)
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addLayout(words, 1)
        head.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        browser.listed.connect(lambda _: self._tell())
        browser.chosen_changed.connect(lambda _: self._tell())
        self._tell()

    def _wanted(self) -> list[int]:
        """The chosen ones where several are chosen, else all."""
        several = self._browser.chosen_count > 1
        ids = self._browser.chosen_ids() if several else self._browser.photos.ids
        return [int(photo_id) for photo_id in ids]

    def _tell(self) -> None:
        count, chosen = self._browser.photos.rowCount(), self._browser.chosen_count
        self.title.setText(trn("{n} file could not be read", "{n} files could not be read", count))
        some = 1 < chosen < count
        text = tr("Try the chosen again") if some else tr("Try again")
        self.retry.setText(text)
        self.retry.setAccessibleName(text)


class _FailedDelegate(QStyledItemDelegate):
    """Two lines: the name with its folder, and the reason."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same height for all."""
        return QSize(240, 2 * QFontMetrics(option.font).height() + 2 * _PADDING + 3)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one file."""
        row = index.data(PHOTO_ROLE)
        colors = {name: QColor(value) for name, value in self._theme.tokens.colors.items()}
        area = option.rect.adjusted(0, 1, -6, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(colors["accent_soft"])
            painter.drawRoundedRect(area, 6, 6)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(colors["tile_hover"])
            painter.drawRoundedRect(area, 6, 6)
        if row is not None:
            picture = icon_pixmap(
                "broken", colors["text_faint"].name(), _ICON, painter.device().devicePixelRatioF()
            )
            painter.drawPixmap(area.x() + _PADDING, area.center().y() - _ICON // 2, picture)
            left = area.x() + 2 * _PADDING + _ICON
            line = QFontMetrics(option.font).height()
            upper = QRect(left, area.y() + _PADDING, area.right() - left - _PADDING, line)
            self._paint_name(painter, option.font, upper, row.name,
                             display_name(row.path.parent), colors)  # fmt: skip
            painter.setFont(option.font)
            painter.setPen(colors["text_dim"])
            lower = upper.translated(0, line + 3)
            metrics = QFontMetrics(option.font)
            reason = metrics.elidedText(
                reason_text(row.reason), Qt.TextElideMode.ElideRight, lower.width()
            )
            painter.drawText(lower, int(Qt.AlignmentFlag.AlignVCenter), reason)
        painter.restore()

    @staticmethod
    def _paint_name(
        painter: QPainter, font: QFont, area: QRect, name: str, folder: str,
        colors: dict[str, QColor],
    ) -> None:  # fmt: skip
        """The name at the left; the folder at the right gets what room is left."""
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(bold)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, area.width())
        painter.setFont(bold)
        painter.setPen(colors["text"])
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
        rest = area.adjusted(metrics.horizontalAdvance(shown) + 24, 0, 0, 0)
        if rest.width() > 60:
            painter.setFont(font)
            painter.setPen(colors["text_dim"])
            where = QFontMetrics(font).elidedText(
                folder, Qt.TextElideMode.ElideMiddle, rest.width()
            )
            align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(rest, int(align), where)
