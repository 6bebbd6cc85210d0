"""Writes of curation: the journal of file moves, and taking back.

Each function runs inside the writer's transaction. Before a file is touched its move stands here
as ``planned``; that it was moved is noted after. What happened in between can always be told from
the disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine import Connection

from core.domain import FileState, Flag, LibraryChange
from core.library.schema import journal, judgements, moves, now, photos

CURATION = "curation"
JUDGEMENT = "judgement"
FIELDS = ("rating", "flag", "color")


@dataclass(frozen=True, slots=True)
class NewMove:
    """A file move that is about to be made."""

    photo_id: int | None
    source: Path
    target: Path | None
    how: str
    size: int
    mtime_ns: int
    content_hash: bytes | None = None


# --- applying -------------------------------------------------------------------------------------


def begin(
    connection: Connection,
    description: str,
    reject_ids: Sequence[int],
    planned: Sequence[NewMove],
    details: Mapping[str, Any],
) -> tuple[tuple[int, list[int]], LibraryChange]:
    """Open an entry: flag the rejects, and write down every move before any is made.

    Gives the entry's id and those of its moves. The entry is ``applying`` while files are yet to
    be moved, else it is ``applied`` at once.
    """
    moment = now()
    before = _judgements(connection, reject_ids)
    changed = [
        photo_id
        for photo_id in reject_ids
        if (before[photo_id] or {}).get("flag") != Flag.REJECT.value
    ]
    journal_id = int(
        connection.execute(
            insert(journal)
            .values(
                at=moment,
                kind=CURATION,
                description=description,
                before={"judgements": {str(i): before[i] for i in changed}},
                after={
                    **details,
                    "state": "applying" if planned else "applied",
                    "changed_at": moment.isoformat(),
                    "flagged": [int(photo_id) for photo_id in changed],
                },
            )
            .returning(journal.c.id)
        ).scalar_one()
    )
    _flag(connection, changed, moment)
    move_ids = [
        int(
            connection.execute(
                insert(moves)
                .values(
                    journal_id=journal_id,
                    photo_id=move.photo_id,
                    source=move.source,
                    target=move.target,
                    how=move.how,
                    size=move.size,
                    mtime_ns=move.mtime_ns,
                    content_hash=move.content_hash,
                    state="planned",
                )
                .returning(moves.c.id)
            ).scalar_one()
        )
        for move in planned
    ]
    return (journal_id, move_ids), LibraryChange(updated=frozenset(changed))


def _flag(connection: Connection, photo_ids: Sequence[int], moment: datetime) -> None:
    if not photo_ids:
        return
    statement = upsert(judgements)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["photo_id"],
            set_={name: statement.excluded[name] for name in ("flag", "changed_at")},
        ),
        [
            {
                "photo_id": photo_id,
                "rating": 0,
                "flag": Flag.REJECT.value,
                "color": None,
                "changed_at": moment,
            }
            for photo_id in photo_ids
        ],
    )


def retarget(
    connection: Connection, move_id: int, how: str, target: Path | None
) -> tuple[None, LibraryChange]:
    """Note, before it is made, that a move goes elsewhere than planned."""
    connection.execute(update(moves).where(moves.c.id == move_id).values(how=how, target=target))
    return None, LibraryChange()


def note_moved(
    connection: Connection, moved: Sequence[tuple[int, int | None, Path | None]]
) -> tuple[None, LibraryChange]:
    """Note moves that were made, as (move id, photo id, where the file is now if known).

    A photo among the rejects counts as missing, and its row goes along to where its file is, so
    that another file which takes its old name is another photo.
    """
    gone: list[int] = []
    for move_id, photo_id, target in moved:
        values: dict[str, Any] = {"state": "done"}
        if target is not None:
            values["target"] = target
            # As it is now: somebody may have saved it in the last instant before it moved.
            with contextlib.suppress(OSError):
                state = target.lstat()
                values |= {"size": state.st_size, "mtime_ns": state.st_mtime_ns}
        connection.execute(update(moves).where(moves.c.id == move_id).values(**values))
        if photo_id is None:
            continue
        gone.append(photo_id)
        place = {} if target is None else {"folder": target.parent, "name": Path(target.name)}
        if place:
            _free(connection, photo_id, place["folder"], place["name"])
        connection.execute(
            update(photos).where(photos.c.id == photo_id).values(missing_since=now(), **place)
        )
    return None, LibraryChange(removed=frozenset(gone))


def note_state(
    connection: Connection, move_ids: Sequence[int], state: str, note: str | None
) -> tuple[None, LibraryChange]:
    """Set the state of moves whose files are where they were."""
    for move_id in move_ids:
        connection.execute(
            update(moves).where(moves.c.id == move_id).values(state=state, note=note)
        )
    return None, LibraryChange()


def unflag(
    connection: Connection, journal_id: int, photo_ids: Sequence[int]
) -> tuple[None, LibraryChange]:
    """Give photos of an entry back the judgement they had, where it is still the entry's."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    written = datetime.fromisoformat(entry.after["changed_at"])
    before: dict[str, Any] = entry.before["judgements"]
    touched: list[int] = []
    current = _judgements(connection, photo_ids)
    for photo_id in photo_ids:
        row, old = current.get(photo_id), before.get(str(photo_id), ...)
        if old is ... or row is None or row["flag"] != Flag.REJECT.value:
            continue  # the entry never flagged it, or the user has decided otherwise since
        touched.append(photo_id)
        if row["changed_at"] == written.isoformat():
            if old is None:
                connection.execute(delete(judgements).where(judgements.c.photo_id == photo_id))
                continue
            values = {**old, "changed_at": datetime.fromisoformat(old["changed_at"])}
        else:  # stars or a colour were given since: only the flag is taken back
            values = {"flag": None if old is None else old["flag"]}
        connection.execute(
            update(judgements).where(judgements.c.photo_id == photo_id).values(**values)
        )
    return None, LibraryChange(updated=frozenset(touched))


