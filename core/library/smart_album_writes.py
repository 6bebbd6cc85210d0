"""Writes of smart albums: saved searches with a name. Every one is journaled and can be undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from core.domain import LibraryChange, SmartAlbum
from core.errors import UsageError
from core.library.schema import journal, now, smart_albums
from core.searching.parsing import parse

SMART_ALBUM = "smart_album"
CHANGED = LibraryChange(albums=True)


def save(connection: Connection, name: str, query: str) -> tuple[SmartAlbum, LibraryChange]:
    """Keep a search under a name; one of that name is replaced.

    Raises:
        UsageError: there is no name, or the search can't be read.
    """
    name = name.strip()
    if not name:
        raise UsageError("A smart album needs a name.")
    parse(query)
    before = _row(connection, smart_albums.c.name == name)
    if before is None:
        connection.execute(insert(smart_albums).values(name=name, query=query, changed_at=now()))
    else:
        connection.execute(
            update(smart_albums)
            .where(smart_albums.c.id == before["id"])
            .values(query=query, changed_at=now())
        )
    after = _row(connection, smart_albums.c.name == name)
    assert after is not None
    _journal(connection, f"Smart album “{name}”", before, after)
    return SmartAlbum(after["id"], name, query), CHANGED


def rename(connection: Connection, album_id: int, name: str) -> tuple[None, LibraryChange]:
    """Give a smart album another name.

    Raises:
        UsageError: there is no name, or another has it.
    """
    name = name.strip()
    before = _row(connection, smart_albums.c.id == album_id)
    if before is None or before["name"] == name:
        return None, LibraryChange()
    if not name:
        raise UsageError("A smart album needs a name.")
    if _row(connection, smart_albums.c.name == name) is not None:
        raise UsageError(f"There is another smart album “{name}”.")
    after = before | {"name": name}
    _put(connection, before, after)
    _journal(connection, f"Smart album “{before['name']}” is “{name}” now", before, after)
    return None, CHANGED


def remove(connection: Connection, album_id: int) -> tuple[None, LibraryChange]:
    """Forget a smart album; its photos are where they were."""
    before = _row(connection, smart_albums.c.id == album_id)
    if before is None:
        return None, LibraryChange()
    _put(connection, before, None)
    _journal(connection, f"Smart album “{before['name']}” removed", before, None)
    return None, CHANGED


def take_back(connection: Connection, journal_id: int) -> tuple[None, LibraryChange]:
    """Undo an entry of a smart album."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    _put(connection, entry.after["album"], entry.before["album"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=now()))
    return None, CHANGED


def do_again(connection: Connection, journal_id: int) -> tuple[str, LibraryChange]:
    """Redo an entry of a smart album."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    _put(connection, entry.before["album"], entry.after["album"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=None))
    return str(entry.description), CHANGED


def _row(connection: Connection, where: Any) -> dict[str, Any] | None:
    row = connection.execute(select(smart_albums).where(where)).first()
    return None if row is None else {"id": row.id, "name": row.name, "query": row.query}


def _put(connection: Connection, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    """Make what an album was into what it is to be; its id stays."""
    for gone in (old, new):
        if gone is not None:
            connection.execute(delete(smart_albums).where(smart_albums.c.id == gone["id"]))
    if new is not None:
        connection.execute(delete(smart_albums).where(smart_albums.c.name == new["name"]))
        connection.execute(insert(smart_albums).values(**new, changed_at=now()))


def _journal(
    connection: Connection,
    description: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    connection.execute(
        insert(journal).values(
            at=now(),
            kind=SMART_ALBUM,
            description=description,
            before={"album": before},
            after={"album": after},
        )
    )
