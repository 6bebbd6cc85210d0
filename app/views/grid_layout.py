"""Arithmetic of a grid of equal cells; no widgets, so that it can be tested to the pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize

HEADER = 40
"""Height of a group's header where the font asks for no more."""

NO_STARTS: NDArray[np.int64] = np.zeros(1, np.int64)


@dataclass
class GridLayout:
    """Cells of one size in rows, or in one endless row (``strip``).

    Cells grow in width to share the viewport's evenly, so the right edge never ends in a gap.
    Coordinates are those of the content; ``width`` is always that of the viewport.

    ``starts`` are the positions at which groups begin, ascending from 0; with ``header`` more than
    0 each group begins a row of its own below a header of that height.
    """

    strip: bool = False
    gap: int = 10
    margin: int = 14
    cell: QSize = field(default_factory=lambda: QSize(192, 218))
    starts: NDArray[np.int64] = field(default_factory=lambda: NO_STARTS)
    header: int = 0

    def __post_init__(self) -> None:
        self._known: tuple[int, ...] = ()
        self._placed: NDArray[np.int64] | None = None
        self._tops = NO_STARTS

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

    @property
    def _pitch(self) -> int:
        return self.cell.height() + self.gap

    # --- groups ----------------------------------------------------------------------------------

    def _group(self, position: int) -> int:
        """The group that a position belongs to."""
        if len(self.starts) == 1:
            return 0
        return int(np.searchsorted(self.starts, position, side="right")) - 1

    def _place(self, width: int, count: int) -> None:
        """Work out where groups begin; once for each width and list."""
        columns = self.columns(width)
        key = (columns, count, self._pitch, self.header)
        if key != self._known or self._placed is not self.starts:
            rows = -(-np.diff(self.starts, append=count) // columns)
            heights = self.header + rows * self._pitch
            self._tops = np.concatenate(([0], np.cumsum(heights))) + self.margin
            self._known, self._placed = key, self.starts

    def _top(self, group: int, width: int, count: int) -> int:
        self._place(width, count)
        return int(self._tops[group])

    def _end(self, group: int, count: int) -> int:
        """The position behind a group's last one."""
        return int(self.starts[group + 1]) if group + 1 < len(self.starts) else count

    def headers_in(self, area: QRect, width: int, count: int) -> Iterator[tuple[int, QRect]]:
        """Groups whose headers an area touches, with the headers' places."""
        if not self.header or not count:
            return
        self._place(width, count)
        first = int(np.searchsorted(self._tops, area.top(), side="right")) - 1
        for group in range(max(0, first), len(self.starts)):
            top = int(self._tops[group])
            if top > area.bottom():
                return
            if top + self.header > area.top():
                yield group, QRect(0, top, width, self.header)

    # --- places ----------------------------------------------------------------------------------

    def rect(self, position: int, width: int, count: int | None = None) -> QRect:
        """The cell of a position. ``count`` is needed where there are groups."""
        if self.strip:
            x = self.margin + position * (self.cell.width() + self.gap)
            return QRect(QPoint(x, self.margin), self.cell)
        top = self.margin
        if self.header:
            group = self._group(position)
            top = self._top(group, width, position + 1 if count is None else count) + self.header
            position -= int(self.starts[group])
        row, column = divmod(position, self.columns(width))
        pitch = self._column_width(width) + self.gap
        left = round(self.margin + column * pitch)
        right = round(self.margin + (column + 1) * pitch) - self.gap
        return QRect(left, top + row * self._pitch, right - left, self.cell.height())

    def content_size(self, width: int, count: int) -> QSize:
        """Size of everything."""
        if self.strip:
            length = 2 * self.margin + count * (self.cell.width() + self.gap) - self.gap
            return QSize(max(0, length), self.cell.height() + 2 * self.margin)
        if self.header and count:
            self._place(width, count)
            return QSize(width, int(self._tops[-1]) - self.gap + self.margin)
        rows = -(-count // self.columns(width))
        return QSize(width, 2 * self.margin + max(0, rows * self._pitch - self.gap))

    def position_at(self, point: QPoint, width: int, count: int) -> int | None:
        """The position whose cell contains a point; None in the gaps."""
        near = self.positions_in(QRect(point, QSize(1, 1)), width, count)
        return next((p for p in near if self.rect(p, width, count).contains(point)), None)

    def positions_in(self, area: QRect, width: int, count: int) -> range:
        """Positions of all rows that an area touches, from its first row to its last."""
        if self.strip:
            pitch = self.cell.width() + self.gap
            first = (area.left() - self.margin) // pitch
            last = (area.right() - self.margin) // pitch + 1
            return range(max(0, first), max(0, min(count, last)))
        if self.header and count:
            begin, _ = self._row_at(area.top(), width, count)
            _, end = self._row_at(area.bottom(), width, count)
            return range(begin, max(begin, end))
        columns = self.columns(width)
        first = (area.top() - self.margin) // self._pitch
        last = (area.bottom() - self.margin) // self._pitch + 1
        return range(max(0, first * columns), max(0, min(count, last * columns)))

    def _row_at(self, y: int, width: int, count: int) -> tuple[int, int]:
        """First position of the row at a height, and the position behind its last; on a header
        both are the group's first."""
        self._place(width, count)
        group = int(np.searchsorted(self._tops, y, side="right")) - 1
        if group < 0:
            return 0, 0
        if group >= len(self.starts):
            return count, count
        columns, start, end = self.columns(width), int(self.starts[group]), self._end(group, count)
        row = (y - int(self._tops[group]) - self.header) // self._pitch
        if row < 0:
            return start, start
        return min(end, start + row * columns), min(end, start + (row + 1) * columns)

    def beside(self, position: int, rows: int, width: int, count: int) -> int:
        """The position so many rows above (negative) or below, in the same column where that row
        reaches so far; at either end the position itself."""
        columns = self.columns(width)
        while rows:
            group = self._group(position) if self.header else 0
            start = int(self.starts[group]) if self.header else 0
            end = self._end(group, count) if self.header else count
            row, column = divmod(position - start, columns)
            last_row = (end - 1 - start) // columns
            if 0 <= row + rows <= last_row:
                return min(start + (row + rows) * columns + column, end - 1)
            if rows > 0:
                if end >= count:
                    return position if row == last_row else end - 1
                rows -= last_row - row + 1
                position = end + min(column, self._end(group + 1, count) - end - 1)
            else:
                if start == 0:
                    return position if row == 0 else column
                rows += row + 1
                before = int(self.starts[group - 1])
                bottom = before + (start - 1 - before) // columns * columns
                position = min(bottom + column, start - 1)
        return position

    def runs_in(self, area: QRect, width: int, count: int) -> Iterator[range]:
        """Runs of neighbouring positions whose cells an area touches, row by row."""
        run: range | None = None
        for position in self.positions_in(area, width, count):
            if not self.rect(position, width, count).intersects(area):
                continue
            if run is not None and run.stop == position:
                run = range(run.start, position + 1)
            else:
                if run is not None:
                    yield run
                run = range(position, position + 1)
        if run is not None:
            yield run
