"""Rows about people as edits that can be taken back: each remembers what was before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from core.domain import Box, LibraryChange
from core.errors import UsageError
from core.library.schema import journal, now, people, person_faces

PEOPLE = "people"
USER, USER_NOT, PROGRAM = "user", "user_not", "program"

_FACE = ("person_id", "photo_id", "x", "y", "w", "h", "source")
_PERSON = ("name", "hidden")
Row = list[Any] | None


@dataclass(frozen=True, slots=True)
class FacePlace:
    """A face by its photo and place, which outlive a new detection."""

    photo_id: int
    box: Box


class Edit:
    """Changes rows and remembers each before its first and after its last change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: dict[str, dict[str, Row]] = {"people": {}, "faces": {}}
        self._after: dict[str, dict[str, Row]] = {"people": {}, "faces": {}}
        self._photos: set[int] = set()

    def add_person(self, name: str) -> int:
        """Make a person; gives the id."""
        found = self._connection.execute(
            insert(people).values(name=name, hidden=False, changed_at=now()).returning(people.c.id)
        ).scalar_one()
        self._note("people", int(found), None, [name, False])
        return int(found)

    def set_person(self, person_id: int, **values: Any) -> None:
        """Change a person's name or whether hidden."""
        old = person_row(self._connection, person_id)
        new = [values.get(name, was) for name, was in zip(_PERSON, old, strict=True)]
        if new != old:
            self._connection.execute(
                update(people)
                .where(people.c.id == person_id)
                .values(**dict(zip(_PERSON, new, strict=True)), changed_at=now())
            )
            self._note("people", person_id, old, new)

    def remove_person(self, person_id: int) -> None:
        """Remove a person with all that was said of faces about them."""
        self.remove_faces(face_rows(self._connection, person_faces.c.person_id == person_id))
        old = person_row(self._connection, person_id)
        self._connection.execute(delete(people).where(people.c.id == person_id))
        self._note("people", person_id, old, None)

    def add_face(self, person_id: int, place: FacePlace, source: str) -> None:
        """Say of a face who it is (or is not)."""
        box = place.box
        row = [person_id, place.photo_id, box.x, box.y, box.w, box.h, source]
        found = self._connection.execute(
            insert(person_faces)
            .values(dict(zip(_FACE, row, strict=True)))
            .returning(person_faces.c.id)
        ).scalar_one()
        self._note("faces", int(found), None, row)

    def set_faces(self, rows: Mapping[int, list[Any]], **values: Any) -> None:
        """Change what is said of faces; ``rows`` are those of `face_rows`."""
        for row_id, old in rows.items():
            new = [values.get(name, was) for name, was in zip(_FACE, old, strict=True)]
            if new != old:
                self._connection.execute(
                    update(person_faces).where(person_faces.c.id == row_id).values(**values)
                )
                self._note("faces", row_id, old, new)

    def remove_faces(self, rows: Mapping[int, list[Any]]) -> None:
        """Forget what was said of faces."""
        ids = list(rows)
        for start in range(0, len(ids), 500):
            chunk = ids[start : start + 500]
            self._connection.execute(delete(person_faces).where(person_faces.c.id.in_(chunk)))
        for row_id, old in rows.items():
            self._note("faces", row_id, old, None)

    def _note(self, table: str, row_id: int, before: Row, after: Row) -> None:
        self._before[table].setdefault(str(row_id), before)
        self._after[table][str(row_id)] = after
        if table == "faces":
            self._photos.update(row[1] for row in (before, after) if row is not None)

    @property
    def change(self) -> LibraryChange:
        """The photos whose people changed."""
        return LibraryChange(updated=frozenset(self._photos))

    def keep(self, description: str, **details: Any) -> LibraryChange:
        """Write the entry of the journal, if anything changed."""
        changed = any(self._before[t] != self._after[t] for t in self._before)
        if not changed:
            return LibraryChange()
        self._connection.execute(
            insert(journal).values(
                at=now(),
                kind=PEOPLE,
                description=description,
                before=self._before,
                after={**self._after, **details, "photos": len(self._photos)},
            )
        )
        return self.change


def person_row(connection: Connection, person_id: int) -> list[Any]:
    """Name and whether hidden.

    Raises:
        UsageError: there is no such person any more.
    """
    row = connection.execute(
        select(people.c.name, people.c.hidden).where(people.c.id == person_id)
    ).first()
    if row is None:
        raise UsageError("This person is not there any more.")
    return [row.name, bool(row.hidden)]


def face_rows(connection: Connection, where: Any) -> dict[int, list[Any]]:
    """Rows of ``person_faces`` by id."""
    columns = [person_faces.c[name] for name in _FACE]
    rows = connection.execute(select(person_faces.c.id, *columns).where(where))
    return {row.id: list(row[1:]) for row in rows}


# --- taking back ----------------------------------------------------------------------------------


def undo(connection: Connection, journal_id: int) -> tuple[list[int], LibraryChange]:
    """Take an entry back; gives the photos whose faces were told anew since and are left so."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    result = _restore(connection, entry.before, entry.after)
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=now()))
    return result


def redo(connection: Connection, journal_id: int) -> tuple[list[int], LibraryChange]:
    """Do an entry again that was taken back."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    result = _restore(connection, entry.after, entry.before)
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=None))
    return result


def _restore(
    connection: Connection, wanted: Mapping[str, Any], expected: Mapping[str, Any]
) -> tuple[list[int], LibraryChange]:
    """Give rows the values of ``wanted`` that still have those of ``expected``."""
    there = {
        row.id: [row.name, bool(row.hidden)]
        for row in connection.execute(select(people.c.id, *(people.c[n] for n in _PERSON)))
    }
    for key, row in wanted["people"].items():
        person_id = int(key)
        if row is not None and person_id not in there:
            connection.execute(
                insert(people).values(
                    id=person_id, **dict(zip(_PERSON, row, strict=True)), changed_at=now()
                )
            )
        elif row is not None and there[person_id] == expected["people"][key]:
            connection.execute(
                update(people)
                .where(people.c.id == person_id)
                .values(**dict(zip(_PERSON, row, strict=True)), changed_at=now())
            )
    kept: set[int] = set()
    touched: set[int] = set()
    keys = [int(key) for key in wanted["faces"]]
    current: dict[int, list[Any]] = {}
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        current |= face_rows(connection, person_faces.c.id.in_(chunk))
    alive = set(connection.scalars(select(people.c.id)))
    for key, row in wanted["faces"].items():
        row_id, was = int(key), expected["faces"][key]
        photo_id = (row or was)[1]
        if current.get(row_id) != was or (row is not None and row[0] not in alive):
            kept.add(photo_id)
            continue
        touched.add(photo_id)
        if row is None:
            connection.execute(delete(person_faces).where(person_faces.c.id == row_id))
        elif was is None:
            connection.execute(
                insert(person_faces).values(id=row_id, **dict(zip(_FACE, row, strict=True)))
            )
        else:
            connection.execute(
                update(person_faces)
                .where(person_faces.c.id == row_id)
                .values(**dict(zip(_FACE, row, strict=True)))
            )
    _drop_empty(connection, [int(key) for key, row in wanted["people"].items() if row is None])
    return sorted(kept), LibraryChange(updated=frozenset(touched))


def _drop_empty(connection: Connection, person_ids: Iterable[int]) -> None:
    """Remove people that nothing is said of any more."""
    for person_id in person_ids:
        held = connection.scalar(
            select(func.count())
            .select_from(person_faces)
            .where(person_faces.c.person_id == person_id)
        )
        if not held:
            connection.execute(delete(people).where(people.c.id == person_id))
