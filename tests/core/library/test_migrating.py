"""Migrating a library: all that users made is in the new one, or the old one stays."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.domain import FileState, Flag
from core.errors import LibraryError
from core.library import database
from core.library.backup import KEPT_TABLES
from core.library.database import DATABASE_NAME, SCHEMA_VERSION, prepare
from core.library.file_writes import FileChanges
from core.library.library import open_library
from tests.core.library.second_schema import one_ahead

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of a library of the present schema with photos, stars and flags."""
    directory, album = tmp_path / "library", tmp_path / "album"
    with open_library(directory) as library:
        library.writer.add_album(album).result()
        states = [FileState(album / f"{n:05}.jpg", n, 1, n, 1) for n in range(300)]
        ids = library.writer.apply_files(FileChanges(None, new=states)).result()
        library.writer.set_rating(ids[::2], 4).result()
        library.writer.set_flag(ids[::3], Flag.PICK).result()
    return directory


def made_by_users(path: Path) -> tuple[int, Rows]:
    """The schema's number and the tables of what users made."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
            for table in KEPT_TABLES
        }


def without_new_columns(rows: Rows) -> Rows:
    new = {"spelled", "remark"}
    return {
        table: [{name: row[name] for name in row if name not in new} for row in held]
        for table, held in rows.items()
    }


def copies(directory: Path) -> list[Path]:
    return sorted(directory.glob("library.before-*"))


def test_tables_that_are_made_anew_take_nothing_along_that_refers_to_them(
    old: Path, tmp_path: Path
) -> None:
    _, before = made_by_users(old / DATABASE_NAME)
    with one_ahead(tmp_path) as ahead:
        with open_library(old) as library:
            assert library.notes == []
        version, after = made_by_users(old / DATABASE_NAME)
    assert version == ahead
    assert without_new_columns(after) == before
    assert all(row["spelled"] for row in after["photos"])
    assert {row["remark"] for row in after["judgements"]} == {""}
    (copy,) = copies(old)
    assert copy.name == f"library.before-v{ahead}.from-v{SCHEMA_VERSION}.db"
    assert made_by_users(copy) == (SCHEMA_VERSION, before)


def test_a_migration_that_fails_leaves_the_library_as_it_was(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made_by_users(old / DATABASE_NAME)
    with one_ahead(tmp_path) as ahead:
        script = next(database.MIGRATIONS.glob(f"versions/v{ahead:04}*.py"))
        whole = script.read_text("utf-8")
        script.write_text(whole + '    op.execute("DELETE FROM photos WHERE id % 2")\n', "utf-8")
        with pytest.raises(RuntimeError, match="refer to nothing"):
            open_library(old)
        assert made_by_users(old / DATABASE_NAME) == before
        script.write_text(whole, "utf-8")
        open_library(old).close()
        assert made_by_users(old / DATABASE_NAME)[0] == ahead


def test_two_programs_that_open_an_older_library_migrate_it_once(old: Path, tmp_path: Path) -> None:
    _, before = made_by_users(old / DATABASE_NAME)
    together = threading.Barrier(3)

    def start() -> None:
        together.wait()
        prepare(old)

    with one_ahead(tmp_path) as ahead, ThreadPoolExecutor(3) as programs:
        for program in [programs.submit(start) for _ in range(3)]:
            program.result()
    version, after = made_by_users(old / DATABASE_NAME)
    assert version == ahead
    assert without_new_columns(after) == before
    (copy,) = copies(old)  # not of what another one had migrated meanwhile
    assert made_by_users(copy) == (SCHEMA_VERSION, before)


def test_a_library_that_cannot_be_migrated_now_says_why_and_stays(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    before = made_by_users(old / DATABASE_NAME)
    with (
        one_ahead(tmp_path),
        contextlib.closing(sqlite3.connect(old / DATABASE_NAME, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryError, match="is as it was"):
            open_library(old)
        other.execute("ROLLBACK")
        assert made_by_users(old / DATABASE_NAME) == before
        open_library(old).close()
