"""What stands above a group of photos in the grid."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen

from app.theme import Theme
from app.translation import trn


def paint_header(
    painter: QPainter,
    area: QRect,
    line_above: bool,
    title: str,
    count: int,
    theme: Theme,
    font: QFont,
) -> None:
    """A group's title and its number of photos, at the start of the row; a line above parts it
    from the group before."""
    tokens = theme.tokens
    rtl = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    said = trn("{n} photo", "{n} photos", count)
    room = area.width() - QFontMetrics(font).horizontalAdvance(said) - 12
    metrics = QFontMetrics(bold)
    text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
    width = metrics.horizontalAdvance(text)
    line = area.adjusted(0, 6, 0, 0)
    align = Qt.AlignmentFlag.AlignVCenter | (
        Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
    )
    painter.setFont(bold)
    painter.setPen(tokens.color("text"))
    painter.drawText(line, int(align | Qt.AlignmentFlag.AlignAbsolute), text)
    rest = line.adjusted(0, 0, -width - 12, 0) if rtl else line.adjusted(width + 12, 0, 0, 0)
    painter.setFont(font)
    painter.setPen(tokens.color("text_dim"))
    painter.drawText(rest, int(align | Qt.AlignmentFlag.AlignAbsolute), said)
    if not line_above:
        return
    painter.setPen(QPen(tokens.color("border"), 1))
    painter.drawLine(area.left(), area.top() + 3, area.right(), area.top() + 3)
