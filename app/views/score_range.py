"""A slider for a range of scores, drawn over the histogram of the album's scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.translation import decimal, tr

LOWEST, HIGHEST = 1.0, 10.0
STEP = 0.1


class ScoreRange(QWidget):
    """Two handles over a histogram of 1..10.

    With the keyboard: Left and Right move a handle by 0.1, Up and Down change which one.

    Signals:
        changed(float, float): the range while it is moved.
    """

    changed = Signal(float, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._histogram: NDArray[np.int64] = np.zeros(1, np.int64)
        self._bounds = [LOWEST, HIGHEST]
        self._active = 0
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)
        self._tell()

    def sizeHint(self) -> QSize:
        """Wide enough for a tenth of a point per pixel and a bit."""
        return QSize(180, 36)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper score."""
        return self._bounds[0], self._bounds[1]

    def set_histogram(self, counts: NDArray[np.int64]) -> None:
        """Counts of photos in equal bins over 1..10."""
        self._histogram = counts
        self.update()

    def set_bounds(self, low: float | None, high: float | None) -> None:
        """Show a range; None means open."""
        self._bounds = [LOWEST if low is None else low, HIGHEST if high is None else high]
        self._tell()
        self.update()

    def _tell(self) -> None:
        low, high = (decimal(value, 1) for value in self._bounds)
        text = tr("Score from {low} to {high}", low=low, high=high)
        self.setAccessibleName(text)
        self.setToolTip(text)

    # --- geometry --------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(8, 4, -8, -10)

    def _x(self, score: float) -> float:
        area = self._area()
        share = (score - LOWEST) / (HIGHEST - LOWEST)
        return area.left() + (1 - share if self.isRightToLeft() else share) * area.width()

    def _score(self, x: float) -> float:
        area = self._area()
        share = min(1.0, max(0.0, (x - area.left()) / area.width()))
        share = 1 - share if self.isRightToLeft() else share
        return round(LOWEST + share * (HIGHEST - LOWEST), 1)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Histogram, line, handles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        area = self._area()
        counts = np.sqrt(self._histogram)  # a few photos beside many must still show
        highest = counts.max() if counts.size and counts.max() > 0 else 1.0
        width = (HIGHEST - LOWEST) / len(counts)
        painter.setPen(Qt.PenStyle.NoPen)
        for k, count in enumerate(counts):
            if not count:
                continue
            low = LOWEST + k * width
            left, right = sorted((self._x(low), self._x(low + width)))
            height = max(1.5, area.height() * float(count / highest))
            inside = low + width > self._bounds[0] and low < self._bounds[1]
            painter.setBrush(tokens.color("bar" if inside else "bar_dim"))
            painter.drawRect(QRectF(left + 0.5, area.bottom() - height, right - left - 1, height))
        painter.setPen(QPen(tokens.color("outline"), 2))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        ends = self._x(self._bounds[0]), self._x(self._bounds[1])
        painter.setPen(QPen(tokens.color("accent"), 2))
        painter.drawLine(QPointF(ends[0], area.bottom()), QPointF(ends[1], area.bottom()))
        for which, x in enumerate(ends):
            focused = self.hasFocus() and which == self._active
            painter.setPen(QPen(tokens.color("text" if focused else "panel"), 2))
            painter.setBrush(tokens.color("accent"))
            painter.drawEllipse(QPointF(x, area.bottom()), 6.5, 6.5)
        if self.hasFocus():
            painter.setPen(QPen(tokens.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    # --- moving ----------------------------------------------------------------------------------

    def _move(self, which: int, score: float) -> None:
        low, high = self._bounds
        if which == 0:
            low = min(max(score, LOWEST), high)
        else:
            high = max(min(score, HIGHEST), low)
        if [low, high] != self._bounds:
            self._bounds = [low, high]
            self._tell()
            self.update()
            self.changed.emit(low, high)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        near = [abs(self._x(bound) - x) for bound in self._bounds]
        if self._bounds[0] == self._bounds[1]:
            self._active = 0 if self._score(x) < self._bounds[0] else 1
        else:
            self._active = int(near[1] < near[0])
        self._dragging = True
        self._move(self._active, self._score(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle taken."""
        if self._dragging:
            self._move(self._active, self._score(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the range again."""
        self._move(0, LOWEST)
        self._move(1, HIGHEST)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move a handle by steps, or change which."""
        key = event.key()
        sign = -1 if self.isRightToLeft() else 1
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = STEP * sign * (1 if key == Qt.Key.Key_Right else -1)
            self._move(self._active, round(self._bounds[self._active] + by, 1))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._active = 1 - self._active
            self.update()
        else:
            event.ignore()

    def focusInEvent(self, event: object) -> None:
        """Show which handle the keys move."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide it."""
        self.update()
