"""Takes one journaled move back, whatever state the disk is in: nothing is overwritten, nothing
is deleted but the second name of a file that has two."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from core.curation import moving, phrases, trash
from core.curation.phrases import Phrase
from core.curation.places import remove_empty
from core.domain import FileState
from core.library import curation_writes
from core.library.group_queries import Move
from core.library.library import Library
from core.paths import display_name

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Outcome of one move's undoing: ``problem`` if it could not be, ``note`` if it could but
    the user should know something."""

    problem: Phrase | None = None
    note: Phrase | None = None


def take_back(library: Library, move: Move) -> TakenBack:
    """Bring a file back to where it was, and note that it is there."""
    try:
        outcome = _restore(move)
    except OSError as error:
        name = display_name(move.source)
        outcome = TakenBack(
            Phrase(phrases.CANT_MOVE_BACK, {"name": name, "error": error.strerror or str(error)})
        )
    if outcome.problem is not None:
        problem = outcome.problem.stored()
        # A move that was only planned and can't be found anywhere may still turn up.
        library.writer.submit(
            lambda c: curation_writes.note_state(c, [move.id], "done", problem)
        ).result()
        return outcome
    state = _file_state(move.source) if move.photo_id is not None else None
    library.writer.submit(
        lambda c: curation_writes.note_restored(c, move.id, move.photo_id, state)
    ).result()
    if move.target is not None:
        remove_empty(move.target.parent)
    return outcome


def _restore(move: Move) -> TakenBack:
    source = move.source
    name = display_name(source)
    target = _where(move)
    _clear_parts(move, target)
    there = os.path.lexists(source)
    if target is None or not os.path.lexists(target):
        return _without_target(move, target, there)
    where = display_name(target)
    if there:
        return _with_both(move, target)
    note: Phrase | None = None
    state = target.lstat()
    if (state.st_size, state.st_mtime_ns) != (move.size, move.mtime_ns):
        note = Phrase(phrases.CHANGED_AWAY, {"name": name})
    if not source.parent.is_dir():
        if move.how == "trash":
            return TakenBack(Phrase(phrases.NO_FOLDER, {"name": name, "where": where}))
        source.parent.mkdir(parents=True)
    try:
        moving.move(target, source)
    except FileExistsError:
        return TakenBack(_blocked(name, where))
    if move.how == "trash":
        trash.forget(target)
    return TakenBack(note=note)


def _where(move: Move) -> Path | None:
    """Where the file is now, as far as the journal or the trash knows."""
    if move.how != "trash":
        return move.target
    if move.target is not None and os.path.lexists(move.target):
        return move.target
    trash.clear_strays(move.source)
    found = trash.find(move.source, size=move.size, mtime_ns=move.mtime_ns)
    return found.file if found else move.target


def _clear_parts(move: Move, target: Path | None) -> None:
    """Remove unfinished copies of ours; the file that they were made of is still whole."""
    for path in (move.source, target):
        if path is not None and move.state != "undone":
            part = moving.part_path(path)
            with contextlib.suppress(OSError):
                part.unlink()


def _without_target(move: Move, target: Path | None, there: bool) -> TakenBack:
    name = display_name(move.source)
    if there and (move.state == "planned" or _is_as_recorded(move)):
        return TakenBack()  # it was never moved, or it is back already
    if there:
        return TakenBack(Phrase(phrases.LOST_AND_TAKEN, {"name": name}))
    if move.how == "trash":
        return TakenBack(Phrase(phrases.IN_TRASH, {"name": name}))
    return TakenBack(Phrase(phrases.LOST, {"name": name, "where": display_name(target or "")}))


def _with_both(move: Move, target: Path) -> TakenBack:
    """Both places hold a file: a move that was cut short, or a new file under the old name."""
    name, where = display_name(move.source), display_name(target)
    ours, theirs = move.source.lstat(), target.lstat()
    one_file = (ours.st_ino, ours.st_dev) == (theirs.st_ino, theirs.st_dev)
    if one_file:
        target.unlink()  # the second name of the same file
        return TakenBack()
    if move.state == "planned":
        # The original was never taken away. Between disks a copy of ours may be there already
        # (equal to the last bit and to the nanosecond), or an empty file that held the name.
        # Anything else is not ours.
        placeholder = theirs.st_size == 0 and move.size > 0
        equal = ours.st_mtime_ns == theirs.st_mtime_ns
        copied = equal and moving.same_file(move.source, target)
        if placeholder or copied:
            target.unlink()
        return TakenBack()
    if moving.same_file(move.source, target):
        return TakenBack(note=Phrase(phrases.THERE_ALREADY, {"name": name, "where": where}))
    return TakenBack(_blocked(name, where))


def _blocked(name: str, where: str) -> Phrase:
    return Phrase(phrases.BLOCKED, {"name": name, "where": where})


def _is_as_recorded(move: Move) -> bool:
    state = move.source.lstat()
    return (state.st_size, state.st_mtime_ns) == (move.size, move.mtime_ns)


def _file_state(path: Path) -> FileState:
    state = path.lstat()
    return FileState(path, state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev)
