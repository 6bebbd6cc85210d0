"""Arithmetic of a grid of equal cells; no widgets, so that it can be tested to the pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRect, QSize


@dataclass
class GridLayout:
    """Cells of one size in rows, or in one endless row (``strip``).

    Cells grow in width to share the viewport's evenly, so the right edge never ends in a gap.
    Coordinates are those of the content; ``width`` is always that of the viewport.
    """

    strip: bool = False
    gap: int = 10
    margin: int = 14
    cell: QSize = field(default_factory=lambda: QSize(192, 218))

    def columns(self, width: int) -> int:
        """Number of columns; the strip counts as one row, hence one step per key."""
        if self.strip:
            return 1
        room = width - 2 * self.margin + self.gap
        return max(1, room // (self.cell.width() + self.gap))

    def _column_width(self, width: int) -> float:
        """Columns stretch to share the width evenly; one column keeps to the window."""
        columns = self.columns(width)
        room = width - 2 * self.margin - (columns - 1) * self.gap
        return max(float(self.cell.width()), room / columns)

    def rect(self, position: int, width: int) -> QRect:
        """The cell of a position."""
        if self.strip:
            x = self.margin + position * (self.cell.width() + self.gap)
            return QRect(QPoint(x, self.margin), self.cell)
        row, column = divmod(position, self.columns(width))
        pitch = self._column_width(width) + self.gap
        left = round(self.margin + column * pitch)
        right = round(self.margin + (column + 1) * pitch) - self.gap
        top = self.margin + row * self._pitch
        return QRect(left, top, right - left, self.cell.height())

    @property
    def _pitch(self) -> int:
        return self.cell.height() + self.gap

    def content_size(self, width: int, count: int) -> QSize:
        """Size of everything."""
        if self.strip:
            length = 2 * self.margin + count * (self.cell.width() + self.gap) - self.gap
            return QSize(max(0, length), self.cell.height() + 2 * self.margin)
        rows = -(-count // self.columns(width))
        return QSize(width, 2 * self.margin + max(0, rows * self._pitch - self.gap))

    def position_at(self, point: QPoint, width: int, count: int) -> int | None:
        """The position whose cell contains a point; None in the gaps."""
        near = self.positions_in(QRect(point, QSize(1, 1)), width, count)
        return next((p for p in near if self.rect(p, width).contains(point)), None)

    def positions_in(self, area: QRect, width: int, count: int) -> range:
        """Positions of all rows that an area touches, from its first row to its last."""
        if self.strip:
            pitch = self.cell.width() + self.gap
            first = (area.left() - self.margin) // pitch
            last = (area.right() - self.margin) // pitch + 1
            return range(max(0, first), max(0, min(count, last)))
        columns = self.columns(width)
        first = (area.top() - self.margin) // self._pitch
        last = (area.bottom() - self.margin) // self._pitch + 1
        return range(max(0, first * columns), max(0, min(count, last * columns)))

    def runs_in(self, area: QRect, width: int, count: int) -> Iterator[range]:
        """Runs of neighbouring positions whose cells an area touches, row by row."""
        run: range | None = None
        for position in self.positions_in(area, width, count):
            if not self.rect(position, width).intersects(area):
                continue
            if run is not None and run.stop == position:
                run = range(run.start, position + 1)
            else:
                if run is not None:
                    yield run
                run = range(position, position + 1)
        if run is not None:
            yield run
