"""Opening the library's SQLite file: connections, migrations, backups."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.exc import DatabaseError

from core.errors import LibraryError, NewerLibraryError
from core.files.private import private_file, private_folder

log = logging.getLogger(__name__)

DATABASE_NAME = "library.db"
SCHEMA_VERSION = 1
"""Number of the newest migration; also SQLite's ``user_version``, so that opening a current
library needs no migration machinery."""

MIGRATIONS = Path(__file__).parent / "migrations"

READ_CACHE_KIB, WRITE_CACHE_KIB = 8_000, 32_000
"""Pages that a connection keeps. Readers are several, and a page that one of them lacks is in the
system's memory, a few microseconds away; a transaction of many rows goes back to the same pages of
a dozen indexes again and again."""

BUSY_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 2.0
"""How long SQLite itself waits for another program's write; the writer then asks again, so that
closing need not wait longer."""


def make_engine(
    path: Path,
    *,
    read_only: bool,
    migrating: bool = False,
    on_damage: Callable[[], None] = lambda: None,
) -> Engine:
    """An engine for the library file with every connection set up the same way.

    Readers are kept from writing by SQLite itself; the writer takes the lock when its transaction
    begins, so that two programs wait for each other instead of failing half-way.

    Args:
        migrating: tables may be dropped and made anew under views and rows that refer to them
            (https://sqlite.org/lang_altertable.html, section 7); who migrates checks these.
        on_damage: called when SQLite finds the file malformed; what was asked of the connection
            fails with ``LibraryError`` then.
    """
    busy_s = BUSY_TIMEOUT_S if read_only or migrating else WRITE_TIMEOUT_S
    # The file is opened through a creator: a URL would mangle names that aren't plain text.
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            path, timeout=busy_s, check_same_thread=False, isolation_level=None
        ),
        poolclass=_pool_class(),
        pool_size=8,
        max_overflow=16,
        pool_use_lifo=True,  # the connection that was used last has its pages at hand
    )

    engine.dialect.statement_compiler = _HintCompiler

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(busy_s * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA foreign_keys={'OFF' if migrating else 'ON'}")
        cursor.execute(f"PRAGMA legacy_alter_table={'ON' if migrating else 'OFF'}")
        cache = READ_CACHE_KIB if read_only else WRITE_CACHE_KIB
        cursor.execute(f"PRAGMA cache_size=-{cache}")
        cursor.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "handle_error")
    def _explain(context: ExceptionContext) -> BaseException | None:
        code = getattr(context.original_exception, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            log.error("the library is damaged: %s", context.original_exception)
            on_damage()
            return LibraryError(
                "The library is damaged. At the next start it is set aside, and albums, stars, "
                "flags and names are recovered from it and its backups. No photo is touched."
            )
        if read_only and primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            return LibraryError(f"The library {path} can't be read: its disk fails or is away.")
        if read_only and primary == sqlite3.SQLITE_BUSY:
            return LibraryError(f"The library {path} is held by another program.")
        return None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


class _HintCompiler(SQLiteCompiler):
    """Passes on which index to read (``INDEXED BY``): SQLAlchemy has no words for it."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def _pool_class() -> Any:
    from sqlalchemy.pool import QueuePool

    return QueuePool


def make_folder(directory: Path) -> None:
    """Make the library's folder.

    Raises:
        LibraryError: it can't be made.
    """
    try:
        private_folder(directory)
    except OSError as error:
        raise LibraryError(
            f"The library folder {directory} can't be made: {error.strerror}."
        ) from error


def prepare(directory: Path) -> Path:
    """Make sure that a current library stands in ``directory`` and return its file.

    An older library is backed up beside itself, then migrated in one transaction.

    Raises:
        NewerLibraryError: it was written by a newer version; nothing was touched.
        LibraryError: the folder or the file can't be used.
    """
    make_folder(directory)
    path = directory / DATABASE_NAME
    private_file(path)
    version = _read_version(path)
    if version > SCHEMA_VERSION:
        raise NewerLibraryError(
            f"The library {path} has version {version}, but this program knows versions up to "
            f"{SCHEMA_VERSION}. Update the program, or choose another library folder."
        )
    if version < SCHEMA_VERSION:
        _migrate(path)
    return path


def _read_version(path: Path) -> int:
    """SQLite's ``user_version``; 0 for a file that isn't there yet."""
    if not path.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise LibraryError(
            f"The library {path} can't be read ({error}). It may be damaged or in use."
        ) from error


def _back_up(path: Path, version: int) -> Path:
    """Copy a consistent snapshot beside the library before its schema changes.

    It gets its name once it is whole: a crash leaves no half of it.
    """
    target = path.with_name(f"{path.stem}.before-v{SCHEMA_VERSION}.from-v{version}.db")
    unfinished = target.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    private_file(unfinished)
    with (
        contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as source,
        contextlib.closing(sqlite3.connect(unfinished)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, all that is needed
    unfinished.replace(target)
    log.info("library backed up before migration as %s", target.name)
    return target


def _migrate(path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    engine = make_engine(path, read_only=False, migrating=True)
    try:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        # One transaction around every step: a crash leaves the old library as it was.
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            # Another process may have migrated while this one waited for the lock.
            current = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if current < SCHEMA_VERSION:
                if current > 0:
                    _back_up(path, current)  # what others wrote last is in it: they wait by now
                lost_before = _lost_references(connection)
                command.upgrade(config, "head")
                if _lost_references(connection) - lost_before:
                    # Rather the old library than one whose rows refer to nothing.
                    raise RuntimeError("a migration left rows that refer to nothing")
                connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    except (DatabaseError, sqlite3.DatabaseError, OSError) as error:
        why = getattr(error, "orig", error)
        raise LibraryError(
            f"The library {path} can't be brought up to this program's version now ({why}). "
            "It is as it was."
        ) from error
    finally:
        engine.dispose()


def _lost_references(connection: Connection) -> set[tuple[Any, ...]]:
    """Rows that refer to none, by table and number."""
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return {(row[0], row[1], row[2]) for row in found}


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reads: one consistent snapshot while it is open."""
    with engine.connect() as connection:
        yield connection
