"""Reads of measured reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from core.domain import Box, Reason, Status
from core.library.filters import file_state, joined, status_column
from core.library.schema import albums, analyses, photos, reasons
from core.reasons.codes import sentence

ROW_REASONS = 3
"""How many of a photo's reasons come with its row."""

_first = (
    select(reasons.c.code)
    .where(
        reasons.c.photo_id == photos.c.id,
        reasons.c.rank < ROW_REASONS,
        photos.c.reasons_source == file_state,
    )
    .order_by(reasons.c.rank)
    .correlate(photos)
    .subquery()
)
row_reasons: Any = (
    select(func.group_concat(_first.c.code, " ")).select_from(_first).scalar_subquery()
)
"""The codes of a photo's gravest reasons, the gravest first, with blanks between; NULL for none."""


def unmeasured(model_id: int) -> tuple[Any, ColumnElement[bool]]:
    """FROM and WHERE of photos that have a score and whose reasons are older than their file."""
    where = and_(
        photos.c.missing_since.is_(None),
        photos.c.lead_id.is_(None),
        photos.c.album_id.is_not(None),
        analyses.c.source == file_state,
        status_column == Status.SCORED.value,
        or_(photos.c.reasons_source.is_(None), photos.c.reasons_source != file_state),
        photos.c.album_id.in_(select(albums.c.id).where(albums.c.offline_since.is_(None))),
    )
    return joined(model_id), where


def reasons_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Reason]]:
    """Reasons by photo, the gravest first."""
    found: dict[int, list[Reason]] = {}
    statement = (
        select(reasons)
        .where(reasons.c.photo_id.in_(ids))
        .order_by(reasons.c.photo_id, reasons.c.rank)
    )
    for row in connection.execute(statement):
        box = None if row.x is None else Box(row.x, row.y, row.w, row.h)
        found.setdefault(row.photo_id, []).append(
            Reason(
                row.code, sentence(row.code, row.value), row.value, row.threshold, row.severity, box
            )
        )
    return found


def reason_counts(connection: Connection, album_ids: Sequence[int] | None) -> dict[str, int]:
    """How many present photos of albums (or of all) have each reason, the commonest first."""
    count = func.count().label("n")
    holder = (
        photos.c.album_id.is_not(None) if album_ids is None else photos.c.album_id.in_(album_ids)
    )
    statement = (
        select(reasons.c.code, count)
        .join(photos, photos.c.id == reasons.c.photo_id)
        .where(
            holder,
            photos.c.missing_since.is_(None),
            photos.c.lead_id.is_(None),
            photos.c.reasons_source == file_state,
        )
        .group_by(reasons.c.code)
        .order_by(count.desc(), reasons.c.code)
    )
    return {row.code: row.n for row in connection.execute(statement)}
