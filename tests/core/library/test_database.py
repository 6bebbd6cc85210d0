"""Opening: migrations, newer libraries, and what other programs may do to the file meanwhile."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
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


AS_NOBODY = """
import os, sys
from pathlib import Path
from core.errors import LibraryError
from core.library.library import open_library

os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    open_library(Path(sys.argv[1]))
except LibraryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs to become nobody")
def test_a_library_that_may_not_be_written_says_so() -> None:
    """As a user who is not root."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "library"
        open_library(directory).close()
        for path in (Path(name), directory, *directory.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        done = subprocess.run(
            [sys.executable, "-P", "-c", AS_NOBODY, str(directory)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
            cwd=name,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert f"The library folder {directory} can't be written to" in done.stdout


def test_a_drive_without_locks_is_worked_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with open_library(tmp_path / "library") as library:
        assert library.presence.first


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
