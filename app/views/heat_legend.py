"""What the two colours of a heat map mean."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import label


class HeatLegend(QWidget):
    """What the two colours mean, in words and with their own samples."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples = [Swatch(theme, "raises"), Swatch(theme, "lowers")]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        texts = (tr("raises the score"), tr("lowers it"))
        for sample, text in zip(self._samples, texts, strict=True):
            row.addWidget(sample)
            row.addWidget(label(text, "small"))
            row.addSpacing(6)
        self.setToolTip(
            tr(
                "Exact Grad-CAM of the mean score: where the model finds this photo better or "
                "worse than its own average. It explains the model, not the photo's worth."
            )
        )


class Swatch(QWidget):
    """A sample of one colour; the raising one is marked +, the lowering one −."""

    def __init__(self, theme: Theme, token: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._token = token
        self.setFixedSize(QSize(16, 16))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.tokens.color(self._token))
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.setPen(QColor("#101113"))
        sign = "+" if self._token == "raises" else "−"
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), sign)
