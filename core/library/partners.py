"""Files that are one picture: a raw file and what the camera rendered of it, by their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.engine import Connection

from core.files.formats import RAW_FORMATS, extension
from core.grouping.items import stem
from core.library.schema import photos

ONE_BY_ONE = 200
"""Up to so many photos are looked up by their names, more by their folders."""

Row = tuple[int, Path, Path]
"""Id, folder and name."""


def with_partners(connection: Connection, photo_ids: Sequence[int]) -> list[int]:
    """These photos with their partners: what is said of a picture is said of all its files.

    A raw file belongs to the rendered file of its name beside it; of two rendered ones to the JPEG,
    else to the one that came first (as `core.grouping.items.pair` has it).
    """
    wanted = [int(i) for i in photo_ids]
    chosen: list[Row] = []
    for start in range(0, len(wanted), 500):
        statement = _rows().where(photos.c.id.in_(wanted[start : start + 500]))
        chosen += _fetched(connection, statement)
    beside = (
        _by_name(connection, chosen)
        if len(chosen) <= ONE_BY_ONE
        else _by_folder(connection, chosen)
    )
    found = dict.fromkeys(wanted)
    by_stem: dict[tuple[Path, str], list[Row]] = {}
    for row in beside:
        by_stem.setdefault((row[1], stem(row[2])), []).append(row)
    for row in chosen:
        files = by_stem.get((row[1], stem(row[2])), [])
        item = _item(files)
        if row[0] in item:
            found |= dict.fromkeys(item)
    return list(found)


def _item(files: Iterable[Row]) -> list[int]:
    """Ids of the files of one name that are one picture; empty where no raw file is among them."""
    ordered = sorted(files)
    raws = [row for row in ordered if extension(row[2].name) in RAW_FORMATS]
    rendered = sorted(
        (row for row in ordered if row not in raws),
        key=lambda row: (extension(row[2].name) not in ("jpg", "jpeg"), row[0]),
    )
    if not raws or not rendered:
        return []
    return [rendered[0][0], *(row[0] for row in raws)]


def _rows() -> Any:
    return select(photos.c.id, photos.c.folder, photos.c.name)


def _by_name(connection: Connection, chosen: Sequence[Row]) -> list[Row]:
    """All files that begin like one of these up to the last dot; the index of names gives them."""
    found: set[Row] = set()
    for _, folder, name in chosen:
        front = os.fsencode(name.stem)
        between = and_(
            photos.c.folder == folder,
            photos.c.name >= front + b".",
            photos.c.name < front + b"/",  # the byte after the dot
        )
        found.update(_fetched(connection, _rows().where(between, photos.c.missing_since.is_(None))))
    return list(found)


def _by_folder(connection: Connection, chosen: Sequence[Row]) -> list[Row]:
    found: list[Row] = []
    for folder in {row[1] for row in chosen}:
        here = and_(photos.c.folder == folder, photos.c.missing_since.is_(None))
        found += _fetched(connection, _rows().where(here))
    return found


def _fetched(connection: Connection, statement: Any) -> list[Row]:
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]
