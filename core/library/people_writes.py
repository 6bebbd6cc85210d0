"""Writes about people: who a face is, by the user's word or by the program's clustering.

What the user does is journaled as the rows before and after, so that it can be taken back at any
time; rows that were changed again since are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.domain import Box, LibraryChange
from core.errors import UsageError
from core.library.people_rows import (
    PROGRAM,
    USER,
    USER_NOT,
    Edit,
    FacePlace,
    face_rows,
    person_row,
)
from core.library.schema import people, person_faces


def _chosen(
    connection: Connection, person_id: int, face_ids: Sequence[int]
) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for start in range(0, len(face_ids), 500):
        found |= face_rows(
            connection,
            person_faces.c.id.in_(face_ids[start : start + 500])
            & (person_faces.c.person_id == person_id)
            & (person_faces.c.source != USER_NOT),
        )
    return found


def _place(row: Sequence[Any]) -> FacePlace:
    return FacePlace(row[1], Box(*row[2:6]))


# --- what the user does ---------------------------------------------------------------------------


def name_person(connection: Connection, person_id: int, name: str) -> tuple[int, LibraryChange]:
    """Name a person; one who has that name already becomes the same person. Gives whose id holds
    the faces now."""
    wanted = " ".join(name.split())
    other = connection.scalar(
        select(people.c.id).where(
            func.lower(people.c.name) == wanted.lower(),
            people.c.id != person_id,
            people.c.name != "",
        )
    )
    if wanted and other is not None:
        _, change = merge(connection, int(other), [person_id])
        return int(other), change
    edit = Edit(connection)
    old = person_row(connection, person_id)[0]
    edit.set_person(person_id, name=wanted)
    what = f"Name {wanted}" if wanted else f"Take the name {old} away"
    return person_id, edit.keep(what, action="name", name=wanted, old=old)


def merge(
    connection: Connection, person_id: int, others: Sequence[int]
) -> tuple[int, LibraryChange]:
    """Let people be one; a person without a name takes the first name among the others."""
    edit = Edit(connection)
    name = person_row(connection, person_id)[0]
    mine = {
        tuple(row[1:6])
        for row in face_rows(connection, person_faces.c.person_id == person_id).values()
        if row[6] != USER_NOT
    }
    for other in others:
        if other == person_id:
            continue
        name = name or person_row(connection, other)[0]
        theirs = face_rows(connection, person_faces.c.person_id == other)
        # That a face of this person is not the other one does not hold any more.
        stale = {i: r for i, r in theirs.items() if r[6] == USER_NOT and tuple(r[1:6]) in mine}
        edit.remove_faces(stale)
        edit.set_faces({i: r for i, r in theirs.items() if i not in stale}, person_id=person_id)
        mine |= {tuple(r[1:6]) for r in theirs.values() if r[6] != USER_NOT}
        edit.remove_person(other)
    denied = face_rows(
        connection, (person_faces.c.person_id == person_id) & (person_faces.c.source == USER_NOT)
    )
    edit.remove_faces({i: r for i, r in denied.items() if tuple(r[1:6]) in mine})
    edit.set_person(person_id, name=name, hidden=False)
    return person_id, edit.keep(
        f"Merge {len(others) + 1} people" + (f" as {name}" if name else ""),
        action="merge",
        name=name,
        count=len(others) + 1,
    )


def split(
    connection: Connection, person_id: int, face_ids: Sequence[int], name: str = ""
) -> tuple[int, LibraryChange]:
    """Make these faces of a person another person; gives the new one's id.

    Raises:
        UsageError: no face of the person is among them.
    """
    rows = _chosen(connection, person_id, face_ids)
    if not rows:
        raise UsageError("Choose the faces that are somebody else.")
    edit = Edit(connection)
    fresh = edit.add_person(name)
    edit.set_faces(rows, person_id=fresh, source=USER)
    for row in rows.values():
        edit.add_face(person_id, _place(row), USER_NOT)
    old = person_row(connection, person_id)[0]
    return fresh, edit.keep(_count(len(rows), "made another person"), action="split", name=old,
                            count=len(rows))  # fmt: skip


def move(
    connection: Connection, person_id: int, face_ids: Sequence[int], target: int
) -> tuple[int, LibraryChange]:
    """Say that these faces of a person are another, known one."""
    rows = _chosen(connection, person_id, face_ids)
    name = person_row(connection, target)[0]
    edit = Edit(connection)
    edit.set_faces(rows, person_id=target, source=USER)
    for row in rows.values():
        edit.add_face(person_id, _place(row), USER_NOT)
    places = {tuple(row[1:6]) for row in rows.values()}
    denied = face_rows(
        connection, (person_faces.c.person_id == target) & (person_faces.c.source == USER_NOT)
    )
    edit.remove_faces({i: r for i, r in denied.items() if tuple(r[1:6]) in places})
    return target, edit.keep(_count(len(rows), f"moved to {name}"), action="move", name=name,
                             count=len(rows))  # fmt: skip


def name_faces(
    connection: Connection, places: Sequence[FacePlace], name: str
) -> tuple[int, LibraryChange]:
    """Say of faces that were nobody's who they are: the person of that name, or a new one. Gives
    the person's id.

    Raises:
        UsageError: no face, or no name.
    """
    wanted = " ".join(name.split())
    if not places or not wanted:
        raise UsageError("Choose faces and say who they are.")
    edit = Edit(connection)
    known = connection.scalar(
        select(people.c.id).where(func.lower(people.c.name) == wanted.lower())
    )
    person_id = edit.add_person(wanted) if known is None else int(known)
    for place in places:
        denied = face_rows(
            connection,
            (person_faces.c.person_id == person_id)
            & (person_faces.c.photo_id == place.photo_id)
            & (person_faces.c.source == USER_NOT),
        )
        here = {i: row for i, row in denied.items() if _place(row) == place}
        edit.remove_faces(here)
        edit.add_face(person_id, place, USER)
    return person_id, edit.keep(_count(len(places), f"named {wanted}"), action="move",
                                name=wanted, count=len(places))  # fmt: skip


def deny(
    connection: Connection, person_id: int, face_ids: Sequence[int]
) -> tuple[int, LibraryChange]:
    """Say that these faces are not this person, whoever they are."""
    rows = _chosen(connection, person_id, face_ids)
    edit = Edit(connection)
    edit.set_faces(rows, source=USER_NOT)
    name = person_row(connection, person_id)[0]
    return person_id, edit.keep(_count(len(rows), f"not {name or 'this person'}"), action="deny",
                                name=name, count=len(rows))  # fmt: skip


def hide(connection: Connection, person_id: int, hidden: bool) -> tuple[int, LibraryChange]:
    """Leave a person (a stranger) out of the list of people, or show them again."""
    edit = Edit(connection)
    edit.set_person(person_id, hidden=hidden)
    name = person_row(connection, person_id)[0]
    what = "Hide" if hidden else "Show"
    return person_id, edit.keep(f"{what} {name or 'a person'}",
                                action="hide" if hidden else "show", name=name)  # fmt: skip


def _count(count: int, what: str) -> str:
    return f"1 face {what}" if count == 1 else f"{count} faces {what}"


# --- what the program finds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What clustering found: faces by person known already, faces by person that is new, people
    without a name that are one with another, and rows whose face is not there any more."""

    known: Mapping[int, Sequence[FacePlace]]
    fresh: Sequence[Sequence[FacePlace]]
    merged: Mapping[int, int]
    stale: Sequence[int]


