"""Rows of the library as values of the domain."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.domain import (
    Box,
    ColorLabel,
    Face,
    Flag,
    PhotoMetadata,
    PhotoRow,
    Score,
    ScoreDistribution,
    Status,
)
from core.library.codec import unpack_floats, unpack_maps

_SEPARATOR = os.fsencode(os.sep)
_STATUSES = {status.value: status for status in Status}


def row_path(row: Any) -> Path:
    """Where the photo's file is (or was)."""
    return Path(row.folder, row.name)


def to_photo_row(row: Sequence[Any]) -> PhotoRow:
    """A grid row from the columns of `core.library.queries.GRID_ROWS`, in their order."""
    (
        photo_id, folder, name, label, status, reason, mean, uncertainty, face_count, rating, flag,
        color, width, height, taken_at, reasons, album_id, partners,
    ) = row  # fmt: skip
    codes = tuple(reasons.split(" ")) if reasons else ()
    return PhotoRow(
        photo_id,
        os.fsdecode(folder + _SEPARATOR + name),
        label,
        _STATUSES[status],
        reason,
        mean,
        uncertainty,
        face_count,
        rating,
        Flag(flag) if flag else None,
        ColorLabel(color) if color else None,
        width,
        height,
        taken_at,
        codes[0] if codes else None,
        codes,
        album_id,
        partners=partners,
    )


def to_metadata(row: Any) -> PhotoMetadata | None:
    """The file's facts, if it could ever be read."""
    if row.format is None or row.width is None:
        return None
    return PhotoMetadata(
        format=row.format,
        width=row.width,
        height=row.height,
        orientation=row.orientation or 1,
        animated=bool(row.animated),
        taken_at=row.taken_at,
        taken_source=row.taken_source,
        camera=row.camera,
        lens=row.lens,
        iso=row.iso,
        exposure_s=row.exposure_s,
        aperture=row.aperture,
        focal_mm=row.focal_mm,
        exposure_bias=row.exposure_bias,
        auto_bracket=bool(row.auto_bracket),
    )


def to_score(row: Any, model: str) -> Score | None:
    """The score of an analysis row, with its maps where they were selected."""
    values = unpack_floats(row.distribution)
    if values is None:
        return None
    box = row.face_map_box
    return Score(
        model=model,
        distribution=ScoreDistribution(tuple(float(value) for value in values)),
        uncertainty=row.uncertainty,
        scene_maps=unpack_maps(row.scene_maps),
        face_maps=unpack_maps(row.face_maps),
        face_map_box=Box(*box) if box else None,
    )


def to_face(row: Any) -> Face:
    """A stored face."""
    flat = unpack_floats(row.keypoints)
    points: Sequence[tuple[float, float]] = (
        [] if flat is None else [(float(x), float(y)) for x, y in flat.reshape(-1, 2)]
    )
    return Face(
        box=Box(row.x, row.y, row.w, row.h),
        score=row.score,
        keypoints=tuple(points),
        descriptor=unpack_floats(row.descriptor, "<f2"),
    )
