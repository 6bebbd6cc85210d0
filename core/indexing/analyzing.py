"""Takes pending photos one after the other, analyzes them, and hands on what was found."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from core.analysis import Analyzer
from core.domain import Analysis, Status
from core.errors import ModelError, PhotoChangedError
from core.files.identity import fingerprint
from core.indexing.progress import Progress
from core.indexing.saving import Finished
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_queries import PendingPhoto
from core.work_queue import WorkQueue

log = logging.getLogger(__name__)

INTERNAL_ERROR = "an internal error; the log has the details"


class AnalyzeLoop:
    """What each worker thread runs.

    Args:
        analyzer_factory: opens the models; called once, by the first worker that needs them.
        unsettled: names files that somebody is still writing; they are left alone.
        hand_over: takes each analyzed photo.
        tell: called when a photo was left alone, or none can be analyzed.
        choose_workers: told the analyzer before the first photo, says how many threads are to go
            on (``None``: all).
    """

    def __init__(
        self,
        work: WorkQueue,
        analyzer_factory: Callable[[], Analyzer],
        progress: Progress,
        *,
        unsettled: Callable[[], Collection[Path]],
        hand_over: Callable[[Finished], None],
        tell: Callable[[], None],
        choose_workers: Callable[[Analyzer], int] | None = None,
    ) -> None:
        self._work = work
        self._analyzer_factory = analyzer_factory
        self._progress = progress
        self._unsettled = unsettled
        self._hand_over = hand_over
        self._tell = tell
        self._choose_workers = choose_workers
        self._most: int | None = None
        self._analyzer: Analyzer | None = None
        self._analyzer_lock = threading.Lock()

    def run(self, number: int = 0) -> None:
        """Analyze until the queue is closed, or this thread's number is one too many."""
        lower_priority()
        while self._most is None or number < self._most:
            photo = self._work.take()
            if photo is None:
                return
            if photo.path in self._unsettled():
                self._leave(photo)
                continue
            try:
                self._hand_over(Finished(photo, self._analyze(photo)))
            except (PhotoChangedError, FileNotFoundError):
                # The watcher or the next scan will see what became of the file.
                self._leave(photo)
            except ModelError as error:
                self._progress.note("model", str(error))
                self._work.pause(True)
                self._leave(photo)

    def _leave(self, photo: PendingPhoto) -> None:
        self._work.park(photo)
        self._tell()

    def _analyze(self, photo: PendingPhoto) -> AnalyzedPhoto:
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
                if self._choose_workers is not None:
                    self._most = self._choose_workers(self._analyzer)
            return self._analyzer


def _check_unchanged(photo: PendingPhoto) -> None:
    try:
        state = os.stat(photo.path)
    except OSError as error:
        raise PhotoChangedError("the file is no longer there") from error
    if f"{state.st_size}:{state.st_mtime_ns}" != photo.source:
        raise PhotoChangedError("the file is not the one that was found")


def lower_priority() -> None:
    """Let the window and other programs go first (per thread on Linux; elsewhere a no-op)."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        except OSError as error:
            log.debug("priority not lowered: %s", error)
