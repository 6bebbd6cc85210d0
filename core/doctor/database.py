"""Is the library's database whole?"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

from core.doctor.finding import Finding
from core.library import backup
from core.library.database import BUSY_TIMEOUT_S, DATABASE_NAME, SCHEMA_VERSION, prepare
from core.library.rescue import replace_damaged

CHECK = "database"
DERIVED = frozenset({"analyses", "faces", "reasons", "models", "listing"})
"""Tables whose rows can be computed again; orphans among them may go."""


def check_database(directory: Path) -> Finding:
    """Integrity of all pages and indexes, references between rows, and the schema's version."""
    database = directory / DATABASE_NAME
    if not database.exists():
        return Finding(CHECK, True, f"There is no library in {directory} yet.")
    try:
        with _reading(database) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            faults = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
            orphans = Counter(row[0] for row in connection.execute("PRAGMA foreign_key_check"))
    except sqlite3.DatabaseError as error:
        return _damaged(database, str(error))
    if faults != ["ok"]:
        return _index_faults(database, faults) or _damaged(database, faults[0])
    if version > SCHEMA_VERSION:
        return Finding(
            CHECK, False,
            f"The library has version {version}, but this program knows versions up to "
            f"{SCHEMA_VERSION}: update the program.",
        )  # fmt: skip
    if version < SCHEMA_VERSION:
        return Finding(
            CHECK, False, f"The library has version {version} of {SCHEMA_VERSION}.",
            would="It is backed up, then brought to the present version.",
            mend=lambda: _migrated(directory),
        )  # fmt: skip
    if orphans:
        return _orphans(database, orphans)
    return Finding(CHECK, True, f"The database is whole ({_backups(database)}).")


def _backups(database: Path) -> str:
    found = backup.backups(database)
    if not found:
        return "no backup yet"
    newest = found[0].stem.removeprefix("library-")
    return f"{len(found)} backups, the newest of {newest}"


def _damaged(database: Path, fault: str) -> Finding:
    return Finding(
        CHECK, False, f"The database is damaged: {fault}.",
        would="It is set aside, and albums, stars, flags, names and the history are recovered "
        "from it and from its backups into a new one; scores are made again by the next scan.",
        mend=lambda: replace_damaged(database, date.today()),
    )  # fmt: skip


def _index_faults(database: Path, faults: list[str]) -> Finding | None:
    """Faults of indexes alone, which can be built again from the tables."""
    if not all("index" in fault for fault in faults):
        return None
    return Finding(
        CHECK, False, f"An index of the database is damaged: {faults[0]}.",
        would="All indexes are built again.",
        mend=lambda: _reindexed(database),
    )  # fmt: skip


def _reindexed(database: Path) -> str:
    with _writing(database) as connection:
        connection.execute("REINDEX")
        whole = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    if whole:
        return "All indexes of the database were built again; it is whole."
    return replace_damaged(database, date.today())


def _migrated(directory: Path) -> str:
    prepare(directory)
    return f"The library was backed up and brought to version {SCHEMA_VERSION}."


def _orphans(database: Path, orphans: Counter[str]) -> Finding:
    told = ", ".join(f"{count} of {table}" for table, count in sorted(orphans.items()))
    computed = orphans.keys() <= DERIVED
    return Finding(
        CHECK, False, f"Rows of the database refer to nothing: {told}.",
        would="They are dropped; they were computed and can be again." if computed else
        "Those that were computed are dropped; what you made yourself is left alone.",
        mend=lambda: _dropped(database),
    )  # fmt: skip


def _dropped(database: Path) -> str:
    count = 0
    with _writing(database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table, rowid, *_ in connection.execute("PRAGMA foreign_key_check").fetchall():
            if table in DERIVED and rowid is not None:
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
                count += 1
        connection.execute("COMMIT")
    return f"{count} rows that referred to nothing were dropped."


def _reading(database: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(
        sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    )


def _writing(database: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(
        sqlite3.connect(database, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    )
