"""kill -9 while a library is migrated: it is the old one or the new one, with all users made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain import ColorLabel, FileState, Flag
from core.library.backup import KEPT_TABLES
from core.library.database import DATABASE_NAME, SCHEMA_VERSION
from core.library.file_writes import FileChanges
from core.library.library import open_library
from tests.core.library.second_schema import AHEAD, one_ahead

PHOTOS = 10_000

Rows = dict[str, list[Any]]


@dataclass(frozen=True)
class Before:
    """A library of the present schema: where it lies, all that users made in it, and how long
    migrating it takes here and now."""

    path: Path
    columns: dict[str, str]
    rows: Rows
    takes_s: float


def make_library(folder: Path) -> Before:
    """A library large enough that migrating it takes a while."""
    path = folder / "before"
    with open_library(path) as library:
        write = library.writer
        write.add_album(folder / "album").result()
        states = [FileState(folder / f"album/{n:05}.jpg", n, 1, n, 1) for n in range(PHOTOS)]
        ids = write.apply_files(FileChanges(None, new=states)).result()
        for stars in range(1, 6):
            write.set_rating(ids[stars::5], stars).result()
        write.set_flag(ids[::3], Flag.PICK).result()
        write.set_color(ids[::7], ColorLabel.BLUE).result()
        write.save_search("Best", "rating>=5").result()
        write.undo().result()
    with _opened(path / DATABASE_NAME) as connection:
        columns = {
            table: ", ".join(
                f'"{row[1]}"' for row in _run(connection, f"PRAGMA table_info({table})")
            )
            for table in KEPT_TABLES
        }
        rows = _kept(connection, columns)
    return Before(path, columns, rows, _time(path, folder))


def _time(path: Path, folder: Path) -> float:
    place = folder / "timed"
    shutil.copytree(path, place)
    began = time.monotonic()
    with one_ahead(folder):
        open_library(place).close()
    shutil.rmtree(place)
    return time.monotonic() - began


def kill_while_migrating(before: Before, folder: Path, delay: float) -> tuple[str, list[str]]:
    """Kill the migration of a copy after ``delay`` seconds; gives what state it was found in, and
    what is wrong with it."""
    place = folder / "migrated"
    shutil.copytree(before.path, place)
    try:
        with one_ahead(folder):
            _migrate_and_kill(place, delay)
            state, wrong = _look(place, before)
            with open_library(place) as library:  # the next start
                wrong += library.notes
            after, more = _look(place, before)
            if after != _name(AHEAD):
                more.append(f"the next start left it {after}")
            if not _copies(place):
                more.append("there is no copy of the library as it was")
            return state, wrong + more
    finally:
        shutil.rmtree(place)


def _migrate_and_kill(place: Path, delay: float) -> None:
    process = os.fork()
    if process == 0:
        try:
            open_library(place)
            signal.pause()
        finally:
            traceback.print_exc()
            os._exit(1)
    time.sleep(delay)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def _look(place: Path, before: Before) -> tuple[str, list[str]]:
    wrong = []
    for copy in _copies(place):
        with _opened(copy) as connection:
            wrong += [f"{copy.name}: {text}" for text in _faults(connection, before)]
            if _version(connection) != SCHEMA_VERSION:
                wrong.append(f"{copy.name} is no copy of what was before")
    with _opened(place / DATABASE_NAME) as connection:
        wrong += _faults(connection, before)
        version = _version(connection)
        new = {row[1] for row in _run(connection, "PRAGMA table_info(photos)")} & {"spelled"}
        new |= {row[1] for row in _run(connection, "PRAGMA table_info(judgements)")} & {"remark"}
        if new != ({"spelled", "remark"} if version == AHEAD else set()):
            wrong.append(f"version {version} with the new columns {new}")
        if version == AHEAD and _run(connection, "SELECT 1 FROM photos WHERE spelled IS NULL"):
            wrong.append("not every photo was migrated")
    return _name(version), wrong


def _faults(connection: sqlite3.Connection, before: Before) -> list[str]:
    found = _run(connection, "PRAGMA integrity_check") + _run(
        connection, "PRAGMA foreign_key_check"
    )
    wrong = [] if found == [("ok",)] else [str(found[:3])]
    now = _kept(connection, before.columns)
    wrong += [f"{table} is not as it was" for table in now if now[table] != before.rows[table]]
    return wrong


def _name(version: int) -> str:
    return {SCHEMA_VERSION: "old", AHEAD: "new"}.get(version, f"of version {version}")


def _copies(place: Path) -> list[Path]:
    return list(place.glob("library.before-*.db"))


def _version(connection: sqlite3.Connection) -> int:
    return int(_run(connection, "PRAGMA user_version")[0][0])


def _kept(connection: sqlite3.Connection, columns: dict[str, str]) -> Rows:
    return {
        table: sorted(_run(connection, f"SELECT {names} FROM {table}"), key=repr)
        for table, names in columns.items()
    }


def _run(connection: sqlite3.Connection, statement: str) -> list[Any]:
    return connection.execute(statement).fetchall()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
        yield connection
