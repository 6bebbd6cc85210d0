"""Counts and shares as bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.listing import HISTOGRAM_BINS
from app.theme import Theme
from app.translation import tr


class BarChart(QWidget):
    """Counts as bars: the album's scores over 1..10."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros(HISTOGRAM_BINS, np.int64)
        self.setMinimumHeight(150)
        self.setAccessibleName(tr("Scores of this album"))
        theme.changed.connect(self.update)

    def set_counts(self, counts: NDArray[np.int64]) -> None:
        """Show counts of equal bins over 1..10."""
        self._counts = counts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars over the printed scale."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        line = self.fontMetrics().height() + 4
        area = QRectF(self.rect()).adjusted(8, 6, -8, -line)
        highest = max(1, int(self._counts.max(initial=0)))
        pitch = area.width() / max(1, len(self._counts))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("bar"))
        for place, count in enumerate(self._counts):
            height = area.height() * int(count) / highest
            if count:
                bar = QRectF(area.x() + place * pitch + 1, area.bottom() - height,
                             pitch - 2, height)  # fmt: skip
                painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QPen(tokens.color("outline"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(tokens.color("text_dim"))
        for score in range(1, 11):
            x = area.x() + (score - 1) / 9 * area.width()
            spot = QRectF(QPointF(x - 12, area.bottom() + 3), QPointF(x + 12, area.bottom() + line))
            painter.drawText(spot, int(Qt.AlignmentFlag.AlignHCenter), str(score))


class Meter(QWidget):
    """A share as a bar, in the palette's highlight."""

    def __init__(self, share: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = share
        self.setMinimumSize(60, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        area = QRectF(area.x(), area.center().y() - 4, area.width(), 8)
        painter.setBrush(self.palette().mid())
        painter.drawRoundedRect(area, 4, 4)
        painter.setBrush(self.palette().highlight())
        filled = QRectF(area)
        filled.setWidth(max(8.0, area.width() * self._share))
        if self.isRightToLeft():
            filled.moveRight(area.right())
        painter.drawRoundedRect(filled, 4, 4)
