"""Daily copies of what can't be computed again, and getting it back from a damaged library.

A backup holds user data and the photos it refers to, not scores or faces: small, and enough.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from core.files.private import private_file, private_folder
from core.library.schema import metadata

log = logging.getLogger(__name__)

KEPT_TABLES = (
    "albums",
    "photos",
    "judgements",
    "journal",
    "moves",
    "group_marks",
    "people",
    "person_faces",
    "smart_albums",
)
"""Tables of a backup, in an order in which rows only refer to earlier tables."""

BACKUP_FOLDER = "backups"
KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Recovered:
    """Rows per table; ``partial`` names tables of which a part could not be read."""

    rows: dict[str, int]
    partial: tuple[str, ...]


def back_up_daily(database: Path, today: date) -> Path | None:
    """Write today's backup unless there is one, or nothing to keep; keep the newest ``KEPT_DAYS``.

    Returns the new file, or ``None``. The copy is made under another name and renamed when whole.
    """
    folder = database.parent / BACKUP_FOLDER
    target = folder / f"library-{today.isoformat()}.db"
    if target.exists() or not _holds_photos(database):
        return None
    private_folder(folder)
    for left in folder.glob("*.unfinished*"):  # by a crash, perhaps of another day
        left.unlink()
    unfinished = target.with_suffix(".unfinished")
    private_file(unfinished)
    with contextlib.closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        for table in KEPT_TABLES:
            create = CreateTable(metadata.tables[table]).compile(dialect=sqlite.dialect())
            connection.execute(str(create))
        connection.execute("ATTACH DATABASE ? AS library", (str(database),))
        connection.execute("BEGIN")
        for table in KEPT_TABLES:
            columns = _columns(connection, "main", table)
            names = ", ".join(f'"{column}"' for column in columns)
            connection.execute(
                f"INSERT INTO main.{table} ({names}) SELECT {names} FROM library.{table}"
            )
        connection.execute("COMMIT")
    unfinished.replace(target)
    for old in backups(database)[KEPT_DAYS:]:
        old.unlink()
    return target


def _holds_photos(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        return connection.execute("SELECT 1 FROM photos LIMIT 1").fetchone() is not None


def backups(database: Path) -> list[Path]:
    """A library's backups, the newest first."""
    return sorted((database.parent / BACKUP_FOLDER).glob("library-*.db"), reverse=True)


def is_damaged(database: Path) -> bool:
    """Whether SQLite finds the file malformed (reads all of it)."""
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return not isinstance(error, sqlite3.OperationalError) or "malformed" in str(error)
    return found is None or found[0] != "ok"


def set_aside(database: Path, today: date) -> Path:
    """Rename a damaged library (and its log) so that nothing of it is lost; gives its new name."""
    number = 0
    while True:
        suffix = f"damaged-{today.isoformat()}" + (f"-{number}" if number else "")
        target = database.with_name(f"{database.stem}.{suffix}.db")
        if not target.exists():
            break
        number += 1
    database.rename(target)
    for ending in ("-wal", "-shm"):
        companion = Path(f"{database}{ending}")
        if companion.exists():
            companion.rename(f"{target}{ending}")
    return target


def recover(fresh: Path, sources: Sequence[Path]) -> Recovered:
    """Copy what can be read of ``sources`` (best first) into a new, empty library."""
    partial: set[str] = set()
    with contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as target:
        target.execute("PRAGMA foreign_keys=OFF")  # checked at the end, not row by row
        target.execute("BEGIN IMMEDIATE")
        for source in sources:
            with contextlib.closing(
                sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None)
            ) as old:
                for table in KEPT_TABLES:
                    if not _copy_table(old, target, table) and source == sources[0]:
                        partial.add(table)
            if "judgements" in partial and source == sources[0]:
                _replay_journal(target)  # newer than what a backup says
        _drop_orphans(target)
        target.execute("COMMIT")
        rows = {
            table: int(target.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in KEPT_TABLES
        }
    return Recovered(rows, tuple(sorted(partial)))


def _replay_journal(target: sqlite3.Connection) -> None:
    """Make again, out of the journal of what the user did, the judgements that can't be read."""
    now: dict[str, dict[str, Any]] = {}
    for kind, before, after, at, undone in target.execute(
        "SELECT kind, before, after, at, undone_at FROM journal ORDER BY id"
    ).fetchall():
        done = json.loads(before if undone else after)
        if kind == "judgement":
            for photo_id, values in done.items():
                now[photo_id] = {"rating": 0, "flag": None, "color": None, **values, "at": at}
        elif kind == "curation" and not undone:
            for photo_id in map(str, done.get("flagged", ())):
                blank = {"rating": 0, "flag": None, "color": None}
                now[photo_id] = {**now.get(photo_id, blank), "flag": "reject", "at": at}
    target.executemany(
        "INSERT OR IGNORE INTO judgements (photo_id, rating, flag, color, changed_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [(int(i), v["rating"], v["flag"], v["color"], v["at"]) for i, v in now.items()],
    )


def _copy_table(old: sqlite3.Connection, target: sqlite3.Connection, table: str) -> bool:
    """Copy the rows that can be read and aren't there; gives whether these were all."""
    try:
        known = set(_columns(old, "main", table))
    except sqlite3.DatabaseError:
        return False
    columns = [column for column in _columns(target, "main", table) if column in known]
    if not columns:
        return False
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"
    # From both ends up to the damaged page: what lies beyond it is still read.
    whole = _copy_rows(old, target, f"SELECT {names} FROM {table} ORDER BY rowid", insert)
    if not whole:
        _copy_rows(old, target, f"SELECT {names} FROM {table} ORDER BY rowid DESC", insert)
    return whole


def _copy_rows(
    old: sqlite3.Connection, target: sqlite3.Connection, select: str, insert: str
) -> bool:
    for row in _readable(old, select):
        if row is None:
            return False
        try:
            target.execute(insert, row)
        except sqlite3.IntegrityError:
            log.warning("a damaged row was left out")
    return True


def _readable(connection: sqlite3.Connection, select: str) -> Iterator[tuple[object, ...] | None]:
    """Rows until the end, or until a page can't be read (then ``None``)."""
    try:
        yield from connection.execute(select)
    except sqlite3.DatabaseError as error:
        log.warning("part of a table can't be read: %s", error)
        yield None


def _drop_orphans(target: sqlite3.Connection) -> None:
    """Leave out rows that refer to rows which could not be read."""
    for table, rowid, _parent, _key in target.execute("PRAGMA foreign_key_check").fetchall():
        if table == "photos":  # its album was lost; the photo waits for the album to be added
            target.execute("UPDATE photos SET album_id = NULL WHERE rowid = ?", (rowid,))
        else:
            target.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
    # Derived data is gone, so nothing derived may count as current.
    target.execute("UPDATE photos SET facts_source = NULL, reasons_source = NULL")


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]
