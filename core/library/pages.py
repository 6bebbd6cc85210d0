"""Ids of a query in its order: whole, or page by page in a time that does not grow.

A page goes on where the last one ended, by the value and id of its last photo (keyset paging):
no row before it is read again, as OFFSET would. Where a filter leaves few photos, those are
fetched by the filter's index and sorted; else the order's own index is read until the page is
full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.engine import Connection

from core.domain import PhotoQuery
from core.library.filters import Selection, Way
from core.library.listing import ORDERS, listing

FEW = 2000
"""So many rows are fetched and sorted within the time of a page."""

MANY = 50_000
"""So many rows are sorted sooner than a million are read along an index."""

_NULLABLE = frozenset({"mean", "taken_at"})


@dataclass(frozen=True, slots=True)
class PageMark:
    """The last photo of a page: its id and its value of the order (``None``: it has none)."""

    value: Any
    photo_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of consecutive photos; ``after`` asks for the next page, ``None`` at the end."""

    ids: tuple[int, ...]
    after: PageMark | None


def quickest_way(connection: Connection, query: PhotoQuery, chosen: Selection, few: int) -> Way:
    """The filter's index that leads to the fewest rows, if those are few; else the order's."""
    best: Way | None = None
    least = few + 1
    for way in chosen.ways:
        if way.probe is None:
            continue
        probe = select(func.count()).select_from(way.probe.limit(least).subquery())
        found = int(connection.execute(probe).scalar_one())
        if found < least:
            best, least = way, found
    return best or Way(ORDERS[query.sort][1], chosen.scanned)


def in_order(query: PhotoQuery, way: Way, after: PageMark | None = None) -> Iterator[Select[Any]]:
    """Statements that give (photo_id, value) one after another; those without a value last."""
    name = ORDERS[query.sort][0]
    key, photo_id = listing.c[name], listing.c.photo_id
    columns = (photo_id, key.label("value"))
    hint = f"INDEXED BY {way.index}" if way.index else "NOT INDEXED"
    chosen = select(*columns).with_hint(listing, hint, "sqlite").where(way.rows)
    by_id = photo_id.desc() if query.descending else photo_id.asc()

    def beyond(mine: Any, last: Any) -> ColumnElement[bool]:
        return mine < last if query.descending else mine > last  # type: ignore[no-any-return]

    if name == "photo_id":
        yield (chosen if after is None else chosen.where(beyond(key, after.photo_id))).order_by(
            by_id
        )
        return
    nullable = name in _NULLABLE
    if after is None or after.value is not None:
        known = chosen.where(key.is_not(None)) if nullable else chosen
        if after is not None:
            mark = tuple_(literal(after.value, key.type), literal(after.photo_id))
            known = known.where(beyond(tuple_(key, photo_id), mark))
        yield known.order_by(key.desc() if query.descending else key.asc(), by_id)
    if nullable:
        unknown = chosen.where(key.is_(None))
        if after is not None and after.value is None:
            unknown = unknown.where(beyond(photo_id, after.photo_id))
        yield unknown.order_by(by_id)


def all_ids(connection: Connection, query: PhotoQuery, chosen: Selection) -> NDArray[np.int64]:
    """All ids of a query in its order, up to its limit."""
    way = quickest_way(connection, query, chosen, MANY)
    found: list[Any] = []
    for statement in in_order(query, way):
        if query.limit is not None:
            statement = statement.limit(query.limit - len(found))
        # Plain tuples of the driver's: a million row objects would take a second.
        cursor = connection.execute(statement).cursor
        assert cursor is not None
        found += cursor.fetchall()
        if query.limit is not None and len(found) >= query.limit:
            break
    return np.fromiter((row[0] for row in found), np.int64, len(found))


def page(
    connection: Connection,
    query: PhotoQuery,
    chosen: Selection,
    after: PageMark | None,
    size: int,
) -> Page:
    """The next ``size`` photos of a query."""
    way = quickest_way(connection, query, chosen, FEW)
    rows: list[Any] = []
    for statement in in_order(query, way, after):
        rows += connection.execute(statement.limit(size - len(rows))).all()
        if len(rows) == size:
            last = rows[-1]
            return Page(tuple(row.photo_id for row in rows), PageMark(last.value, last.photo_id))
    return Page(tuple(row.photo_id for row in rows), None)
