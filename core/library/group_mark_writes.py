"""Writes of what the user says about groups: two photos are one group, or not. Journaled as the
marks before and after, so that they can be taken back at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine import Connection

from core.domain import LibraryChange
from core.library.schema import group_marks, journal, now

GROUPS = "groups"
Pair = tuple[int, int]
Marks = Mapping[Pair, bool | None]
"""What is said of pairs, the lower id first: together, not, or (``None``) nothing."""


def ordered(first: int, second: int) -> Pair:
    """A pair as it is stored."""
    return min(first, second), max(first, second)


def marks_within(connection: Connection, photo_ids: Iterable[int]) -> dict[Pair, bool]:
    """What was said of pairs of these photos."""
    ids = set(photo_ids)
    listed = sorted(ids)
    found: dict[Pair, bool] = {}
    for start in range(0, len(listed), 500):
        rows = connection.execute(
            select(group_marks).where(group_marks.c.first_id.in_(listed[start : start + 500]))
        )
        found |= {
            (row.first_id, row.second_id): bool(row.together)
            for row in rows
            if row.second_id in ids
        }
    return found


def say(
    connection: Connection, wanted: Marks, description: str, details: Mapping[str, Any]
) -> tuple[int | None, LibraryChange]:
    """Remember this of pairs; gives the journal's entry, ``None`` where all was said before."""
    before = marks_within(connection, {photo_id for pair in wanted for photo_id in pair})
    changed = {pair: new for pair, new in wanted.items() if before.get(pair) is not new}
    if not changed:
        return None, LibraryChange()
    _put(connection, changed)
    entry = connection.execute(
        insert(journal)
        .values(
            at=now(),
            kind=GROUPS,
            description=description,
            before={"marks": [[*pair, before.get(pair)] for pair in changed]},
            after={"marks": [[*pair, new] for pair, new in changed.items()], **details},
        )
        .returning(journal.c.id)
    ).scalar_one()
    return int(entry), _change(changed)


def take_back(connection: Connection, journal_id: int) -> tuple[int, LibraryChange]:
    """Undo an entry; gives how many pairs were told anew since and are left so."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    kept, change = _exchange(connection, entry.after["marks"], entry.before["marks"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=now()))
    return kept, change


def do_again(connection: Connection, journal_id: int) -> tuple[str, LibraryChange]:
    """Redo an entry."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    _, change = _exchange(connection, entry.before["marks"], entry.after["marks"])
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=None))
    return str(entry.description), change


def _exchange(
    connection: Connection, expected: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]]
) -> tuple[int, LibraryChange]:
    current = marks_within(
        connection, {i for first, second, _ in expected for i in (first, second)}
    )
    as_left = {
        (first, second) for first, second, mark in expected if current.get((first, second)) is mark
    }
    back = {(first, second): mark for first, second, mark in wanted if (first, second) in as_left}
    _put(connection, back)
    return len(expected) - len(back), _change(back)


def _put(connection: Connection, marks: Marks) -> None:
    gone = [pair for pair, mark in marks.items() if mark is None]
    for start in range(0, len(gone), 200):
        connection.execute(
            delete(group_marks).where(
                tuple_(group_marks.c.first_id, group_marks.c.second_id).in_(
                    gone[start : start + 200]
                )
            )
        )
    moment = now()
    rows = [
        {"first_id": first, "second_id": second, "together": mark, "changed_at": moment}
        for (first, second), mark in marks.items()
        if mark is not None
    ]
    if rows:
        statement = upsert(group_marks)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["first_id", "second_id"],
                set_={name: statement.excluded[name] for name in ("together", "changed_at")},
            ),
            rows,
        )


def _change(marks: Marks) -> LibraryChange:
    return LibraryChange(updated=frozenset(photo_id for pair in marks for photo_id in pair))
