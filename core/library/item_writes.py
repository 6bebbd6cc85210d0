"""Which files are one item: a camera's raw file goes with the rendered picture of its name.

A raw file's row points to the picture that stands for both (``photos.lead_id``); lists, counts and
the analysis pass such rows over. The rule is that of `core.grouping.items.pair`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.engine import Connection

from core.domain import LibraryChange
from core.files.formats import RAW_FORMATS, extension
from core.library.reads import chunks
from core.library.schema import photos

_NAMESAKES = select(photos.c.id, photos.c.name, photos.c.lead_id).where(
    photos.c.folder == bindparam("folder"),
    photos.c.name >= bindparam("first"),
    photos.c.name < bindparam("after"),
    photos.c.missing_since.is_(None),
)


def pair_up(connection: Connection, places: Iterable[Path]) -> LibraryChange:
    """Find out anew what the files at these places, and their namesakes beside them, are one item
    with; says whose rows went or came, and whose partners changed."""
    stems = {(os.fsencode(p.parent), os.path.splitext(os.fsencode(p.name))[0]) for p in places}
    hidden: set[int] = set()
    shown: set[int] = set()
    leads: set[int] = set()
    for folder, stem in stems:
        values = {"folder": folder, "first": stem + b".", "after": stem + b"/"}
        found = [
            (row.id, row.name, row.lead_id)
            for row in connection.execute(_NAMESAKES, values)
            if os.path.splitext(os.fsencode(row.name))[0] == stem
        ]
        lead = _lead([(photo_id, name.name) for photo_id, name, _ in found])
        for photo_id, name, known in found:
            wanted = lead if photo_id != lead and _is_raw(name.name) else None
            if wanted == known:
                continue
            connection.execute(update(photos).where(photos.c.id == photo_id).values(lead_id=wanted))
            (shown if wanted is None else hidden).add(photo_id)
            leads.update(other for other in (wanted, known) if other is not None)
    return LibraryChange(
        added=frozenset(shown), removed=frozenset(hidden), updated=frozenset(leads)
    )


def _lead(files: Sequence[tuple[int, str]]) -> int | None:
    """The picture that raw files of its name go with; ``None`` where there is none."""
    rendered = [
        (extension(name) not in ("jpg", "jpeg"), i) for i, name in files if not _is_raw(name)
    ]
    return min(rendered)[1] if rendered else None


def _is_raw(name: str) -> bool:
    return extension(name) in RAW_FORMATS


def whole_items(connection: Connection, photo_ids: Sequence[int]) -> dict[int, int]:
    """All files of the items that these photos are of, each with the photo that stands for it."""
    standing = func.coalesce(photos.c.lead_id, photos.c.id)
    leads: set[int] = set()
    for chunk in chunks(photo_ids):
        leads.update(connection.scalars(select(standing).where(photos.c.id.in_(chunk))))
    found: dict[int, int] = {}
    for chunk in chunks(sorted(leads)):
        statement = select(photos.c.id, standing.label("lead")).where(
            or_(photos.c.id.in_(chunk), photos.c.lead_id.in_(chunk))
        )
        found.update((row.id, row.lead) for row in connection.execute(statement))
    return found
