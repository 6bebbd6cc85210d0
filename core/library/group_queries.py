"""Reads for grouping and curation: photos with all the facts that these need, marks, moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.domain import Box, Flag, Status
from core.grouping.items import FaceFacts, Fault, GroupPhoto
from core.library.codec import unpack_floats
from core.library.filters import below, file_state, joined, rating_column, status_column
from core.library.queries import Queries
from core.library.reads import chunks
from core.library.rows import row_path
from core.library.schema import (
    albums,
    analyses,
    faces,
    group_marks,
    journal,
    judgements,
    models,
    moves,
    person_faces,
    photos,
    reasons,
)

MIN_FACE_OVERLAP = 0.5
"""Overlap (intersection over union) from which a detected face is one that a person was told of."""


@dataclass(frozen=True, slots=True)
class Move:
    """One file move of a curation as it is journaled. ``state``: planned, done, undone, failed."""

    id: int
    journal_id: int
    photo_id: int | None
    source: Path
    target: Path | None
    how: str
    size: int
    mtime_ns: int
    content_hash: bytes | None
    state: str
    note: str | None


@dataclass(frozen=True, slots=True)
class CurationRecord:
    """A journal entry as it is stored, with its moves in their order."""

    id: int
    at: datetime
    kind: str
    description: str
    before: Any
    after: Any
    undone_at: datetime | None
    moves: tuple[Move, ...]


def group_photos(
    queries: Queries,
    model: str,
    *,
    folder: Path | None = None,
    album_id: int | None = None,
    ids: Sequence[int] | None = None,
) -> list[GroupPhoto]:
    """Photos that are there (missing ones aside) with their faces, faults and judgements.

    Args:
        model: whose scores count.
        folder: only those in this folder and below.
        album_id: only those of this album (nested albums have ids of their own).
        ids: only these.
    """
    with queries.reading() as connection:
        model_id = connection.scalar(select(models.c.id).where(models.c.key == model))
        where: list[Any] = [photos.c.missing_since.is_(None)]
        if folder is not None:
            where.append(below(folder))
        if album_id is not None:
            where.append(photos.c.album_id == album_id)
        rows: list[Any] = []
        statement = _statement(-1 if model_id is None else model_id).where(*where)
        if ids is None:
            rows += connection.execute(statement.order_by(photos.c.id)).all()
        else:
            for chunk in chunks(ids):
                rows += connection.execute(statement.where(photos.c.id.in_(chunk))).all()
        wanted = [row.id for row in rows]
        by_face, main_faces = _faces(connection, wanted)
        by_fault = _faults(connection, wanted, main_faces)
        offline = set(
            connection.scalars(select(albums.c.id).where(albums.c.offline_since.is_not(None)))
        )
    return [
        _to_group_photo(row, by_face.get(row.id, ()), by_fault.get(row.id, ()), offline)
        for row in rows
    ]


def _statement(model_id: int) -> Any:
    return select(
        photos,
        status_column.label("status"),
        analyses.c.mean,
        analyses.c.uncertainty,
        analyses.c.source.label("analyzed_source"),
        file_state.label("file_state"),
        rating_column.label("rating"),
        judgements.c.flag,
    ).select_from(joined(model_id))


def _to_group_photo(
    row: Any, found: tuple[FaceFacts, ...], faults: tuple[Fault, ...], offline: set[int]
) -> GroupPhoto:
    # A score of what the file was before it changed says nothing of what it is.
    current = row.analyzed_source == row.file_state
    facts = row.facts_source == row.file_state
    measured = row.reasons_source == row.file_state
    return GroupPhoto(
        id=row.id,
        path=row_path(row),
        album_id=row.album_id,
        status=Status(row.status) if current else Status.PENDING,
        size=row.size,
        mtime_ns=row.mtime_ns,
        fingerprint=row.fingerprint if facts else None,
        online=row.album_id not in offline,
        width=row.width,
        height=row.height,
        taken_at=row.taken_at,
        taken_source=row.taken_source,
        camera=row.camera,
        exposure_s=row.exposure_s,
        aperture=row.aperture,
        iso=row.iso,
        focal_mm=row.focal_mm,
        exposure_bias=row.exposure_bias,
        auto_bracket=bool(row.auto_bracket),
        likeness=row.likeness if facts else None,
        mean=row.mean if current else None,
        uncertainty=row.uncertainty,
        rating=row.rating,
        flag=Flag(row.flag) if row.flag else None,
        faces=found if facts else (),
        faults=faults if measured else (),
        softness=row.softness if measured else None,
    )


def _faces(
    connection: Connection, ids: Sequence[int]
) -> tuple[dict[int, tuple[FaceFacts, ...]], dict[int, Box]]:
    """Faces by photo, largest first, and the place of the largest."""
    told: dict[int, list[tuple[int, Box]]] = {}
    found: dict[int, list[tuple[Box, Any]]] = {}
    for chunk in chunks(ids):
        statement = select(person_faces).where(
            person_faces.c.photo_id.in_(chunk), person_faces.c.source != "user_not"
        )
        for row in connection.execute(statement):
            box = Box(row.x, row.y, row.w, row.h)
            told.setdefault(row.photo_id, []).append((row.person_id, box))
        for row in connection.execute(select(faces).where(faces.c.photo_id.in_(chunk))):
            box = Box(row.x, row.y, row.w, row.h)
            found.setdefault(row.photo_id, []).append((box, row.descriptor))
    facts = {
        photo_id: tuple(
            FaceFacts(box.area, _unit(blob), _person(box, told.get(photo_id, ())))
            for box, blob in sorted(boxes, key=lambda face: -face[0].area)
        )
        for photo_id, boxes in found.items()
    }
    largest = {
        photo_id: max((box for box, _ in boxes), key=lambda box: box.area)
        for photo_id, boxes in found.items()
    }
    return facts, largest


def _unit(blob: bytes | None) -> Any:
    vector = unpack_floats(blob, "<f2")
    if vector is None:
        return None
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else None


def _person(box: Box, told: Sequence[tuple[int, Box]]) -> int | None:
    best = max(told, key=lambda one: overlap(box, one[1]), default=None)
    if best is None or overlap(box, best[1]) < MIN_FACE_OVERLAP:
        return None
    return best[0]


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(first.x + first.w, second.x + second.w) - max(first.x, second.x)
    height = min(first.y + first.h, second.y + second.h) - max(first.y, second.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (first.area + second.area - shared)


def _faults(
    connection: Connection, ids: Sequence[int], main_faces: Mapping[int, Box]
) -> dict[int, tuple[Fault, ...]]:
    found: dict[int, list[Fault]] = {}
    for chunk in chunks(ids):
        statement = (
            select(reasons)
            .where(reasons.c.photo_id.in_(chunk))
            .order_by(reasons.c.photo_id, reasons.c.rank)
        )
        for row in connection.execute(statement):
            place = None if row.x is None else Box(row.x, row.y, row.w, row.h)
            on_main = _on(place, main_faces.get(row.photo_id))
            found.setdefault(row.photo_id, []).append(Fault(row.code, row.severity, on_main))
    return {photo_id: tuple(faults) for photo_id, faults in found.items()}


def _on(place: Box | None, face: Box | None) -> bool:
    """Whether a fault's place lies on a face; one without a place counts for the whole photo."""
    if place is None or face is None:
        return True
    x, y = place.center
    return face.x <= x <= face.x + face.w and face.y <= y <= face.y + face.h


