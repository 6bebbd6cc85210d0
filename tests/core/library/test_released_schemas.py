"""Libraries of every released schema open with all that their users made in them."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from core.curation.undo import history
from core.domain import ColorLabel, Flag, PhotoQuery, Status
from core.library.database import DATABASE_NAME, SCHEMA_VERSION, prepare
from core.library.library import open_library
from tests.quick import MODEL

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = range(1, SCHEMA_VERSION + 1)


@pytest.fixture(params=VERSIONS)
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of a library as that version left it."""
    script = (SCHEMAS / f"v{request.param}.sql").read_text("utf-8")
    directory = tmp_path / "library"
    directory.mkdir()
    with contextlib.closing(sqlite3.connect(directory / DATABASE_NAME)) as connection:
        connection.executescript(script)
    return directory


def test_all_that_users_made_is_kept(old: Path) -> None:
    with open_library(old) as library:
        assert library.notes == []
        assert [(a.name, str(a.path)) for a in library.queries.albums()] == [
            ("summer", "/photos/summer")
        ]
        assert library.queries.ignore_patterns(1) == ["*_small.jpg"]
        ids = library.queries.photo_ids(PhotoQuery(MODEL, statuses=frozenset(Status)))
        found = {p.path.name: p for p in library.queries.photos([int(i) for i in ids], MODEL)}
        first, second = found["a.jpg"], found["caf\udce9.jpg"]
        assert (first.rating, first.flag, first.color) == (5, None, ColorLabel.GREEN)
        assert (second.rating, second.flag) == (5, Flag.PICK)
        assert found["b.jpg"].status is Status.MISSING
        assert found["b.jpg"].flag is Flag.REJECT
        assert first.score is not None
        assert first.score.mean == pytest.approx(6.5, abs=1e-5)
        assert len(first.faces) == 1
        entries = history(library)
        assert [entry.kind for entry in entries] == ["curation", *["judgement"] * 4]
        assert [entry.undone for entry in entries] == [False, True, False, False, False]
        assert entries[0].files == 1
        assert library.writer.redo().result() == "1 star: 1 photo"
        with library.queries.reading() as connection:
            for table, rows in {"people": 1, "person_faces": 1, "smart_albums": 1,
                                "group_marks": 1, "moves": 1}.items():  # fmt: skip
                count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                assert (table, count) == (table, rows)


def test_it_ends_with_the_schema_of_a_new_library(old: Path, tmp_path: Path) -> None:
    def schema(database: Path) -> set[tuple[str, str, str]]:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            return set(
                connection.execute(
                    "SELECT type, name, sql FROM sqlite_master "
                    "WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL"
                )
            )

    assert schema(prepare(old)) == schema(prepare(tmp_path / "new"))


def test_an_older_one_is_backed_up_before_it_is_changed(old: Path) -> None:
    with contextlib.closing(sqlite3.connect(old / DATABASE_NAME)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    prepare(old)
    backups = list(old.glob(f"library.before-v{SCHEMA_VERSION}.from-v{version}.db"))
    assert len(backups) == (version < SCHEMA_VERSION)
