"""Writes of derived data. Each function runs inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine import Connection

from core.domain import Analysis, Face, LibraryChange
from core.library.codec import pack_floats, pack_maps
from core.library.filters import file_state
from core.library.listing import NO_MODEL
from core.library.schema import analyses, faces, models, now, photos


@dataclass(frozen=True, slots=True)
class AnalyzedPhoto:
    """An analysis with the state (``size:mtime_ns``) of the file that was read for it."""

    photo_id: int
    source: str
    analysis: Analysis
    fingerprint: bytes | None = None


def model_row(connection: Connection, model: str) -> int:
    """The id of a model's row, made when missing.

    The first model of a library takes the row that stood for it, with the listing of all photos;
    every further one gets a listing of its own.
    """
    known = select(models.c.id).where(models.c.key == model)
    found = connection.scalar(known)
    if found is None:
        unnamed = update(models).where(models.c.key == NO_MODEL).values(key=model)
        if connection.execute(unnamed).rowcount == 0:
            connection.execute(insert(models).values(key=model))
        found = connection.execute(known).scalar_one()
    return int(found)


def save(
    connection: Connection, model: str, batch: Sequence[AnalyzedPhoto]
) -> tuple[int, LibraryChange]:
    """Store analyses whose photo still has the file that was analyzed; others are stale."""
    model_id = model_row(connection, model)
    current = {
        row.id: row
        for row in connection.execute(
            select(photos.c.id, photos.c.facts_source, file_state.label("source")).where(
                photos.c.id.in_([analyzed.photo_id for analyzed in batch])
            )
        )
    }
    saved: list[int] = []
    for analyzed in batch:
        row = current.get(analyzed.photo_id)
        if row is None or row.source != analyzed.source:
            continue
        if row.facts_source != analyzed.source:
            _save_facts(connection, analyzed)
        _save_score(connection, model_id, analyzed)
        saved.append(analyzed.photo_id)
    return len(saved), LibraryChange(updated=frozenset(saved))


def _save_facts(connection: Connection, analyzed: AnalyzedPhoto) -> None:
    """What holds under every model: the file's facts and its faces."""
    analysis = analyzed.analysis
    facts: dict[str, Any] = {
        "facts_source": analyzed.source,
        "face_count": len(analysis.faces),
        "likeness": analysis.likeness,
    }
    if analyzed.fingerprint is not None:
        facts["fingerprint"] = analyzed.fingerprint
    metadata = analysis.metadata
    if metadata is not None:
        facts |= {
            name: getattr(metadata, name)
            for name in (
                "format", "width", "height", "orientation", "animated", "taken_at",
                "taken_source", "camera", "lens", "iso", "exposure_s", "aperture", "focal_mm",
            )
        }  # fmt: skip
    connection.execute(update(photos).where(photos.c.id == analyzed.photo_id).values(**facts))
    connection.execute(delete(faces).where(faces.c.photo_id == analyzed.photo_id))
    if analysis.faces:
        connection.execute(
            insert(faces), [_face_values(analyzed.photo_id, face) for face in analysis.faces]
        )


def _face_values(photo_id: int, face: Face) -> dict[str, Any]:
    return {
        "photo_id": photo_id,
        "x": face.box.x,
        "y": face.box.y,
        "w": face.box.w,
        "h": face.box.h,
        "score": face.score,
        "keypoints": pack_floats(np.asarray(face.keypoints, np.float32).ravel()),
        "descriptor": pack_floats(face.descriptor, "<f2"),
    }


def _save_score(connection: Connection, model_id: int, analyzed: AnalyzedPhoto) -> None:
    analysis, score = analyzed.analysis, analyzed.analysis.score
    box = None if score is None else score.face_map_box
    values = {
        "source": analyzed.source,
        "status": analysis.status.value,
        "reason": analysis.reason,
        "mean": None if score is None else score.mean,
        "std": None if score is None else score.std,
        "uncertainty": None if score is None else score.uncertainty,
        "distribution": None if score is None else pack_floats(score.distribution.probabilities),
        "scene_maps": None if score is None else pack_maps(score.scene_maps),
        "face_maps": None if score is None else pack_maps(score.face_maps),
        "face_map_box": None if box is None else [box.x, box.y, box.w, box.h],
        "analyzed_at": now(),
    }
    statement = upsert(analyses).values(model_id=model_id, photo_id=analyzed.photo_id, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["model_id", "photo_id"],
            set_={name: statement.excluded[name] for name in values},
        )
    )
