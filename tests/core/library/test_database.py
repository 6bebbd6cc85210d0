"""Opening: migrations, newer libraries, and what other programs may do to the file meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.errors import LibraryError, NewerLibraryError
from core.library.database import DATABASE_NAME, SCHEMA_VERSION, make_engine, prepare
from core.library.library import open_library
from core.library.schema import metadata


def test_the_migrations_end_at_the_schema_that_the_code_uses(tmp_path: Path) -> None:
    engine = make_engine(prepare(tmp_path), read_only=True)
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: not (name or "").startswith("photo_names")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        assert version == SCHEMA_VERSION
    engine.dispose()


def test_a_newer_library_is_refused_and_left_untouched(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(NewerLibraryError, match=f"version {SCHEMA_VERSION + 1}.*{SCHEMA_VERSION}"):
        open_library(tmp_path)
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="can't be made"):
        open_library(tmp_path / "file" / "library")


def test_a_write_waits_for_another_program_holding_the_library(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        other = sqlite3.connect(
            tmp_path / "library" / DATABASE_NAME, isolation_level=None, check_same_thread=False
        )
        other.execute("BEGIN IMMEDIATE")
        waiting = library.writer.add_album(tmp_path)
        assert library.queries.albums() == []  # reading goes on meanwhile
        assert not waiting.done()
        release = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        release.start()
        assert waiting.result(timeout=20).path == tmp_path
        release.join()
        other.close()


def test_readers_cannot_write(tmp_path: Path) -> None:
    engine = make_engine(prepare(tmp_path), read_only=True)
    with engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM albums")
    engine.dispose()
