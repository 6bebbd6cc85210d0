"""How far scores moved when the model changed: each photo's mean under the one before and now.

Scores of every model stay in the library, so nothing is kept for this: it is a join of the listing
with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, cast, exists, func, select
from sqlalchemy.engine import Connection

from core.library.filters import Selection
from core.library.listing import NO_MODEL, listing
from core.library.ranks import SCALE
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


def ids_by_movement(
    connection: Connection, chosen: Selection, *, descending: bool
) -> NDArray[np.int64]:
    """All photos of a selection by how far their score moved, up or down; those that only one
    model scored come last."""
    earlier = model_before(connection, chosen.model_id)
    before_id = -1 if earlier is None else earlier[0]
    now = select(listing.c.photo_id, listing.c.mean).where(chosen.rows).subquery()
    both = now.outerjoin(
        before, (before.c.photo_id == now.c.photo_id) & (before.c.model_id == before_id)
    )
    # Put together by SQLite, in whole numbers: see core.library.ranks.
    far = cast(func.abs(now.c.mean - before.c.mean) * SCALE, Integer)
    statement = select(
        func.group_concat(now.c.photo_id), func.group_concat(func.coalesce(far, -1))
    ).select_from(both)
    texts = connection.execute(statement).one()
    ids, change = (np.fromstring(text or "", np.int64, sep=",") for text in texts)
    unknown = change < 0
    order = np.lexsort((ids, np.where(unknown, 0, change)))
    if descending:
        order = order[::-1]
    return np.asarray(ids[np.concatenate([order[~unknown[order]], order[unknown[order]]])])
