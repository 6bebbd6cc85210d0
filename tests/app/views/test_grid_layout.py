"""The grid's arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QSize

from app.views.grid_layout import GridLayout

WIDTHS = st.integers(50, 4000)
COUNTS = st.integers(1, 100_000)


def layout(strip: bool = False) -> GridLayout:
    return GridLayout(strip=strip, cell=QSize(168, 194))


@given(width=WIDTHS, count=COUNTS, data=st.data())
def test_every_cell_is_found_where_it_is(width: int, count: int, data: st.DataObject) -> None:
    grid = layout(strip=data.draw(st.booleans()))
    position = data.draw(st.integers(0, count - 1))
    center = grid.rect(position, width).center()
    assert grid.position_at(center, width, count) == position
    assert position in grid.positions_in(QRect(center, QSize(1, 1)), width, count)


@given(width=WIDTHS, count=COUNTS)
def test_cells_stay_inside_the_content_and_apart(width: int, count: int) -> None:
    grid = layout()
    whole = QRect(QPoint(0, 0), grid.content_size(max(width, 192), count))
    shown = [grid.rect(p, width) for p in range(min(count, 40))]
    assert all(a.intersected(b).isEmpty() for a, b in pairwise(shown))
    assert grid.rect(count - 1, width).bottom() < whole.bottom()
    if width >= 192:
        assert max(rect.right() for rect in shown) < width


def test_columns_share_the_whole_width() -> None:
    grid = layout()
    for width in (760, 803, 1279):
        columns = grid.columns(width)
        last = grid.rect(columns - 1, width)
        assert abs(last.right() + 1 - (width - grid.margin)) <= 1


def test_nothing_is_found_in_the_gaps_and_past_the_end() -> None:
    grid = layout()
    first = grid.rect(0, 800)
    assert grid.position_at(first.topLeft() - QPoint(3, 3), 800, 10) is None
    assert grid.position_at(first.center(), 800, 0) is None
    assert grid.position_at(grid.rect(10, 800).center(), 800, 10) is None


def test_a_rubber_band_takes_whole_runs_of_each_row() -> None:
    grid = layout()
    columns = grid.columns(800)
    band = grid.rect(1, 800).united(grid.rect(columns + 2, 800))
    taken = [p for run in grid.runs_in(band, 800, 100) for p in run]
    assert taken == [1, 2, columns + 1, columns + 2]


@pytest.mark.parametrize("count", [0, 1])
def test_almost_nothing_needs_almost_no_room(count: int) -> None:
    assert layout().content_size(800, count).height() <= 194 + 2 * 14
    assert layout(strip=True).content_size(800, count).width() <= 168 + 2 * 14
