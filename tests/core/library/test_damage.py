"""A library that is damaged costs what can be computed again, not what the user made."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.cli import main
from core.domain import FileState, Flag, PhotoQuery
from core.library.backup import KEPT_DAYS, back_up_daily, backups
from core.library.database import DATABASE_NAME
from core.library.file_writes import FileChanges
from core.library.library import OPEN_MARK, open_library

PHOTOS = 3000


def fill(directory: Path, folder: Path) -> list[int]:
    with open_library(directory) as library:
        library.writer.add_album(folder).result()
        states = [FileState(folder / f"{n:05}.jpg", n, 1, n, 1) for n in range(PHOTOS)]
        ids = library.writer.apply_files(FileChanges(None, new=states)).result()
        library.writer.set_rating(ids[::3], 4).result()
        library.writer.set_flag(ids[1::3], Flag.PICK).result()
    with contextlib.closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return ids


def damage(directory: Path, start: float, *, crashed: bool = True) -> None:
    """Overwrite 4 kB at a share of the file's length."""
    path = directory / DATABASE_NAME
    page = int(path.stat().st_size * start) // 4096
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096)
    if crashed:
        (directory / OPEN_MARK).touch()


def test_user_data_is_recovered_from_a_damaged_library_and_its_backup(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    for old in backups(directory / DATABASE_NAME):
        old.unlink()
    back_up_daily(directory / DATABASE_NAME, date.today() - timedelta(days=1))
    damage(directory, 0.6)
    with open_library(directory) as library:
        assert len(library.notes) == 1
        assert "set aside" in library.notes[0]
        assert library.queries.count(PhotoQuery("any")) == PHOTOS
        assert library.queries.count(PhotoQuery("any", min_rating=4)) == PHOTOS // 3
        assert library.queries.count(PhotoQuery("any", flag=Flag.PICK)) == PHOTOS // 3
        assert len(library.queries.journal_entries()) == 2
    assert list(directory.glob("library.damaged-*.db"))


def test_without_a_backup_all_rows_outside_the_damage_are_recovered(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    for old in backups(directory / DATABASE_NAME):
        old.unlink()
    damage(directory, 0.6)
    with open_library(directory) as library:
        photos = library.queries.count(PhotoQuery("any"))
        assert PHOTOS * 0.9 < photos <= PHOTOS
        assert library.queries.count(PhotoQuery("any", min_rating=4)) > PHOTOS // 3 * 0.8


def test_damage_that_is_only_met_when_reading_is_told_and_mended_at_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk may lose a page without any crash."""
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    with contextlib.closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='photos'")
        photos = root.fetchone()[0]
    damage(directory, (photos - 0.5) / pages, crashed=False)
    listing = ["list", str(tmp_path / "album"), "--library", str(directory), "--limit", "3"]
    assert main(listing) == 1
    said = capsys.readouterr().err
    assert "damaged" in said
    assert "At the next start" in said
    assert main(listing) == 0
    assert "set aside" in capsys.readouterr().err
    with open_library(directory) as library:
        assert library.notes == []
        assert library.queries.count(PhotoQuery("any", min_rating=4)) == PHOTOS // 3


def test_a_file_that_is_no_database_any_more_is_replaced_from_the_backup(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    back_up_daily(directory / DATABASE_NAME, date.today() + timedelta(days=1))
    (directory / DATABASE_NAME).write_bytes(b"zeroed by a power cut" * 1000)
    with open_library(directory) as library:
        assert library.queries.count(PhotoQuery("any", min_rating=4)) == PHOTOS // 3
        assert "damaged" in library.notes[0]


def test_a_crash_alone_is_no_damage(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    (directory / OPEN_MARK).touch()
    with open_library(directory) as library:
        assert library.notes == []
        assert library.queries.count(PhotoQuery("any")) == PHOTOS


def test_a_library_has_a_backup_after_its_first_day_and_on_every_day_it_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "library"
    database = directory / DATABASE_NAME
    fill(directory, tmp_path / "album")
    (first,) = backups(database)
    with contextlib.closing(sqlite3.connect(first)) as connection:
        assert connection.execute("SELECT count(*) FROM judgements").fetchone()[0] > PHOTOS // 2

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date(2040, 1, 1)

    with open_library(directory) as library:
        assert backups(database) == [first]
        monkeypatch.setattr("core.library.library.date", Tomorrow)
        library.writer.set_rating([1], 2).result()
        assert backups(database)[0].stem == "library-2040-01-01"


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory, tmp_path / "album")
    database = directory / DATABASE_NAME
    days = [date(2030, 1, day) for day in range(1, KEPT_DAYS + 4)]
    left_by_a_crash = directory / "backups" / "library-2029-12-31.unfinished"
    left_by_a_crash.touch()
    for day in days:
        back_up_daily(database, day)
        assert back_up_daily(database, day) is None
    assert [path.stem for path in backups(database)] == [
        f"library-{day.isoformat()}" for day in reversed(days[-KEPT_DAYS:])
    ]
    assert not left_by_a_crash.exists()


def test_the_second_program_on_a_library_knows_that_it_is(tmp_path: Path) -> None:
    with open_library(tmp_path) as first, open_library(tmp_path) as second:
        assert first.presence.first
        assert not second.presence.first
        second.writer.add_album(tmp_path / "album").result()
        assert [album.name for album in first.queries.albums()] == ["album"]
    assert not (tmp_path / OPEN_MARK).exists()
