"""Whole photos, with all that the library knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.domain import ColorLabel, Face, Flag, Photo, Status
from core.library.database import reading
from core.library.filters import joined, rating_column, status_column
from core.library.listing import MISSING, listing
from core.library.pages import percentiles_of
from core.library.reads import Reads, chunks
from core.library.reason_queries import reasons_of
from core.library.rows import row_path, to_face, to_metadata, to_score
from core.library.schema import albums, analyses, faces, judgements, photos


class PhotoQueries(Reads):
    """Reads of everything about some photos."""

    def photo(self, photo_id: int, model: str) -> Photo | None:
        """Everything about one photo, saliency maps included."""
        return next(iter(self.photos([photo_id], model, maps=True)), None)

    def photo_by_path(self, path: Path, model: str) -> Photo | None:
        """The photo whose file is (or was last) at ``path``."""
        with reading(self._engine) as connection:
            photo_id = connection.scalar(
                select(photos.c.id).where(
                    photos.c.folder == path.parent, photos.c.name == Path(path.name)
                )
            )
        return None if photo_id is None else self.photo(photo_id, model)

    def photos(self, ids: Sequence[int], model: str, *, maps: bool = False) -> list[Photo]:
        """Whole photos in the order of ``ids``; maps and descriptors only where asked for."""
        found: dict[int, Photo] = {}
        with reading(self._engine) as connection:
            model_id = self._model_id(connection, model)
            album_paths = {
                row.id: row.path for row in connection.execute(select(albums.c.id, albums.c.path))
            }
            ranks: dict[int, NDArray[np.float64]] = {}
            for chunk in chunks(ids):
                by_photo = _faces_of(connection, chunk)
                by_reason = reasons_of(connection, chunk)
                statement = (
                    select(
                        photos,
                        status_column.label("status"),
                        analyses.c.reason,
                        analyses.c.distribution,
                        analyses.c.uncertainty,
                        analyses.c.scene_maps,
                        analyses.c.face_maps,
                        analyses.c.face_map_box,
                        rating_column.label("rating"),
                        judgements.c.flag,
                        judgements.c.color,
                    )
                    .select_from(joined(model_id))
                    .where(photos.c.id.in_(chunk))
                )
                for row in connection.execute(statement):
                    score = to_score(row, model)
                    measured = row.reasons_source == f"{row.size}:{row.mtime_ns}"
                    percentile = None
                    if score is not None and row.album_id is not None:
                        if row.album_id not in ranks:
                            ranks[row.album_id] = self._means(connection, row.album_id, model_id)
                        percentile = percentile_of(score.mean, ranks[row.album_id])
                    found[row.id] = Photo(
                        id=row.id,
                        path=row_path(row),
                        album=album_paths.get(row.album_id),
                        status=Status(row.status),
                        reason=row.reason,
                        metadata=to_metadata(row),
                        size=row.size,
                        model=model if score is not None else None,
                        score=score,
                        percentile=percentile,
                        faces=tuple(by_photo.get(row.id, ())),
                        rating=row.rating,
                        flag=Flag(row.flag) if row.flag else None,
                        color=ColorLabel(row.color) if row.color else None,
                        content_hash=row.fingerprint.hex() if row.fingerprint else None,
                        reasons=tuple(by_reason.get(row.id, ())) if measured else (),
                        reasons_measured=measured,
                    )
        return [found[photo_id] for photo_id in map(int, ids) if photo_id in found]

    def album_median(self, photo_id: int, model: str) -> float | None:
        """Median mean score of the album that a photo is in; ``None`` without album or scores."""
        with reading(self._engine) as connection:
            album = connection.scalar(select(photos.c.album_id).where(photos.c.id == photo_id))
            if album is None:
                return None
            means = self._means(connection, album, self._model_id(connection, model))
        return float(np.median(means)) if len(means) else None

    def _means(self, connection: Connection, album_id: int, model_id: int) -> NDArray[np.float64]:
        """Sorted mean scores of an album's present photos."""
        statement = (
            select(listing.c.mean)
            .where(
                listing.c.model_id == model_id,
                listing.c.mean.is_not(None),
                listing.c.album_id.in_(self._album_ids(connection, album_id) or []),
                listing.c.status != MISSING,
            )
            .order_by(listing.c.mean)
        )
        return np.asarray(connection.scalars(statement).all(), np.float64)


def _faces_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Face]]:
    found: dict[int, list[Face]] = {}
    statement = select(faces).where(faces.c.photo_id.in_(ids)).order_by(faces.c.id)
    for row in connection.execute(statement):
        found.setdefault(row.photo_id, []).append(to_face(row))
    return found


def percentile_of(mean: float, sorted_means: NDArray[np.float64]) -> float | None:
    """Share (0..100) of ``sorted_means`` below ``mean``, ties counted half; None where there
    is nothing else to compare with."""
    if len(sorted_means) < 2:
        return None
    found = float(percentiles_of(np.array([mean]), sorted_means)[0])
    return None if np.isnan(found) else found
