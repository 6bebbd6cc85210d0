"""The background work: disk -> index -> analysis, one straight way for every photo.

Threads: one scans (reconciles folders with the index), a few analyze at low priority, one saves
batches; all writes go through the library's writer. Everything can stop at any moment: the
database is the work queue, so the next start goes on where this one ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from core.analysis import Analyzer
from core.domain import IndexProgress, LibraryChange
from core.indexing.analyzing import AnalyzeLoop, lower_priority
from core.indexing.progress import Progress, ProgressListener
from core.indexing.saving import Saver
from core.indexing.scanning import ScanLoop
from core.library.library import Library
from core.moves import Moves
from core.reasons.background import ReasonsLoop
from core.reconcile import Scope
from core.tuning import WORTH_MEASURING, measured_workers, usual_workers
from core.work_queue import WorkQueue
from core.workers import keep_freed_memory

POWER_SECONDS = 30.0
ON_BATTERY = "Analyzing waits while the computer runs on its battery."


class Indexer:
    """Keeps a library in step with its folders and analyzes what is pending.

    Args:
        library: the open library; the caller closes it after ``stop()``.
        analyzer_factory: opens the models; called once, on a worker thread, so that starting
            is instant. A ``ModelError`` is told through the progress' notes.
        workers: photos analyzed at a time; ``None`` for as many as is best on this machine, which
            is measured once, when much waits.
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
        workers: int | None = 2,
        folders: Sequence[Path] | None = None,
        measure_reasons: bool = False,
        on_battery: Callable[[], bool] | None = None,
    ) -> None:
        self._library = library
        self._model_id = model_id
        self._worker_count = workers if workers is not None else usual_workers()
        self._folders = folders
        self._on_battery = on_battery
        self._paused = False
        self._unplugged = False
        self._stopping = threading.Event()
        self._cancelled = threading.Event()
        self._progress = Progress()
        self._state = self._progress.changed
        self.moves = Moves()
        """Renames that were watched; whoever watches notes them here."""
        self._work = WorkQueue(library.queries, model_id, folders, self._on_idle)
        self._saver = Saver(
            library, model_id, self._work, self._progress, self._tell, self._stopping
        )
        self._scanner = ScanLoop(
            library,
            self._progress,
            self.moves,
            looked=self._looked,
            tell=self._tell,
            pause_before=self._look_at_power,
            stopping=self._stopping,
            cancelled=self._cancelled,
        )
        self._analyzing = AnalyzeLoop(
            self._work,
            analyzer_factory,
            self._progress,
            unsettled=lambda: self._scanner.unsettled(),
            hand_over=self._saver.hand_over,
            tell=self._tell,
            choose_workers=self._best_workers if workers is None else None,
        )
        self._reasons: ReasonsLoop | None = None
        if measure_reasons:
            self._reasons = ReasonsLoop(
                library, model_id, self._leisure, folders, prepare_thread=lower_priority
            )
        self._threads: list[threading.Thread] = []
        self._unsubscribe: Callable[[], None] | None = None

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads; pending photos are taken up at once."""
        keep_freed_memory()
        self._unsubscribe = self._library.writer.subscribe(self._on_change)
        self._refresh_remaining()
        self._saver.start()
        self._threads = [threading.Thread(target=self._scanner.run, name="albumen-scan")]
        self._threads += [
            threading.Thread(
                target=self._analyzing.run, args=(number,), name=f"albumen-analyze-{number}"
            )
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
        self._saver.stop()
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
        self._scanner.ask(tuple(scopes))
        self._tell()

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
        self._scanner.unsettled = unsettled

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
        return self._progress.subscribe(listener)

    def progress(self) -> IndexProgress:
        """Where the work stands now."""
        with self._state:
            return self._progress.now(
                scanning=self._scanner.busy,
                paused=self._paused,
                cancelled=self._cancelled.is_set(),
            )

    @property
    def found_files(self) -> int:
        """Candidate files that all scans so far have seen."""
        return self._scanner.found_files

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
            busy = self._scanner.busy or self._paused or self._progress.noted("model")
        return not busy and not self._cancelled.is_set() and self._work.idle

    def _idle(self) -> bool:
        if self._stopping.is_set() or self._cancelled.is_set() or self._progress.noted("model"):
            return True
        return not self._scanner.busy and self._work.idle

    def _on_idle(self) -> None:
        with self._state:
            if not self._scanner.busy:
                self._progress.remain(0)  # what was left alone (files that vanished) is no work
        self._tell()

    # --- what the parts ask and say --------------------------------------------------------------

    def _best_workers(self, analyzer: Analyzer) -> int:
        """How many of the threads go on; measured where it is not known and worth the time."""
        waiting = self._library.queries.pending_count(self._model_id, self._folders)
        if waiting < WORTH_MEASURING or self._worker_count == 1:
            return self._worker_count
        return measured_workers(analyzer.analyze)

    def _looked(self) -> None:
        self._refresh_remaining()
        self._work.wake(again=True)

    def _look_at_power(self) -> float | None:
        """Hold the analysis while the machine runs on its battery; gives when to look again."""
        if self._on_battery is None:
            return None
        unplugged = self._on_battery()
        if unplugged != self._unplugged:
            self._unplugged = unplugged
            self.note("battery", ON_BATTERY if unplugged else None)
            held = self._paused or self._cancelled.is_set() or self._progress.noted("model")
            self._work.pause(unplugged or held)
            self._tell()
        return POWER_SECONDS

    def _on_change(self, change: LibraryChange) -> None:
        if change.removed or change.albums or (change.added and self._folders is not None):
            self._refresh_remaining()
        elif change.added:  # counting all anew after every batch of a long scan would add up
            self._progress.remain_more(len(change.added))
        if change.added or change.removed or change.albums:
            self._work.wake()

    def _refresh_remaining(self) -> None:
        self._progress.remain(self._library.queries.pending_count(self._model_id, self._folders))

    def note(self, key: str, text: str | None) -> None:
        """Something the user should know about the work, under a key that later replaces it."""
        self._progress.note(key, text)

    def _tell(self) -> None:
        with self._state:
            self._state.notify_all()
        self._progress.tell(self.progress())
        if self._reasons is not None:
            self._reasons.wake()
