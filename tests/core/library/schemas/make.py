"""Writes a small library of the present schema as SQL, to be opened by all later versions.

Run once for each released schema: ``python -m tests.core.library.schemas.make``.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import numpy as np

from core.domain import Analysis, Box, ColorLabel, Face, FileState, Flag, PhotoMetadata, Status
from core.library import curation_writes
from core.library.analysis_writes import AnalyzedPhoto
from core.library.curation_writes import NewMove
from core.library.database import DATABASE_NAME, SCHEMA_VERSION
from core.library.file_writes import FileChanges
from core.library.library import open_library
from tests.quick import MODEL, QuickAnalyzer

HERE = Path(__file__).parent
ALBUM = Path("/photos/summer")


def fill(directory: Path) -> None:
    """A library with a little of everything that users make."""
    with open_library(directory) as library:
        write = library.writer
        album = write.add_album(ALBUM).result()
        write.set_ignore_patterns(album.id, ["*_small.jpg"]).result()
        names = [b"a.jpg", b"caf\xe9.jpg", b"b.jpg", b"c.jpg"]
        states = [
            FileState(ALBUM / name.decode("utf-8", "surrogateescape"), 1000 + n, 10**18, 50 + n, 7)
            for n, name in enumerate(names)
        ]
        ids = write.apply_files(FileChanges(None, new=states)).result()
        face = Face(Box(0.3, 0.2, 0.2, 0.3), 0.9, ((0.35, 0.3),), np.ones(1024, np.float32))
        score = QuickAnalyzer.score_of(6.5)
        analysis = Analysis(
            PhotoMetadata("jpeg", 96, 72), Status.SCORED, None, score, (face,), None, 12345
        )
        write.save_analyses(
            MODEL,
            [AnalyzedPhoto(i, f"{1000 + n}:{10**18}", analysis, bytes(16)) for n, i in
             enumerate(ids)],
        ).result()  # fmt: skip
        write.set_rating(ids[:2], 5).result()
        write.set_flag(ids[1:2], Flag.PICK).result()
        write.set_color(ids[:1], ColorLabel.GREEN).result()
        write.set_rating(ids[:1], 1).result()
        write.undo().result()
        write.submit(lambda c: (_mark(c, ids[0], ids[1]), _nothing())).result()
        move = NewMove(ids[2], ALBUM / "b.jpg", ALBUM / "_rejected/b.jpg", "move", 1002, 10**18)
        journal_id, move_ids = write.submit(
            lambda c: curation_writes.begin(c, "Keep the best", [ids[2]], [move], {"n": 1})
        ).result()
        write.submit(
            lambda c: curation_writes.note_moved(
                c, [(move_ids[0], ids[2], ALBUM / "_rejected/b.jpg")]
            )
        ).result()
        write.submit(lambda c: curation_writes.set_state(c, journal_id, "applied")).result()
        write.submit(lambda c: (_people(c, ids[0]), _nothing())).result()


def _mark(connection: object, first: int, second: int) -> None:
    connection.exec_driver_sql(  # type: ignore[attr-defined]
        "INSERT INTO group_marks VALUES (?, ?, 0, '2024-06-01 12:00:00.000000')", (first, second)
    )


def _people(connection: object, photo_id: int) -> None:
    moment = "2024-06-01 12:00:00.000000"
    run = connection.exec_driver_sql  # type: ignore[attr-defined]
    run("INSERT INTO people (name, hidden, changed_at) VALUES ('Somebody', 0, ?)", (moment,))
    run(
        "INSERT INTO person_faces (person_id, photo_id, x, y, w, h, source) "
        "VALUES (1, ?, 0.3, 0.2, 0.2, 0.3, 'user')",
        (photo_id,),
    )
    run(
        "INSERT INTO smart_albums (name, query, changed_at) VALUES ('Best', 'rating>=5', ?)",
        (moment,),
    )


def _nothing() -> object:
    from core.domain import LibraryChange

    return LibraryChange()


def dump(connection: sqlite3.Connection) -> list[str]:
    """The library as SQL; its index of names is made anew, since its own tables can't be."""
    names = connection.execute(
        "SELECT sql FROM sqlite_master WHERE name = 'photo_names'"
    ).fetchone()
    kept = [
        line
        for line in connection.iterdump()
        if not line.startswith('INSERT INTO "photo_names')
        and "TABLE 'photo_names_" not in line
        and not line.startswith("INSERT INTO sqlite_master")
        and "PRAGMA" not in line
    ]
    rebuilt = "INSERT INTO photo_names (photo_names) VALUES ('rebuild');"
    place = next(n for n, line in enumerate(kept) if line.startswith("CREATE TRIGGER"))
    return [*kept[:place], f"{names[0]};", rebuilt, *kept[place:]]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name))
        with contextlib.closing(sqlite3.connect(Path(name) / DATABASE_NAME)) as connection:
            lines = [*dump(connection), f"PRAGMA user_version={SCHEMA_VERSION};"]
    (HERE / f"v{SCHEMA_VERSION}.sql").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
