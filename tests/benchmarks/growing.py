"""A library many times as large as the one that the writer wrote, within a minute or two.

The writer takes half a millisecond a photo, most of it in statements that an indexer hides behind
the scoring; a million would take a benchmark's whole time. So the tables are copied by SQL: new
paths, scores that differ a little, other dates. The listing is filled from the view that says
what it must hold, and its indexes and triggers are made anew from the library's own definitions.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.domain import FileState
from core.library.schema import analyses, faces, judgements, photos


def grow(
    database: Path, states: Iterator[FileState], albums: Sequence[tuple[int, Path]], written: int
) -> None:
    """Add a photo for each of ``states``, in everything else like photos 1 .. ``written``.

    Raises:
        RuntimeError: the listing does not hold what it should.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("BEGIN")
        kept = _definitions(connection)
        for kind, name, _ in kept:
            connection.execute(f'DROP {kind} "{name}"')
        _add_photos(connection, states, albums, written)
        for table in (analyses, faces, judgements):
            _copy(connection, table, written)
        connection.execute(
            "INSERT INTO listing SELECT * FROM listed WHERE photo_id > ? ORDER BY 1, 2", (written,)
        )
        for _, _, definition in kept:
            connection.execute(definition)
        connection.execute("COMMIT")
        _check(connection)
    finally:
        connection.close()


def _definitions(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """(kind, name, statement) of what is dropped and made again: triggers and indexes."""
    tables = ("listing", "photos", "analyses", "faces", "judgements")
    marks = ",".join("?" * len(tables))
    return connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND "
        f"(type = 'trigger' OR type = 'index' AND tbl_name IN ({marks})) ORDER BY type",
        tables,
    ).fetchall()


def _add_photos(
    connection: sqlite3.Connection,
    states: Iterator[FileState],
    albums: Sequence[tuple[int, Path]],
    written: int,
) -> None:
    """Paths and file states are the photos' own; the rest is copied from the pattern."""
    album_ids = {path: album_id for album_id, path in albums}
    own = ("id", "album_id", "folder", "name", "label", "size", "mtime_ns", "inode", "device")
    connection.execute(
        "CREATE TEMP TABLE file (id INTEGER PRIMARY KEY, album_id, folder BLOB, name BLOB, label, "
        "size, mtime_ns, inode, device)"
    )
    rows = (
        (
            written + number + 1,
            album_ids[state.path.parent.parent],
            os.fsencode(state.path.parent),
            os.fsencode(state.path.name),
            state.path.name,
            state.size,
            state.mtime_ns,
            str(state.inode),
            str(state.device),
        )
        for number, state in enumerate(states)
    )
    connection.executemany("INSERT INTO file VALUES (?,?,?,?,?,?,?,?,?)", rows)
    rest = [column.name for column in photos.c if column.name not in own]
    given = {
        "facts_source": "f.size || ':' || f.mtime_ns",
        "taken_at": "strftime('%Y-%m-%d %H:%M:%f000', p.taken_at, (f.id % 997) || ' minutes')",
    }
    values = [*(f"f.{name}" for name in own), *(given.get(name, f"p.{name}") for name in rest)]
    connection.execute(
        f"INSERT INTO photos ({','.join((*own, *rest))}) SELECT {','.join(values)} FROM file f "
        f"CROSS JOIN photos p ON p.id = (f.id - 1) % {written} + 1 ORDER BY f.id"
    )


def _copy(connection: sqlite3.Connection, table: object, written: int) -> None:
    """Rows of a table for the new photos, like those of their patterns."""
    given = {
        "photo_id": "f.id",
        "source": "f.size || ':' || f.mtime_ns",
        "mean": "min(10.0, max(1.0, t.mean + (f.id * 7919 % 1000) / 2000.0 - 0.25))",
    }
    columns = [c.name for c in table.c if c.name != "id"]  # type: ignore[attr-defined]
    values = [given.get(name, f"t.{name}") for name in columns]
    name = table.name  # type: ignore[attr-defined]
    connection.execute(f"CREATE INDEX temporary_{name} ON {name} (photo_id)")
    connection.execute(
        f"INSERT INTO {name} ({','.join(columns)}) SELECT {','.join(values)} FROM file f "
        f"CROSS JOIN {name} t ON t.photo_id = (f.id - 1) % {written} + 1 ORDER BY f.id"
    )
    connection.execute(f"DROP INDEX temporary_{name}")


def _check(connection: sqlite3.Connection) -> None:
    """Every photo is listed, and a thousand here and there as the view says."""
    most = connection.execute("SELECT max(id) FROM photos").fetchone()[0]
    listed = connection.execute("SELECT count(*) FROM listing").fetchone()[0]
    if listed != most:
        raise RuntimeError(f"{listed} photos are listed of {most}")
    for first in range(1, most, max(1, most // 10)):
        part = f"photo_id BETWEEN {first} AND {first + 100}"
        different = connection.execute(
            f"SELECT count(*) FROM (SELECT * FROM listed WHERE {part} EXCEPT "
            f"SELECT * FROM listing WHERE {part})"
        ).fetchone()[0]
        if different:
            raise RuntimeError(f"{different} photos from {first} on are listed wrongly")
