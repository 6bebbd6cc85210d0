"""Photos as JSON and as tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.cli.tables import add_row, make_table, print_table
from core.domain import Photo, Reason
from core.inference.cards import model_name
from core.library.movements import Movement
from core.paths import display_name
from core.reasons.codes import NO_FAULT


def photo_json(photo: Photo) -> dict[str, Any]:
    """A photo as the command line's stable JSON; unknown values are null."""
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


def print_photos(photos: Sequence[Photo], moved: Mapping[int, Movement] | None = None) -> None:
    """A line per photo; paths are told from the folder that all share, which stands below. With
    ``moved`` how far each score moved, too."""
    shared = _shared_folder(photos)
    figures = ["Score", *([] if moved is None else ["Moved"]), "Better than", "Faces"]
    table = make_table(*figures, left=("Photo", "Note"))
    for photo in photos:
        score = photo.score
        add_row(
            table,
            f"{score.mean:.2f}" if score else "-",
            *([] if moved is None else [_moved(moved.get(photo.id))]),
            f"{photo.percentile:.0f} %" if photo.percentile is not None else "-",
            str(len(photo.faces)) if photo.faces else "-",
            display_name(photo.path.relative_to(shared) if shared else photo.path),
            _note(photo),
        )
    print_table(table, below=f"in {display_name(shared)}" if shared else None)


def _shared_folder(photos: Sequence[Photo]) -> Path | None:
    """The folder that holds all of them; ``None`` where there is none (two drives, no photos)."""
    folders = {str(photo.path.parent) for photo in photos}
    if not folders:
        return None
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # different drives, on Windows
        return None


def _moved(found: Movement | None) -> str:
    return f"{found.change:+.2f}" if found else "-"


def _note(photo: Photo) -> str:
    parts = []
    if photo.rating:
        parts.append("★" * photo.rating)
    if photo.flag:
        parts.append(photo.flag.value)
    if photo.status.value not in ("scored",):
        parts.append(photo.status.value.replace("_", " "))
    if photo.reason:
        parts.append(photo.reason)
    return ", ".join(parts)


def print_photo(photo: Photo) -> None:
    """One photo, line by line, with its distribution as bars."""
    table = make_table(left=("", ""), header=False)
    table.columns[0].style = "bold"
    metadata, score = photo.metadata, photo.score
    add_row(table, "Photo", display_name(photo.path))
    if photo.album:
        add_row(table, "Album", display_name(photo.album))
    if metadata:
        add_row(table, "Size", f"{metadata.width} x {metadata.height} {metadata.format}")
        if metadata.taken_at:
            add_row(table, "Taken", f"{metadata.taken_at} ({metadata.taken_source})")
    add_row(table, "Status", photo.status.value.replace("_", " "))
    if photo.reason:
        add_row(table, "Reason", photo.reason)
    if score:
        add_row(table, "Score", f"{score.mean:.2f} of 10, people's spread {score.std:.2f}")
        if photo.percentile is not None:
            add_row(table, "Better than", f"{photo.percentile:.0f} % of its album")
        add_row(table, "Model", score.model)
        for rating, share in enumerate(score.distribution.probabilities, start=1):
            add_row(table, f"{rating:>5}", f"{'█' * round(share * 60)} {100 * share:.1f} %")
    add_row(table, "Faces", str(len(photo.faces)))
    for number, reason in enumerate(photo.reasons):
        add_row(table, "" if number else "Reasons", reason.text)
    if photo.reasons_measured and not photo.reasons:
        add_row(table, "Reasons", NO_FAULT)
    print_table(table)
