"""The doctor finds real damage, says what would help, and spares what users made."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.doctor import Finding, examine
from core.domain import Status
from core.errors import LibraryError
from core.files.thumbnails import STORE_NAME
from core.library.database import DATABASE_NAME, SCHEMA_VERSION
from core.library.library import open_library
from tests.core.faults.indexed import photos, rate, scan, statuses
from tests.quick import TinyPhotos


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    TinyPhotos().album(folder, 30)
    return folder


@pytest.fixture
def directory(tmp_path: Path, album: Path) -> Path:
    """A closed library of 30 scored photos, the first of them with five stars."""
    place = tmp_path / "library"
    with open_library(place) as library:
        scan(library, album)
        rate(library, sorted(album.iterdir())[0], 5)
    return place


def found(directory: Path, *, repair: bool = False) -> dict[str, Finding]:
    return {f.check: f for f in examine(directory, repair=repair).findings}


@contextlib.contextmanager
def sql(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(directory)): p.read_bytes()
        for p in directory.rglob("*")
        if p.is_file() and not p.name.endswith(("-shm", "-wal"))
    }


def test_a_sound_library_is_left_exactly_as_it_is(directory: Path) -> None:
    before = contents(directory)
    examination = examine(directory)
    assert examination.ok
    assert [f.check for f in examination.findings] == [
        "database", "photos", "thumbnails", "watching", "models", "workers", "space", "privacy"
    ]  # fmt: skip
    assert all(f.would is None for f in examination.findings)
    assert contents(directory) == before
    texts = {f.check: f.text for f in examination.findings}
    assert "30 photos are in 1 albums" in texts["photos"]
    assert "30 thumbnails" in texts["thumbnails"]


def test_where_there_is_no_library_none_is_made(tmp_path: Path) -> None:
    assert examine(tmp_path / "none", repair=True).ok
    assert not (tmp_path / "none").exists()


def test_a_damaged_database_is_told_and_on_demand_recovered(directory: Path) -> None:
    database = directory / DATABASE_NAME
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\x5a" * 8192)
    damaged = database.read_bytes()
    finding = found(directory)["database"]
    assert not finding.ok
    assert "damaged" in finding.text
    assert finding.would is not None
    assert "set aside" in finding.would
    assert database.read_bytes() == damaged
    mended = found(directory, repair=True)
    assert mended["database"].repaired
    (aside,) = directory.glob("library.damaged-*.db")
    assert aside.read_bytes() == damaged
    with open_library(directory) as library:
        assert len(photos(library)) == 30
        assert sorted(photo.rating for photo in photos(library).values())[-1] == 5
    assert found(directory)["database"].ok


def test_a_damaged_index_is_built_again(directory: Path) -> None:
    """Rows that an index lacks: what a power cut on a lying disk leaves behind."""
    with sql(directory / DATABASE_NAME) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (definition,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_photos_size'"
        ).fetchone()
        connection.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_photos_size'",
            (f"{definition} WHERE size < 0",),
        )
        connection.execute("PRAGMA writable_schema = RESET")
    with sql(directory / DATABASE_NAME) as connection:
        connection.execute("REINDEX ix_photos_size")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_photos_size'", (definition,)
        )
        connection.execute("PRAGMA writable_schema = RESET")
    finding = found(directory)["database"]
    assert not finding.ok
    assert "index" in finding.text
    assert found(directory, repair=True)["database"].repaired
    assert found(directory)["database"].ok
    assert not list(directory.glob("library.damaged-*"))


def test_rows_that_refer_to_nothing_are_dropped_unless_users_made_them(directory: Path) -> None:
    with sql(directory / DATABASE_NAME) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(
            "INSERT INTO faces (photo_id, x, y, w, h, score) VALUES (9999, 0, 0, 1, 1, 1)"
        )
        connection.execute(
            "INSERT INTO judgements (photo_id, rating, changed_at) VALUES (9999, 3, '2026')"
        )
    assert "1 of faces" in found(directory)["database"].text
    found(directory, repair=True)
    with sql(directory / DATABASE_NAME) as connection:
        assert connection.execute("SELECT count(*) FROM faces").fetchone() == (0,)
        assert connection.execute(
            "SELECT rating FROM judgements WHERE photo_id = 9999"
        ).fetchone() == (3,)


def test_a_newer_database_is_not_touched(directory: Path) -> None:
    with sql(directory / DATABASE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = contents(directory)
    finding = found(directory, repair=True)["database"]
    assert not finding.ok
    assert f"version {SCHEMA_VERSION + 1}" in finding.text
    assert finding.would is None
    assert contents(directory) == before


def test_lost_thumbnails_are_made_and_strange_ones_dropped(directory: Path) -> None:
    with sql(directory / STORE_NAME) as connection:
        connection.execute("DELETE FROM thumbnails WHERE id <= 3")
        connection.execute("INSERT INTO thumbnails VALUES (7777, x'00')")
    finding = found(directory)["thumbnails"]
    assert "3 photos lack theirs" in finding.text
    assert "1 belong to no photo" in finding.text
    assert found(directory, repair=True)["thumbnails"].repaired
    assert found(directory)["thumbnails"].ok
    with open_library(directory) as library:
        assert set(library.thumbnails.get_many(range(1, 31))) == set(range(1, 31))
        assert set(statuses(library).values()) == {Status.SCORED}


def test_a_damaged_store_of_thumbnails_is_made_anew(directory: Path) -> None:
    store = directory / STORE_NAME
    store.write_bytes(b"no database at all" * 1000)
    assert "damaged" in found(directory)["thumbnails"].text
    assert "30 thumbnails were made" in found(directory, repair=True)["thumbnails"].text
    assert found(directory)["thumbnails"].ok


def test_photos_that_moved_unseen_are_found_with_their_stars(directory: Path, album: Path) -> None:
    best = sorted(album.iterdir())[0]
    (album / "sorted").mkdir()
    best.rename(album / "sorted" / "best.jpg")
    sorted(album.glob("*.jpg"))[-1].unlink()
    finding = found(directory)["photos"]
    assert "2 are no longer where the index has them" in finding.text
    mended = found(directory, repair=True)["photos"]
    assert "1 photos moved, 1 missing" in mended.text
    with open_library(directory) as library:
        assert photos(library)["best.jpg"].rating == 5
        assert len(photos(library)) == 30


def test_an_album_whose_drive_is_away_is_no_fault(directory: Path, album: Path) -> None:
    album.rename(album.with_name("away"))
    finding = found(directory, repair=True)["photos"]
    assert finding.ok
    assert "offline, with nothing forgotten: album" in finding.text


def test_a_cut_model_is_named(directory: Path, tmp_path: Path, monkeypatch: Any) -> None:
    import core.inference.cards as cards

    bundle = tmp_path / "models"
    source = cards.bundled_models(kind=None)[0].directory
    shutil.copytree(str(source), bundle / "one")
    (card,) = [cards.load_card(bundle / "one")]
    graph = bundle / "one" / card.file
    graph.write_bytes(graph.read_bytes()[: card.bytes // 2])
    monkeypatch.setattr("core.doctor.surroundings.bundled_models", lambda kind: (card,))
    finding = found(directory)["models"]
    assert not finding.ok
    assert "cut short" in finding.text
    assert card.file in finding.text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
def test_a_system_that_watches_no_more_folders_is_told(directory: Path, monkeypatch: Any) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.files.native_watches.NativeWatches._new_observer", full)
    finding = found(directory)["watching"]
    assert not finding.ok
    assert "1 are looked at again and again" in finding.text
    assert "max_user_watches" in finding.text


def test_a_full_disk_is_told(directory: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "core.doctor.surroundings.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1)
    )
    finding = found(directory)["space"]
    assert not finding.ok
    assert "Free some space" in finding.text


@pytest.mark.skipif(sys.platform == "win32", reason="rights are inherited there")
def test_a_library_that_others_may_read_is_closed_to_them(directory: Path) -> None:
    directory.chmod(0o755)
    assert "0755" in found(directory)["privacy"].text
    assert found(directory, repair=True)["privacy"].repaired
    assert directory.stat().st_mode & 0o777 == 0o700


def test_nothing_is_repaired_under_another_window(directory: Path) -> None:
    with open_library(directory):
        assert found(directory)["database"].ok
        with pytest.raises(LibraryError, match="another window"):
            examine(directory, repair=True)


def test_the_command_says_it_in_sentences_and_as_json(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sql(directory / STORE_NAME) as connection:
        connection.execute("DELETE FROM thumbnails")
    words = ["doctor", "--library", str(directory)]
    assert main(words) == 1
    output = capsys.readouterr().out
    assert "30 photos lack theirs" in output
    assert "With --repair: 30 are made from their photos." in output
    assert main([*words, "--repair", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    (check,) = [c for c in document["checks"] if c["check"] == "thumbnails"]
    assert check["repaired"] is True
    assert main([*words, "--json"]) == 0
