"""Writes of what the user decides. Every one is journaled with its before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine import Connection

from core.domain import ColorLabel, Flag, LibraryChange
from core.errors import UsageError
from core.library import album_writes, group_mark_writes, people_rows
from core.library.album_writes import ALBUM
from core.library.group_mark_writes import GROUPS
from core.library.item_writes import whole_items
from core.library.people_rows import PEOPLE
from core.library.schema import journal, judgements, now
from core.library.smart_album_writes import SMART_ALBUM, do_again

REPEATABLE = ("judgement", PEOPLE, SMART_ALBUM, GROUPS, ALBUM)
"""Kinds of journal entries that can be done again after they were taken back; files that were moved
back never move again by themselves."""

FIELDS = ("rating", "flag", "color")
BLANK: dict[str, Any] = {"rating": 0, "flag": None, "color": None}
Judgements = dict[str, dict[str, Any]]
"""Judgement by photo id (as text, since JSON keys are)."""


def set_rating(
    connection: Connection, photo_ids: Sequence[int], stars: int
) -> tuple[None, LibraryChange]:
    """Give stars to photos, and to the raw files that belong to them (or the other way round)."""
    if not 0 <= stars <= 5:
        raise UsageError(f"A photo has 0 to 5 stars, not {stars}.")
    plural = "star" if stars == 1 else "stars"
    return _judge(connection, photo_ids, {"rating": stars}, f"{stars} {plural}")


def set_flag(
    connection: Connection, photo_ids: Sequence[int], flag: Flag | None
) -> tuple[None, LibraryChange]:
    """Pick, reject or clear photos with their partners."""
    what = {Flag.PICK: "Pick", Flag.REJECT: "Reject", None: "Clear flag"}[flag]
    return _judge(connection, photo_ids, {"flag": flag.value if flag else None}, what)


def set_color(
    connection: Connection, photo_ids: Sequence[int], color: ColorLabel | None
) -> tuple[None, LibraryChange]:
    """Label photos and their partners with a colour."""
    what = f"Colour {color.value}" if color else "Clear colour"
    return _judge(connection, photo_ids, {"color": color.value if color else None}, what)


def take_over(
    connection: Connection, values: Mapping[int, Mapping[str, Any]]
) -> tuple[None, LibraryChange]:
    """Give photos what other programs said of each: some of `FIELDS`, as they are stored."""
    items = whole_items(connection, list(values))
    of_item: dict[int, dict[str, Any]] = {}
    for photo_id, said in values.items():
        of_item.setdefault(items.get(photo_id, photo_id), {}).update(said)
    before = _read(connection, list(items))
    after = {key: old | of_item.get(items[int(key)], {}) for key, old in before.items()}
    changed = [key for key in before if before[key] != after[key]]
    if not changed:
        return None, LibraryChange()
    connection.execute(
        insert(journal).values(
            at=now(),
            kind="judgement",
            description=f"Taken over from other programs: {_count(changed, items)}",
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )
    )
    return None, _write(connection, {key: after[key] for key in changed})


def _judge(
    connection: Connection, photo_ids: Sequence[int], values: dict[str, Any], what: str
) -> tuple[None, LibraryChange]:
    items = whole_items(connection, photo_ids)
    before = _read(connection, list(items) or photo_ids)
    after = {photo_id: old | values for photo_id, old in before.items()}
    changed = [photo_id for photo_id in before if before[photo_id] != after[photo_id]]
    if not changed:
        return None, LibraryChange()
    before = {photo_id: before[photo_id] for photo_id in changed}
    after = {photo_id: after[photo_id] for photo_id in changed}
    connection.execute(
        insert(journal).values(
            at=now(),
            kind="judgement",
            description=f"{what}: {_count(changed, items)}",
            before=before,
            after=after,
        )
    )
    return None, _write(connection, after)


def _count(photo_ids: Sequence[str], items: Mapping[int, int]) -> str:
    """How many photos, as the user counts them: a raw file is none of its own."""
    count = len({items.get(int(photo_id), int(photo_id)) for photo_id in photo_ids})
    return "1 photo" if count == 1 else f"{count} photos"


def _read(connection: Connection, photo_ids: Sequence[int]) -> Judgements:
    found: Judgements = {str(photo_id): dict(BLANK) for photo_id in photo_ids}
    for start in range(0, len(photo_ids), 500):
        statement = select(judgements).where(
            judgements.c.photo_id.in_(photo_ids[start : start + 500])
        )
        for row in connection.execute(statement):
            found[str(row.photo_id)] = {name: getattr(row, name) for name in FIELDS}
    return found


def _write(connection: Connection, values: Judgements) -> LibraryChange:
    moment = now()
    statement = upsert(judgements)
    statement = statement.on_conflict_do_update(
        index_elements=["photo_id"],
        set_={name: statement.excluded[name] for name in (*FIELDS, "changed_at")},
    )
    rows = [
        {"photo_id": int(photo_id), "changed_at": moment, **judgement}
        for photo_id, judgement in values.items()
    ]
    connection.execute(statement, rows)
    return LibraryChange(updated=frozenset(int(photo_id) for photo_id in values))


def undo(connection: Connection) -> tuple[str | None, LibraryChange]:
    """Take back the newest judgement that isn't taken back yet."""
    entry = connection.execute(
        select(journal)
        .where(journal.c.undone_at.is_(None), journal.c.kind == "judgement")
        .order_by(journal.c.id.desc())
        .limit(1)
    ).first()
    if entry is None:
        return None, LibraryChange()
    connection.execute(update(journal).where(journal.c.id == entry.id).values(undone_at=now()))
    return entry.description, _write(connection, entry.before)


def redo(connection: Connection) -> tuple[str | None, LibraryChange]:
    """Do again what was taken back last, unless something newer was done since."""
    repeatable = journal.c.kind.in_(REPEATABLE)
    newest_done = connection.scalar(
        select(func.max(journal.c.id)).where(journal.c.undone_at.is_(None), repeatable)
    )
    entry = connection.execute(
        select(journal)
        .where(journal.c.undone_at.is_not(None), repeatable, journal.c.id > (newest_done or 0))
        .order_by(journal.c.id)
        .limit(1)
    ).first()
    if entry is None:
        return None, LibraryChange()
    if entry.kind == SMART_ALBUM:
        return do_again(connection, entry.id)
    if entry.kind == ALBUM:
        return album_writes.do_again(connection, entry.id)
    if entry.kind == GROUPS:
        return group_mark_writes.do_again(connection, entry.id)
    if entry.kind == PEOPLE:
        return entry.description, people_rows.redo(connection, entry.id)[1]
    connection.execute(update(journal).where(journal.c.id == entry.id).values(undone_at=None))
    return entry.description, _write(connection, entry.after)
