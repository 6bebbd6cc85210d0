"""Where scores stand within their albums: each album's scores in order, as one value.

A percentile of a whole screen of photos is asked for at every frame while photos stream in, so it
is looked up here instead of being asked of the library again and again.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.library.listing import MISSING, listing

TIE = 1e-6
"""Scores that are nearer than this are the same; stored and computed ones differ in last bits."""

NOWHERE: NDArray[np.float64] = np.zeros(0)


class AlbumRanks:
    """The mean scores (1..10) of each album's present photos, ascending; nested albums' included.

    Of some moment: photos that were scored since are not among them.
    """

    def __init__(self, means: Mapping[int, NDArray[np.float64]] | None = None) -> None:
        self._means = {
            album_id: array("d", np.sort(scores).tobytes())
            for album_id, scores in (means or {}).items()
        }

    def percentile(self, album_id: int | None, mean: float | None) -> float | None:
        """Share (0..100) of an album's scores below ``mean``, ties counted half; None where there
        is no score or no such album."""
        scores = self._means.get(album_id or 0)
        if mean is None or not scores:
            return None
        below = bisect.bisect_left(scores, mean - TIE)
        return 50.0 * (below + bisect.bisect_right(scores, mean + TIE)) / len(scores)

    def size(self, album_id: int | None) -> int:
        """How many scores an album has."""
        return len(self._means.get(album_id or 0, ()))


def album_ranks(connection: Connection, model_id: int, folders: Mapping[int, Path]) -> AlbumRanks:
    """The ranks of all albums, whose folders are given by id."""
    c = listing.c
    # Put together by SQLite as one text an album: other threads run meanwhile.
    statement = (
        select(c.album_id, func.group_concat(c.mean))
        .where(c.model_id == model_id, c.mean.is_not(None), c.status != MISSING)
        .where(c.album_id.is_not(None))
        .with_hint(listing, "INDEXED BY ix_listing_album", "sqlite")
        .group_by(c.album_id)
    )
    own = {
        album_id: np.fromstring(text or "", np.float64, sep=",")
        for album_id, text in connection.execute(statement)
    }
    return AlbumRanks(
        {
            album_id: np.concatenate(
                [
                    own.get(other, NOWHERE)
                    for other, path in folders.items()
                    if other == album_id or folder in path.parents
                ]
            )
            for album_id, folder in folders.items()
        }
    )
