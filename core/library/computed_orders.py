"""Orders that no index can hold: percentiles within albums, and how far scores moved.

One new photo changes the percentiles of its whole album, so these are computed for all photos of
a query. The outcome is kept until anybody writes, so that turning pages costs nothing more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from core.domain import PhotoQuery, SortKey
from core.library.filters import Selection
from core.library.movements import ids_by_movement
from core.library.ranks import by_percentile

KEPT = 3
"""Orders that are remembered; one of a million photos takes 16 MB."""

Within = Callable[[int | None], Sequence[int]]
"""The albums that an album's photos are ranked in: itself and those nested in it."""

Row = tuple[int, Any]
"""A photo's id and its value of the order."""


@dataclass(frozen=True, slots=True)
class Order(Sequence[Row]):
    """Photos in order: ``ids`` and the ``values`` they are ordered by (NaN for none), as rows."""

    ids: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return self.rows(*place.indices(len(self))[:2])
        value = float(self.values[place])
        return int(self.ids[place]), None if np.isnan(value) else value

    def rows(self, start: int, end: int) -> list[Row]:
        """The rows of these places, as far as there are any."""
        return [self[place] for place in range(start, min(end, len(self)))]


class ComputedOrders:
    """Computes orders, and remembers the last few until the library changes. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[PhotoQuery, tuple[object, Order]] = OrderedDict()

    def order(
        self, connection: Connection, query: PhotoQuery, chosen: Selection, within: Within
    ) -> Order:
        """The photos of a query in its order (its limit aside)."""
        state = _state(connection)
        key = replace(query, limit=None)
        with self._lock:
            kept_in, kept = self._kept.get(key, (None, None))
            if kept is not None and kept_in == state:
                self._kept.move_to_end(key)
                return kept
        if query.sort is SortKey.PERCENTILE:
            found = Order(*by_percentile(connection, chosen, within, descending=query.descending))
        else:
            ids = ids_by_movement(connection, chosen, descending=query.descending)
            places = np.arange(len(ids), dtype=np.float64)  # as good a value as the movement
            found = Order(ids, -places if query.descending else places)
        with self._lock:
            self._kept[key] = state, found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _state(connection: Connection) -> object:
    """What stays equal as long as this connection sees the same library.

    ``data_version`` counts what others have written, for each connection on its own, so it is
    told together with the connection's name.
    """
    name = connection.info.setdefault("computed_orders", object())
    return name, connection.exec_driver_sql("PRAGMA data_version").scalar_one()
