"""The line below a photo in the grid: its place in the album, and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
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


Part = tuple[Callable[[QPainter, QRect], None], int]
"""Paints a badge into a rectangle, and how wide it is."""


class CaptionPainter:
    """Paints captions; fonts and colours are kept between cells."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._bold: tuple[str, QFont, QFontMetrics, QFontMetrics] | None = None
        self.take_theme()

    def take_theme(self) -> None:
        """Use the theme's present colours and fonts."""
        tokens = self._theme.tokens
        self._colors = {name: QColor(value) for name, value in tokens.colors.items()}
        self._hex = tokens.colors
        self._bold = None

    def _fonts(self, base: QFont) -> tuple[str, QFont, QFontMetrics, QFontMetrics]:
        """The bold font and both metrics; making them for every cell would cost half the frame."""
        key = base.key()
        if self._bold is None or self._bold[0] != key:
            bold = QFont(base)
            bold.setWeight(QFont.Weight.DemiBold)
            self._bold = (key, bold, QFontMetrics(bold), QFontMetrics(base))
        return self._bold

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
        _, bold, bold_metrics, base_metrics = self._fonts(base)
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
        font, metrics = (bold, bold_metrics) if leads else (base, base_metrics)
        painter.setFont(font)
        painter.setPen(self._colors["text" if leads else "text_dim"])
        used = min(metrics.horizontalAdvance(lead), strip.width())
        if used == strip.width():
            lead = metrics.elidedText(lead, Qt.TextElideMode.ElideRight, used)
        align = (
            Qt.AlignmentFlag.AlignVCenter
            | Qt.AlignmentFlag.AlignAbsolute  # else the painter mirrors it once more
            | (Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft)
        )
        painter.drawText(strip, int(align), lead)
        room = self._paint_parts(
            painter, strip, strip.width() - used - 8, self._parts(row, base, badges), rtl
        )
        if second is not None and base_metrics.horizontalAdvance(second) <= room:
            painter.setFont(base)
            painter.setPen(self._colors["text_dim"])
            beside = strip.adjusted(0 if rtl else used + 8, 0, -used - 8 if rtl else 0, 0)
            painter.drawText(beside, int(align), second)

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

    def _parts(self, row: PhotoRow, base: QFont, badges: Collection[str]) -> list[Part]:
        """The badges of a photo, most important first."""
        parts: list[Part] = []
        if row.color is not None and "color" in badges:
            color = row.color
            parts.append((lambda p, r: self._paint_color(p, r, color), 16))
        if row.rating and "stars" in badges:
            parts.append((lambda p, r: self._paint_stars(p, r, row.rating), 13 * row.rating))
        if row.face_count and "faces" in badges:
            count = self._fonts(base)[3].horizontalAdvance(str(row.face_count))
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

    def _paint_faces(self, painter: QPainter, area: QRect, count: int, base: QFont) -> None:
        spot = QRect(area.x(), area.y(), 15, 18)
        paint_icon(painter, "person", self._hex["text_faint"], spot, 15)
        painter.setFont(base)
        painter.setPen(self._colors["text_dim"])
        rest = area.adjusted(17, 0, 4, 0)
        painter.drawText(rest, BESIDE_ICON, str(count))


def paint_icon(painter: QPainter, name: str, color: str, area: QRect, size: int) -> None:
    """Paint an icon in the middle of an area."""
    pixmap = icon_pixmap(name, color, size, painter.device().devicePixelRatioF())
    center = QRectF(area).center()
    painter.drawPixmap(QPointF(center.x() - size / 2, center.y() - size / 2), pixmap)
