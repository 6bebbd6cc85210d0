"""One answer of the library to a query, and how it is asked for; runs on workers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.domain import PhotoQuery, Status
from core.library.queries import Queries

HISTOGRAM_BINS = 36
PREVIEW = 200
"""Photos of the first page, which is shown while the whole list is on its way."""


@dataclass(frozen=True)
class AlbumFacts:
    """What holds for an album whatever the filters are."""

    total: int = 0
    statuses: dict[Status, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """Photos of a query in order, with the facts of its album.

    ``histogram`` counts mean scores over 1..10, under every filter but the score range.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS, np.int64))
    facts: AlbumFacts = field(default_factory=AlbumFacts)

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


def ask_first_page(queries: Queries, query: PhotoQuery) -> NDArray[np.int64]:
    """The first photos of a query: a few milliseconds, however many there are."""
    return np.asarray(queries.page(query, size=PREVIEW).ids, np.int64)


def ask_all(queries: Queries, query: PhotoQuery, facts: AlbumFacts | None) -> Listing:
    """The whole list; ``facts`` are taken as they are where they are known."""
    ids = queries.photo_ids(query)
    scores = replace(query, min_score=None, max_score=None)
    return Listing(
        ids=ids,
        histogram=queries.score_histogram(scores, HISTOGRAM_BINS),
        facts=facts or ask_facts(queries, query, ids),
    )


def ask_facts(queries: Queries, query: PhotoQuery, ids: NDArray[np.int64]) -> AlbumFacts:
    """Facts of the query's album."""
    everything = without_filters(query)
    return AlbumFacts(
        total=len(ids) if query == everything else queries.count(everything),
        statuses=queries.status_counts(query.album_id, query.model),
        reasons=queries.reason_counts(query.album_id),
    )
