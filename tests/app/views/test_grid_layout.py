"""The grid's arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
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


# --- groups ---------------------------------------------------------------------------------------


@st.composite
def grouped_layouts(draw: st.DrawFn) -> tuple[GridLayout, int]:
    lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=12))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    return GridLayout(cell=QSize(168, 194), starts=starts, header=40), sum(lengths)


@given(made=grouped_layouts(), width=WIDTHS, data=st.data())
def test_every_cell_is_found_under_its_header(
    made: tuple[GridLayout, int], width: int, data: st.DataObject
) -> None:
    grid, count = made
    position = data.draw(st.integers(0, count - 1))
    rect = grid.rect(position, width, count)
    assert grid.position_at(rect.center(), width, count) == position
    assert position in grid.positions_in(rect, width, count)
    headers = dict(grid.headers_in(QRect(0, 0, width, rect.bottom()), width, count))
    group = int(np.searchsorted(grid.starts, position, side="right")) - 1
    assert headers[group].bottom() < rect.top()
    assert all(header.intersected(rect).isEmpty() for header in headers.values())
    assert rect.bottom() < grid.content_size(width, count).height()


@given(made=grouped_layouts(), width=WIDTHS, data=st.data())
def test_what_a_window_shows_is_all_that_lies_in_it(
    made: tuple[GridLayout, int], width: int, data: st.DataObject
) -> None:
    grid, count = made
    top = data.draw(st.integers(0, grid.content_size(width, count).height()))
    area = QRect(0, top, width, 700)
    shown = set(grid.positions_in(area, width, count))
    rects = [grid.rect(p, width, count) for p in range(count)]
    inside = {p for p, rect in enumerate(rects) if rect.intersects(area)}
    columns = grid.columns(width)
    assert inside <= shown
    assert len(shown) <= len(inside) + 2 * columns


@given(made=grouped_layouts(), width=WIDTHS, data=st.data())
def test_down_goes_to_the_next_row_and_up_comes_back(
    made: tuple[GridLayout, int], width: int, data: st.DataObject
) -> None:
    grid, count = made
    position = data.draw(st.integers(0, count - 1))
    below = grid.beside(position, 1, width, count)
    here, there = grid.rect(position, width, count), grid.rect(below, width, count)
    if below == position:
        assert grid.rect(count - 1, width, count).y() == here.y()
        return
    assert there.y() > here.y()
    assert not any(
        here.y() < grid.rect(p, width, count).y() < there.y() for p in range(position, below)
    )
    if there.x() == here.x():
        assert grid.beside(below, -1, width, count) == position


def test_a_hundred_thousand_groups_are_laid_out_at_once() -> None:
    starts = np.arange(0, 100_000, dtype=np.int64)
    grid = GridLayout(cell=QSize(168, 194), starts=starts, header=40)
    area = QRect(0, grid.rect(99_990, 800, 100_000).y(), 800, 600)
    assert 99_990 in grid.positions_in(area, 800, 100_000)
    assert len(list(grid.headers_in(area, 800, 100_000))) <= 4
