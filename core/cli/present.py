"""Photos as tables for people to read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.cli.tables import add_row, make_table, print_table
from core.domain import Photo
from core.library.movements import Movement
from core.paths import display_name
from core.reasons.codes import no_fault


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
        add_row(table, "Reasons", no_fault(photo.percentile))
    print_table(table)
