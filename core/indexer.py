"""The background work: disk -> index -> analysis, one straight way for every photo.

Threads: one scans (reconciles folders with the index), a few analyze at low priority, one saves
batches; all writes go through the library's writer. Everything can stop at any moment: the
database is the work queue, so the next start goes on where this one ended.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.analysis import Analyzer
from core.domain import Analysis, IndexProgress, LibraryChange, Status
from core.errors import LibraryError, ModelError, PhotoChangedError
from core.files.identity import fingerprint
from core.library.analysis_writes import AnalyzedPhoto
from core.library.library import Library
from core.library.queries import PendingPhoto
from core.moves import Moves
from core.reasons.background import ReasonsLoop
from core.reconcile import Scope, reconcile_together
from core.work_queue import WorkQueue
from core.workers import keep_freed_memory

log = logging.getLogger(__name__)

BATCH_SIZE = 16
BATCH_SECONDS = 0.2
SAVE_RETRY_SECONDS = 5.0
WAITING_RESULTS = 64
"""Analyzed photos that may wait to be stored; while the disk is full the workers pause then."""

SPEED_WINDOW = 200
POWER_SECONDS = 30.0
ON_BATTERY = "Analyzing waits while the computer runs on its battery."
INTERNAL_ERROR = "an internal error; the log has the details"

ProgressListener = Callable[[IndexProgress], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """An analyzed photo on its way into the library."""

    photo: PendingPhoto
    analyzed: AnalyzedPhoto


class Indexer:
    """Keeps a library in step with its folders and analyzes what is pending.

    Args:
        library: the open library; the caller closes it after ``stop()``.
        analyzer_factory: opens the models; called once, on a worker thread, so that starting
            is instant. A ``ModelError`` is told through the progress' notes.
        workers: photos analyzed at a time.
        folders: keep to these parts of the library (``None``: all of it).
        measure_reasons: measure faults too, whenever there is nothing to score.
        on_battery: asked now and then; while it says True nothing is analyzed.
    """

    def __init__(
        self,
        library: Library,
        analyzer_factory: Callable[[], Analyzer],
        *,
        model_id: str,
        workers: int = 2,
        folders: Sequence[Path] | None = None,
        measure_reasons: bool = False,
        on_battery: Callable[[], bool] | None = None,
    ) -> None:
        self._library = library
        self._analyzer_factory = analyzer_factory
        self._model_id = model_id
        self._worker_count = workers
        self._folders = folders
        self._work = WorkQueue(library.queries, model_id, folders, self._on_idle)
        self._scopes: deque[tuple[Scope, ...]] = deque()
        self._finished: queue.Queue[Finished | None] = queue.Queue(WAITING_RESULTS)
        self._threads: list[threading.Thread] = []
        self._saver: threading.Thread | None = None
        self._analyzer: Analyzer | None = None
        self._analyzer_lock = threading.Lock()
        self._stopping = threading.Event()
        self._cancelled = threading.Event()
        self._state = threading.Condition()
        self._looking = False
        self._remaining = 0
        self._counts = {"found": 0, "done": 0, "scored": 0, "unreadable": 0, "not_scored": 0}
        self._faces = 0
        self._paused = False
        self._on_battery = on_battery
        self._unplugged = False
        self._notes: dict[str, str] = {}
        self._speed: deque[float] = deque(maxlen=SPEED_WINDOW)
        self._reasons: ReasonsLoop | None = None
        if measure_reasons:
            self._reasons = ReasonsLoop(
                library, model_id, self._leisure, folders, prepare_thread=_lower_priority
            )
        self._listeners: list[ProgressListener] = []
        self._unsubscribe: Callable[[], None] | None = None
        self._found_files = 0
        self._unsettled: Callable[[], Collection[Path]] = tuple
        self.moves = Moves()
        """Renames that were watched; whoever watches notes them here."""

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads; pending photos are taken up at once."""
        keep_freed_memory()
        self._unsubscribe = self._library.writer.subscribe(self._on_change)
        self._refresh_remaining()
        self._saver = threading.Thread(target=self._save, name="albumen-save")
        self._saver.start()
        self._threads = [threading.Thread(target=self._scan, name="albumen-scan")]
        self._threads += [
            threading.Thread(target=self._analyze, name=f"albumen-analyze-{number}")
            for number in range(self._worker_count)
        ]
        for thread in self._threads:
            thread.start()
        if self._reasons is not None:
            self._reasons.start()

    def stop(self) -> None:
        """Finish the photos in hand, store them, and join every thread."""
        self._stopping.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._library.writer.hurry(True)
        self._work.close()
        with self._state:
            self._state.notify_all()
        if self._reasons is not None:
            self._reasons.stop()
        for thread in self._threads:
            thread.join()
        self._finished.put(None)
        if self._saver is not None:
            self._saver.join()
        self._library.writer.hurry(False)
        with self._state:
            self._state.notify_all()

    # --- what the user asks ----------------------------------------------------------------------

    def rescan(self, album_id: int | None = None) -> None:
        """Reconcile one album with its folder, or all of them."""
        for album in self._library.queries.albums():
            if album_id in (None, album.id):
                self.scan(album.path)

    def scan(self, folder: Path, *, recursive: bool = True) -> None:
        """Reconcile a folder inside an album, then analyze what is new or changed."""
        self.scan_together([(folder, recursive)])

    def scan_together(self, scopes: Iterable[Scope]) -> None:
        """Reconcile folders in one look, so that what moved between them is seen to."""
        self._cancelled.clear()
        self._work.pause(self._paused or self._unplugged)
        self._ask(tuple(scopes))
        self._tell()

    def _ask(self, scopes: tuple[Scope, ...]) -> None:
        with self._state:
            if scopes not in self._scopes:  # a burst of events in one folder is one look at it
                self._scopes.append(scopes)
            self._state.notify_all()

    @property
    def _scanning(self) -> bool:
        return self._looking or bool(self._scopes)

    def retry(self, photo_ids: Sequence[int] | None = None) -> int:
        """Analyze again what could not be read (these photos, or all); gives how many there are.

        Raises:
            LibraryError: the library can't be written.
        """
        count = self._library.writer.forget_failures(self._model_id, photo_ids).result()
        self._refresh_remaining()
        self._work.wake(again=True)
        self._tell()
        return count

    def hold_back(self, unsettled: Callable[[], Collection[Path]]) -> None:
        """Leave files alone while ``unsettled`` names them: somebody is still writing them.

        They are taken up by the scan that follows once they have come to rest.
        """
        self._unsettled = unsettled

    def pause(self) -> None:
        """Analyze nothing more until ``resume``."""
        self._paused = True
        self._work.pause(True)
        self._tell()

    def resume(self) -> None:
        """Go on, also after ``cancel``."""
        self._paused = False
        self._cancelled.clear()
        self.note("model", None)
        self._work.pause(self._unplugged)
        self._work.wake(again=True)
        self._tell()

    def cancel(self) -> None:
        """Stop scanning and analyzing; what is pending stays so until the next scan or resume."""
        self._cancelled.set()
        self._work.pause(True)
        self._tell()

    def prioritize(self, photo_ids: Sequence[int]) -> None:
        """Analyze these first (the photos on screen)."""
        self._work.prioritize(photo_ids)

    def subscribe(self, listener: ProgressListener) -> Callable[[], None]:
        """Call ``listener`` from worker threads whenever progress was made."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def progress(self) -> IndexProgress:
        """Where the work stands now."""
        with self._state:
            speed = self._photos_per_second()
            remaining = 0 if self._cancelled.is_set() else self._remaining
            return IndexProgress(
                found=self._counts["done"] + remaining,
                done=self._counts["done"],
                scored=self._counts["scored"],
                not_scored=self._counts["not_scored"],
                unreadable=self._counts["unreadable"],
                faces=self._faces,
                scanning=self._scanning,
                paused=self._paused,
                photos_per_second=speed,
                seconds_left=remaining / speed if speed else None,
                notes=dict(self._notes),
            )

    @property
    def found_files(self) -> int:
        """Candidate files that all scans so far have seen."""
        return self._found_files

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until all scans and analyses asked for are stored; False when time ran out.

        Returns early (True) when the work was cancelled or a model can't be used.
        """
        with self._state:
            return self._state.wait_for(self._idle, timeout)

    def wait_until_measured(self, timeout: float | None = None) -> bool:
        """Wait until the faults of all scored photos are measured; False when time ran out.

        True at once where they are not measured at all.
        """
        return self._reasons is None or self._reasons.wait_until_done(timeout)

    def _leisure(self) -> bool:
        """Whether there is nothing to scan or to score, and the user wants work to go on."""
        with self._state:
            busy = self._scanning or self._paused or "model" in self._notes
        return not busy and not self._cancelled.is_set() and self._work.idle

    def _idle(self) -> bool:
        if self._stopping.is_set() or self._cancelled.is_set() or "model" in self._notes:
            return True
        return not self._scanning and self._work.idle

    def _on_idle(self) -> None:
        with self._state:
            if not self._scanning:
                self._remaining = 0  # what was left alone (files that vanished) is no work
        self._tell()

    # --- scanning --------------------------------------------------------------------------------

    def _scan(self) -> None:
        while True:
            scopes = self._next_scopes()
            if not scopes:
                return
            try:
                if not self._cancelled.is_set():
                    self._look_at(scopes)
            except LibraryError as error:
                self.note("disk", str(error))
                self._tell()
                if not self._stopping.wait(SAVE_RETRY_SECONDS):
                    self._ask(scopes)  # what was found is not forgotten because a disk was full
            except Exception:
                log.exception("a scan failed")
                self.note("scan", "A folder could not be scanned; the log has the details.")
            finally:
                self._refresh_remaining()
                self._work.wake(again=True)
                with self._state:
                    self._looking = False
                self._tell()

    def _next_scopes(self) -> tuple[Scope, ...]:
        """All single folders that wait, or one whole tree; nothing once the indexer stops."""
        while True:
            again_in = self._look_at_power()
            with self._state:
                self._state.wait_for(lambda: self._scopes or self._stopping.is_set(), again_in)
                if self._stopping.is_set():
                    return ()
                if self._scopes:
                    break
        with self._state:
            self._looking = True
            # From here on a folder can be asked for again: what changes now may not be seen.
            scopes = self._scopes.popleft()
            while self._scopes and not _has_tree(scopes) and not _has_tree(self._scopes[0]):
                scopes += self._scopes.popleft()
            return scopes

    def _look_at_power(self) -> float | None:
        """Hold the analysis while the machine runs on its battery; gives when to look again."""
        if self._on_battery is None:
            return None
        unplugged = self._on_battery()
        if unplugged != self._unplugged:
            self._unplugged = unplugged
            self.note("battery", ON_BATTERY if unplugged else None)
            held = unplugged or self._paused or self._cancelled.is_set() or "model" in self._notes
            self._work.pause(held)
            self._tell()
        return POWER_SECONDS

    def _look_at(self, scopes: tuple[Scope, ...]) -> None:
        seen = reconcile_together(
            self._library,
            scopes,
            stopped=lambda: self._stopping.is_set() or self._cancelled.is_set(),
            unsettled=self._unsettled,
            moves=self.moves,
        )
        self._found_files += seen.found
        for folder, reason in seen.problems.items():
            self.note(f"folder:{folder}", reason)
        if seen.wrote:
            self.note("disk", None)

    def _on_change(self, change: LibraryChange) -> None:
        if change.removed or change.albums or (change.added and self._folders is not None):
            self._refresh_remaining()
        elif change.added:  # counting all anew after every batch of a long scan would add up
            with self._state:
                self._remaining += len(change.added)
        if change.added or change.removed or change.albums:
            self._work.wake()

    def _refresh_remaining(self) -> None:
        count = self._library.queries.pending_count(self._model_id, self._folders)
        with self._state:
            self._remaining = count

    # --- analyzing -------------------------------------------------------------------------------

    def _analyze(self) -> None:
        _lower_priority()
        while True:
            photo = self._work.take()
            if photo is None:
                return
            if photo.path in self._unsettled():
                self._work.park(photo)
                self._tell()
                continue
            try:
                self._hand_over(Finished(photo, self._analyze_one(photo)))
            except (PhotoChangedError, FileNotFoundError):
                # The watcher or the next scan will see what became of the file.
                self._work.park(photo)
                self._tell()
            except ModelError as error:
                self.note("model", str(error))
                self._work.pause(True)
                self._work.park(photo)
                self._tell()

    def _hand_over(self, item: Finished) -> None:
        while True:
            try:
                self._finished.put(item, timeout=1.0)
            except queue.Full:
                if self._stopping.is_set():
                    return  # it is analyzed again at the next start
            else:
                return

    def _analyze_one(self, photo: PendingPhoto) -> AnalyzedPhoto:
        """Analyze the file that the index knows; another one in its place is for a scan to see.

        Raises:
            PhotoChangedError: the file is not (or no longer) the one that the index knows.
            FileNotFoundError: it is gone.
            ModelError: no photo can be analyzed.
        """
        analyzer = self._open_analyzer()
        content: bytes | None = None
        _check_unchanged(photo)
        try:
            content = fingerprint(photo.path)
        except FileNotFoundError:
            raise
        except OSError as error:
            log.info("no fingerprint: %s", error.strerror)
        try:
            analysis = analyzer.analyze(photo.path)
        except (PhotoChangedError, ModelError):
            raise
        except Exception:
            log.exception("analysis failed")
            analysis = Analysis(None, Status.UNREADABLE, INTERNAL_ERROR, None, ())
        _check_unchanged(photo)
        return AnalyzedPhoto(photo.id, photo.source, analysis, content)

    def _open_analyzer(self) -> Analyzer:
        with self._analyzer_lock:
            if self._analyzer is None:
                self._analyzer = self._analyzer_factory()
            return self._analyzer

    # --- saving ----------------------------------------------------------------------------------

    def _save(self) -> None:
        while True:
            first = self._finished.get()
            if first is None:
                return
            batch, last = self._collect(first)
            self._store(batch)
            if last:
                return

    def _collect(self, first: Finished) -> tuple[list[Finished], bool]:
        """A batch: ``BATCH_SIZE`` photos or what comes within ``BATCH_SECONDS``."""
        batch = [first]
        deadline = time.monotonic() + BATCH_SECONDS
        while len(batch) < BATCH_SIZE:
            try:
                item = self._finished.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _store(self, batch: list[Finished]) -> None:
        """Store a batch; a full disk is waited for, so that no finished work is lost."""
        while True:
            try:
                # Thumbnails first: a row that says "scored" always has its picture.
                self._library.thumbnails.put_many(
                    [
                        (item.photo.id, item.analyzed.analysis.thumbnail)
                        for item in batch
                        if item.analyzed.analysis.thumbnail is not None
                    ]
                )
                self._library.writer.save_analyses(
                    self._model_id, [item.analyzed for item in batch]
                ).result()
                break
            except LibraryError as error:
                self.note("disk", str(error))
                self._tell()
                if self._stopping.wait(SAVE_RETRY_SECONDS):
                    return
            except Exception:
                log.exception("analyzed photos could not be stored")
                self.note("library", "Scores could not be stored; the log has the details.")
                for item in batch:
                    self._work.park(item.photo)
                self._tell()
                return
        self.note("disk", None)
        self._count(batch)

    def _count(self, batch: list[Finished]) -> None:
        now = time.monotonic()
        with self._state:
            for item in batch:
                analysis = item.analyzed.analysis
                self._counts["done"] += 1
                self._counts[analysis.status.value] += 1
                self._faces += len(analysis.faces)
                self._speed.append(now)
            self._remaining = max(0, self._remaining - len(batch))
        for item in batch:
            self._work.done(item.photo)
        self._tell()

    # --- telling ---------------------------------------------------------------------------------

    def _photos_per_second(self) -> float | None:
        if len(self._speed) < 2:
            return None
        elapsed = self._speed[-1] - self._speed[0]
        return len(self._speed) / elapsed if elapsed > 0 else None

    def note(self, key: str, text: str | None) -> None:
        """Something the user should know about the work, under a key that later replaces it."""
        with self._state:
            if text is None:
                self._notes.pop(key, None)
            else:
                self._notes[key] = text

    def _tell(self) -> None:
        with self._state:
            self._state.notify_all()
        progress = self.progress()
        for listener in list(self._listeners):
            listener(progress)
        if self._reasons is not None:
            self._reasons.wake()


def _has_tree(scopes: tuple[Scope, ...]) -> bool:
    return any(recursive for _, recursive in scopes)


def _check_unchanged(photo: PendingPhoto) -> None:
    try:
        state = os.stat(photo.path)
    except OSError as error:
        raise PhotoChangedError("the file is no longer there") from error
    if f"{state.st_size}:{state.st_mtime_ns}" != photo.source:
        raise PhotoChangedError("the file is not the one that was found")


def _lower_priority() -> None:
    """Let the window and other programs go first (per thread on Linux; elsewhere a no-op)."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        except OSError as error:
            log.debug("priority not lowered: %s", error)
