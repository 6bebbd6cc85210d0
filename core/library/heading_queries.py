"""Under which heading each photo of a list stands: its album, day, burst or person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from core.grouping.groups import Grouping
from core.library.people_rows import USER_NOT
from core.library.queries import Queries

NO_HEADING = -1
"""Key of photos that belong under no heading: undated, in no burst, of nobody."""

FETCHED = 5000
Ids = NDArray[np.int64]

_ALBUMS = text("SELECT id, album_id FROM photos WHERE album_id IS NOT NULL ORDER BY id")

# A file's own time is that of copying, so it names no day. 0001-01-01 begins on the Julian day
# 1721425.5, and is day 1 of ``date.toordinal``.
_DAYS = text(
    "SELECT id, CAST(julianday(substr(taken_at, 1, 10)) - 1721424.5 AS INTEGER) FROM photos "
    "WHERE taken_at IS NOT NULL AND taken_source IS NOT 'mtime' ORDER BY id"
)

_ALBUM_NAMES = text("SELECT id, name FROM albums")
_PERSON_NAMES = text("SELECT id, name FROM people WHERE name <> ''")

# SQLite gives the other columns of the row that has the maximum.
_PEOPLE = text(
    "SELECT f.photo_id, f.person_id, max(f.w * f.h) FROM person_faces f "
    "JOIN people p ON p.id = f.person_id WHERE f.source <> :no AND NOT p.hidden "
    "GROUP BY f.photo_id ORDER BY f.photo_id"
)


@dataclass(frozen=True, slots=True)
class Headings:
    """Keys of photos and what they are called.

    Attributes:
        photo_ids: ascending; photos that are not among them have no heading.
        keys: one per photo: an album's or person's id, a proleptic day (``date.toordinal``), or
            the number of a burst.
        names: of albums and named people, by key.
    """

    photo_ids: Ids
    keys: Ids
    names: dict[int, str] = field(default_factory=dict)

    def of(self, ids: Ids) -> Ids:
        """The key of each of ``ids``, ``NO_HEADING`` where there is none."""
        found = np.full(len(ids), NO_HEADING, np.int64)
        if len(self.photo_ids) and len(ids):
            at = np.minimum(np.searchsorted(self.photo_ids, ids), len(self.photo_ids) - 1)
            known = self.photo_ids[at] == ids
            found[known] = self.keys[at[known]]
        return found


def headings(queries: Queries, by: Grouping) -> Headings:
    """The headings of the whole library by album, by day, or by the person with the largest face.

    Raises:
        ValueError: for bursts, which nobody has stored (`core.library.burst_book`).
    """
    if by is Grouping.BURST:
        raise ValueError("bursts are found, not read")
    names: dict[int, str] = {}
    with queries.reading() as connection:
        if by is Grouping.ALBUM:
            rows = connection.execute(_ALBUMS).cursor
            names = {row.id: row.name for row in connection.execute(_ALBUM_NAMES)}
        elif by is Grouping.DAY:
            rows = connection.execute(_DAYS).cursor
        else:
            rows = connection.execute(_PEOPLE, {"no": USER_NOT}).cursor
            names = {row.id: row.name for row in connection.execute(_PERSON_NAMES)}
        assert rows is not None
        pieces = [np.zeros((0, 2), np.int64)]
        while piece := rows.fetchmany(FETCHED):  # tuples of all rows at once would take 25 MB
            pieces.append(np.asarray([row[:2] for row in piece], np.int64))
        found = np.concatenate(pieces)
    return Headings(found[:, 0].copy(), found[:, 1].copy(), names)
