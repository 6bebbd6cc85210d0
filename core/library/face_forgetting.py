"""Erases what the library knows of faces, from the library itself and from its copies.

Erased for good: rows are deleted, and the files are written anew without them, since SQLite
leaves the content of deleted rows in its file until something else needs the room.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from core.domain import LibraryChange
from core.library.backup import BACKUP_FOLDER
from core.library.database import BUSY_TIMEOUT_S, DATABASE_NAME

log = logging.getLogger(__name__)

_DERIVED = (
    ("faces", "DELETE FROM faces"),
    (
        "photos",
        "UPDATE photos SET face_count = 0, softness = NULL "
        "WHERE face_count > 0 OR softness IS NOT NULL",
    ),
    ("analyses", "UPDATE analyses SET face_maps = NULL, face_map_box = NULL"),
    ("reasons", "DELETE FROM reasons WHERE x IS NOT NULL"),  # only faults of a face have a place
    ("person_faces", "DELETE FROM person_faces WHERE source = 'program'"),
    (
        "people",
        "DELETE FROM people WHERE name = '' AND id NOT IN (SELECT person_id FROM person_faces)",
    ),
)
_PEOPLE = (
    ("person_faces", "DELETE FROM person_faces"),
    ("people", "DELETE FROM people"),
    ("journal", "DELETE FROM journal WHERE kind = 'people'"),
)


@dataclass(frozen=True, slots=True)
class ForgottenFaces:
    """How many faces and people were erased from the library, and what the user said that stays:
    names, and places of faces in photos of which the user said who they are (or are not)."""

    faces: int
    people: int
    kept_names: int
    kept_places: int


def forget_faces(connection: Connection, people: bool) -> tuple[ForgottenFaces, LibraryChange]:
    """Delete all face data; with ``people`` also the names the user gave, and their journal."""

    def count(rows: str) -> int:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {rows}").scalar_one())

    faces, known = count("faces"), count("people")
    for _, statement in _statements(people):
        connection.exec_driver_sql(statement)
    _forget_in_journal(connection.exec_driver_sql)
    erased = ForgottenFaces(
        faces, known - count("people"), count("people WHERE name <> ''"), count("person_faces")
    )
    return erased, LibraryChange(everything=True)


def forget_in_copies(directory: Path, people: bool) -> list[Path]:
    """Erase the same from backups and from libraries that were set aside.

    Returns:
        Files that are too damaged for it (or can't be written): they still hold what they held.
    """
    copies = [p for p in directory.glob("library.*.db") if p.name != DATABASE_NAME]
    copies += (directory / BACKUP_FOLDER).glob("library-*.db")
    return [copy for copy in sorted(copies) if not _forget_in(copy, people)]


def _forget_in(copy: Path, people: bool) -> bool:
    try:
        with contextlib.closing(
            sqlite3.connect(copy, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        ) as connection:
            tables = {
                row[0]
                for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            connection.execute("BEGIN IMMEDIATE")
            for table, statement in _statements(people):
                if table in tables:
                    connection.execute(statement)
            if {"journal", "person_faces"} <= tables:
                _forget_in_journal(connection.execute)
            connection.execute("COMMIT")
            compact(connection)
    except sqlite3.Error as error:
        log.warning("face data can't be erased from a copy of the library: %s", error)
        return False
    return True


def _forget_in_journal(run: Callable[..., Any]) -> None:
    """Leave out of the journal where faces are of which nothing is said any more.

    An entry about people says where each of its faces was, to be taken back. What is left of it
    can be taken back still: names, and what the user said of faces.
    """
    said = {str(row[0]) for row in run("SELECT id FROM person_faces").fetchall()}
    entries = run('SELECT id, "before", "after" FROM journal WHERE kind = \'people\'').fetchall()
    for number, *documents in entries:
        states = [json.loads(document) for document in documents]
        for state in states:
            faces = state.get("faces", {})
            state["faces"] = {row_id: row for row_id, row in faces.items() if row_id in said}
        before, after = (json.dumps(state) for state in states)
        run('UPDATE journal SET "before" = ?, "after" = ? WHERE id = ?', (before, after, number))


def compact(connection: sqlite3.Connection) -> bool:
    """Write the file anew, without what was deleted; False while a reader still holds on to it."""
    connection.execute("VACUUM")
    row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return row is None or row[0] == 0


def _statements(people: bool) -> tuple[tuple[str, str], ...]:
    return (*_PEOPLE, *_DERIVED) if people else _DERIVED
