"""Joins folder watcher and indexer: what comes to rest on disk is looked at in the index."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from core.domain import LibraryChange
from core.files.scan import IgnoreRules
from core.files.watch import FileEvent, FolderWatcher
from core.indexer import Indexer
from core.library.library import Library
from core.sidecars import is_sidecar

log = logging.getLogger(__name__)

WatcherFactory = Callable[
    [Callable[[FileEvent], None], Callable[[Path], None], Callable[[Path, str], None]],
    FolderWatcher,
]


def _native_watcher(
    on_change: Callable[[FileEvent], None],
    on_rescan: Callable[[Path], None],
    on_note: Callable[[Path, str], None],
) -> FolderWatcher:
    return FolderWatcher(on_change, on_rescan=on_rescan, on_note=on_note)


class AlbumWatcher:
    """Watches every album of a library and sends what changed to the indexer.

    The indexer reconciles folders, so an event is only a hint where to look: events that come
    late, twice, or not at all cost a look more or wait for the next rescan, but never a photo.
    """

    def __init__(
        self,
        library: Library,
        indexer: Indexer,
        watcher_factory: WatcherFactory = _native_watcher,
    ) -> None:
        self._library = library
        self._indexer = indexer
        self._watcher = watcher_factory(self._changed, self._rescan, self._note)
        self.on_look: Callable[[Path], None] = lambda path: None
        """Told of each file that changed and each album that is looked through, for those who
        want to know what other programs say of photos."""
        self._roots: dict[Path, tuple[str, ...]] = {}
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to watch; every album is reconciled once its watch stands."""
        self._unsubscribe = self._library.writer.subscribe(self._library_changed)
        self._indexer.hold_back(self._watcher.unsettled)
        self._watcher.on_move = self._indexer.moves.note
        self._follow_albums()
        self._watcher.start()

    def stop(self) -> None:
        """End watching and join the watcher's threads."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._indexer.hold_back(tuple)
        self._watcher.stop()

    def _library_changed(self, change: LibraryChange) -> None:
        if change.albums:
            self._follow_albums()

    def _follow_albums(self) -> None:
        """Watch what became an album and what has new ignore patterns; leave what is none."""
        wanted = {
            album.path: tuple(self._library.queries.ignore_patterns(album.id))
            for album in self._library.queries.albums()
        }
        for gone in self._roots.keys() - wanted.keys():
            self._watcher.remove_root(gone)
        for path, patterns in wanted.items():
            if self._roots.get(path) == patterns:
                continue
            again = path in self._roots
            self._watcher.add_root(path, IgnoreRules(patterns))
            if again:
                self._indexer.scan(path)
        self._roots = wanted

    def _changed(self, event: FileEvent) -> None:
        if not is_sidecar(event.path):
            self._indexer.scan_together(event.scopes)
        self.on_look(event.path)

    def _rescan(self, root: Path) -> None:
        self._indexer.scan(root)
        self.on_look(root)

    def _note(self, root: Path, text: str) -> None:
        log.info("how an album is watched: %s", text)
        self._indexer.note(f"watch:{root}", text)
