"""How far scores moved when the model changed: each photo's mean under the one before and now.

Scores of every model stay in the library, so nothing is kept for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from core.library.listing import NO_MODEL, listing
from core.library.schema import models

before = listing.alias("before")


@dataclass(frozen=True, slots=True)
class Movement:
    """A photo's mean score (1..10) under the model before and under the present one."""

    model_before: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """Score units, positive where the photo rose."""
        return self.after - self.before


def model_before(connection: Connection, model_id: int) -> tuple[int, str] | None:
    """Row and key of the model that scored here before: the youngest other one of the same name,
    else the youngest of any name; ``None`` while one model alone has scored."""
    rows = connection.execute(
        select(models.c.id, models.c.key).where(
            models.c.key != NO_MODEL,
            exists().where(listing.c.model_id == models.c.id, listing.c.mean.is_not(None)),
        )
    ).all()
    own = next((row.key for row in rows if row.id == model_id), "")
    others = [row for row in rows if row.id != model_id]
    if not others:
        return None
    name = own.rsplit("-", 2)[0]
    found = max(others, key=lambda row: (row.key.rsplit("-", 2)[0] == name, row.id))
    return int(found.id), str(found.key)


def movements(
    connection: Connection, model_id: int, photo_ids: Sequence[int]
) -> dict[int, Movement]:
    """By photo, for those of ``photo_ids`` (few enough for one statement) that both models
    scored."""
    earlier = model_before(connection, model_id)
    if earlier is None:
        return {}
    before_id, key = earlier
    rows = connection.execute(
        select(listing.c.photo_id, before.c.mean.label("was"), listing.c.mean)
        .join(before, before.c.photo_id == listing.c.photo_id)
        .where(
            listing.c.model_id == model_id,
            before.c.model_id == before_id,
            listing.c.photo_id.in_([int(photo_id) for photo_id in photo_ids]),
            listing.c.mean.is_not(None),
            before.c.mean.is_not(None),
        )
    )
    return {row.photo_id: Movement(key, row.was, row.mean) for row in rows}
