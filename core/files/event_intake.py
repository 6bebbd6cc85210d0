"""Sorts the system's events: what may concern a photo comes to rest first, the rest is dropped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from watchdog.events import (
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from core.files.formats import extension
from core.files.scan import NO_MEDIA
from core.files.settling import Settling, state_on_disk
from core.files.watched_root import WatchedRoot

_FRESH_S = 2.0


class EventIntake:
    """Not thread-safe: whoever owns it holds a lock.

    Args:
        roots: the folders that are watched at present.
        settling: where what changed comes to rest.
        root_changed: told that a watched folder itself came, went or moved.
        moved: told at once of each file that is renamed.
    """

    def __init__(
        self,
        roots: Mapping[Path, WatchedRoot],
        settling: Settling,
        root_changed: Callable[[], None],
        moved: Callable[[Path, Path], None],
    ) -> None:
        self._roots = roots
        self._settling = settling
        self._root_changed = root_changed
        self._told_move = moved

    def take(self, event: FileSystemEvent) -> None:
        """Take one event of the system."""
        if event.is_synthetic:
            return  # made up for what lies below a moved folder, which is told of itself
        path = Path(os.fsdecode(event.src_path))
        if isinstance(event, DirMovedEvent | FileMovedEvent):
            # One end is empty where the other lies outside of all that is watched.
            self._moved(
                path if event.src_path else None,
                Path(os.fsdecode(event.dest_path)) if event.dest_path else None,
                event.is_directory,
            )
        elif event.is_directory:
            self._folder(path, gone=isinstance(event, DirDeletedEvent))
        elif path.name == NO_MEDIA:
            self._folder(path.parent, gone=False)
        elif self._cares(path, folder=False):
            if isinstance(event, FileDeletedEvent):
                self._settling.file_gone(path)
            else:
                created = isinstance(event, FileCreatedEvent)
                self._settling.file_changed(path, still_open=created and _is_fresh(path))

    def _folder(self, path: Path, *, gone: bool) -> None:
        if path in self._roots:
            self._root_changed()
        elif self._cares(path, folder=True):
            (self._settling.folder_gone if gone else self._settling.folder_changed)(path)

    def _moved(self, source: Path | None, path: Path | None, folder: bool) -> None:
        settling = self._settling
        if folder and (source in self._roots or path in self._roots):
            self._root_changed()
        if source is not None and not self._cares(source, folder=folder):
            source = None
        if path is not None and not self._cares(path, folder=folder):
            path = None
        if source is not None and path is not None:
            if not folder and extension(path.name) != "xmp":
                self._told_move(source, path)
            (settling.folder_moved if folder else settling.file_moved)(source, path)
        elif path is not None:
            (settling.folder_changed if folder else settling.file_changed)(path)
        elif source is not None:
            (settling.folder_gone if folder else settling.file_gone)(source)

    def _cares(self, path: Path, *, folder: bool) -> bool:
        return any(root.cares(path, folder=folder) for root in self._roots.values())


def _is_fresh(path: Path) -> bool:
    """True if the file was written to a moment ago: whoever made it may well go on."""
    state = state_on_disk(path)
    return state is not None and time.time() - state[1] / 1e9 < _FRESH_S
