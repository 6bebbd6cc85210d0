"""Watches albums for changes: natively where it can, by polling where it can't, always in the end.

Whatever goes wrong with events (a full queue, the system's limits, a share that sends none, a
drive that comes and goes) ends in ``on_rescan``: the folder has to be compared with the index.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent

from core.files.event_intake import EventIntake
from core.files.mounts import is_network_folder
from core.files.native_watches import NativeWatches
from core.files.poll import Change, PolledFolder
from core.files.scan import IgnoreRules
from core.files.settling import FileEvent, FileEventKind, Settling, StateOf, state_on_disk
from core.files.watched_root import WatchedRoot, WatchMode

__all__ = ["FileEvent", "FileEventKind", "FolderWatcher", "WatchMode"]

log = logging.getLogger(__name__)

SETTLE_S = 1.0
OPEN_S = 5.0
POLL_S = 10.0
CHECK_S = 2.0
RESCAN_S = 900.0
_JOIN_S = 10.0
_POLL_SHARE = 20  # a look may take this part of the time between looks

RescanCallback = Callable[[Path], None]
NoteCallback = Callable[[Path, str], None]


class FolderWatcher:
    """Tells of changes below some folders once they have come to rest.

    All callbacks come from the watcher's own thread; what they raise is logged.

    Args:
        on_change: takes each change.
        on_rescan: takes a folder that has to be compared as a whole: when its watch begins, after
            lost events, when its drive went or came back, and every ``rescan_s``.
        on_note: takes a folder and a sentence for the user about how it is watched.
        settle_s: a file must keep its size and time so long before it is told of.
        poll_s: seconds between looks where polling is needed (more for a large folder).
        check_s: seconds between looks at whether the folders themselves are still there.
        native: False polls everything.
        clock: seconds, never running backwards; a test's clock calls `poke` after it moved.
    """

    def __init__(
        self,
        on_change: Callable[[FileEvent], None],
        *,
        on_rescan: RescanCallback = lambda root: None,
        on_note: NoteCallback = lambda root, note: None,
        settle_s: float = SETTLE_S,
        open_s: float | None = None,
        poll_s: float = POLL_S,
        check_s: float = CHECK_S,
        rescan_s: float = RESCAN_S,
        native: bool = True,
        clock: Callable[[], float] = time.monotonic,
        state_of: StateOf = state_on_disk,
    ) -> None:
        self._on_change = on_change
        self._on_rescan = on_rescan
        self._on_note = on_note
        self._poll_s = poll_s
        self._check_s = check_s
        self._rescan_s = rescan_s
        self._native = native
        self._clock = clock
        self.on_move: Callable[[Path, Path], None] = lambda source, target: None
        """Told at once of each file that is renamed, by an event thread that must not wait."""
        self._wake = threading.Condition()
        self._settling = Settling(
            clock, settle_s, open_s if open_s is not None else max(OPEN_S, settle_s), state_of
        )
        self._roots: dict[Path, WatchedRoot] = {}
        self._removed: list[WatchedRoot] = []
        self._limited: set[Path] = set()
        self._overflowed = False
        self._poked = False
        self._asleep_until = 0.0
        self._next_check = 0.0
        self._watches = NativeWatches(self._handle, self._overflow, self._limit)
        self._intake = EventIntake(
            self._roots,
            self._settling,
            self._poke,  # it is for `_check_roots` to see whether a drive is away
            lambda source, target: self.on_move(source, target),
        )
        self._thread: threading.Thread | None = None
        self._stopping = False

    # --- what the owner calls --------------------------------------------------------------------

    def start(self) -> None:
        """Starts watching the folders added so far; folders can come and go later too."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="albumen-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stops watching and joins all threads; what has not come to rest is dropped."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_S)
            if thread.is_alive():
                log.warning("the folder watcher hangs on a drive that does not answer")

    def add_root(self, root: Path, rules: IgnoreRules = IgnoreRules()) -> None:
        """Watches a folder and all below it; again, with other rules, to change them.

        Returns at once; ``on_rescan`` for the folder says that its watch stands.
        """
        with self._wake:
            before = self._roots.get(root)
            if before is not None:
                before.rules = rules
                if before.polled is not None:
                    before.polled = PolledFolder(root, rules)
            else:
                self._roots[root] = WatchedRoot(root, rules)
            self._poke()

    def remove_root(self, root: Path) -> None:
        """Watches this folder no more (but what another root covers stays watched)."""
        with self._wake:
            gone = self._roots.pop(root, None)
            if gone is not None:
                self._removed.append(gone)
                if not any(other in root.parents for other in self._roots):
                    self._settling.forget(root)
            self._poke()

    def modes(self) -> dict[Path, WatchMode]:
        """How each folder is watched now."""
        with self._wake:
            return {path: root.mode for path, root in self._roots.items()}

    def unsettled(self) -> frozenset[Path]:
        """Paths that are changing right now and will be told of later."""
        with self._wake:
            return self._settling.paths()

    def poke(self) -> None:
        """Looks at the clock again, now."""
        with self._wake:
            self._poke()

    def _poke(self) -> None:
        self._poked = True
        self._next_check = 0.0
        self._wake.notify_all()

    # --- the watcher's thread --------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._check_roots()
                self._look_at_polled()
                self._tell_settled()
                with self._wake:
                    if not self._stopping and not self._poked:
                        pause = self._pause()
                        self._asleep_until = self._clock() + pause
                        self._wake.wait(pause)
                        self._asleep_until = 0.0
                    self._poked = False
        finally:
            self._watches.stop()
            for root in self._roots.values():
                root.watch = root.polled = root.identity = None

    def _pause(self) -> float:
        times = [self._next_check, *(r.next_look for r in self._roots.values() if r.polled)]
        due = self._settling.next_due()
        if due is not None:
            times.append(due)
        return max(0.01, min(times) - self._clock())

    def _tell_settled(self) -> None:
        with self._wake:
            events = self._settling.due()
        for event in events:
            if self._stopping:
                return
            self._call(self._on_change, event)

    def _check_roots(self) -> None:
        """Starts, ends and mends watches; asks for rescans where events may be missing."""
        now = self._clock()
        if now < self._next_check:
            return
        self._next_check = now + self._check_s
        with self._wake:
            roots, removed = list(self._roots.values()), self._removed
            limited, self._limited = self._limited, set()
            overflowed, self._overflowed = self._overflowed, False
            self._removed = []
        for root in removed:
            self._unwatch(root)
        for root in roots:
            if self._stopping:
                return
            identity = root.identity_now()
            lost = root.watch is not None and not self._watches.is_alive(root.watch)
            if identity != root.identity or lost:
                self._unwatch(root)
                if identity is not None:
                    self._watch(root)
                root.identity = identity
                self._ask_rescan(root)
            elif root.watch is not None and any(map(root.contains, limited)):
                self._unwatch(root)
                self._poll(root, limit=True)
                self._ask_rescan(root)
            elif root.next_rescan == 0.0:
                self._ask_rescan(root)  # it is away from the start, which has to be found out
            elif identity is not None and (overflowed or now >= root.next_rescan):
                self._ask_rescan(root)

    def _watch(self, root: WatchedRoot) -> None:
        if not self._native or root.limited:
            self._poll(root)
            return
        if is_network_folder(root.path):
            self._poll(root)
            self._call(self._on_note, root.path, root.network_note(self._poll_s))
            return
        try:
            root.watch = self._watches.begin(root.path)
        except OSError as error:
            log.warning("a folder can't be watched: %s", error.strerror)
            self._poll(root, limit=True)
            return
        except Exception:
            log.exception("a folder can't be watched")
            self._poll(root)

    def _unwatch(self, root: WatchedRoot) -> None:
        root.polled = None
        watch, root.watch = root.watch, None
        if watch is not None:
            self._watches.end(watch)

    def _poll(self, root: WatchedRoot, *, limit: bool = False) -> None:
        root.polled = PolledFolder(root.path, root.rules)
        self._look_at(root)
        if limit and not root.limited:
            root.limited = True
            self._call(self._on_note, root.path, root.limit_note(self._poll_s))

    def _look_at_polled(self) -> None:
        for root in list(self._roots.values()):
            if root.polled is not None and self._clock() >= root.next_look and not self._stopping:
                self._look_at(root)

    def _look_at(self, root: WatchedRoot) -> None:
        if root.polled is None:
            return
        began = self._clock()
        changes = root.polled.look()  # without the lock: this may take long
        took = self._clock() - began
        with self._wake:
            for change in changes:
                self._note(change)
        root.next_look = self._clock() + max(self._poll_s, took * _POLL_SHARE)

    def _note(self, change: Change) -> None:
        if change.gone:
            self._settling.file_gone(change.path)
        elif change.source is not None:
            self.on_move(change.source, change.path)
            self._settling.file_moved(change.source, change.path)
        else:
            self._settling.file_changed(change.path)

    def _ask_rescan(self, root: WatchedRoot) -> None:
        root.next_rescan = self._clock() + self._rescan_s
        self._call(self._on_rescan, root.path)

    def _call(self, listener: Callable[..., None], *told: object) -> None:
        try:
            listener(*told)
        except Exception:
            log.exception("a listener of the folder watcher failed")

    # --- called from watchdog's threads ----------------------------------------------------------

    def _overflow(self) -> None:
        with self._wake:
            self._overflowed = True
            self._poke()

    def _limit(self, path: bytes, error: OSError) -> None:
        log.warning("the system watches no more folders: %s", error.strerror)
        with self._wake:
            self._limited.add(Path(os.fsdecode(path)))
            self._poke()

    def _handle(self, event: FileSystemEvent) -> None:
        with self._wake:
            if self._stopping:
                return
            self._intake.take(event)
            due = self._settling.next_due()
            if due is not None and due < self._asleep_until:
                self._wake.notify_all()
