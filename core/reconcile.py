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
from core.files.scan import IgnoreRules, seen_below, state_of
from core.library.file_queries import KnownState
from core.library.file_writes import FileChanges
from core.library.library import Library
from core.moves import Moves
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


Scope = tuple[Path, bool]
"""A folder to look at, and whether with all below it."""


def reconcile(
    library: Library,
    folder: Path,
    *,
    recursive: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    unsettled: Callable[[], Collection[Path]] = tuple,
) -> Reconciled:
    """Bring the index in step with one folder; see `reconcile_together`."""
    return reconcile_together(library, [(folder, recursive)], stopped=stopped, unsettled=unsettled)


def reconcile_together(
    library: Library,
    scopes: Iterable[Scope],
    *,
    stopped: Callable[[], bool] = lambda: False,
    unsettled: Callable[[], Collection[Path]] = tuple,
    moves: Moves | None = None,
) -> Reconciled:
    """Bring the index in step with folders, each of which lies in an album (or is one).

    Several folders are taken together, so that what went from one to another is seen to. Files
    that ``unsettled()`` names are being written right now: new and changed ones are left until the
    watcher tells of them. ``moves`` are renames that were watched. A folder that can't be seen at
    all (its drive is away) changes nothing but the album's state. Stops early, without calling
    anything missing, once ``stopped()`` is true.
    """
    result = Reconciled()
    watched = moves.origins() if moves is not None else {}
    looks: list[_Look] = []
    for part in _parts(library.queries.albums(), scopes):
        look = _Look(library, *part)
        if not look.run(stopped):
            return result
        result.offline |= look.offline
        result.found += len(look.seen)
        result.problems |= look.problems
        looks.append(look)
    seen = {path for look in looks for path in look.seen}
    found = recognize(
        library,
        [state for look in looks for state in look.fresh],
        [pair for look in looks for pair in look.changed],
        seen=seen,
        missing={photo_id for look in looks for photo_id in look.came_back},
        origins=watched,
        replaced=moves.replaced() if moves is not None else None,
    )
    _leave_out(found, unsettled())
    elsewhere = found.passing | {photo_id for photo_id, _ in found.moved}
    missing = [
        (photo_id, Path(path))
        for look in looks
        for photo_id, path in look.vanished.items()
        if photo_id not in elsewhere and path not in seen
    ]
    for changes in _batches(found, missing):
        if stopped():
            return result
        library.writer.apply_files(changes).result()
        result.wrote = True
    if moves is not None:
        written = {photo_id for photo_id, _ in found.changed}
        moves.note_replaced(known for known in found.replaced if known.id in written)
        moves.settle(watched, {folder for look in looks for folder in look.folders})
    result.new, result.changed = len(found.new), len(found.changed)
    result.moved, result.missing = len(found.moved), len(missing)
    for folder, aliases in _by_folder(found.aliases).items():
        result.problems[folder] = _alias_note(folder, aliases)
    return result


Part = tuple[Album, Path, bool, tuple[str, ...]]


def _parts(albums: Sequence[Album], scopes: Iterable[Scope]) -> list[Part]:
    """(album, folder, recursive, what to pass over) for each album that the scopes touch.

    What lies in a nested album is left to it: it has its own rules and perhaps its own drive.
    """
    parts: dict[tuple[Path, bool], Part] = {}
    for folder, recursive in scopes:
        holders = [a for a in albums if a.path == folder or a.path in folder.parents]
        if not holders:
            continue
        own = max(holders, key=lambda album: len(album.path.parts))
        nested = [a for a in albums if recursive and folder in a.path.parents and a.id != own.id]
        for album, start in [(own, folder), *((inner, inner.path) for inner in nested)]:
            elsewhere = tuple(
                f"{inner.path}{os.sep}" for inner in nested if start in inner.path.parents
            )
            parts[start, recursive] = album, start, recursive, elsewhere
    trees = [(album.id, folder) for album, folder, recursive, _ in parts.values() if recursive]
    return [part for part in parts.values() if not _is_inside(part, trees)]


def _is_inside(part: Part, trees: Iterable[tuple[int, Path]]) -> bool:
    """Whether one of the trees, each of an album, takes the part in."""
    album, folder, recursive, _ = part
    return any(
        album.id == other and (tree in folder.parents or (tree == folder and not recursive))
        for other, tree in trees
    )


