"""Writes of measured reasons. Each function runs inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from core.domain import LibraryChange, Reason
from core.library.filters import file_state
from core.library.schema import photos, reasons


@dataclass(frozen=True, slots=True)
class MeasuredPhoto:
    """A photo's reasons and softness, with the state (``size:mtime_ns``) of the file measured."""

    photo_id: int
    source: str
    reasons: tuple[Reason, ...]
    softness: float | None = None


def save(connection: Connection, batch: Sequence[MeasuredPhoto]) -> tuple[int, LibraryChange]:
    """Store reasons whose photo still has the file that was measured; others are stale."""
    ids = [measured.photo_id for measured in batch]
    current = {
        row.id: row.source
        for row in connection.execute(
            select(photos.c.id, file_state.label("source")).where(photos.c.id.in_(ids))
        )
    }
    fresh = [m for m in batch if current.get(m.photo_id) == m.source]
    for measured in fresh:
        connection.execute(delete(reasons).where(reasons.c.photo_id == measured.photo_id))
        connection.execute(
            update(photos)
            .where(photos.c.id == measured.photo_id)
            .values(reasons_source=measured.source, softness=measured.softness)
        )
    rows = [
        {
            "photo_id": measured.photo_id,
            "rank": rank,
            "code": reason.code,
            "value": reason.value,
            "threshold": reason.threshold,
            "severity": reason.severity,
            "x": reason.box.x if reason.box else None,
            "y": reason.box.y if reason.box else None,
            "w": reason.box.w if reason.box else None,
            "h": reason.box.h if reason.box else None,
        }
        for measured in fresh
        for rank, reason in enumerate(measured.reasons)
    ]
    if rows:
        connection.execute(insert(reasons), rows)
    return len(fresh), LibraryChange(updated=frozenset(m.photo_id for m in fresh))
