"""Where scores stand within their albums: each album's scores in order, as one value.

The percentiles of a whole screen of photos are asked for at every frame while photos stream in,
so they are looked up here instead of being asked of the library again and again.

SQLite hands scores over as texts of whole numbers: less than half the time of fetching as many
rows, and other threads run meanwhile.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.engine import Connection

from core.library.filters import Selection
from core.library.listing import MISSING, listing

SCALE = 10_000_000
"""A score of 1 in the whole numbers that scores are handed over as."""
TIE = 10
"""Scores that are no farther apart are the same: stored and computed ones differ in last bits."""

Means = Mapping[int, NDArray[np.int64]]
"""Scaled mean scores by album."""

NOWHERE: NDArray[np.int64] = np.zeros(0, np.int64)


class AlbumRanks:
    """The mean scores of each album's present photos, nested albums' included.

    Of some moment: photos that were scored since are not among them.
    """

    def __init__(self, means: Means | None = None) -> None:
        self._means = {
            album_id: array("q", np.sort(scores).tobytes())
            for album_id, scores in (means or {}).items()
        }

    def percentile(self, album_id: int | None, mean: float | None) -> float | None:
        """Share (0..100) of an album's scores below ``mean`` (1..10), ties counted half; None
        where there is no score, no such album, or nothing else in it to compare with."""
        scores = self._means.get(album_id or 0)
        if mean is None or scores is None or len(scores) < 2:
            return None
        place = int(mean * SCALE)
        below = bisect.bisect_left(scores, place - TIE)
        return 50.0 * (below + bisect.bisect_right(scores, place + TIE)) / len(scores)

    def size(self, album_id: int | None) -> int:
        """How many scores an album has."""
        return len(self._means.get(album_id or 0, ()))


def album_ranks(connection: Connection, model_id: int, folders: Mapping[int, Path]) -> AlbumRanks:
    """The ranks of all albums, whose folders are given by id."""
    own = _own_means(connection, model_id)
    return AlbumRanks(
        {
            album_id: _together(
                own, [i for i, path in folders.items() if i == album_id or folder in path.parents]
            )
            for album_id, folder in folders.items()
        }
    )


def by_percentile(
    connection: Connection,
    chosen: Selection,
    within: Callable[[int | None], Sequence[int]],
    *,
    descending: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ids of a selection by the photos' percentiles within their own albums, and these (0..100);
    those without one (NaN) come last.

    ``within`` gives the ids of the albums that an album's photos are compared in, its own first.
    No index can hold percentiles, since one new photo moves those of a whole album.
    """
    c = listing.c
    rows = select(c.photo_id, c.album_id, func.coalesce(_whole(c.mean), -1).label("mean"))
    found = rows.where(chosen.rows).subquery()
    texts = connection.execute(select(*(func.group_concat(column) for column in found.c))).one()
    ids, albums, means = (_numbers(text) for text in texts)
    own = _own_means(connection, chosen.model_id)
    percentiles = np.full(len(ids), np.nan)
    for album_id in np.unique(albums).tolist():
        scores = np.sort(_together(own, within(album_id)))
        mine = np.flatnonzero((albums == album_id) & (means >= 0))
        if len(scores) > 1:
            lower = np.searchsorted(scores, means[mine] - TIE, side="left")
            upper = np.searchsorted(scores, means[mine] + TIE, side="right")
            percentiles[mine] = 50.0 * (lower + upper) / len(scores)
    sign = -1 if descending else 1
    order = np.argsort(sign * ids, kind="stable")
    order = order[np.argsort(sign * percentiles[order], kind="stable")]  # NaN comes last
    return ids[order], percentiles[order]


def _whole(mean: ColumnElement[float]) -> ColumnElement[int]:
    return cast(mean * SCALE, Integer)


def _numbers(text: str | None) -> NDArray[np.int64]:
    return np.fromstring(text or "", np.int64, sep=",")


def _own_means(connection: Connection, model_id: int) -> Means:
    """Each album's own scores, without those of the albums nested in it."""
    c = listing.c
    statement = (
        select(c.album_id, func.group_concat(_whole(c.mean)))
        .where(c.model_id == model_id, c.mean.is_not(None), c.status != MISSING)
        .where(c.album_id.is_not(None))
        .with_hint(listing, "INDEXED BY ix_listing_album", "sqlite")
        .group_by(c.album_id)
    )
    return {album_id: _numbers(text) for album_id, text in connection.execute(statement)}


def _together(own: Means, albums: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([NOWHERE, *(own[i] for i in albums if i in own)])
