"""Compares folders with the index, one look at a time, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from core.errors import LibraryError
from core.indexing import saving
from core.indexing.progress import Progress
from core.library.library import Library
from core.moves import Moves
from core.reconcile import Scope, reconcile_together

log = logging.getLogger(__name__)


class ScanLoop:
    """Takes folders to look at and looks at them in turn.

    Args:
        moves: renames that were watched.
        looked: called after each look, while it still counts as going on.
        tell: called when there is something to tell of.
        pause_before: called before each wait; gives after how many seconds to call it again.
        stopping: ends the loop once it is set and `wake` was called.
        cancelled: while set, what was asked for is passed over.

    Attributes:
        unsettled: names files that somebody is still writing.
        found_files: candidate files that all looks so far have seen.
    """

    def __init__(
        self,
        library: Library,
        progress: Progress,
        moves: Moves,
        *,
        looked: Callable[[], None],
        tell: Callable[[], None],
        pause_before: Callable[[], float | None],
        stopping: threading.Event,
        cancelled: threading.Event,
    ) -> None:
        self._library = library
        self._progress = progress
        self._moves = moves
        self._looked = looked
        self._tell = tell
        self._pause_before = pause_before
        self._stopping = stopping
        self._cancelled = cancelled
        self._changed = progress.changed
        self._scopes: deque[tuple[Scope, ...]] = deque()
        self._looking = False
        self.unsettled: Callable[[], Collection[Path]] = tuple
        self.found_files = 0

    @property
    def busy(self) -> bool:
        """True while a folder is looked at or waits for it."""
        return self._looking or bool(self._scopes)

    def ask(self, scopes: tuple[Scope, ...]) -> None:
        """Look at these folders together."""
        with self._changed:
            if scopes not in self._scopes:  # a burst of events in one folder is one look at it
                self._scopes.append(scopes)
            self._changed.notify_all()

    def run(self) -> None:
        """Look at what is asked for until the indexer stops."""
        while True:
            scopes = self._next_scopes()
            if not scopes:
                return
            try:
                if not self._cancelled.is_set():
                    self._look_at(scopes)
            except LibraryError as error:
                self._progress.note("disk", str(error))
                self._tell()
                if not self._stopping.wait(saving.RETRY_SECONDS):
                    self.ask(scopes)  # what was found is not forgotten because a disk was full
            except Exception:
                log.exception("a scan failed")
                self._progress.note(
                    "scan", "A folder could not be scanned; the log has the details."
                )
            finally:
                self._looked()  # before it counts as done: what was found is work by now
                with self._changed:
                    self._looking = False
                self._tell()

    def _next_scopes(self) -> tuple[Scope, ...]:
        """All single folders that wait, or one whole tree; nothing once the indexer stops."""
        while True:
            again_in = self._pause_before()
            with self._changed:
                self._changed.wait_for(lambda: self._scopes or self._stopping.is_set(), again_in)
                if self._stopping.is_set():
                    return ()
                if self._scopes:
                    break
        with self._changed:
            self._looking = True
            # From here on a folder can be asked for again: what changes now may not be seen.
            scopes = self._scopes.popleft()
            while self._scopes and not _has_tree(scopes) and not _has_tree(self._scopes[0]):
                scopes += self._scopes.popleft()
            trees = {folder for folder, recursive in scopes if recursive}
            if trees:  # a hundred renamed folders in one album are one look at it
                waiting = [other for other in self._scopes if not _lies_in(other, trees)]
                self._scopes = deque(waiting)
            return scopes

    def _look_at(self, scopes: tuple[Scope, ...]) -> None:
        seen = reconcile_together(
            self._library,
            scopes,
            stopped=lambda: self._stopping.is_set() or self._cancelled.is_set(),
            unsettled=self.unsettled,
            moves=self._moves,
        )
        self.found_files += seen.found
        for folder, reason in seen.problems.items():
            self._progress.note(f"folder:{folder}", reason)
        if seen.wrote:
            self._progress.note("disk", None)


def _lies_in(scopes: tuple[Scope, ...], trees: Collection[Path]) -> bool:
    """Whether a look at these trees takes in all of the scopes."""
    return all(folder in trees or any(t in folder.parents for t in trees) for folder, _ in scopes)


def _has_tree(scopes: tuple[Scope, ...]) -> bool:
    return any(recursive for _, recursive in scopes)
