"""Stores analyzed photos in batches, on a thread of its own; a full disk is waited for."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import LibraryError
from core.indexing.progress import Progress
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_queries import PendingPhoto
from core.library.library import Library
from core.work_queue import WorkQueue

log = logging.getLogger(__name__)

BATCH_SIZE = 16
BATCH_SECONDS = 0.5
"""Longest that a finished photo waits for others. Storing one alone costs six times as much
processor time as storing it among sixteen, and two workers finish some twenty a second."""
LOOK_SECONDS = 0.02
"""So often it is seen whether any others are to come: the last photo waits for nobody."""
RETRY_SECONDS = 5.0
WAITING_RESULTS = 64
"""Analyzed photos that may wait to be stored; while the disk is full the workers pause then."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An analyzed photo on its way into the library."""

    photo: PendingPhoto
    analyzed: AnalyzedPhoto


class Saver:
    """Takes what the workers finish and writes it.

    Args:
        tell: called whenever something was stored, or could not be.
        stopping: once set, what can't be stored is given up: the next start analyzes it again.
    """

    def __init__(
        self,
        library: Library,
        model_id: str,
        work: WorkQueue,
        progress: Progress,
        tell: Callable[[], None],
        stopping: threading.Event,
    ) -> None:
        self._library = library
        self._model_id = model_id
        self._work = work
        self._progress = progress
        self._tell = tell
        self._stopping = stopping
        self._finished: queue.Queue[Finished | None] = queue.Queue(WAITING_RESULTS)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to store what is handed over."""
        self._thread = threading.Thread(target=self._save, name="albumen-save")
        self._thread.start()

    def stop(self) -> None:
        """Store what was handed over until now, and end."""
        self._finished.put(None)
        if self._thread is not None:
            self._thread.join()

    def hand_over(self, item: Finished) -> None:
        """Store this; waits while too much waits already."""
        while True:
            try:
                self._finished.put(item, timeout=1.0)
            except queue.Full:
                if self._stopping.is_set():
                    return  # it is analyzed again at the next start
            else:
                return

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
        """A batch: ``BATCH_SIZE`` photos, what comes within ``BATCH_SECONDS``, or all there are."""
        batch = [first]
        deadline = time.monotonic() + BATCH_SECONDS
        while len(batch) < BATCH_SIZE:
            try:
                item = self._finished.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if time.monotonic() >= deadline or self._work.nothing_but(len(batch)):
                    break
                continue
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
                self._progress.note("disk", str(error))
                self._tell()
                if self._stopping.wait(RETRY_SECONDS):
                    return
            except Exception:
                log.exception("analyzed photos could not be stored")
                self._progress.note(
                    "library", "Scores could not be stored; the log has the details."
                )
                for item in batch:
                    self._work.park(item.photo)
                self._tell()
                return
        self._progress.note("disk", None)
        self._progress.finished([item.analyzed.analysis for item in batch])
        for item in batch:
            self._work.done(item.photo)
        self._tell()
