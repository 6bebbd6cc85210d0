"""The line below a photo in the grid: its place in the album, and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPolygonF

from app.theme import Theme, icon_pixmap
from app.wording import change_text, scale_text, share_text, status_text
from core.domain import ColorLabel, PhotoRow

LABEL_COLORS = {
    ColorLabel.RED: "#e5534b",
    ColorLabel.YELLOW: "#e3b341",
    ColorLabel.GREEN: "#57ab5a",
    ColorLabel.BLUE: "#539bf5",
    ColorLabel.PURPLE: "#b083f0",
}
CORNERS = {
    ColorLabel.YELLOW: (3, -90.0),
    ColorLabel.GREEN: (4, -45.0),
    ColorLabel.BLUE: (4, 0.0),
    ColorLabel.PURPLE: (6, 0.0),
}
"""Corners and turn of each label's shape, so that colour alone carries no meaning; red is round."""


BESIDE_ICON = int(
    Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
)
"""A chip's text follows its icon, whichever way the window is read."""
AT_RIGHT = int(
    Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
)
"""At the right, without the painter mirroring it once more."""

WIDTHS_KEPT = 4096

Part = tuple[Callable[[QPainter, QRect], None], int]
"""Paints a badge into a rectangle, and how wide it is."""


class MeasuredFont:
    """A font that remembers how wide the short texts below photos are."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetrics(font)
        self._widths: dict[str, int] = {}

    def width(self, text: str) -> int:
        """Device-independent pixels that a text takes."""
        found = self._widths.get(text)
        if found is None:
            if len(self._widths) >= WIDTHS_KEPT:
                self._widths.clear()
            found = self._widths[text] = self.metrics.horizontalAdvance(text)
        return found


class Fonts(NamedTuple):
    """A font in both weights; ``key`` is that of the font they were made from."""

    key: str
    base: MeasuredFont
    bold: MeasuredFont


class CaptionPainter:
    """Paints captions; fonts and colours are kept between cells."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._both: Fonts | None = None
        self.take_theme()

    def take_theme(self) -> None:
        """Use the theme's present colours and fonts."""
        tokens = self._theme.tokens
        self._colors = {name: QColor(value) for name, value in tokens.colors.items()}
        self._hex = tokens.colors
        self._both = None

    def _fonts(self, base: QFont) -> Fonts:
        """The font in both weights; making them for every cell would cost half the frame."""
        key = base.key()
        if self._both is None or self._both.key != key:
            bold = QFont(base)
            bold.setWeight(QFont.Weight.DemiBold)
            self._both = Fonts(key, MeasuredFont(QFont(base)), MeasuredFont(bold))
        return self._both

    def paint(
        self,
        painter: QPainter,
        strip: QRect,
        row: PhotoRow,
        percentile: float | None,
        base: QFont,
        badges: Collection[str],
    ) -> None:
        """The place in the album first, then the badges, then the mean where there is room.

        ``badges`` are those that are wanted: score, stars, color, faces.
        """
        rtl = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
        fonts = self._fonts(base)
        mean = None if row.mean is None else scale_text(row.mean)
        if row.moved is not None:
            mean = change_text(row.moved)
        if percentile is not None:
            lead, second = share_text(percentile), mean
        else:
            lead, second = mean or status_text(row.status), None
        leads = percentile is not None or row.mean is not None
        if leads and "score" not in badges:
            lead, second = "", None
        font = fonts.bold if leads else fonts.base
        painter.setFont(font.font)
        painter.setPen(self._colors["text" if leads else "text_dim"])
        used = min(font.width(lead), strip.width())
        if used == strip.width():
            lead = font.metrics.elidedText(lead, Qt.TextElideMode.ElideRight, used)
        align = AT_RIGHT if rtl else BESIDE_ICON
        painter.drawText(strip, align, lead)
        parts = self._parts(row, fonts.base, badges)
        room = self._paint_parts(painter, strip, strip.width() - used - 8, parts, rtl)
        if second is not None and fonts.base.width(second) <= room:
            painter.setFont(fonts.base.font)
            painter.setPen(self._colors["text_dim"])
            beside = strip.adjusted(0 if rtl else used + 8, 0, -used - 8 if rtl else 0, 0)
            painter.drawText(beside, align, second)

    def _paint_parts(
        self, painter: QPainter, strip: QRect, room: int, parts: list[Part], rtl: bool
    ) -> int:
        """The badges at the caption's far side, as many as fit; gives the room that is left."""
        cursor = strip.left() if rtl else strip.right() + 1
        for part, width in parts:
            if width > room:
                break
            room -= width + 6
            x = cursor if rtl else cursor - width
            part(painter, QRect(x, strip.center().y() - 8, width, 18))
            cursor += (width + 6) * (1 if rtl else -1)
        return room

    def _parts(self, row: PhotoRow, base: MeasuredFont, badges: Collection[str]) -> list[Part]:
        """The badges of a photo, most important first."""
        parts: list[Part] = []
        if row.color is not None and "color" in badges:
            color = row.color
            parts.append((lambda p, r: self._paint_color(p, r, color), 16))
        if row.rating and "stars" in badges:
            parts.append((lambda p, r: self._paint_stars(p, r, row.rating), 13 * row.rating))
        if row.face_count and "faces" in badges:
            count = base.width(str(row.face_count))
            parts.append((lambda p, r: self._paint_faces(p, r, row.face_count, base), 18 + count))
        return parts

    def _paint_color(self, painter: QPainter, area: QRect, color: ColorLabel) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LABEL_COLORS[color]))
        center, radius = QPointF(area.x() + 8, area.y() + 9), 7.5
        if color not in CORNERS:
            painter.drawEllipse(center, radius - 1, radius - 1)
            return
        count, turn = CORNERS[color]
        angles = (math.radians(turn + 360 * n / count) for n in range(count))
        corners = [
            QPointF(center.x() + radius * math.cos(a), center.y() + radius * math.sin(a))
            for a in angles
        ]
        painter.drawPolygon(QPolygonF(corners))

    def _paint_stars(self, painter: QPainter, area: QRect, rating: int) -> None:
        for star in range(rating):
            spot = QRect(area.x() + 13 * star, area.y(), 13, area.height())
            paint_icon(painter, "star", self._hex["accent_text"], spot, 13)

    def _paint_faces(self, painter: QPainter, area: QRect, count: int, base: MeasuredFont) -> None:
        spot = QRect(area.x(), area.y(), 15, 18)
        paint_icon(painter, "person", self._hex["text_faint"], spot, 15)
        painter.setFont(base.font)
        painter.setPen(self._colors["text_dim"])
        rest = area.adjusted(17, 0, 4, 0)
        painter.drawText(rest, BESIDE_ICON, str(count))


def paint_icon(painter: QPainter, name: str, color: str, area: QRect, size: int) -> None:
    """Paint an icon in the middle of an area."""
    pixmap = icon_pixmap(name, color, size, painter.device().devicePixelRatioF())
    left, top = area.x() + (area.width() - size) / 2, area.y() + (area.height() - size) / 2
    painter.drawPixmap(QPointF(left, top), pixmap)
