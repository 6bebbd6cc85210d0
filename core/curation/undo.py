"""Takes entries of the journal back, and after a crash whatever was left half done."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.curation import phrases
from core.curation.apply import LeftAlone
from core.curation.lock import CurationBusyError, locked
from core.curation.phrases import Phrase, read_phrase
from core.curation.restore import take_back
from core.errors import UsageError
from core.library import (
    album_writes,
    curation_writes,
    group_mark_writes,
    group_queries,
    people_rows,
    smart_album_writes,
)
from core.library.group_queries import CurationRecord
from core.library.library import Library

log = logging.getLogger(__name__)

UNFINISHED = ("applying", "undoing")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One action of the user, for showing.

    Attributes:
        id: what ``undo`` takes.
        at: when, UTC.
        kind: ``curation``, ``judgement``, ``people``, ``groups``, ``album`` or ``smart_album``.
        description: one line.
        details: what was done, for putting it into words: of a curation ``rejects``, ``n`` and
            ``by``, of a judgement the value of each field where all photos got the same, of people
            ``action``, ``name`` and ``count``, of groups ``action``, of an album ``action``
            (``added``, ``removed``, ``ignored``), ``name`` and ``path``.
        undone: whether it is taken back.
        photos: how many photos it changed.
        files: how many files are away because of it now.
        problems: what could not be taken back, in sentences.
        undoable: whether ``undo`` has anything to do.
    """

    id: int
    at: datetime
    kind: str
    description: str
    undone: bool
    photos: int
    files: int
    problems: tuple[Phrase, ...] = ()
    undoable: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an entry back did.

    ``restored`` counts files that are back, ``photos`` those whose judgement is what it was;
    ``unrestored`` names what could not be; ``notes`` are sentences for the user. ``photo_ids``
    are the photos whose judgement may have changed, ``repeatable`` says whether the writer's
    ``redo`` does it again.
    """

    journal_id: int
    description: str
    photos: int = 0
    restored: int = 0
    unrestored: tuple[LeftAlone, ...] = ()
    notes: tuple[Phrase, ...] = ()
    photo_ids: tuple[int, ...] = ()
    repeatable: bool = False


def history(library: Library, limit: int = 100, before: int | None = None) -> list[HistoryEntry]:
    """The newest actions first; ``before`` gives those older than an entry."""
    found = group_queries.records(library.queries, limit=limit, before=before)
    judged = {int(key) for record in found if record.kind == "judgement" for key in record.after}
    raws = group_queries.partners(library.queries, sorted(judged))
    return [_entry(record, raws) for record in found]


def _entry(record: CurationRecord, raws: frozenset[int] = frozenset()) -> HistoryEntry:
    """``raws`` are raw files that go with a picture: they are not counted as photos."""
    away = [move for move in record.moves if move.state == "done"]
    moved = {move.photo_id for move in record.moves if move.photo_id and move.state != "failed"}
    if record.kind == curation_writes.CURATION:
        photos = len(moved) if record.moves else len(record.after.get("flagged", ()))
        details = {name: record.after.get(name) for name in ("rejects", "n", "by")}
    elif record.kind == people_rows.PEOPLE:
        photos = int(record.after.get("photos", 0))
        details = {n: record.after.get(n) for n in ("action", "name", "old", "count")}
    elif record.kind == group_mark_writes.GROUPS:
        photos = int(record.after.get("count", 0))
        details = {"action": record.after.get("action")}
    elif record.kind == album_writes.ALBUM:
        photos = 0
        details = _about_album(record)
    elif record.kind == smart_album_writes.SMART_ALBUM:
        photos = 0
        details = {
            "old": (record.before["album"] or {}).get("name"),
            "name": (record.after["album"] or {}).get("name"),
        }
    else:
        photos = sum(int(key) not in raws for key in record.after)
        details = _judged(record)
    undone = record.undone_at is not None
    return HistoryEntry(
        id=record.id,
        at=record.at,
        kind=record.kind,
        description=record.description,
        undone=undone,
        photos=photos,
        files=len(away),
        problems=tuple(
            read_phrase(move.note) for move in record.moves if move.note and move.state == "done"
        ),
        undoable=not undone or bool(away),
        details=details,
    )


def _about_album(record: CurationRecord) -> dict[str, Any]:
    before, after = record.before["album"], record.after["album"]
    known = after or before
    action = "added" if before is None else "removed" if after is None else "ignored"
    return {"action": action, "name": known["name"], "path": known["path"]}


def _judged(record: CurationRecord) -> dict[str, Any]:
    """The fields that an entry of judgements changed, each with its new value (``...`` where
    photos got different ones, as on reading what another program wrote)."""
    changed: dict[str, Any] = {}
    for key, after in record.after.items():
        for name in curation_writes.FIELDS:
            if after[name] != record.before[key][name]:
                same = changed.setdefault(name, after[name]) == after[name]
                changed[name] = after[name] if same else ...
    return changed


def undo(library: Library, journal_id: int | None = None) -> Undone:
    """Take back one entry, the newest by default, of whichever kind.

    Files come back to their places with their times; a file that is in the way is left alone and
    what it blocks is named; it can be tried again by the entry's id.

    Raises:
        UsageError: there is no such entry, or nothing left of it to take back.
        CurationBusyError: another curation is under way.
    """
    with locked(library.path):
        found = (
            journal_id if journal_id is not None else group_queries.newest_undoable(library.queries)
        )
        record = None if found is None else group_queries.record(library.queries, found)
        if record is None:
            raise UsageError(
                "There is nothing to take back."
                if journal_id is None
                else f"The history has no entry {journal_id}."
            )
        if not _entry(record).undoable:
            raise UsageError(f"Entry {record.id} is taken back already.")
        if record.kind == curation_writes.CURATION:
            return _take_back_entry(library, record)
        if record.kind == smart_album_writes.SMART_ALBUM:
            back = smart_album_writes.take_back
            library.writer.submit(lambda c: back(c, record.id)).result()
            return Undone(record.id, record.description, repeatable=True)
        if record.kind == album_writes.ALBUM:
            return _take_back_album(library, record)
        if record.kind == group_mark_writes.GROUPS:
            return _take_back_marks(library, record)
        if record.kind == people_rows.PEOPLE:
            return _take_back_people(library, record)
        return _take_back_judgement(library, record)


def _counted(n: int, one: str, many: str) -> tuple[Phrase, ...]:
    """A sentence about ``n`` photos; none for no photo."""
    return () if not n else (Phrase(one) if n == 1 else Phrase(many, {"n": n}),)


def _take_back_judgement(library: Library, record: CurationRecord) -> Undone:
    kept = library.writer.submit(lambda c: curation_writes.undo_judgement(c, record.id)).result()
    notes = _counted(len(kept), phrases.ONE_JUDGED_ANEW, phrases.JUDGED_ANEW)
    raws = group_queries.partners(library.queries, [int(key) for key in record.after])
    return Undone(
        record.id,
        record.description,
        photos=sum(int(key) not in raws and int(key) not in kept for key in record.after),
        notes=notes,
        photo_ids=tuple(int(key) for key in record.after if int(key) not in kept),
        repeatable=True,
    )


def _take_back_album(library: Library, record: CurationRecord) -> Undone:
    done = library.writer.submit(lambda c: album_writes.take_back(c, record.id)).result()
    notes = () if done else (Phrase(phrases.ALBUM_ANEW),)
    return Undone(record.id, record.description, notes=notes, repeatable=done)


def _take_back_marks(library: Library, record: CurationRecord) -> Undone:
    kept = library.writer.submit(lambda c: group_mark_writes.take_back(c, record.id)).result()
    notes = (Phrase(phrases.GROUPED_ANEW),) if kept else ()
    photos = int(record.after.get("count", 0))
    return Undone(record.id, record.description, photos=photos, notes=notes, repeatable=True)


def _take_back_people(library: Library, record: CurationRecord) -> Undone:
    kept = library.writer.submit(lambda c: people_rows.undo(c, record.id)).result()
    notes = _counted(len(kept), phrases.ONE_TOLD_ANEW, phrases.TOLD_ANEW)
    photos = max(0, int(record.after.get("photos", 0)) - len(kept))
    return Undone(record.id, record.description, photos=photos, notes=notes, repeatable=True)


def _take_back_entry(library: Library, record: CurationRecord) -> Undone:
    library.writer.submit(lambda c: curation_writes.set_state(c, record.id, "undoing")).result()
    restored = 0
    stuck: set[int] = set()
    unrestored: list[LeftAlone] = []
    notes: list[Phrase] = []
    for move in reversed(record.moves):
        if move.state not in ("planned", "done"):
            continue
        outcome = take_back(library, move)
        if outcome.problem is not None:
            unrestored.append(LeftAlone(move.source, outcome.problem))
            if move.photo_id is not None:
                stuck.add(move.photo_id)
            continue
        restored += move.state == "done"
        if outcome.note:
            notes.append(outcome.note)
    failed = {move.photo_id for move in record.moves if move.state == "failed"}
    flagged = [i for i in record.after.get("flagged", ()) if i not in stuck | failed]
    library.writer.submit(lambda c: curation_writes.finish_undo(c, record.id, flagged)).result()
    return Undone(
        record.id,
        record.description,
        photos=len(flagged),
        restored=restored,
        unrestored=tuple(unrestored),
        notes=tuple(notes),
        photo_ids=tuple(flagged),
    )


def recover(library: Library) -> list[Undone]:
    """Take back whatever a crash left half done; called once when the library was opened.

    A curation that another window or command has under way is left to it. One whose drive is
    away waits for the next start.
    """
    unfinished = group_queries.records_in_state(library.queries, UNFINISHED)
    if not unfinished:
        return []
    done: list[Undone] = []
    try:
        with locked(library.path):
            for record in unfinished:
                current = group_queries.record(library.queries, record.id)
                if current is None or current.after.get("state") not in UNFINISHED:
                    continue
                if _is_away(current):
                    log.warning("an unfinished curation waits for its drive: %s", record.id)
                    continue
                log.warning("taking back a curation that was cut short: %s", record.description)
                done.append(_take_back_entry(library, current))
    except CurationBusyError:
        log.info("a curation is under way elsewhere")
    return done


def _is_away(record: CurationRecord) -> bool:
    """Whether the drive of any open move can't be seen: neither of its folders is there."""
    return any(
        not any(folder.is_dir() for folder in _folders(move.source, move.target))
        for move in record.moves
        if move.state in ("planned", "done")
    )


def _folders(source: Path, target: Path | None) -> Iterator[Path]:
    yield source.parent
    if target is not None:
        yield target.parent
