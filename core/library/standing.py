"""Where one photo stands: among its burst, and against its album's median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import and_, select

from core.domain import Status
from core.grouping.groups import Grouping, GroupKind, group_photos
from core.library import group_queries
from core.library.queries import Queries
from core.library.schema import photos

MINUTES = 5
"""How far from a photo, by the camera's clock, its burst is looked for."""

NEIGHBOURS = 40
"""How many photos by name before and after, for photos without the camera's date."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A photo beside others.

    Attributes:
        place: 1 for the best of its burst; 0 where the photo has no score or no burst.
        size: scored photos of its burst, itself included; 0 without one.
        best_id: the burst's highest scored photo.
        median: median score of its album's photos, ``None`` without an album.
    """

    place: int = 0
    size: int = 0
    best_id: int | None = None
    median: float | None = None


def standing(queries: Queries, model: str, photo_id: int) -> Standing:
    """Where a photo stands under a model. A burst is looked for in the photo's own folder."""
    median = queries.album_median(photo_id, model)
    near = _near(queries, photo_id)
    facts = group_queries.group_photos(queries, model, ids=near)
    groups = group_photos(facts, Grouping.BURST, marks=group_queries.marks(queries), hash_of=_never)
    for group in groups.groups:
        if group.kind is GroupKind.BURST and any(i.id == photo_id for i in group.items):
            scored = [
                (-item.lead.mean, item.id)
                for item in group.items
                if item.lead.mean is not None and item.lead.status is Status.SCORED
            ]
            order = [found for _, found in sorted(scored)]
            if photo_id in order and len(order) > 1:
                return Standing(order.index(photo_id) + 1, len(order), order[0], median)
    return Standing(median=median)


def _never(path: Path) -> bytes:
    """Whether two files are equal to the byte is of no matter here: reads none."""
    return str(path).encode("utf-8", "surrogateescape")


def _near(queries: Queries, photo_id: int) -> Sequence[int]:
    """The photo with those of its folder taken at about the same time, or named next to it."""
    with queries.reading() as connection:
        row = connection.execute(
            select(photos.c.folder, photos.c.name, photos.c.taken_at).where(photos.c.id == photo_id)
        ).first()
        if row is None:
            return []
        beside = and_(photos.c.folder == row.folder, photos.c.missing_since.is_(None))
        found = {photo_id}
        for side, order in (
            (photos.c.name >= row.name, photos.c.name.asc()),
            (photos.c.name <= row.name, photos.c.name.desc()),
        ):
            statement = select(photos.c.id).where(beside, side).order_by(order).limit(NEIGHBOURS)
            found.update(connection.scalars(statement))
        if row.taken_at is not None:
            span = timedelta(minutes=MINUTES)
            within = photos.c.taken_at.between(row.taken_at - span, row.taken_at + span)
            statement = select(photos.c.id).where(beside, within).limit(10 * NEIGHBOURS)
            found.update(connection.scalars(statement))
    return sorted(found)
