"""What stays and what goes as a list: groups with their photos, each with its reason."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.models.culling import (
    CHOICE_ROLE,
    GROUP_ROLE,
    PERCENTILE_ROLE,
    PlanModel,
    choice_reason,
)
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme, icon_pixmap
from app.translation import tr
from app.views.group_menu import BY_HAND
from app.views.photo_delegate import draw_fitted
from app.wording import standing_parts
from core.curation.choice import Choice

SIDE = 132
PADDING = 8


class ChoiceDelegate(QStyledItemDelegate):
    """A photo that stays or goes: tick or cross; its place in the album, score and reason below."""

    def __init__(self, thumbnails: ThumbnailCache, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._thumbnails = thumbnails
        self._theme = theme
        self._view = view

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """A heading takes the whole width, a photo one cell."""
        line = self._view.fontMetrics().height()
        if index.data(CHOICE_ROLE) is None:
            return QSize(max(200, self._view.viewport().width() - 24), line + 26)
        return QSize(SIDE + 2 * PADDING + 8, SIDE + 2 * PADDING + 5 * line + 12)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a heading or a photo."""
        choice: Choice | None = index.data(CHOICE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if choice is None:
            by_hand = index.data(GROUP_ROLE).group.kind in BY_HAND
            self._paint_heading(painter, option, str(index.data()), by_hand)
        else:
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            current = index.row() == self._view.currentIndex().row()
            hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
            self._paint_choice(painter, option, index, choice, focused or current, hovered)
        painter.restore()

    def _paint_heading(
        self, painter: QPainter, option: QStyleOptionViewItem, text: str, by_hand: bool
    ) -> None:
        tokens = self._theme.tokens
        area = option.rect.adjusted(6, 8, -6, -4)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(tokens.color("text_dim"))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.drawText(area, int(QStyle.visualAlignment(option.direction, align)), text)
        if by_hand:  # the three dots say that a click opens a menu
            ratio = painter.device().devicePixelRatioF()
            dots = icon_pixmap("more", tokens.colors["text_dim"], 18, ratio)
            rtl = option.direction is Qt.LayoutDirection.RightToLeft
            left = area.left() if rtl else area.right() - 18
            painter.drawPixmap(QPointF(left, area.center().y() - 9), dots)
        painter.setPen(QPen(tokens.color("border"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_choice(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        choice: Choice,
        active: bool,
        hovered: bool,
    ) -> None:
        tokens = self._theme.tokens
        cell = QRectF(option.rect).adjusted(4, 4, -4, -4)
        painter.setBrush(tokens.color("tile_hover" if hovered else "tile"))
        painter.setPen(QPen(tokens.color("accent"), 2) if active else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 8, 8)
        area = QRect(int(cell.x()) + PADDING, int(cell.y()) + PADDING, SIDE, SIDE)
        pixmap = self._thumbnails.get(choice.item.id)
        painter.setOpacity(1.0 if choice.kept else 0.35)
        if pixmap is not None:
            draw_fitted(painter, area, pixmap)
        else:
            painter.fillRect(area.adjusted(16, 0, -16, 0), tokens.color("border"))
        painter.setOpacity(1.0)
        self._paint_mark(painter, area.topLeft(), choice)
        if choice.too_close:
            self._paint_too_close(painter, option, area)
        self._paint_words(painter, option, choice, index.data(PERCENTILE_ROLE), area)

    def _paint_mark(self, painter: QPainter, corner: QPoint, choice: Choice) -> None:
        tokens = self._theme.tokens
        spot = QRectF(corner.x() + 4, corner.y() + 4, 24, 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("badge"))
        painter.drawEllipse(spot)
        name, token = ("check", "pick") if choice.kept else ("close", "reject")
        ratio = painter.device().devicePixelRatioF()
        pixmap = icon_pixmap(name, tokens.colors[token], 16, ratio)
        painter.drawPixmap(QPointF(spot.x() + 4, spot.y() + 4), pixmap)

    def _paint_too_close(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect
    ) -> None:
        """A chip at the photo's other upper corner."""
        tokens = self._theme.tokens
        words = tr("too close")
        painter.setFont(_small(option.font))
        metrics = painter.fontMetrics()
        chip = QRectF(0, area.y() + 4, metrics.horizontalAdvance(words) + 14, 24)
        chip.moveRight(area.right() - 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("badge"))
        painter.drawRoundedRect(chip, 12, 12)
        painter.setPen(tokens.color("accent_text"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_words(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        choice: Choice,
        percentile: float | None,
        area: QRect,
    ) -> None:
        tokens = self._theme.tokens
        line = option.fontMetrics.height()
        top = area.bottom() + 6
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(tokens.color("text"))
        lead, second = standing_parts(choice.item.lead.mean, percentile)
        first = QRect(area.x(), top, area.width(), line)
        painter.drawText(first, int(Qt.AlignmentFlag.AlignLeft), lead)
        painter.setFont(_small(option.font))
        painter.setPen(tokens.color("text_dim"))
        painter.drawText(first, int(Qt.AlignmentFlag.AlignRight), second)
        rest = QRect(area.x(), top + line, area.width() + 4, 4 * line)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
        painter.drawText(rest, flags, choice_reason(choice))


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(max(1.0, small.pointSizeF() * 0.88))
    return small


class PlanView(QListView):
    """The groups. Space or a click changes a photo's fate; Shift+P keeps only this one.

    Signals:
        toggled(object, object): ``GroupChoice`` and ``Choice``.
        only_wanted(object, object): ``GroupChoice`` and ``Choice``.
        opened(int): id of a photo to look at.
        menu_wanted(QPoint, object, object): global position, ``GroupChoice``, and ``Choice`` or
            None for a heading.
    """

    toggled = Signal(object, object)
    only_wanted = Signal(object, object)
    opened = Signal(int)
    left = Signal()
    menu_wanted = Signal(QPoint, object, object)

    def __init__(self, plan: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("planView")
        self.setAccessibleName(tr("What stays and what goes"))
        self.setModel(plan)
        self._plan = plan
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(300)
        self.setSpacing(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.clicked.connect(self._toggle)
        self.doubleClicked.connect(self._toggle)

    def _toggle(self, index: QModelIndex) -> None:
        choice = index.data(CHOICE_ROLE)
        if choice is not None:
            self.toggled.emit(index.data(GROUP_ROLE), choice)

    def keep_only(self) -> None:
        """Keep the current photo, reject the rest of its group, go to the next group."""
        index = self.currentIndex()
        choice = index.data(CHOICE_ROLE)
        if choice is None:
            return
        group = index.data(GROUP_ROLE)
        following = self._plan.heading_after(index.row())
        self.only_wanted.emit(group, choice)
        if following is not None and following < self._plan.rowCount():
            self.setCurrentIndex(self._plan.index(following))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be said of the photo, or of the group whose heading was clicked."""
        point = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            point = self.visualRect(self.currentIndex()).center()
        self._ask_menu(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a heading opens the menu of its group."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        if (
            event.button() is Qt.MouseButton.LeftButton
            and index.isValid()
            and index.data(CHOICE_ROLE) is None
        ):
            self._ask_menu(point)
        super().mouseReleaseEvent(event)

    def _ask_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            choice = index.data(CHOICE_ROLE)
            if choice is not None:
                self.setCurrentIndex(index)
            spot = self.viewport().mapToGlobal(point)
            self.menu_wanted.emit(spot, index.data(GROUP_ROLE), choice)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Return change, Shift+P decides a group, Escape leaves."""
        key, index = event.key(), self.currentIndex()
        if key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle(index)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
