"""Orders that no index can hold: percentiles within albums, and how far scores moved.

One new photo changes the percentiles of its whole album, so these are computed for all photos of
a query: from the standing of all scores, which serves every query and direction. Both are kept
until anybody writes, so that turning pages costs nothing more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from core.domain import PhotoQuery, SortKey
from core.library.movements import model_before
from core.library.ranks import Standing, standing

KEPT = 3
"""Orders that are remembered; one of a million photos takes 16 MB."""
KEPT_MODELS = 2
"""Models whose standing is remembered; that of a million photos takes 32 MB."""

Key = TypeVar("Key")
Value = TypeVar("Value")

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
    """Computes orders, and remembers the last few until the library changes. Thread-safe.

    What is handed in as ``version`` is the library's (see `core.library.versions`), asked for
    before the connection's snapshot began.
    """

    def __init__(self) -> None:
        # Held while computing: the first page and the whole list are asked for at the same time,
        # and who comes second has it for nothing.
        self._lock = threading.RLock()
        self._orders: _Kept[PhotoQuery, Order] = _Kept(KEPT)
        self._standings: _Kept[int, Standing] = _Kept(KEPT_MODELS)

    def standing(
        self,
        connection: Connection,
        model_id: int,
        folders: Mapping[int, Path],
        version: object,
    ) -> Standing:
        """Where all scores of a model stand in their albums, whose folders are given by id."""
        with self._lock:
            return self._standings.get(
                model_id, version, lambda: standing(connection, model_id, folders)
            )

    def order(
        self,
        connection: Connection,
        query: PhotoQuery,
        model_id: int,
        folders: Mapping[int, Path],
        version: object,
        ids: Callable[[], NDArray[np.int64]],
    ) -> Order:
        """The photos of a query in its order (its limit aside); ``ids`` gives them ascending."""

        def compute() -> Order:
            found = ids()
            if query.sort is SortKey.PERCENTILE:
                values = standing_of(model_id).percentiles_of(found)
            elif (earlier := model_before(connection, model_id)) is not None:
                before = standing_of(earlier[0]).means_of(found)
                values = np.abs(standing_of(model_id).means_of(found) - before)
            else:
                values = np.full(len(found), np.nan)
            return _ordered(found, values, descending=query.descending)

        def standing_of(model: int) -> Standing:
            return self.standing(connection, model, folders, version)

        with self._lock:
            return self._orders.get(replace(query, limit=None), version, compute)


class _Kept(Generic[Key, Value]):
    """The last few values, each good for one version of the library."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, tuple[object, Value]] = OrderedDict()

    def get(self, key: Key, version: object, compute: Callable[[], Value]) -> Value:
        kept = self._values.get(key)
        if kept is None or kept[0] != version:
            kept = version, compute()
            self._values[key] = kept
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return kept[1]


def _ordered(ids: NDArray[np.int64], values: NDArray[np.float64], *, descending: bool) -> Order:
    """Ascending ids by their values and, where these are equal, by id; those without one (NaN)
    come last."""
    if descending:
        ids, values = ids[::-1], values[::-1]
    places = np.argsort(-values if descending else values, kind="stable")  # -NaN is NaN
    return Order(ids[places], values[places])
