"""Which photos are exported, in which order, and what is known of each."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core.domain import Flag, Photo, PhotoQuery, SortKey, Status
from core.library.library import Library
from core.library.reads import chunks
from core.library.schema import reasons


class Which(enum.StrEnum):
    """Which photos of a folder count."""

    KEPT = "kept"  # all but the rejects
    PICKS = "picks"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class MeasuredReason:
    """A measured fault: its code, the value that was measured, and the threshold it crossed."""

    code: str
    value: float
    threshold: float
    severity: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A photo with its place (1 is the best) and its measured faults, the gravest first."""

    rank: int
    photo: Photo
    reasons: tuple[MeasuredReason, ...] = ()


def ranked(
    library: Library,
    model: str,
    *,
    folder: Path | None = None,
    album_id: int | None = None,
    ids: Sequence[int] | None = None,
    which: Which = Which.KEPT,
    min_rating: int | None = None,
    top: int | None = None,
) -> list[Ranked]:
    """Photos by score, the best first; those without a score come last, by name.

    ``ids`` restricts to a selection. Missing photos are left out.
    """
    query = PhotoQuery(
        model=model,
        album_id=album_id,
        folder=folder,
        statuses=frozenset(Status) - {Status.MISSING},
        flag=Flag.PICK if which is Which.PICKS else None,
        min_rating=min_rating,
        sort=SortKey.SCORE,
    )
    found = [int(i) for i in library.queries.photo_ids(query)]
    if ids is not None:
        wanted = set(ids)
        found = [photo_id for photo_id in found if photo_id in wanted]
    photos = library.queries.photos(found, model)
    if which is Which.KEPT:
        photos = [photo for photo in photos if photo.flag is not Flag.REJECT]
    photos.sort(key=_order)
    faults = _reasons(library, [photo.id for photo in photos])
    return [
        Ranked(rank, photo, faults.get(photo.id, ()))
        for rank, photo in enumerate(photos[:top], start=1)
    ]


def _order(photo: Photo) -> tuple[bool, float, str, int]:
    score = photo.score
    return score is None, -score.mean if score else 0.0, str(photo.path), photo.id


def _reasons(library: Library, ids: Sequence[int]) -> dict[int, tuple[MeasuredReason, ...]]:
    found: dict[int, list[MeasuredReason]] = {}
    with library.queries.reading() as connection:
        for chunk in chunks(ids):
            statement = (
                select(reasons)
                .where(reasons.c.photo_id.in_(chunk))
                .order_by(reasons.c.photo_id, reasons.c.rank)
            )
            for row in connection.execute(statement):
                found.setdefault(row.photo_id, []).append(
                    MeasuredReason(row.code, row.value, row.threshold, row.severity)
                )
    return {photo_id: tuple(measured) for photo_id, measured in found.items()}
