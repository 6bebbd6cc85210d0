"""Rows of photos, fetched by the page when one of them is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import PhotoRow

PAGE = 48
CAPACITY = 12_000

FetchRows = Callable[[Sequence[int]], Mapping[int, PhotoRow]]


class RowCache:
    """An LRU of rows by photo id over a list of ids.

    A photo that the library no longer knows is remembered as ``None``, so that painting it
    does not ask again on every frame.
    """

    def __init__(self, fetch: FetchRows, page: int = PAGE, capacity: int = CAPACITY) -> None:
        self._fetch = fetch
        self._page = page
        self._capacity = capacity
        self._rows: OrderedDict[int, PhotoRow | None] = OrderedDict()

    def row(self, ids: NDArray[np.int64], position: int) -> PhotoRow | None:
        """The row at ``position`` of ``ids``; fetches its page when it isn't cached."""
        photo_id = int(ids[position])
        if photo_id in self._rows:
            self._rows.move_to_end(photo_id)
            return self._rows[photo_id]
        start = position - position % self._page
        self._load(ids[start : start + self._page])
        return self._rows.get(photo_id)

    def prepare(self, ids: NDArray[np.int64], shown: range) -> None:
        """Fetch what is about to be painted with one question, and some rows around it; not
        these after a leap, which another one may follow."""
        known = sum(i in self._rows for i in ids[shown.start : shown.stop].tolist())
        if known == len(shown):
            return
        around = self._page // 2 if known else 0
        self._load(ids[max(0, shown.start - around) : shown.stop + around])

    def take(self, rows: Mapping[int, PhotoRow]) -> None:
        """Keep rows that somebody else fetched."""
        self._rows.update(rows)

    def _load(self, ids: NDArray[np.int64]) -> None:
        wanted = [int(i) for i in ids if int(i) not in self._rows]
        found = self._fetch(wanted)
        for one in wanted:
            self._rows[one] = found.get(one)
        while len(self._rows) > max(self._capacity, 2 * len(ids)):
            self._rows.popitem(last=False)

    def invalidate(self, ids: Iterable[int]) -> None:
        """Forget these rows; they are fetched again when they are next painted."""
        for photo_id in ids:
            self._rows.pop(photo_id, None)

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()

    def __len__(self) -> int:
        return len(self._rows)
