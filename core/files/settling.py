"""Turns the hail of file events into one event per path, once the path has come to rest.

No threads and no waiting in here: whoever owns a `Settling` calls `due` when `next_due` says so.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class FileEventKind(enum.StrEnum):
    """What became of a path."""

    FILE_CHANGED = "file_changed"  # new, written to, replaced, or moved in from elsewhere
    FILE_GONE = "file_gone"
    FILE_MOVED = "file_moved"
    FOLDER_CHANGED = "folder_changed"  # new or moved in: look at all below it
    FOLDER_GONE = "folder_gone"
    FOLDER_MOVED = "folder_moved"


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A change on disk that has come to rest; ``source`` is where a moved one was before."""

    kind: FileEventKind
    path: Path
    source: Path | None = None

    @property
    def is_folder(self) -> bool:
        """True if the event is about a folder and all below it."""
        return self.kind.startswith("folder")

    @property
    def scopes(self) -> tuple[tuple[Path, bool], ...]:
        """(folder, recursive) pairs that, compared with the index, take in the whole change."""
        scopes = [
            (self.path, True)
            if self.kind in (FileEventKind.FOLDER_CHANGED, FileEventKind.FOLDER_MOVED)
            else (self.path.parent, self.is_folder)
        ]
        if self.source is not None:
            scopes.append((self.source.parent, self.is_folder))
        return tuple(dict.fromkeys(scopes))


_State = tuple[int, int, int] | None
StateOf = Callable[[Path], _State]


def state_on_disk(path: Path) -> _State:
    """(size, mtime in ns, inode); ``None`` if there is nothing (or nothing that may be seen)."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


@dataclass(slots=True)
class _Unrest:
    """One path that has not come to rest."""

    kind: FileEventKind
    source: Path | None
    state: _State
    since: float  # when its state was last seen to differ, on the clock
    wait: float  # how long it must stay the same

    @property
    def is_folder(self) -> bool:
        return self.kind.startswith("folder")


class Settling:
    """Paths in unrest. Not thread-safe.

    Args:
        clock: seconds, never running backwards.
        settle_s: a path must keep its size and time for so long.
        open_s: the same for a file that is known to be open for writing still.
        state_of: what `state_on_disk` does.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        settle_s: float,
        open_s: float,
        state_of: StateOf = state_on_disk,
    ) -> None:
        self._clock = clock
        self._settle_s = settle_s
        self._open_s = open_s
        self._state_of = state_of
        self._unrest: dict[Path, _Unrest] = {}

    def paths(self) -> frozenset[Path]:
        """What has not come to rest yet."""
        return frozenset(self._unrest)

    def file_changed(self, path: Path, *, still_open: bool = False) -> None:
        """A file appeared, was written to or closed."""
        before = self._unrest.get(path)
        if before is not None and before.kind is FileEventKind.FILE_MOVED:
            self._note(path, FileEventKind.FILE_MOVED, before.source, still_open)
        else:
            self._note(path, FileEventKind.FILE_CHANGED, None, still_open)

    def file_gone(self, path: Path) -> None:
        """A file was deleted or moved away to where nobody watches."""
        before = self._unrest.pop(path, None)
        if before is not None and before.source is not None:
            self._note(before.source, FileEventKind.FILE_GONE, None)
        self._note(path, FileEventKind.FILE_GONE, None)

    def file_moved(self, source: Path, path: Path) -> None:
        """A file was renamed; a chain of renames counts as one from its start."""
        before = self._unrest.get(path)
        if (
            before is not None
            and before.source == source
            and before.kind is FileEventKind.FILE_MOVED
        ):
            return  # told twice, by two watches
        origin = self._unrest.pop(source, None)
        start = source
        if origin is not None and origin.kind is FileEventKind.FILE_MOVED and origin.source:
            start = origin.source
        elif origin is not None and origin.kind is FileEventKind.FILE_CHANGED:
            # It was new or written to just now: whatever is known of the old place has to be
            # looked at again, and the new place is a changed file.
            self._note(source, FileEventKind.FILE_GONE, None)
            self._note(path, FileEventKind.FILE_CHANGED, None)
            return
        if start == path:
            self._note(path, FileEventKind.FILE_CHANGED, None)
            return
        self._note(path, FileEventKind.FILE_MOVED, start)

    def folder_changed(self, path: Path) -> None:
        """A folder appeared, with whatever is in it."""
        self._note(path, FileEventKind.FOLDER_CHANGED, None)

    def folder_gone(self, path: Path) -> None:
        """A folder was deleted or moved away with all below it."""
        for inner in self._below(path):
            del self._unrest[inner]
        self._note(path, FileEventKind.FOLDER_GONE, None)

    def folder_moved(self, source: Path, path: Path) -> None:
        """A folder was renamed; what was in unrest below it goes along."""
        for inner in self._below(source):
            moved = self._unrest.pop(inner)
            if moved.kind in (FileEventKind.FILE_CHANGED, FileEventKind.FILE_MOVED):
                self._note(path / inner.relative_to(source), FileEventKind.FILE_CHANGED, None)
        self._note(path, FileEventKind.FOLDER_MOVED, source)

    def forget(self, folder: Path) -> None:
        """Drops all that is below a folder which is watched no more."""
        for path in (folder, *self._below(folder)):
            self._unrest.pop(path, None)

    def next_due(self) -> float | None:
        """When, on the clock, to call `due` again; ``None`` while all is at rest."""
        if not self._unrest:
            return None
        return min(unrest.since + unrest.wait for unrest in self._unrest.values())

    def due(self) -> list[FileEvent]:
        """The events of all paths that have come to rest, folders first, outer ones first."""
        now = self._clock()
        ripe = [
            (path, unrest)
            for path, unrest in self._unrest.items()
            if now >= unrest.since + unrest.wait
        ]
        rested = [
            FileEvent(unrest.kind, path, unrest.source)
            for path, unrest in ripe
            if not unrest.is_folder and self._is_at_rest(path, unrest, now)
        ]
        for event in rested:
            del self._unrest[event.path]
        busy = {
            folder
            for path, unrest in self._unrest.items()
            if not unrest.is_folder
            for folder in path.parents
        }
        for path, unrest in ripe:
            if unrest.is_folder and path in busy:
                unrest.since = now  # something in it is still being written
            elif unrest.is_folder:
                rested.append(FileEvent(unrest.kind, path, unrest.source))
                del self._unrest[path]
        return sorted(rested, key=lambda event: (not event.is_folder, len(event.path.parts)))

    def _is_at_rest(self, path: Path, unrest: _Unrest, now: float) -> bool:
        state = self._state_of(path)
        if state == unrest.state:
            return True
        unrest.state, unrest.since = state, now
        if state is None:
            unrest.kind = FileEventKind.FILE_GONE
        elif unrest.kind is FileEventKind.FILE_GONE:
            unrest.kind = FileEventKind.FILE_CHANGED
        return False

    def _note(
        self, path: Path, kind: FileEventKind, source: Path | None, still_open: bool = False
    ) -> None:
        state = None if kind.startswith("folder") else self._state_of(path)
        if kind is FileEventKind.FILE_GONE and state is not None:
            kind = FileEventKind.FILE_CHANGED  # back already: saved by deleting and writing anew
        wait = self._open_s if still_open else self._settle_s
        self._unrest[path] = _Unrest(kind, source, state, self._clock(), wait)

    def _below(self, folder: Path) -> list[Path]:
        return [path for path in self._unrest if folder in path.parents]