def marks(queries: Queries) -> dict[tuple[int, int], bool]:
    """What the user said of pairs of photos: together, or not; the lower id first."""
    with queries.reading() as connection:
        return {
            (row.first_id, row.second_id): bool(row.together)
            for row in connection.execute(select(group_marks))
        }


def partners(queries: Queries, photo_ids: Sequence[int]) -> frozenset[int]:
    """Those of these photos that are raw files which go with a picture."""
    found: set[int] = set()
    with queries.reading() as connection:
        for chunk in chunks(photo_ids):
            statement = select(photos.c.id).where(
                photos.c.id.in_(chunk), photos.c.lead_id.is_not(None)
            )
            found.update(connection.scalars(statement))
    return frozenset(found)


def record(queries: Queries, journal_id: int) -> CurationRecord | None:
    """A journal entry with its moves."""
    with queries.reading() as connection:
        row = connection.execute(select(journal).where(journal.c.id == journal_id)).first()
        return None if row is None else _to_record(connection, row)


def records(
    queries: Queries, *, limit: int = 100, before: int | None = None
) -> list[CurationRecord]:
    """Journal entries of every kind, the newest first; ``before``: only older than this one."""
    with queries.reading() as connection:
        statement = select(journal).order_by(journal.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(journal.c.id < before)
        return [_to_record(connection, row) for row in connection.execute(statement).all()]


def records_in_state(queries: Queries, states: Sequence[str]) -> list[CurationRecord]:
    """Curations in one of these states, the newest first."""
    with queries.reading() as connection:
        statement = (
            select(journal)
            .where(
                journal.c.kind == "curation",
                func.json_extract(journal.c.after, "$.state").in_(states),
            )
            .order_by(journal.c.id.desc())
        )
        return [_to_record(connection, row) for row in connection.execute(statement).all()]


def newest_undoable(queries: Queries) -> int | None:
    """Id of the newest entry that is not taken back."""
    with queries.reading() as connection:
        return connection.scalar(
            select(journal.c.id)
            .where(journal.c.undone_at.is_(None))
            .order_by(journal.c.id.desc())
            .limit(1)
        )


def _to_record(connection: Connection, row: Any) -> CurationRecord:
    found = connection.execute(
        select(moves).where(moves.c.journal_id == row.id).order_by(moves.c.id)
    ).all()
    return CurationRecord(
        id=row.id,
        at=row.at,
        kind=row.kind,
        description=row.description,
        before=row.before,
        after=row.after,
        undone_at=row.undone_at,
        moves=tuple(
            Move(
                id=move.id,
                journal_id=move.journal_id,
                photo_id=move.photo_id,
                source=move.source,
                target=move.target,
                how=move.how,
                size=move.size,
                mtime_ns=move.mtime_ns,
                content_hash=move.content_hash,
                state=move.state,
                note=move.note,
            )
            for move in found
        ),
    )
