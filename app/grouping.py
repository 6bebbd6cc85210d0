"""A list of photos under headings: by album, day, burst or person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QLocale

from app.translation import tr
from core.domain import PhotoQuery, SortKey
from core.grouping.groups import Grouping
from core.library.heading_queries import NO_HEADING, Headings

Ids = NDArray[np.int64]

GROUPINGS = {
    "group_none": None,
    "group_album": Grouping.ALBUM,
    "group_day": Grouping.DAY,
    "group_burst": Grouping.BURST,
    "group_person": Grouping.PERSON,
}
"""Ways of grouping by their commands' names."""

LAST = np.iinfo(np.int64).max
"""Rank of what stands under no heading: it comes last."""


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """Where a list's groups begin, and what they are.

    Attributes:
        by: what the list is grouped by.
        starts: positions of the groups' first photos, ascending from 0.
        keys: one per group, as `core.library.heading_queries` gives them.
        names: of albums or people, by key.
    """

    by: Grouping
    starts: Ids
    keys: Ids
    names: Mapping[int, str] = field(default_factory=dict)

    def same_as(self, other: Sections | None) -> bool:
        """Whether the groups and their names are those of another list."""
        return (
            other is not None
            and self.by is other.by
            and np.array_equal(self.starts, other.starts)
            and np.array_equal(self.keys, other.keys)
            and self.names == other.names
        )

    def positions(self, group: int, count: int) -> range:
        """Positions of a group's photos in a list of ``count``."""
        end = int(self.starts[group + 1]) if group + 1 < len(self.starts) else count
        return range(int(self.starts[group]), end)

    def title(self, group: int) -> str:
        """What stands above a group."""
        key = int(self.keys[group])
        if key == NO_HEADING:
            return {
                Grouping.ALBUM: tr("In no album"),
                Grouping.DAY: tr("Without a date"),
                Grouping.BURST: tr("Single shots"),
                Grouping.PERSON: tr("Nobody known"),
            }[self.by]
        if self.by is Grouping.DAY:
            return day_text(date.fromordinal(key))
        if self.by is Grouping.BURST:
            return tr("Burst")
        if self.by is Grouping.PERSON:
            return self.names.get(key) or tr("No name yet")
        return self.names.get(key, "")


def day_text(day: date) -> str:
    """A day with its weekday, in the user's own style."""
    shown = QDate(day.year, day.month, day.day)
    return QLocale().toString(shown, QLocale.FormatType.LongFormat)


def grouped(ids: Ids, headings: Headings, by: Grouping, query: PhotoQuery) -> tuple[Ids, Sections]:
    """Put photos under their headings; within a group they keep their order.

    Albums and people come by name, days by the calendar (the newest first unless the oldest
    photos are asked for first), bursts by the place of their first photo in ``ids``.
    """
    keys = headings.of(ids)
    if not len(ids):
        return ids, Sections(by, np.zeros(1, np.int64), np.asarray([NO_HEADING]), headings.names)
    distinct, first, number = np.unique(keys, return_index=True, return_inverse=True)
    ranks = _ranks(distinct, first, headings.names, by, query)
    ranks[distinct == NO_HEADING] = LAST
    order = np.argsort(ranks[number], kind="stable")
    sorted_keys = keys[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(sorted_keys)) + 1)).astype(np.int64)
    return ids[order], Sections(by, starts, sorted_keys[starts], headings.names)


def _ranks(
    keys: Ids, first: Ids, names: Mapping[int, str], by: Grouping, query: PhotoQuery
) -> NDArray[np.int64]:
    if by is Grouping.BURST:
        return first.astype(np.int64)
    if by is Grouping.DAY:
        oldest_first = query.sort is SortKey.TAKEN and not query.descending
        return keys.astype(np.int64) if oldest_first else -keys.astype(np.int64)
    # Those without a name after those with one, in the order in which they came to be known.
    ordered = sorted(keys.tolist(), key=lambda k: (k not in names, names.get(k, "").casefold(), k))
    place = {key: rank for rank, key in enumerate(ordered)}
    return np.asarray([place[key] for key in keys.tolist()], np.int64)
