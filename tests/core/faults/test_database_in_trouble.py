"""A library that is held, newer, cut off or damaged, and a disk that is full."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import Status
from core.errors import LibraryError, NewerLibraryError
from core.indexing import saving
from core.library.database import DATABASE_NAME, SCHEMA_VERSION
from core.library.library import Library, open_library
from tests.core.faults.indexed import PATIENCE, make_indexer, photos, scan, statuses
from tests.mounts import small_disk
from tests.quick import TinyPhotos

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def held(library: Library) -> Iterator[sqlite3.Connection]:
    """Another program holds the library for writing."""
    other = sqlite3.connect(
        library.path / DATABASE_NAME, isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        if other.in_transaction:
            other.execute("COMMIT")
        other.close()


def test_nothing_is_lost_while_another_program_holds_the_library(
    library: Library, tiny: TinyPhotos, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """B40: four workers, a user who judges, and an outside BEGIN IMMEDIATE."""
    album = tmp_path / "album"
    tiny.album(album, 60)
    library.writer.add_album(album).result()
    indexer = make_indexer(library, workers=4)
    indexer.start()
    indexer.scan(album)
    assert indexer.wait_until_idle(PATIENCE)
    new = tiny.album(album / "more", 60)
    ids = [photo.id for photo in photos(library).values()]
    with held(library) as other:
        indexer.scan(album)
        judged = [library.writer.set_rating([photo_id], 1 + photo_id % 5) for photo_id in ids]
        assert photos(library)  # reading goes on
        assert not judged[0].done()
        # Longer than SQLite itself waits, so that the writer has to come back.
        release = threading.Timer(2.5, lambda: other.execute("COMMIT"))
        release.start()
        for future in judged:
            future.result(timeout=PATIENCE)
        release.join()
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    found = {photo.id: photo for photo in _all(library)}
    assert len(found) == 60 + len(new)
    assert {photo.status for photo in found.values()} == {Status.SCORED}
    assert all(found[photo_id].rating == 1 + photo_id % 5 for photo_id in ids)
    assert "Traceback" not in caplog.text


def _all(library: Library):  # type: ignore[no-untyped-def]
    from core.domain import PhotoQuery
    from tests.quick import MODEL

    ids = library.queries.photo_ids(PhotoQuery(MODEL))
    return library.queries.photos([int(i) for i in ids], MODEL)


def test_closing_does_not_wait_for_a_program_that_never_lets_go(
    tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    tiny.album(album, 5)
    library = open_library(tmp_path / "library")
    library.writer.add_album(album).result()
    indexer = make_indexer(library)
    with held(library):
        indexer.start()
        indexer.scan(album)
        indexer.stop()
        waiting = library.writer.set_rating([1], 5)
        library.close()
        with pytest.raises(LibraryError, match="held by another program"):
            waiting.result(timeout=PATIENCE)


def test_a_newer_library_names_both_versions_and_is_left_as_it_is(tmp_path: Path) -> None:
    """B41: by the program's own window as by its commands; another folder still works."""
    directory = tmp_path / "library"
    open_library(directory).close()
    database = directory / DATABASE_NAME
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    with pytest.raises(NewerLibraryError) as refused:
        open_library(directory)
    assert f"version {SCHEMA_VERSION + 1}" in str(refused.value)
    assert f"up to {SCHEMA_VERSION}" in str(refused.value)
    assert "another library folder" in str(refused.value)
    after = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    assert after == before
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "list", "--library", str(directory)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert str(SCHEMA_VERSION + 1) in done.stderr
    assert "Traceback" not in done.stderr
    open_library(tmp_path / "another").close()


def test_a_scan_killed_again_and_again_leaves_a_whole_library(tmp_path: Path) -> None:
    """B43: a few of the benchmark's cycles of kill -9 (`tests.benchmarks.kill9`)."""
    import json

    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.benchmarks.kill9", "--json", "--cycles", "10",
         "--seed", str(random.randrange(1 << 16))],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["actions_confirmed"] > 0, done.stderr
    assert (found["actions_lost"], found["integrity_errors"]) == (0, 0), done.stderr


def test_a_library_damaged_where_the_stars_are_is_rebuilt_and_photos_are_not_touched(
    tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B43: 4 kB are overwritten, of all places where the judgements lie; the journal has them."""
    directory, album = tmp_path / "library", tmp_path / "album"
    paths = tiny.album(album, 40)
    contents = {path: path.read_bytes() for path in paths}
    with open_library(directory) as library:
        scan(library, album)
        ids = [photo.id for photo in photos(library).values()]
        library.writer.set_rating(ids, 2).result()
        library.writer.set_rating(ids, 4).result()
        library.writer.set_rating(ids, 5).result()
        library.writer.undo().result()
    database = directory / DATABASE_NAME
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'judgements'"
        ).fetchone()[0]
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x5a" * 4096)
    (directory / "library.open").touch()
    with open_library(directory) as library:
        found = {photo.path: photo.rating for photo in _all(library)}
        assert len(library.notes) == 1
        assert "set aside" in library.notes[0]
        assert list(directory.glob("library.damaged-*.db"))
        assert found.keys() == set(paths)
        assert set(found.values()) == {4}
        scan(library, album)
        assert set(statuses(library).values()) == {Status.SCORED}
        assert len(photos(library)) == 40
    assert {path: path.read_bytes() for path in paths} == contents


@pytest.mark.skipif(sys.platform == "win32", reason="needs a small disk of its own")
def test_a_full_disk_pauses_and_everything_is_done_once_there_is_room(
    tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B45: library and thumbnails on a disk that fills up in the middle of the scan."""
    monkeypatch.setattr(saving, "RETRY_SECONDS", 0.1)
    album = tmp_path / "album"
    tiny.album(album, 150)
    with small_disk(tmp_path / "small", 4) as disk:
        with open_library(disk / "library") as library:
            library.writer.add_album(album).result()
            indexer = make_indexer(library)
            full = threading.Event()

            def hear(progress: object) -> None:
                if "disk" in progress.notes:  # type: ignore[attr-defined]
                    full.set()

            indexer.subscribe(hear)
            _fill(disk / "filler")
            indexer.start()
            indexer.scan(album)
            assert full.wait(PATIENCE), "the disk was never full"
            assert "full" in indexer.progress().notes["disk"]
            assert not indexer.wait_until_idle(0.3)
            assert library.queries.albums()[0].path == album  # looking goes on
            (disk / "filler").unlink()
            assert indexer.wait_until_idle(PATIENCE)
            assert "disk" not in indexer.progress().notes
            indexer.stop()
            found = photos(library)
            assert {photo.status for photo in found.values()} == {Status.SCORED}
            assert len(found) == 150
            ids = [photo.id for photo in found.values()]
            assert set(library.thumbnails.get_many(ids)) == set(ids)
        for name in (DATABASE_NAME, "thumbnails.db"):
            with contextlib.closing(sqlite3.connect(disk / "library" / name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _fill(path: Path) -> None:
    """Leave next to nothing free."""
    free = shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        file.write(b"\0" * max(0, free - 100_000))
