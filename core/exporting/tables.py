"""Scores and reasons as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.exporting.documents import photo_json
from core.exporting.selection import Ranked
from core.files.atomic import write_atomically
from core.paths import display_name

COLUMNS = (
    "rank", "path", "score", "uncertainty", "std", "percentile", "rating", "flag", "color",
    "faces", "taken_at", "status", "reason", "faults", "model",
)  # fmt: skip


def to_csv(photos: Sequence[Ranked]) -> str:
    """One line a photo; faults as ``code=value`` joined by spaces. Commas, UTF-8, a header line.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for ranked in photos:
        photo, score = ranked.photo, ranked.photo.score
        taken = photo.metadata.taken_at if photo.metadata else None
        writer.writerow(
            [
                ranked.rank,
                _harmless(display_name(photo.path)),
                _number(score.mean if score else None),
                _number(score.uncertainty if score else None),
                _number(score.std if score else None),
                _number(photo.percentile, 1),
                photo.rating,
                photo.flag.value if photo.flag else "",
                photo.color.value if photo.color else "",
                len(photo.faces),
                taken.isoformat(sep=" ") if taken else "",
                photo.status.value,
                _harmless(photo.reason or ""),
                " ".join(f"{fault.code}={fault.value:.3g}" for fault in ranked.reasons),
                photo.model or "",
            ]
        )
    return out.getvalue()


def to_json(photos: Sequence[Ranked]) -> str:
    """A list of photos as ``albumen list --json`` gives them, with ``rank`` and ``reasons``."""
    return json.dumps(
        [_document(ranked) for ranked in photos], indent=2, ensure_ascii=False, allow_nan=False
    )


def _document(ranked: Ranked) -> dict[str, Any]:
    return {
        "rank": ranked.rank,
        **photo_json(ranked.photo),
        "reasons": [
            {
                "code": fault.code,
                "value": fault.value,
                "threshold": fault.threshold,
                "severity": fault.severity,
            }
            for fault in ranked.reasons
        ],
    }


def write_table(photos: Sequence[Ranked], out: Path, *, as_json: bool = False) -> None:
    """Write a table as CSV or JSON. Raises ``OSError``."""
    text = to_json(photos) if as_json else to_csv(photos)
    write_atomically(out, text.encode("utf-8"))


def _number(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") else text