def save_found(connection: Connection, found: Found) -> tuple[int, LibraryChange]:
    """Store what clustering found; never touches what the user said. Gives the number of faces.

    It is derived, so it is not journaled: only what the user does can be taken back.
    """
    edit = Edit(connection)
    for start in range(0, len(found.stale), 500):
        edit.remove_faces(
            face_rows(
                connection,
                person_faces.c.id.in_(found.stale[start : start + 500])
                & (person_faces.c.source == PROGRAM),
            )
        )
    alive = {row.id: row.name for row in connection.execute(select(people.c.id, people.c.name))}
    for person_id, into in found.merged.items():
        if alive.get(person_id) == "" and into in alive:
            rows = face_rows(connection, person_faces.c.person_id == person_id)
            edit.set_faces(rows, person_id=into)
            edit.remove_person(person_id)
            del alive[person_id]
    count = 0
    targets = [(person_id, places) for person_id, places in found.known.items()]
    targets += [(edit.add_person(""), places) for places in found.fresh]
    alive |= {person_id: "" for person_id, _ in targets[len(found.known) :]}
    for person_id, places in targets:
        if person_id not in alive:
            continue
        for place in _unsaid(connection, person_id, places):
            edit.add_face(person_id, place, PROGRAM)
            count += 1
    return count, edit.change


def _unsaid(connection: Connection, person_id: int, places: Sequence[FacePlace]) -> list[FacePlace]:
    """Faces of which nobody has said meanwhile who they are, nor that they aren't this person."""
    said: set[tuple[Any, ...]] = set()
    ids = [place.photo_id for place in places]
    for start in range(0, len(ids), 500):
        rows = face_rows(connection, person_faces.c.photo_id.in_(ids[start : start + 500]))
        said |= {
            tuple(row[1:6]) for row in rows.values() if row[6] != USER_NOT or row[0] == person_id
        }
    return [
        place
        for place in places
        if (place.photo_id, place.box.x, place.box.y, place.box.w, place.box.h) not in said
    ]
