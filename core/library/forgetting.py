"""Drops derived data, so that it is computed again. Runs inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from core.domain import LibraryChange, Status
from core.library.schema import analyses, models, photos


def forget_failures(
    connection: Connection, model: str, photo_ids: Sequence[int] | None
) -> tuple[int, LibraryChange]:
    """Drop analyses that say "unreadable", so that these photos wait to be analyzed again."""
    found = list(
        connection.scalars(
            select(analyses.c.photo_id)
            .join(models, models.c.id == analyses.c.model_id)
            .where(models.c.key == model, analyses.c.status == Status.UNREADABLE.value)
        )
    )
    if photo_ids is not None:
        found = sorted(set(found).intersection(int(photo_id) for photo_id in photo_ids))
    forget(connection, model, found)
    return len(found), LibraryChange(updated=frozenset(found))


def forget(
    connection: Connection, model: str, photo_ids: Sequence[int]
) -> tuple[None, LibraryChange]:
    """Drop analyses of photos under one model; they wait to be analyzed again."""
    for start in range(0, len(photo_ids), 500):
        chunk = [int(photo_id) for photo_id in photo_ids[start : start + 500]]
        connection.execute(
            delete(analyses).where(
                analyses.c.photo_id.in_(chunk),
                analyses.c.model_id.in_(select(models.c.id).where(models.c.key == model)),
            )
        )
        # The facts are read again too: what went wrong may have spoilt them.
        connection.execute(update(photos).where(photos.c.id.in_(chunk)).values(facts_source=None))
    return None, LibraryChange(updated=frozenset(photo_ids))
