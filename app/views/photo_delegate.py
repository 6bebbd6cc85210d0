"""Paints one photo's cell in the grid and in the film strip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.models.photo_list import PERCENTILE_ROLE, PHOTO_ROLE
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import number, tr
from app.views.cell_caption import BESIDE_ICON, CaptionPainter, paint_icon
from app.wording import reason_text
from core.domain import Flag, PhotoRow, Status
from core.reasons.codes import title

BADGES = ("score", "stars", "flag", "color", "faces", "burst", "raw", "fault")
"""What is told on a thumbnail, each to be switched off by itself."""


@dataclass(frozen=True)
class CellMetrics:
    """Sizes of a cell in device-independent pixels, derived from the thumbnail's side and font."""

    side: int
    padding: int = 8
    footer: int = 26

    @property
    def width(self) -> int:
        """Width of the whole cell."""
        return self.side + 2 * self.padding

    @property
    def height(self) -> int:
        """Height of the whole cell."""
        return self.side + 2 * self.padding + self.footer

    def picture(self, cell: QRect) -> QRect:
        """The square that the thumbnail is fitted into."""
        left = cell.x() + (cell.width() - self.side) // 2
        return QRect(left, cell.y() + self.padding, self.side, self.side)

    def caption(self, cell: QRect) -> QRect:
        """The strip below the thumbnail."""
        top = cell.y() + self.padding + self.side
        height = self.footer + self.padding
        inset = self.padding + 4
        return QRect(cell.x() + inset, top, cell.width() - 2 * inset, height)


class CellLook(NamedTuple):
    """How a cell is shown, whatever photo is in it."""

    selected: bool
    active: bool
    hovered: bool


