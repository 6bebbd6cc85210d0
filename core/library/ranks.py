"""Where scores stand within their albums: the scores of a model in order, as one value.

The percentiles of a whole screen of photos are asked for at every frame while photos stream in,
so they are looked up here instead of being asked of the library again and again.

SQLite hands scores over as texts of whole numbers: less than half the time of fetching as many
rows, and other threads run meanwhile.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Integer, cast, func, select, text
from sqlalchemy.engine import Connection

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
            album_id: array("q", np.sort(scores, kind="stable").tobytes())
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


@dataclass(frozen=True, slots=True)
class Standing:
    """Every score of a model, at some moment, and where it stands in its photo's album.

    Attributes:
        ids: the photos that have a score, ascending; missing ones are among them.
        means: their mean scores, times `SCALE`.
        percentiles: theirs (0..100) among the present photos of their albums; NaN where there is
            nothing to compare with.
        ranks: the same by album.
    """

    ids: NDArray[np.int64]
    means: NDArray[np.int64]
    percentiles: NDArray[np.float64]
    ranks: AlbumRanks

    def percentiles_of(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """The percentiles of photos, whose ids ascend; NaN for those without one."""
        return self._of(ids, self.percentiles)

    def means_of(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """The scaled means of photos, whose ids ascend; NaN for those without a score."""
        return self._of(ids, self.means)

    def _of(self, ids: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.float64]:
        found = np.full(len(ids), np.nan)
        if len(self.ids):
            places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[places] == ids
            found[known] = values[places[known]]
        return found


def standing(connection: Connection, model_id: int, folders: Mapping[int, Path]) -> Standing:
    """The standing of all photos in all albums, whose folders are given by id.

    No index can hold percentiles, since one new photo moves those of a whole album.
    """
    present = _scores(connection, model_id, listing.c.status != MISSING, "ix_listing_album")
    missing = _scores(connection, model_id, listing.c.status == MISSING, "ix_listing_odd")
    own = {album_id: means for album_id, (_, means) in present.items()}
    within = {album_id: _nested(album_id, folders) for album_id in folders}
    ranked = {album_id: _together(own, albums) for album_id, albums in within.items()}
    parts = [
        (ids, means, _percentiles(means, ranked.get(album_id, NOWHERE)))
        for scores in (present, missing)
        for album_id, (ids, means) in scores.items()
    ]
    if not parts:
        return Standing(NOWHERE, NOWHERE, np.zeros(0), AlbumRanks(ranked))
    ids, means, percentiles = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(ids)
    return Standing(ids[order], means[order], percentiles[order], AlbumRanks(ranked))


def numbers(joined: str | None) -> NDArray[np.int64]:
    """What SQLite's ``group_concat`` put together of whole numbers."""
    return np.fromstring(joined or "", np.int64, sep=",")


def _scores(
    connection: Connection, model_id: int, which: ColumnElement[bool], index: str
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """By album, without those nested in it: photos, and their scaled means."""
    c = listing.c
    whole = cast(c.mean * SCALE + 0.5, Integer)
    statement = (
        select(c.album_id, func.group_concat(c.photo_id), func.group_concat(whole))
        .where(c.model_id == model_id, c.mean.is_not(None), c.album_id.is_not(None), which)
        .with_hint(listing, f"INDEXED BY {index}", "sqlite")
        .group_by(c.album_id)
    )
    if index == "ix_listing_odd":  # a partial index serves where its own condition is spelled out
        statement = statement.where(text("status <> 1"))
    rows = connection.execute(statement)
    return {album_id: (numbers(ids), numbers(means)) for album_id, ids, means in rows}


def _nested(album_id: int, folders: Mapping[int, Path]) -> list[int]:
    """An album with those nested in it."""
    folder = folders[album_id]
    return [i for i, path in folders.items() if i == album_id or folder in path.parents]


def _together(own: Means, albums: Sequence[int]) -> NDArray[np.int64]:
    """The scores of some albums in order: they are so within each, which makes it quick."""
    means = np.concatenate([NOWHERE, *(own[i] for i in albums if i in own)])
    return np.sort(means, kind="stable")


def _percentiles(means: NDArray[np.int64], scores: NDArray[np.int64]) -> NDArray[np.float64]:
    if len(scores) < 2:
        return np.full(len(means), np.nan)
    lower = np.searchsorted(scores, means - TIE, side="left")
    upper = np.searchsorted(scores, means + TIE, side="right")
    return 50.0 * (lower + upper) / len(scores)
