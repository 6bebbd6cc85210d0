"""An analysis as a row of a Parquet file, and back. No pickles: files may come from anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import (
    Analysis,
    Box,
    Face,
    FileState,
    PhotoMetadata,
    Score,
    ScoreDistribution,
    Status,
)
from core.library.codec import pack_floats, pack_maps, unpack_floats, unpack_maps

METADATA = (
    "format", "width", "height", "orientation", "animated", "taken_at", "taken_source", "camera",
    "lens", "iso", "exposure_s", "aperture", "focal_mm", "exposure_bias", "auto_bracket",
)  # fmt: skip


def schema() -> Any:
    """The columns of a part's file."""
    import pyarrow as pa

    face = pa.struct([
        ("box", pa.list_(pa.float64(), 4)), ("score", pa.float64()),
        ("keypoints", pa.binary()), ("descriptor", pa.binary()),
    ])  # fmt: skip
    return pa.schema([
        ("path", pa.binary()), ("size", pa.int64()), ("mtime_ns", pa.int64()),
        ("inode", pa.string()), ("device", pa.string()), ("fingerprint", pa.binary()),
        ("status", pa.string()), ("reason", pa.string()), ("mean", pa.float64()),
        ("distribution", pa.list_(pa.float64(), 10)), ("uncertainty", pa.float64()),
        ("scene_maps", pa.binary()), ("face_maps", pa.binary()),
        ("face_map_box", pa.list_(pa.float64(), 4)), ("faces", pa.list_(face)),
        ("likeness", pa.int64()), ("thumbnail", pa.binary()),
        ("format", pa.string()), ("width", pa.int32()), ("height", pa.int32()),
        ("orientation", pa.int32()), ("animated", pa.bool_()), ("taken_at", pa.timestamp("us")),
        ("taken_source", pa.string()), ("camera", pa.string()), ("lens", pa.string()),
        ("iso", pa.int64()), ("exposure_s", pa.float64()), ("aperture", pa.float64()),
        ("focal_mm", pa.float64()), ("exposure_bias", pa.float64()), ("auto_bracket", pa.bool_()),
    ])  # fmt: skip


def to_row(state: FileState, analysis: Analysis, fingerprint: bytes | None) -> dict[str, Any]:
    """One photo's row; what could not be read is a row with its reason."""
    score = analysis.score
    metadata = {} if analysis.metadata is None else asdict(analysis.metadata)
    return {
        "path": os.fsencode(state.path),
        "size": state.size,
        "mtime_ns": state.mtime_ns,
        "inode": str(state.inode),
        "device": str(state.device),
        "fingerprint": fingerprint,
        "status": analysis.status.value,
        "reason": analysis.reason,
        "mean": None if score is None else score.mean,
        "distribution": None if score is None else list(score.distribution.probabilities),
        "uncertainty": None if score is None else score.uncertainty,
        "scene_maps": None if score is None else pack_maps(score.scene_maps),
        "face_maps": None if score is None else pack_maps(score.face_maps),
        "face_map_box": None if score is None else _numbers(score.face_map_box),
        "faces": [_face_row(face) for face in analysis.faces],
        "likeness": analysis.likeness,
        "thumbnail": analysis.thumbnail,
        **{name: metadata.get(name) for name in METADATA},
    }


def _face_row(face: Face) -> dict[str, Any]:
    return {
        "box": _numbers(face.box),
        "score": face.score,
        "keypoints": pack_floats(np.asarray(face.keypoints, np.float32).ravel()),
        "descriptor": pack_floats(face.descriptor, "<f2"),
    }


def _numbers(box: Box | None) -> list[float] | None:
    return None if box is None else [box.x, box.y, box.w, box.h]


def to_state(row: Mapping[str, Any]) -> FileState:
    """The file that was read."""
    return FileState(
        Path(os.fsdecode(row["path"])),
        row["size"],
        row["mtime_ns"],
        int(row["inode"]),
        int(row["device"]),
    )


def to_analysis(row: Mapping[str, Any], model_id: str) -> Analysis:
    """What was found out about it."""
    score = None
    if row["distribution"] is not None:
        score = Score(
            model=model_id,
            distribution=ScoreDistribution(tuple(row["distribution"])),
            uncertainty=row["uncertainty"],
            scene_maps=unpack_maps(row["scene_maps"]),
            face_maps=unpack_maps(row["face_maps"]),
            face_map_box=Box(*row["face_map_box"]) if row["face_map_box"] else None,
        )
    readable = row["format"] is not None and row["width"] is not None
    return Analysis(
        metadata=PhotoMetadata(**{name: row[name] for name in METADATA}) if readable else None,
        status=Status(row["status"]),
        reason=row["reason"],
        score=score,
        faces=tuple(_to_face(face) for face in row["faces"]),
        thumbnail=row["thumbnail"],
        likeness=row["likeness"],
    )


def _to_face(row: Mapping[str, Any]) -> Face:
    flat = unpack_floats(row["keypoints"])
    points = () if flat is None else tuple((float(x), float(y)) for x, y in flat.reshape(-1, 2))
    return Face(Box(*row["box"]), row["score"], points, unpack_floats(row["descriptor"], "<f2"))
