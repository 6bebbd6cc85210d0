"""The predicted ratings of one photo as ten bars."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.translation import decimal, tr
from core.domain import SCORE_BINS, ScoreDistribution


class DistributionChart(QWidget):
    """Bars over 1..10 with a mark at the mean and a band for what the model does not know about it;
    the scale is always printed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._distribution: ScoreDistribution | None = None
        self._uncertainty = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Predicted ratings"))
        theme.changed.connect(self.update)

    def set_distribution(
        self, distribution: ScoreDistribution | None, uncertainty: float | None = None
    ) -> None:
        """Show another photo's distribution, and how far its mean may be off, in score units."""
        self._distribution = distribution
        self._uncertainty = uncertainty or 0.0
        if distribution is None:
            self.setAccessibleDescription(tr("No score"))
        else:
            shares = ", ".join(
                f"{k}: {decimal(p * 100, 0)} %"
                for k, p in enumerate(distribution.probabilities, start=1)
            )
            self.setAccessibleDescription(shares)
            self.setToolTip(tr("Share of people expected to give each rating") + f"\n{shares}")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for bars and the numbers below."""
        return QSize(220, 108 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars, numbers, mean."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        font = QFont(self.font())
        font.setPointSizeF(max(1.0, font.pointSizeF() * 0.82))
        painter.setFont(font)
        number_height = painter.fontMetrics().height() + 4
        area = QRectF(self.rect()).adjusted(0, 22, 0, -number_height)
        pitch = area.width() / SCORE_BINS
        if self._distribution is not None and self._uncertainty > 0:
            self._paint_band(painter, area, pitch, self._distribution.mean)
        painter.setPen(QPen(tokens.color("border"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        shares = self._distribution.probabilities if self._distribution else (0.0,) * SCORE_BINS
        top = max(0.25, *shares)
        for k, share in enumerate(shares):
            height = area.height() * share / top
            bar = QRectF(area.left() + k * pitch + 2, area.bottom() - height, pitch - 4, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("bar" if share >= 0.5 * max(shares) else "bar_dim"))
            if height > 0.5:
                radius = min(3.0, height / 2)
                painter.drawRoundedRect(bar, radius, radius)
            painter.setPen(tokens.color("text_dim"))
            spot = QRectF(area.left() + k * pitch, area.bottom() + 3, pitch, number_height)
            painter.drawText(spot, int(Qt.AlignmentFlag.AlignHCenter), str(k + 1))
        if self._distribution is not None:
            self._paint_mean(painter, area, pitch, self._distribution.mean)

    def _paint_band(self, painter: QPainter, area: QRectF, pitch: float, mean: float) -> None:
        """Where the mean may as well lie."""
        low = max(0.5, mean - self._uncertainty)
        high = min(SCORE_BINS + 0.5, mean + self._uncertainty)
        left, right = (area.left() + (at - 0.5) * pitch for at in (low, high))
        color = self._theme.tokens.color("text")
        color.setAlpha(26)
        band = QRectF(left, area.top() - 4, right - left, area.height() + 4)
        painter.fillRect(band, color)

    def _paint_mean(self, painter: QPainter, area: QRectF, pitch: float, mean: float) -> None:
        tokens = self._theme.tokens
        x = area.left() + (mean - 0.5) * pitch
        painter.setPen(QPen(tokens.color("text"), 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top() - 4), QPointF(x, area.bottom()))
        mark = QPainterPath(QPointF(x - 4.5, area.top() - 10))
        mark.lineTo(x + 4.5, area.top() - 10)
        mark.lineTo(x, area.top() - 4)
        mark.closeSubpath()
        painter.fillPath(mark, tokens.color("text"))
        painter.setPen(tokens.color("text_dim"))
        text = (
            tr("{mean} ± {gap}", mean=decimal(mean, 2), gap=decimal(self._uncertainty, 2))
            if self._uncertainty > 0
            else tr("mean {mean}", mean=decimal(mean, 2))
        )
        width = painter.fontMetrics().horizontalAdvance(text)
        left = x + 9 if x + 9 + width < area.right() else x - 9 - width
        painter.drawText(QPointF(left, area.top() - 5), text)
