"""Ids of a query in its order: whole, or page by page in a time that does not grow.

A page goes on where the last one ended, by the value and id of its last photo (keyset paging):
no row before it is read again, as OFFSET would. Where a filter leaves few photos, those are
fetched by the filter's index and sorted; else the order's own index is read until the page is
full. Orders that no index can hold are computed (see `core.library.computed_orders`).
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, Text, func, literal, select, tuple_, type_coerce
from sqlalchemy.engine import Connection

from core.domain import PhotoQuery, Status
from core.library.computed_orders import Order, Row
from core.library.filters import Selection, Way
from core.library.listing import ORDERS, listing
from core.library.ranks import numbers

FEW = 2000
"""So many photos are fetched and sorted within the time of a page."""

LOOKED_AT = 12_000
"""So many entries of an index are looked through within the time of a page."""

MANY = 50_000
"""So many rows are sorted sooner than a million are read along an index."""

OWN_ORDER = "sqlite_autoindex_listing_1"
"""SQLite's name for the primary key of a table without row ids."""

_NULLABLE = frozenset({"mean", "low", "taken_at"})


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


def few_rows(connection: Connection, chosen: Selection, few: int) -> Select[Any] | None:
    """The rows of a selection by their ids, found over a filter's index, if they are few."""
    best, looked_at = _shortest(connection, chosen, max(few, LOOKED_AT) if few else 0)
    if best is None or not few:
        return None
    rows = _along(select(listing.c.photo_id).where(best.rows), best.index)
    if looked_at <= few:
        return rows
    # Ids first, from the index alone: going to the table for each entry looked at is slow.
    ids = [row[0] for row in _fetched(connection, rows.limit(few + 1))]
    if len(ids) > few:
        return None
    listed = func.json_each(json.dumps(ids)).table_valued("value")
    rows = select(listing.c.photo_id).where(
        listing.c.model_id == chosen.model_id, listing.c.photo_id.in_(select(listed.c.value))
    )
    return _along(rows, OWN_ORDER)


def _shortest(connection: Connection, chosen: Selection, most: int) -> tuple[Way | None, int]:
    """The way with the least to look at, if that is at most ``most``, and how much that is."""
    best: Way | None = None
    least = most + 1 if most else 0
    for way in chosen.ways:
        if way.probe is None:  # its rows can only be found out by looking through all of it
            best = best or way
        elif least > 0:
            looked_at = _count(connection, way.probe, least)
            if looked_at < least:
                best, least = way, looked_at
    return best, least


def count(connection: Connection, chosen: Selection) -> int:
    """How many rows a selection has."""
    rows = select(listing.c.photo_id).where(chosen.rows)
    shortest, _ = _shortest(connection, chosen, LOOKED_AT)
    if shortest is not None:
        rows = _along(rows, shortest.index)
    elif chosen.by_name:
        rows = _along(rows, "ix_listing_label")  # it alone holds names, and all else as well
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())


def _stored(name: str) -> ColumnElement[Any]:
    """A column as SQLite keeps it: a time is its text, which sorts like it."""
    column = listing.c[name]
    return type_coerce(column, Text) if name == "taken_at" else column


def _fetched(connection: Connection, statement: Select[Any]) -> list[Row]:
    """Plain tuples of the driver's: row objects would take longer than the query."""
    cursor = connection.execute(statement).cursor
    assert cursor is not None
    return list(cursor.fetchall())


def _along(statement: Select[Any], index: str | None) -> Select[Any]:
    """Read by an index; by the table's own order where that is ``None``: left to itself, the
    planner would rather read another index from end to end."""
    index = index or OWN_ORDER
    return statement.with_hint(listing, f"INDEXED BY {index}", "sqlite")


def _count(connection: Connection, rows: Select[Any], most: int) -> int:
    counted = select(func.count()).select_from(rows.limit(most).subquery())
    return int(connection.execute(counted).scalar_one())


