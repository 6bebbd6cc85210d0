"""A ``PhotoQuery`` as SQL: which rows, in which order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.sql.selectable import FromClause

from core.domain import PhotoQuery, SortKey, Status
from core.library.schema import analyses, judgements, photos, reasons

file_state = photos.c.size.concat(":").concat(photos.c.mtime_ns)
"""The file's state as the text that ``analyses.source`` and ``photos.facts_source`` keep."""

status_column: ColumnElement[str] = case(
    (photos.c.missing_since.is_not(None), literal(Status.MISSING.value)),
    (analyses.c.status.is_(None), literal(Status.PENDING.value)),
    else_=analyses.c.status,
)

rating_column = func.coalesce(judgements.c.rating, 0)


def joined(model_id: int) -> FromClause:
    """Photos with their analysis under one model and the user's judgement, where there is one."""
    return photos.outerjoin(
        analyses, and_(analyses.c.photo_id == photos.c.id, analyses.c.model_id == model_id)
    ).outerjoin(judgements, judgements.c.photo_id == photos.c.id)


def below(folder: Path) -> ColumnElement[bool]:
    """Photos in ``folder`` or anywhere below it, as an index range over the folder's bytes."""
    prefix = os.fsencode(folder)
    separator = os.fsencode(os.sep)
    inside = prefix if prefix.endswith(separator) else prefix + separator
    after = inside[:-1] + bytes([inside[-1] + 1])
    return or_(
        photos.c.folder == prefix,
        and_(photos.c.folder >= inside, photos.c.folder < after),
    )


def conditions(query: PhotoQuery, album_ids: Sequence[int] | None) -> list[ColumnElement[bool]]:
    """The WHERE clauses; ``album_ids`` are the query's album with those nested in it."""
    found: list[ColumnElement[bool]] = []
    if album_ids is not None:
        found.append(photos.c.album_id.in_(album_ids))
    else:
        found.append(photos.c.album_id.is_not(None))
    if query.folder is not None:
        found.append(below(query.folder))
    if query.statuses is None:
        found.append(photos.c.missing_since.is_(None))
    else:
        found.append(status_column.in_([status.value for status in query.statuses]))
    if query.min_score is not None:
        found.append(analyses.c.mean >= query.min_score)
    if query.max_score is not None:
        found.append(analyses.c.mean <= query.max_score)
    if query.portraits_only:
        found.append(photos.c.face_count > 0)
    if query.text:
        found.append(photos.c.label.contains(query.text, autoescape=True))
    if query.flag is not None:
        found.append(judgements.c.flag == query.flag.value)
    if query.min_rating is not None:
        found.append(rating_column >= query.min_rating)
    if query.reason is not None:
        with_reason = select(reasons.c.photo_id).where(reasons.c.code == query.reason)
        found.append(photos.c.id.in_(with_reason))
        found.append(photos.c.reasons_source == file_state)
    return found


_SORT_COLUMNS: dict[SortKey, ColumnElement[Any]] = {
    SortKey.SCORE: analyses.c.mean,
    SortKey.TAKEN: photos.c.taken_at,
    SortKey.NAME: photos.c.label,
    SortKey.ADDED: photos.c.id,
    SortKey.RATING: rating_column,
    SortKey.FACES: photos.c.face_count,
    SortKey.SIZE: photos.c.size,
}


def order(query: PhotoQuery) -> list[ColumnElement[Any]]:
    """The ORDER BY clauses: unknown values last either way, ties by id."""
    column = _SORT_COLUMNS[query.sort]
    # SQLite holds NULL for the smallest value, so only the ascending order needs the hint.
    first = column.desc() if query.descending else column.asc().nulls_last()
    return [first, photos.c.id.desc() if query.descending else photos.c.id.asc()]


def select_ids(
    query: PhotoQuery, model_id: int, album_ids: Sequence[int] | None
) -> Select[tuple[int]]:
    """Photo ids of a query, in order."""
    statement = (
        select(photos.c.id)
        .select_from(joined(model_id))
        .where(*conditions(query, album_ids))
        .order_by(*order(query))
    )
    return statement if query.limit is None else statement.limit(query.limit)