class PhotoDelegate(QStyledItemDelegate):
    """Thumbnail, score, stars, flag, colour and faces; a reason where there is no picture.

    Meaning never rests on colour alone: flags and colour labels differ in shape.
    """

    def __init__(
        self,
        thumbnails: ThumbnailCache,
        theme: Theme,
        metrics: CellMetrics,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._theme = theme
        self.metrics = metrics
        self.show_badges = True
        self.badges = frozenset(BADGES)
        self.faults_shown = 1
        self.burst_size: Callable[[int], int] = lambda _photo_id: 0
        self._caption = CaptionPainter(theme)
        theme.changed.connect(self._take_theme)
        self._take_theme()

    def _take_theme(self) -> None:
        tokens = self._theme.tokens
        self._colors = {name: QColor(value) for name, value in tokens.colors.items()}
        self._hex = tokens.colors
        self._tiles: dict[tuple[object, ...], QPixmap] = {}
        self._caption.take_theme()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint the cell at ``option.rect``."""
        state = option.state
        look = CellLook(
            selected=bool(state & QStyle.StateFlag.State_Selected),
            active=bool(state & QStyle.StateFlag.State_HasFocus),
            hovered=bool(state & QStyle.StateFlag.State_MouseOver),
        )
        row, percentile = index.data(PHOTO_ROLE), index.data(PERCENTILE_ROLE)
        self.paint_photo(painter, option.rect, look, row, percentile, option.font)

    def paint_photo(
        self,
        painter: QPainter,
        cell: QRect,
        look: CellLook,
        row: PhotoRow | None,
        percentile: float | None,
        font: QFont,
    ) -> None:
        """Paint a photo's cell; the grid asks for it without the detour over a model's roles."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_tile(painter, cell, look)
        if row is not None:
            self._paint_picture(painter, self.metrics.picture(cell), row)
            if self.metrics.footer:
                badges = self.badges if self.show_badges else self.badges & {"score"}
                caption = self.metrics.caption(cell)
                self._caption.paint(painter, caption, row, percentile, font, badges)
        painter.restore()

    def _shows(self, badge: str) -> bool:
        return self.show_badges and badge in self.badges

    # --- parts -----------------------------------------------------------------------------------

    def _paint_tile(self, painter: QPainter, cell: QRect, look: CellLook) -> None:
        ground = "accent_soft" if look.selected else "tile_hover" if look.hovered else "tile"
        ratio, active = painter.device().devicePixelRatioF(), look.active
        key = (cell.width(), cell.height(), ground, active, ratio)
        if key not in self._tiles:
            if len(self._tiles) > 32:  # widths change while the window is resized
                self._tiles.clear()
            self._tiles[key] = self._make_tile(cell.size(), ground, active, ratio)
        painter.drawPixmap(cell.topLeft(), self._tiles[key])

    def _make_tile(self, size: QSize, ground: str, active: bool, ratio: float) -> QPixmap:
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self._colors["window" if self.metrics.footer else "panel"])
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._colors[ground])
        rect = QRectF(0, 0, size.width(), size.height())
        if active:
            painter.setPen(QPen(self._colors["accent"], 2.0))
            rect = rect.adjusted(1, 1, -1, -1)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, 8, 8)
        painter.end()
        return pixmap

    def _paint_picture(self, painter: QPainter, area: QRect, row: PhotoRow) -> None:
        if row.status is Status.UNREADABLE:
            self._paint_reason(painter, area, row)
            return
        pixmap = self._thumbnails.get(row.id)
        if pixmap is None:
            self._paint_placeholder(painter, area, row)
        else:
            rejected = row.flag is Flag.REJECT
            painter.setOpacity(0.38 if rejected else 1.0)
            draw_fitted(painter, area, pixmap)
            painter.setOpacity(1.0)
        if self._shows("flag") and row.flag is not None:
            self._paint_flag(painter, area, row.flag)
        footer = self.metrics.footer
        if footer and self._shows("raw") and row.partners:
            self._paint_raw(painter, area, 32 if row.flag is not None else 4)
        if footer and self._shows("burst") and (size := self.burst_size(row.id)) > 1:
            self._paint_burst(painter, area, size)
        if footer and self._shows("fault") and row.main_reason is not None:
            codes = row.reasons[: self.faults_shown] or (row.main_reason,)
            for line, code in enumerate(reversed(codes)):
                self._paint_fault(painter, area, tr(title(code)), line)

    def _paint_placeholder(self, painter: QPainter, area: QRect, row: PhotoRow) -> None:
        width, height = row.width or 3, row.height or 4
        scale = area.width() / max(width, height)
        box = QRectF(0, 0, width * scale, height * scale)
        box.moveCenter(QRectF(area).center())
        painter.fillRect(box.toRect(), self._colors["border"])
        name = "clock" if row.status is Status.PENDING else "photos"
        self._paint_icon(painter, name, "text_faint", area, 24)

    def _paint_reason(self, painter: QPainter, area: QRect, row: PhotoRow) -> None:
        upper = QRect(area.x(), area.y(), area.width(), area.height() // 2)
        self._paint_icon(painter, "broken", "text_faint", upper.adjusted(0, 16, 0, 0), 32)
        painter.setPen(self._colors["text_dim"])
        lower = area.adjusted(6, area.height() // 2 + 8, -6, -4)
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        painter.drawText(lower, flags, reason_text(row.reason))

    def _paint_fault(self, painter: QPainter, area: QRect, text: str, line: int = 0) -> None:
        """A measured fault as a chip at the photo's lower edge, or some lines above it."""
        metrics = painter.fontMetrics()
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - 30)
        width, height = metrics.horizontalAdvance(text) + 32, metrics.height() + 6
        chip = QRect(0, 0, width, height)
        chip.moveCenter(
            QPoint(area.center().x(), area.bottom() - height // 2 - 4 - line * (height + 3))
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors["badge"])
        painter.setOpacity(0.9)
        painter.drawRoundedRect(QRectF(chip), height / 2, height / 2)
        painter.setOpacity(1.0)
        spot = QRect(chip.x() + 8, chip.y(), 14, height)
        self._paint_icon(painter, "warning", "warning", spot, 13)
        painter.setPen(self._colors["on_badge"])
        painter.drawText(chip.adjusted(25, 0, 0, 0), BESIDE_ICON, text)

    def _paint_flag(self, painter: QPainter, area: QRect, flag: Flag) -> None:
        spot = QRectF(area.x() + 4, area.y() + 4, 24, 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors["badge"])
        painter.drawEllipse(spot)
        self._paint_icon(painter, flag.value, flag.value, spot.toRect(), 16)

    def _paint_raw(self, painter: QPainter, area: QRect, inset: int) -> None:
        """A raw file goes with the picture."""
        text = tr("RAW")
        width = painter.fontMetrics().horizontalAdvance(text) + 18
        rtl = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
        left = area.right() - inset - width if rtl else area.x() + inset
        chip = QRect(left, area.y() + 4, width, 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors["badge"])
        painter.setOpacity(0.9)
        painter.drawRoundedRect(QRectF(chip), 12, 12)
        painter.setOpacity(1.0)
        painter.setPen(self._colors["on_badge"])
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_burst(self, painter: QPainter, area: QRect, size: int) -> None:
        """The number of photos of its burst, on a stack of frames, in the corner."""
        text = number(size)
        width = painter.fontMetrics().horizontalAdvance(text) + 34
        rtl = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
        chip = QRect(area.x() + 4 if rtl else area.right() - width - 3, area.y() + 4, width, 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors["badge"])
        painter.setOpacity(0.9)
        painter.drawRoundedRect(QRectF(chip), 12, 12)
        painter.setOpacity(1.0)
        self._paint_icon(painter, "stack", "on_badge", QRect(chip.x() + 7, chip.y(), 15, 24), 15)
        painter.setPen(self._colors["on_badge"])
        painter.drawText(chip.adjusted(25, 0, 0, 0), BESIDE_ICON, text)

    def _paint_icon(self, painter: QPainter, name: str, token: str, area: QRect, size: int) -> None:
        paint_icon(painter, name, self._hex[token], area, size)


def draw_fitted(painter: QPainter, area: QRect, pixmap: QPixmap) -> None:
    """Draw a pixmap centred in ``area`` at most as large as it; not scaled if it fits exactly."""
    ratio = painter.device().devicePixelRatioF()
    width, height = pixmap.width() / ratio, pixmap.height() / ratio
    longest = max(width, height, 1.0)
    scale = area.width() / longest
    if abs(longest - area.width()) < 1.0:
        scale = 1.0
    target = QRectF(0, 0, width * scale, height * scale)
    target.moveCenter(QRectF(area).center())
    corner = QPointF(round(target.x() * ratio) / ratio, round(target.y() * ratio) / ratio)
    target.moveTopLeft(corner)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale != 1.0)
    painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