def in_order(
    query: PhotoQuery,
    chosen: Selection,
    few: Select[Any] | None = None,
    after: PageMark | None = None,
) -> Iterator[Select[Any]]:
    """Statements that give (photo_id, value) one after another, photos without a value last: the
    ``few`` rows sorted, or the selection along its order's index."""
    name, index = ORDERS[query.sort]
    key, photo_id = _stored(name), listing.c.photo_id
    source = _along(select(photo_id).where(chosen.scanned), index) if few is None else few
    rows: Select[Any] = source.with_only_columns(photo_id, key)
    by_id = photo_id.desc() if query.descending else photo_id.asc()

    def beyond(mine: Any, last: Any) -> ColumnElement[bool]:
        return mine < last if query.descending else mine > last  # type: ignore[no-any-return]

    if name == "photo_id":
        yield (rows if after is None else rows.where(beyond(key, after.photo_id))).order_by(by_id)
        return
    nullable = name in _NULLABLE
    # Missing photos keep the score they had.
    scoreless = query.statuses is not None and not query.statuses & {Status.SCORED, Status.MISSING}
    if (after is None or after.value is not None) and not (name in ("mean", "low") and scoreless):
        known = rows.where(key.is_not(None)) if nullable else rows
        if after is not None:
            mark = tuple_(literal(after.value, key.type), literal(after.photo_id))
            known = known.where(beyond(tuple_(key, photo_id), mark))
        yield known.order_by(key.desc() if query.descending else key.asc(), by_id)
    if nullable:
        unknown = rows.where(key.is_(None))
        if after is not None and after.value is None:
            unknown = unknown.where(beyond(photo_id, after.photo_id))
        yield unknown.order_by(by_id)


def all_ids(connection: Connection, query: PhotoQuery, chosen: Selection) -> NDArray[np.int64]:
    """All ids of a query in its order, which an index holds, up to its limit."""
    few = few_rows(connection, chosen, MANY)
    parts: list[NDArray[np.int64]] = []
    count = 0
    for statement in in_order(query, chosen, few):
        if query.limit is not None:
            statement = statement.limit(query.limit - count)
        parts.append(_ids_at_once(connection, statement))
        count += len(parts[-1])
        if query.limit is not None and count >= query.limit:
            break
    return np.concatenate(parts)


def _ids_at_once(connection: Connection, statement: Select[Any]) -> NDArray[np.int64]:
    """The first column of a statement, in its order, as one text that SQLite puts together.

    Less than half the time of fetching as many rows, and other threads run meanwhile. (SQLite
    keeps the order of a subquery under ``group_concat``: select.c, ``SF_OrderByReqd``.)
    """
    rows = statement.subquery()
    joined = select(func.group_concat(rows.c[0])).select_from(rows)
    return numbers(connection.execute(joined).scalar_one())


def page(
    connection: Connection,
    query: PhotoQuery,
    chosen: Selection,
    after: PageMark | None,
    size: int,
) -> Page:
    """The next ``size`` photos of a query whose order an index holds."""
    few = few_rows(connection, chosen, FEW)
    rows: list[Row] = []
    for statement in in_order(query, chosen, few, after):
        rows += _fetched(connection, statement.limit(size - len(rows)))
        if len(rows) == size:
            break
    return _page(rows, size)


def page_of(order: Order, query: PhotoQuery, after: PageMark | None, size: int) -> Page:
    """The next ``size`` photos of a query whose order was computed."""
    begin = 0 if after is None else _place_behind(order, query, after)
    return _page(order.rows(begin, begin + size), size)


def percentiles_of(
    means: NDArray[np.float64], sorted_means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share (0..100) of ``sorted_means`` below each of ``means``, ties counted half; NaN where
    there is nothing to compare with."""
    if len(sorted_means) < 2:
        return np.full(len(means), np.nan)
    # Stored means and recomputed ones may differ in the last bits.
    lower = np.searchsorted(sorted_means, means - 1e-6, side="left")
    upper = np.searchsorted(sorted_means, means + 1e-6, side="right")
    shares = 50.0 * (lower + upper) / len(sorted_means)
    return np.where(np.isnan(means), np.nan, shares)


def _page(rows: list[Row], size: int) -> Page:
    ids = tuple(row[0] for row in rows)
    return Page(ids, PageMark(rows[-1][1], rows[-1][0]) if rows and len(rows) == size else None)


def _place_behind(rows: Sequence[Row], query: PhotoQuery, after: PageMark) -> int:
    """The place of the first row behind a mark, whose own photo may be gone."""

    def rank(photo_id: int, value: Any) -> tuple[Any, ...]:
        return (1, photo_id) if value is None else (0, value, photo_id)

    def is_behind(row: Row) -> bool:
        mine, last = rank(*row), rank(after.photo_id, after.value)
        if mine[0] != last[0]:
            return bool(mine[0] > last[0])
        return bool(mine < last if query.descending else mine > last)

    return bisect.bisect_left(rows, True, key=is_behind)
