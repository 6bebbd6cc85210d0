"""Compares a folder on disk with the index and writes the difference.

Moves keep a photo's history: a new file that *is* a known photo (the same inode with the same
size and time, or the same fingerprint) whose old place is empty takes over its record.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.domain import Album, FileState
from core.files.identity import fingerprint
from core.files.scan import IgnoreRules, walk
from core.library.file_writes import FileChanges
from core.library.library import Library
from core.library.queries import KnownFile

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
    problems: dict[Path, str] = field(default_factory=dict)


def reconcile(
    library: Library,
    folder: Path,
    *,
    recursive: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> Reconciled:
    """Bring the index in step with ``folder``, which lies in an album (or is one).

    A folder that can't be seen at all (its drive is away) changes nothing but the album's state.
    Stops early, without calling anything missing, once ``stopped()`` is true.
    """
    result = Reconciled()
    album = library.queries.album_of(folder)
    if album is None:
        return result
    if not _check_online(library, album):
        result.offline = True
        return result

    rules = IgnoreRules(patterns=tuple(library.queries.ignore_patterns(album.id)))
    if rules.ignores(folder, album.path, folder=True):
        return result
    known = library.queries.known_states(folder, recursive=recursive)
    seen: set[str] = set()
    fresh: list[FileState] = []
    changed: list[tuple[int, FileState]] = []

    def problem(path: Path, reason: str) -> None:
        result.problems[path] = reason
        log.warning("a folder is skipped: %s", reason)

    for state in walk(folder, rules, on_problem=problem, recursive=recursive, album=album.path):
        if stopped():
            return result
        result.found += 1
        path = str(state.path)
        seen.add(path)
        before = known.get(path)
        if before is None:
            fresh.append(state)
        elif before[1:] != (state.size, state.mtime_ns, 0):
            changed.append((before.id, state))

    vanished = [
        before.id
        for path, before in known.items()
        if path not in seen and not before.missing and not _under(path, result.problems)
    ]
    new, changed, moved = _sort_out_moves(library, fresh, changed, seen)
    moved_ids = {photo_id for photo_id, _ in moved}
    missing = [photo_id for photo_id in vanished if photo_id not in moved_ids]

    for changes in _batches(album.id, new, changed, moved, missing):
        if stopped():
            return result
        library.writer.apply_files(changes).result()
    result.new, result.changed, result.moved = len(new), len(changed), len(moved)
    result.missing = len(missing)
    return result


def _check_online(library: Library, album: Album) -> bool:
    """Whether the album's folder is there; notes a change of that in the library."""
    online = _is_there(library, album)
    if online != album.online:
        library.writer.set_album_online(album.id, online).result()
    return online


def _is_there(library: Library, album: Album) -> bool:
    try:
        with os.scandir(album.path) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        log.warning("an album's folder can't be read: %s", error.strerror)
        return False
    # An empty folder where photos were is a mount point whose drive is away, not a purge.
    return not (empty and album.photo_count > 0)


def _under(path: str, folders: Iterable[Path]) -> bool:
    return any(path.startswith(f"{folder}{os.sep}") for folder in folders)


def _sort_out_moves(
    library: Library,
    fresh: list[FileState],
    changed: list[tuple[int, FileState]],
    seen: set[str],
) -> tuple[list[FileState], list[tuple[int, FileState]], list[tuple[int, FileState]]]:
    """Split what looks new or changed into really new, really changed, and moved here."""
    by_inode = library.queries.lookalikes([*fresh, *(state for _, state in changed)])
    claimed: set[int] = set()
    moved: list[tuple[int, FileState]] = []

    def same_file(state: FileState, own_id: int | None) -> KnownFile | None:
        for known in by_inode.get((str(state.inode), str(state.device)), []):
            same = known.size == state.size and known.mtime_ns == state.mtime_ns
            if same and known.id not in claimed and known.id != own_id:
                replaced = str(known.path) in seen and own_id is not None
                if replaced or _left(known.path, state.path, seen):
                    return known
        return None

    really_changed: list[tuple[int, FileState]] = []
    for photo_id, state in changed:
        source = same_file(state, photo_id)
        if source is None:
            really_changed.append((photo_id, state))
        else:
            claimed.add(source.id)
            moved.append((source.id, state))
    new: list[FileState] = []
    by_size = library.queries.files_of_sizes({state.size for state in fresh})
    for state in fresh:
        source = same_file(state, None)
        if source is None:
            source = _same_content(state, by_size.get(state.size, []), seen, claimed)
        if source is None:
            new.append(state)
        else:
            claimed.add(source.id)
            moved.append((source.id, state))
    return new, really_changed, moved


def _same_content(
    state: FileState, same_size: Sequence[KnownFile], seen: set[str], claimed: set[int]
) -> KnownFile | None:
    """A known photo with this file's content whose own place is empty (moved across disks)."""
    candidates = [
        known
        for known in same_size
        if known.id not in claimed and _left(known.path, state.path, seen)
    ]
    if not candidates or state.size == 0:
        return None
    try:
        content = fingerprint(state.path)
    except OSError:
        return None  # it is new, and whatever is wrong with it will show when it is read
    return next((known for known in candidates if known.fingerprint == content), None)


def _left(old: Path, new: Path, seen: set[str]) -> bool:
    """Whether nothing stands at ``old`` any more (``new`` itself under another case aside)."""
    if str(old) in seen:
        return False
    try:
        return os.path.samefile(old, new)
    except OSError:
        return not os.path.lexists(old)


def _batches(
    album_id: int,
    new: list[FileState],
    changed: list[tuple[int, FileState]],
    moved: list[tuple[int, FileState]],
    missing: list[int],
) -> Iterable[FileChanges]:
    # Moves and losses go together in the first transaction: a crash between the two would
    # otherwise show a moved photo as lost until the next reconcile.
    first = FileChanges(album_id, moved=moved, missing=missing)
    if first:
        yield first
    for start in range(0, len(changed), BATCH):
        yield FileChanges(album_id, changed=changed[start : start + BATCH])
    for start in range(0, len(new), BATCH):
        yield FileChanges(album_id, new=new[start : start + BATCH])
