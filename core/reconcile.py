"""Compares a folder on disk with the index and writes the difference.

Which known photo a file is, wherever it went, is told by `core.recognition`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.domain import Album, FileState
from core.files.scan import IgnoreRules, walk
from core.library.file_writes import FileChanges
from core.library.library import Library
from core.paths import display_name
from core.recognition import Recognized, is_there, recognize

log = logging.getLogger(__name__)

BATCH = 500


@dataclass(slots=True)
class Reconciled:
    """What one reconcile saw: ``found`` candidate files, and how many of each kind of change.

    ``problems`` gives, for each folder that could not be read, the reason in plain words.
    """

    found: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    offline: bool = False
    wrote: bool = False
    problems: dict[Path, str] = field(default_factory=dict)

    def add(self, other: Reconciled) -> None:
        """Count in what was seen in an album inside this one."""
        for name in ("found", "new", "changed", "moved", "missing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrote |= other.wrote
        self.problems |= other.problems


def reconcile(
    library: Library,
    folder: Path,
    *,
    recursive: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    unsettled: Callable[[], Collection[Path]] = tuple,
) -> Reconciled:
    """Bring the index in step with ``folder``, which lies in an album (or is one).

    Files that ``unsettled()`` names are being written right now: new and changed ones are left
    until the watcher tells of them. A folder that can't be seen at all (its drive is away)
    changes nothing but the album's state. Stops early, without calling anything missing, once
    ``stopped()`` is true.
    """
    album = library.queries.album_of(folder)
    if album is None:
        return Reconciled()
    nested = [
        other
        for other in library.queries.albums()
        if recursive and folder in other.path.parents and other.id != album.id
    ]
    result = _reconcile_album(library, album, folder, recursive, stopped, nested, unsettled)
    for inner in nested:
        # Each album has its own rules and may be on a drive of its own.
        deeper = [other for other in nested if inner.path in other.path.parents]
        result.add(_reconcile_album(library, inner, inner.path, True, stopped, deeper, unsettled))
    return result


def _reconcile_album(
    library: Library,
    album: Album,
    folder: Path,
    recursive: bool,
    stopped: Callable[[], bool],
    nested: Sequence[Album],
    unsettled: Callable[[], Collection[Path]],
) -> Reconciled:
    """One album's part of a folder; what lies in ``nested`` albums is left to these."""
    result = Reconciled()
    if not _check_online(library, album):
        result.offline = True
        return result
    rules = IgnoreRules(patterns=tuple(library.queries.ignore_patterns(album.id)))
    if rules.ignores(folder, album.path, folder=True):
        return result
    elsewhere = tuple(f"{other.path}{os.sep}" for other in nested)
    known = {
        path: state
        for path, state in library.queries.known_states(folder, recursive=recursive).items()
        if not path.startswith(elsewhere)
    }
    seen: set[str] = set()
    fresh: list[FileState] = []
    changed: list[tuple[int, FileState]] = []

    def problem(path: Path, reason: str) -> None:
        if not f"{path}{os.sep}".startswith(elsewhere):
            result.problems[path] = reason
            log.warning("a folder is skipped: %s", reason)

    for state in walk(folder, rules, on_problem=problem, recursive=recursive, album=album.path):
        if stopped():
            return result
        path = str(state.path)
        if path.startswith(elsewhere):
            continue
        result.found += 1
        seen.add(path)
        before = known.get(path)
        if before is None:
            fresh.append(state)
        elif before[1:] != (state.size, state.mtime_ns, 0):
            changed.append((before.id, state))

    vanished = {
        before.id: path
        for path, before in known.items()
        if path not in seen and not before.missing and not _under(path, result.problems)
    }
    if vanished and _went_away(library, album, folder, seen, vanished):
        result.offline = True
        return result
    were_missing = {photo_id for photo_id, state in changed if known[str(state.path)].missing}
    sorted_out = recognize(library, album, fresh, changed, seen=seen, missing=were_missing)
    _leave_out(sorted_out, unsettled())
    moved_ids = {photo_id for photo_id, _ in sorted_out.moved}
    missing = [(i, Path(path)) for i, path in vanished.items() if i not in moved_ids]
    for changes in _batches(album.id, sorted_out, missing):
        if stopped():
            return result
        library.writer.apply_files(changes).result()
        result.wrote = True
    result.new, result.changed = len(sorted_out.new), len(sorted_out.changed)
    result.moved, result.missing = len(sorted_out.moved), len(missing)
    if sorted_out.aliases:
        result.problems[folder] = _alias_note(folder, sorted_out.aliases)
    return result


def _leave_out(found: Recognized, unsettled: Collection[Path]) -> None:
    """What was only renamed is whole already, so that no photo seems gone for a moment."""
    if unsettled:
        found.new = [state for state in found.new if state.path not in unsettled]
        found.changed = [pair for pair in found.changed if pair[1].path not in unsettled]


def _alias_note(folder: Path, aliases: Sequence[tuple[FileState, Path]]) -> str:
    _, other = aliases[0]
    return (
        f"{len(aliases)} files in {display_name(folder)} are in the library already by way of "
        f"{display_name(other.parent)}; they are shown there."
    )


def _check_online(library: Library, album: Album) -> bool:
    """Whether the album's folder is there; notes a change of that in the library."""
    online = is_there(album)
    if online != album.online:
        library.writer.set_album_online(album.id, online).result()
    return online


def _went_away(
    library: Library,
    album: Album,
    folder: Path,
    seen: Collection[str],
    vanished: Mapping[int, str],
) -> bool:
    """Whether files seem gone because their drive went away, during the look or before it.

    A mount point may hold a file or two of its own, so an album of which nothing is left counts
    as away when its folder is on another device than its photos were.
    """
    away = not is_there(album)
    if not away and folder == album.path and not seen:
        files = library.queries.files_by_id(list(vanished)[:1]).values()
        try:
            device = str(os.stat(album.path).st_dev)
            away = any(known.device != device for known in files)
        except OSError:
            away = True
    if away:
        library.writer.set_album_online(album.id, False).result()
    return away


def _under(path: str, folders: Iterable[Path]) -> bool:
    return any(path.startswith(f"{folder}{os.sep}") for folder in folders)


def _batches(
    album_id: int, found: Recognized, missing: list[tuple[int, Path]]
) -> Iterable[FileChanges]:
    # Moves and losses go together in the first transaction: a crash between the two would
    # otherwise show a moved photo as lost until the next reconcile.
    first = FileChanges(album_id, moved=found.moved, missing=missing, displaced=found.displaced)
    if first:
        yield first
    for start in range(0, len(found.changed), BATCH):
        yield FileChanges(album_id, changed=found.changed[start : start + BATCH])
    for start in range(0, len(found.new), BATCH):
        yield FileChanges(album_id, new=found.new[start : start + BATCH])
