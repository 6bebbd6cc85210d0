"""Writes of which folders are watched, and what is left out of them. What the user decides about it
is journaled with its before and after; photos keep their judgements whether an album holds them or
not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from core.domain import Album, LibraryChange
from core.library.filters import below
from core.library.schema import albums, journal, now, photos
from core.paths import display_name

ALBUM = "album"
"""The kind of these entries in the journal."""

State = dict[str, Any]
"""An album as the journal keeps it: ``id``, ``path``, ``name``, ``ignored``."""


def add_album(
    connection: Connection, path: Path, name: str | None, journaled: bool = False
) -> tuple[Album, LibraryChange]:
    """Insert an album and adopt the photos below it that no deeper album holds.

    ``journaled``: it is an action of the user that can be undone; a scan's album is none.
    """
    existing = connection.execute(select(albums).where(albums.c.path == path)).first()
    if existing is not None:
        return (
            Album(existing.id, existing.path, existing.name, existing.offline_since is None),
            LibraryChange(),
        )
    title = name or display_name(path.name) or display_name(path)
    state = _insert(connection, {"path": os.fsdecode(path), "name": title, "ignored": []})
    if journaled:
        _journal(connection, f"“{title}” is watched", None, state)
    return Album(state["id"], path, title), LibraryChange(albums=True, everything=True)


def remove_album(connection: Connection, album_id: int) -> tuple[int | None, LibraryChange]:
    """Delete the album's row; its photos pass to the album around it, or rest without one.

    Gives the journal's entry.
    """
    before = _state(connection, albums.c.id == album_id)
    if before is None:
        return None, LibraryChange()
    _delete(connection, before)
    entry = _journal(connection, f"“{before['name']}” is watched no more", before, None)
    return entry, LibraryChange(albums=True, everything=True)


def set_ignore_patterns(
    connection: Connection, album_id: int, patterns: Sequence[str]
) -> tuple[int | None, LibraryChange]:
    """Store patterns; the next reconcile applies them. Gives the journal's entry, ``None`` where
    nothing is new."""
    before = _state(connection, albums.c.id == album_id)
    if before is None or before["ignored"] == list(patterns):
        return None, LibraryChange()
    after = before | {"ignored": list(patterns)}
    _set_ignored(connection, after)
    title = f"What is ignored in “{before['name']}”"
    return _journal(connection, title, before, after), LibraryChange(albums=True)


def set_album_online(
    connection: Connection, album_id: int, online: bool
) -> tuple[None, LibraryChange]:
    """Note or clear the time since when the album's folder can't be seen."""
    current = connection.execute(
        select(albums.c.offline_since).where(albums.c.id == album_id)
    ).first()
    if current is None or (current.offline_since is None) == online:
        return None, LibraryChange()
    connection.execute(
        update(albums)
        .where(albums.c.id == album_id)
        .values(offline_since=None if online else now())
    )
    return None, LibraryChange(albums=True)


# --- the way back ---------------------------------------------------------------------------------


def take_back(connection: Connection, journal_id: int) -> tuple[bool, LibraryChange]:
    """Undo an entry; False where something newer was decided about the album, which stays."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    done, change = _exchange(connection, entry.after["album"], entry.before["album"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=now()))
    return done, change


def do_again(connection: Connection, journal_id: int) -> tuple[str, LibraryChange]:
    """Redo an entry."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    _, change = _exchange(connection, entry.before["album"], entry.after["album"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=None))
    return str(entry.description), change


def _exchange(
    connection: Connection, expected: State | None, wanted: State | None
) -> tuple[bool, LibraryChange]:
    """Make what an album is expected to be into what it is to be."""
    known = expected or wanted
    assert known is not None
    current = _state(connection, albums.c.path == Path(known["path"]))
    if (current is None) != (expected is None):
        return False, LibraryChange()
    if current is None:
        assert wanted is not None
        _insert(connection, wanted)
        return True, LibraryChange(albums=True, everything=True)
    if wanted is None:
        _delete(connection, current)
        return True, LibraryChange(albums=True, everything=True)
    assert expected is not None
    if current["ignored"] != expected["ignored"]:
        return False, LibraryChange()
    _set_ignored(connection, current | {"ignored": wanted["ignored"]})
    return True, LibraryChange(albums=True)


def _state(connection: Connection, where: Any) -> State | None:
    row = connection.execute(select(albums).where(where)).first()
    if row is None:
        return None
    return {
        "id": row.id,
        "path": os.fsdecode(row.path),
        "name": row.name,
        "ignored": list(row.ignore_patterns),
    }


def _insert(connection: Connection, state: State) -> State:
    """Insert an album, under its earlier id where no other has that now."""
    path = Path(state["path"])
    values: dict[str, Any] = {"path": path, "name": state["name"], "added_at": now()}
    values["ignore_patterns"] = state["ignored"]
    earlier = state.get("id")
    if earlier is not None and _state(connection, albums.c.id == earlier) is None:
        values["id"] = earlier
    album_id = connection.execute(
        insert(albums).values(**values).returning(albums.c.id)
    ).scalar_one()
    _reassign(connection, path)
    return state | {"id": int(album_id)}


def _delete(connection: Connection, state: State) -> None:
    of_it = photos.c.album_id == state["id"]
    connection.execute(update(photos).where(of_it).values(album_id=None))
    connection.execute(delete(albums).where(albums.c.id == state["id"]))
    _reassign(connection, Path(state["path"]))


def _set_ignored(connection: Connection, state: State) -> None:
    connection.execute(
        update(albums).where(albums.c.id == state["id"]).values(ignore_patterns=state["ignored"])
    )


def _journal(
    connection: Connection, description: str, before: State | None, after: State | None
) -> int:
    return int(
        connection.execute(
            insert(journal)
            .values(
                at=now(),
                kind=ALBUM,
                description=description,
                before={"album": before},
                after={"album": after},
            )
            .returning(journal.c.id)
        ).scalar_one()
    )


# --- whose photos are whose -----------------------------------------------------------------------


def deepest(paths: dict[int, Path], folder: Path) -> int | None:
    """The deepest of the albums that hold ``folder``."""
    holders = [i for i, path in paths.items() if path == folder or path in folder.parents]
    return max(holders, key=lambda i: len(paths[i].parts), default=None)


def album_paths(connection: Connection) -> dict[int, Path]:
    """The folders of all albums by id."""
    return {row.id: row.path for row in connection.execute(select(albums.c.id, albums.c.path))}


def _reassign(connection: Connection, path: Path) -> None:
    """Give every photo below ``path`` to the deepest album that holds it."""
    paths = album_paths(connection)
    folders = connection.scalars(select(photos.c.folder).where(below(path)).distinct()).all()
    for folder in folders:
        connection.execute(
            update(photos).where(photos.c.folder == folder).values(album_id=deepest(paths, folder))
        )
