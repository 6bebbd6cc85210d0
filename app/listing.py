"""One answer of the library to a query, and how it is asked for; runs on workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.grouping import Sections, grouped
from core.domain import PhotoQuery, PhotoRow, SortKey, Status
from core.grouping.groups import Grouping
from core.library.heading_queries import Headings
from core.library.queries import Queries

HeadingsOf = Callable[[Grouping], Headings]

HISTOGRAM_BINS = 36
PREVIEW = 200
"""Photos of the first page, which is shown while the whole list is on its way."""
PAINTED = 96
"""Photos of the first page whose rows come with it: what a window shows at once."""


@dataclass(frozen=True)
class AlbumFacts:
    """What holds for an album whatever the filters are."""

    total: int = 0
    statuses: dict[Status, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstPage:
    """The first photos of a query, with the rows that are painted first."""

    ids: NDArray[np.int64]
    rows: dict[int, PhotoRow]


@dataclass(frozen=True)
class Listing:
    """Photos of a query in order, with the facts of its album.

    ``by_id`` are the positions in ``ids`` sorted by id, to find a photo's place (sorting a million
    would stop the window for a blink). ``histogram`` counts mean scores over 1..10, under every
    filter but the score range. ``sections`` are the groups of the list, where it has any.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    by_id: NDArray[np.int64] | None = None
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS, np.int64))
    facts: AlbumFacts = field(default_factory=AlbumFacts)
    sections: Sections | None = None

    @property
    def total(self) -> int:
        """Photos of the album with every filter off."""
        return self.facts.total

    @property
    def statuses(self) -> dict[Status, int]:
        """How many photos of the album are in each state."""
        return self.facts.statuses

    @property
    def reasons(self) -> dict[str, int]:
        """How many photos of the album have each measured fault."""
        return self.facts.reasons

    @property
    def hidden(self) -> int:
        """How many photos the filters hide."""
        return max(0, self.total - len(self.ids))


def without_filters(query: PhotoQuery) -> PhotoQuery:
    """The same album, model and order with nothing hidden."""
    return PhotoQuery(
        model=query.model,
        album_id=query.album_id,
        folder=query.folder,
        sort=query.sort,
        descending=query.descending,
    )


def ask_first_page(queries: Queries, query: PhotoQuery) -> FirstPage:
    """The first photos of a query: a few milliseconds, however many there are."""
    ids = queries.page(query, size=PREVIEW).ids
    return FirstPage(np.asarray(ids, np.int64), ask_rows(queries, query, ids[:PAINTED]))


def ask_rows(queries: Queries, query: PhotoQuery, ids: Sequence[int]) -> dict[int, PhotoRow]:
    """Rows to be painted; in the order of what moved most they say how far."""
    rows = queries.photo_rows(ids, query.model)
    if query.sort is SortKey.MOVED:
        for photo_id, movement in queries.movements(ids, query.model).items():
            rows[photo_id] = replace(rows[photo_id], moved=movement.change)
    return rows


def ask_all(
    queries: Queries,
    query: PhotoQuery,
    facts: AlbumFacts | None,
    by: Grouping | None = None,
    headings_of: HeadingsOf | None = None,
) -> Listing:
    """The whole list, under headings where asked for; ``facts`` are taken as they are where they
    are known."""
    ids = queries.photo_ids(query)
    sections = None
    facts = facts or ask_facts(queries, query, ids)
    if by is not None and headings_of is not None:
        ids, sections = grouped(ids, headings_of(by), by, query)
    scores = replace(query, min_score=None, max_score=None)
    return Listing(
        ids=ids,
        by_id=np.argsort(ids),
        histogram=queries.score_histogram(scores, HISTOGRAM_BINS),
        facts=facts,
        sections=sections,
    )


def ask_facts(queries: Queries, query: PhotoQuery, ids: NDArray[np.int64]) -> AlbumFacts:
    """Facts of the query's album."""
    everything = without_filters(query)
    return AlbumFacts(
        total=len(ids) if query == everything else queries.count(everything),
        statuses=queries.status_counts(query.album_id, query.model),
        reasons=queries.reason_counts(query.album_id),
    )