def leave(
    connection: Connection,
    journal_id: int,
    move_ids: Sequence[int],
    photo_ids: Sequence[int],
    reason: str,
) -> tuple[None, LibraryChange]:
    """Note that an item of an entry stays after all, and take its flag back."""
    note_state(connection, move_ids, "failed", reason)
    return unflag(connection, journal_id, photo_ids)


def finish_undo(
    connection: Connection, journal_id: int, photo_ids: Sequence[int]
) -> tuple[None, LibraryChange]:
    """Give judgements back and close the entry."""
    result = unflag(connection, journal_id, photo_ids)
    set_state(connection, journal_id, "undone", undone=True)
    return result


def set_state(
    connection: Connection, journal_id: int, state: str, *, undone: bool = False
) -> tuple[None, LibraryChange]:
    """Set an entry's state: applying, applied, undoing or undone."""
    after = connection.scalar(select(journal.c.after).where(journal.c.id == journal_id))
    values: dict[str, Any] = {"after": {**(after or {}), "state": state}}
    if undone:
        values["undone_at"] = now()
    connection.execute(update(journal).where(journal.c.id == journal_id).values(**values))
    return None, LibraryChange()


def note_restored(
    connection: Connection, move_id: int, photo_id: int | None, state: FileState | None
) -> tuple[None, LibraryChange]:
    """Note that a move is taken back; ``state`` is the photo's file as it is again."""
    connection.execute(update(moves).where(moves.c.id == move_id).values(state="undone", note=None))
    if photo_id is None or state is None:
        return None, LibraryChange()
    folder, name = state.path.parent, Path(state.path.name)
    _free(connection, photo_id, folder, name)
    connection.execute(
        update(photos)
        .where(photos.c.id == photo_id)
        .values(
            folder=folder,
            name=name,
            size=state.size,
            mtime_ns=state.mtime_ns,
            inode=str(state.inode),
            device=str(state.device),
            missing_since=None,
        )
    )
    return None, LibraryChange(added=frozenset({photo_id}))


def _free(connection: Connection, photo_id: int, folder: Path, name: Path) -> None:
    """Push a row aside that still claims a path whose file is this photo."""
    holder = connection.scalar(
        select(photos.c.id).where(
            photos.c.folder == folder, photos.c.name == name, photos.c.id != photo_id
        )
    )
    if holder is not None:
        aside = str(name).encode("utf-8", "surrogateescape") + b"/replaced-%d" % holder
        connection.execute(
            update(photos).where(photos.c.id == holder).values(name=aside, missing_since=now())
        )


def undo_judgement(connection: Connection, journal_id: int) -> tuple[list[int], LibraryChange]:
    """Take back one entry of judgements; gives the photos left alone, judged anew since."""
    entry = connection.execute(select(journal).where(journal.c.id == journal_id)).one()
    current = _judgements(connection, [int(photo_id) for photo_id in entry.after])
    kept: list[int] = []
    touched: list[int] = []
    for key, after in entry.after.items():
        photo_id, row = int(key), current.get(int(key))
        changed = [name for name in FIELDS if entry.before[key][name] != after[name]]
        if row is None or any(row[name] != after[name] for name in changed):
            kept.append(photo_id)
            continue
        values = {name: entry.before[key][name] for name in changed}
        connection.execute(
            update(judgements)
            .where(judgements.c.photo_id == photo_id)
            .values(**values, changed_at=now())
        )
        touched.append(photo_id)
    connection.execute(update(journal).where(journal.c.id == journal_id).values(undone_at=now()))
    return kept, LibraryChange(updated=frozenset(touched))


def _judgements(
    connection: Connection, photo_ids: Sequence[int]
) -> dict[int, dict[str, Any] | None]:
    found: dict[int, dict[str, Any] | None] = dict.fromkeys(photo_ids)
    for start in range(0, len(photo_ids), 500):
        statement = select(judgements).where(
            judgements.c.photo_id.in_(photo_ids[start : start + 500])
        )
        for row in connection.execute(statement):
            found[row.photo_id] = {name: getattr(row, name) for name in FIELDS} | {
                "changed_at": row.changed_at.isoformat()
            }
    return found