class _Look:
    """One album's folder compared with what the index knows of it; writes only whether it is there.

    Attributes:
        seen: places that hold a file.
        fresh, changed: files that are not as known, see `core.recognition`.
        came_back: ids of those among ``changed`` that were missing.
        vanished: ids of known photos whose places are empty, with these places.
    """

    def __init__(
        self,
        library: Library,
        album: Album,
        folder: Path,
        recursive: bool,
        elsewhere: tuple[str, ...],
    ) -> None:
        self._library = library
        self._album = album
        self._folder = folder
        self._recursive = recursive
        self._elsewhere = elsewhere
        self.offline = False
        self.seen: set[str] = set()
        self.fresh: list[FileState] = []
        self.changed: list[tuple[int, FileState]] = []
        self.came_back: set[int] = set()
        self.vanished: dict[int, str] = {}
        self.problems: dict[Path, str] = {}

    @property
    def folders(self) -> set[Path]:
        """Every folder that holds or held a photo here."""
        places = [*self.seen, *self.vanished.values()]
        return {self._folder, *(Path(folder) for folder in {os.path.dirname(p) for p in places})}

    def run(self, stopped: Callable[[], bool]) -> bool:
        """Look; False when it was stopped before the end."""
        album, folder = self._album, self._folder
        if not _check_online(self._library, album):
            self.offline = True
            return True
        patterns = tuple(self._library.queries.ignore_patterns(album.id))
        rules = IgnoreRules(patterns=patterns)
        if rules.ignores(folder, album.path, folder=True):
            return True
        states = self._library.queries.known_states(folder, recursive=self._recursive)
        known = {
            path: state for path, state in states.items() if not path.startswith(self._elsewhere)
        }
        for path, state in seen_below(
            folder,
            rules,
            on_problem=self._note_problem,
            recursive=self._recursive,
            album=album.path,
        ):
            if stopped():
                return False
            self._compare(path, state, known)
        vanished = {
            before.id: path
            for path, before in known.items()
            if path not in self.seen and not before.missing and not _under(path, self.problems)
        }
        if vanished and _went_away(self._library, album, folder, self.seen, vanished):
            self.offline = True
            self.fresh, self.changed = [], []
        else:
            self.vanished = vanished
        return True

    def _compare(self, path: str, state: os.stat_result, known: Mapping[str, KnownState]) -> None:
        if path.startswith(self._elsewhere):
            return
        self.seen.add(path)
        before = known.get(path)
        if before is None:
            self.fresh.append(state_of(path, state))
        elif before[1:] != (state.st_size, state.st_mtime_ns, 0):
            self.changed.append((before.id, state_of(path, state)))
            if before.missing:
                self.came_back.add(before.id)

    def _note_problem(self, path: Path, reason: str) -> None:
        if not f"{path}{os.sep}".startswith(self._elsewhere):
            self.problems[path] = reason
            log.warning("a folder is skipped: %s", reason)


def _leave_out(found: Recognized, unsettled: Collection[Path]) -> None:
    """What was only renamed is whole already, so that no photo seems gone for a moment."""
    if unsettled:
        found.new = [state for state in found.new if state.path not in unsettled]
        found.changed = [pair for pair in found.changed if pair[1].path not in unsettled]


def _by_folder(
    aliases: Iterable[tuple[FileState, Path]],
) -> dict[Path, list[tuple[FileState, Path]]]:
    found: dict[Path, list[tuple[FileState, Path]]] = {}
    for alias in aliases:
        found.setdefault(alias[0].path.parent, []).append(alias)
    return found


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


def _batches(found: Recognized, missing: list[tuple[int, Path]]) -> Iterable[FileChanges]:
    # Moves and losses go together in the first transaction: a crash between the two would
    # otherwise show a moved photo as lost until the next reconcile.
    first = FileChanges(
        None,
        moved=found.moved,
        missing=missing,
        displaced=found.displaced,
        unaltered=frozenset(found.unaltered),
    )
    if first:
        yield first
    for start in range(0, len(found.changed), BATCH):
        yield FileChanges(
            None,
            changed=found.changed[start : start + BATCH],
            unaltered=frozenset(found.unaltered),
        )
    for start in range(0, len(found.new), BATCH):
        yield FileChanges(None, new=found.new[start : start + BATCH])
