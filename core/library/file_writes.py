"""Writes about files. Each function runs inside the writer's transaction."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine import Connection

from core.domain import FileState, LibraryChange
from core.library.album_writes import album_paths, deepest
from core.library.filters import file_state
from core.library.item_writes import pair_up
from core.library.schema import analyses, now, photos
from core.paths import display_name


@dataclass(frozen=True, slots=True)
class FileChanges:
    """What a reconcile of disk and index found.

    ``changed`` and ``moved`` pair a photo's id with its file's new state. ``missing`` pairs ids
    with the places that were found empty: a photo which another program found elsewhere meanwhile
    is not missing. ``displaced`` are photos gone long ago whose name another photo has now.
    ``unaltered`` are those of ``changed`` and ``moved`` whose content is as known, whatever their
    files' times say (copied, touched, a drive read in another time zone): what was derived from
    it holds.
    """

    album_id: int | None
    new: list[FileState] = field(default_factory=list)
    changed: list[tuple[int, FileState]] = field(default_factory=list)
    moved: list[tuple[int, FileState]] = field(default_factory=list)
    missing: list[tuple[int, Path]] = field(default_factory=list)
    displaced: list[int] = field(default_factory=list)
    unaltered: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.moved or self.missing or self.displaced)


def _state_values(state: FileState) -> dict[str, Any]:
    return {
        "folder": state.path.parent,
        "name": Path(state.path.name),
        "label": display_name(state.path.name),
        "size": state.size,
        "mtime_ns": state.mtime_ns,
        "inode": str(state.inode),
        "device": str(state.device),
    }


def apply(connection: Connection, changes: FileChanges) -> tuple[list[int], LibraryChange]:
    """Write a reconcile's findings; gives the ids of new photos."""
    paths = album_paths(connection)
    album_by_folder: dict[Path, int | None] = {}

    def album_for(folder: Path) -> int | None:
        if folder not in album_by_folder:
            album_by_folder[folder] = deepest(paths, folder)
        return album_by_folder[folder]

    moment = now()
    places = [state.path for _, state in [*changes.moved, *changes.changed]]
    places += [state.path for state in changes.new]
    places += [path for _, path in changes.missing]
    places += _places(connection, [photo_id for photo_id, _ in changes.moved])
    gone = _note_missing(connection, changes.missing, moment)
    for photo_id in changes.displaced:
        _displace(connection, photo_id, moment)
    for photo_id, state in [*changes.moved, *changes.changed]:
        _make_room(connection, photo_id, state)
        if photo_id in changes.unaltered:
            _carry_over(connection, photo_id, state)
        connection.execute(
            update(photos)
            .where(photos.c.id == photo_id)
            .values(
                **_state_values(state),
                album_id=album_for(state.path.parent),
                missing_since=None,
            )
        )
    added: list[int] = []
    if changes.new:
        # A path that another program indexed meanwhile is left as it is.
        statement = upsert(photos).on_conflict_do_nothing().returning(photos.c.id)
        rows = [
            {
                **_state_values(state),
                "album_id": album_for(state.path.parent),
                "added_at": moment,
                "face_count": 0,
            }
            for state in changes.new
        ]
        added = list(connection.scalars(statement, rows))
    updated = frozenset(photo_id for photo_id, _ in [*changes.moved, *changes.changed])
    change = LibraryChange(added=frozenset(added), updated=updated, removed=frozenset(gone))
    return added, change | pair_up(connection, places)


def _places(connection: Connection, photo_ids: Sequence[int]) -> list[Path]:
    """Where the index has these photos."""
    found: list[Path] = []
    for start in range(0, len(photo_ids), 500):
        chunk = photo_ids[start : start + 500]
        statement = select(photos.c.folder, photos.c.name).where(photos.c.id.in_(chunk))
        found += [row.folder / row.name for row in connection.execute(statement)]
    return found


def note_rewritten(
    connection: Connection, photo_id: int, state: FileState, content: bytes
) -> tuple[None, LibraryChange]:
    """Let all that is known of a photo count for its file's new state and content."""
    _carry_over(connection, photo_id, state)
    connection.execute(
        update(photos)
        .where(photos.c.id == photo_id)
        .values(**_state_values(state), fingerprint=content)
    )
    return None, LibraryChange(updated=frozenset({photo_id}))


def _carry_over(connection: Connection, photo_id: int, state: FileState) -> None:
    """Let what was derived from a photo's file count for the file's new state."""
    old = connection.scalar(select(file_state).where(photos.c.id == photo_id))
    new = f"{state.size}:{state.mtime_ns}"
    connection.execute(
        update(analyses)
        .where(analyses.c.photo_id == photo_id, analyses.c.source == old)
        .values(source=new)
    )
    for column in (photos.c.facts_source, photos.c.reasons_source):
        connection.execute(
            update(photos).where(photos.c.id == photo_id, column == old).values({column.name: new})
        )


def _note_missing(
    connection: Connection, missing: Sequence[tuple[int, Path]], moment: datetime
) -> list[int]:
    """Note photos whose own place is empty, unless they are known to be elsewhere by now."""
    gone: list[int] = []
    for start in range(0, len(missing), 500):
        empty = dict(missing[start : start + 500])
        rows = connection.execute(
            select(photos.c.id, photos.c.folder, photos.c.name).where(
                photos.c.id.in_(list(empty)), photos.c.missing_since.is_(None)
            )
        ).all()
        gone += [row.id for row in rows if row.folder / row.name == empty[row.id]]
    for start in range(0, len(gone), 500):
        connection.execute(
            update(photos)
            .where(photos.c.id.in_(gone[start : start + 500]))
            .values(missing_since=moment)
        )
    return gone


def _make_room(connection: Connection, photo_id: int, state: FileState) -> None:
    """Free a path that another photo's row still holds, so that a moved photo can take it.

    The other photo's file is gone from there: its place was taken.
    """
    holder = connection.scalar(
        select(photos.c.id).where(
            photos.c.folder == state.path.parent,
            photos.c.name == Path(state.path.name),
            photos.c.id != photo_id,
        )
    )
    if holder is not None:
        _displace(connection, holder, now())


def _displace(connection: Connection, photo_id: int, moment: datetime) -> None:
    """Give a photo's row a name that no file can have; its history waits for its content."""
    row = connection.execute(
        select(photos.c.name, photos.c.missing_since).where(photos.c.id == photo_id)
    ).one()
    aside = os.fsencode(row.name) + b"/replaced-%d" % photo_id
    connection.execute(
        update(photos)
        .where(photos.c.id == photo_id)
        .values(name=aside, missing_since=row.missing_since or moment)
    )
