"""Photos as the documents that scripts read: every ``--json`` and every exported table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.domain import Photo, Reason
from core.inference.cards import model_name
from core.library.movements import Movement
from core.paths import display_name


def photo_json(photo: Photo) -> dict[str, Any]:
    """A photo as stable JSON; unknown values are null."""
    score, metadata = photo.score, photo.metadata
    taken = metadata.taken_at if metadata else None
    return {
        "path": display_name(photo.path),
        "album": display_name(photo.album) if photo.album else None,
        "width": metadata.width if metadata else None,
        "height": metadata.height if metadata else None,
        "format": metadata.format if metadata else None,
        "taken_at": taken.isoformat() if taken else None,
        "taken_source": metadata.taken_source if metadata else None,
        "camera": metadata.camera if metadata else None,
        "status": photo.status.value,
        "reason": photo.reason,
        "model": model_name(photo.model) if photo.model else None,
        "model_id": photo.model,
        "mean": round(score.mean, 4) if score else None,
        "std": round(score.std, 4) if score else None,
        "uncertainty": (
            round(score.uncertainty, 4) if score and score.uncertainty is not None else None
        ),
        "distribution": (
            [round(value, 6) for value in score.distribution.probabilities] if score else None
        ),
        "percentile": round(photo.percentile, 2) if photo.percentile is not None else None,
        "general_model": bool(score) and not photo.faces,
        "faces": [
            {
                "box": [round(v, 5) for v in (f.box.x, f.box.y, f.box.w, f.box.h)],
                "score": round(f.score, 4),
                "keypoints": [[round(x, 5), round(y, 5)] for x, y in f.keypoints],
            }
            for f in photo.faces
        ],
        "rating": photo.rating,
        "flag": photo.flag.value if photo.flag else None,
        "color": photo.color.value if photo.color else None,
        "reasons": (
            [reason_json(reason) for reason in photo.reasons] if photo.reasons_measured else None
        ),
    }


def movement_json(moved: Mapping[int, Movement] | None, photo_id: int) -> dict[str, Any]:
    """What is added to a photo's JSON in a list by movement; null where one model alone scored."""
    if moved is None:
        return {}
    found = moved.get(photo_id)
    return {
        "model_before": found.model_before if found else None,
        "mean_before": round(found.before, 4) if found else None,
        "change": round(found.change, 4) if found else None,
    }


def reason_json(reason: Reason) -> dict[str, Any]:
    """A measured fault as JSON; ``box`` is x, y, w, h in fractions of the photo, or null."""
    box = reason.box
    return {
        "code": reason.code,
        "text": reason.text,
        "value": round(reason.value, 4),
        "threshold": round(reason.threshold, 4),
        "severity": round(reason.severity, 4),
        "box": [round(v, 5) for v in (box.x, box.y, box.w, box.h)] if box else None,
    }
