"""Writes of derived data. Each function runs inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import bindparam, delete, func, insert, select, update
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


FACTS = (
    "format", "width", "height", "orientation", "animated", "taken_at", "taken_source", "camera",
    "lens", "iso", "exposure_s", "aperture", "focal_mm", "exposure_bias", "auto_bracket",
)  # fmt: skip
"""Columns of ``photos`` named like the fields of ``PhotoMetadata``."""


def save(
    connection: Connection, model: str, batch: Sequence[AnalyzedPhoto]
) -> tuple[int, LibraryChange]:
    """Store analyses whose photo still has the file that was analyzed; others are stale.

    One statement a table for the whole batch: making statements costs more than running them.
    """
    model_id = model_row(connection, model)
    current = {
        row.id: row
        for row in connection.execute(
            select(photos.c.id, photos.c.facts_source, file_state.label("source")).where(
                photos.c.id.in_([analyzed.photo_id for analyzed in batch])
            )
        )
    }
    fresh = [
        analyzed
        for analyzed in batch
        if analyzed.photo_id in current and current[analyzed.photo_id].source == analyzed.source
    ]
    if not fresh:
        return 0, LibraryChange()
    _save_facts(
        connection,
        [item for item in fresh if current[item.photo_id].facts_source != item.source],
    )
    connection.execute(_SAVE_SCORE, [_score_values(model_id, analyzed) for analyzed in fresh])
    return len(fresh), LibraryChange(updated=frozenset(item.photo_id for item in fresh))


def _save_facts(connection: Connection, analyzed: Sequence[AnalyzedPhoto]) -> None:
    """What holds under every model: the files' facts and their faces."""
    if not analyzed:
        return
    readable = [item for item in analyzed if item.analysis.metadata is not None]
    unreadable = [item for item in analyzed if item.analysis.metadata is None]
    if readable:
        connection.execute(_SAVE_FACTS, [_fact_values(item) for item in readable])
    if unreadable:
        connection.execute(_SAVE_STATE, [_state_values(item) for item in unreadable])
    connection.execute(
        delete(faces).where(faces.c.photo_id.in_([item.photo_id for item in analyzed]))
    )
    found = [_face_values(item.photo_id, face) for item in analyzed for face in item.analysis.faces]
    if found:
        connection.execute(insert(faces), found)


_STATE: dict[str, Any] = {
    "facts_source": bindparam("new_facts_source"),
    "face_count": bindparam("new_face_count"),
    "likeness": bindparam("new_likeness"),
    "fingerprint": func.coalesce(bindparam("new_fingerprint"), photos.c.fingerprint),
}
_SAVE_STATE = update(photos).where(photos.c.id == bindparam("photo_id")).values(_STATE)
_SAVE_FACTS = (
    update(photos)
    .where(photos.c.id == bindparam("photo_id"))
    .values(_STATE | {name: bindparam(f"new_{name}") for name in FACTS})
)


def _state_values(item: AnalyzedPhoto) -> dict[str, Any]:
    return {
        "photo_id": item.photo_id,
        "new_facts_source": item.source,
        "new_face_count": len(item.analysis.faces),
        "new_likeness": item.analysis.likeness,
        "new_fingerprint": item.fingerprint,
    }


def _fact_values(item: AnalyzedPhoto) -> dict[str, Any]:
    metadata = item.analysis.metadata
    return _state_values(item) | {f"new_{name}": getattr(metadata, name) for name in FACTS}


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


_upsert = upsert(analyses)
_SAVE_SCORE = _upsert.on_conflict_do_update(
    index_elements=["model_id", "photo_id"],
    set_={
        column.name: _upsert.excluded[column.name]
        for column in analyses.c
        if not column.primary_key
    },
)


def _score_values(model_id: int, analyzed: AnalyzedPhoto) -> dict[str, Any]:
    analysis, score = analyzed.analysis, analyzed.analysis.score
    box = None if score is None else score.face_map_box
    return {
        "model_id": model_id,
        "photo_id": analyzed.photo_id,
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
