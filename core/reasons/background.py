"""Measuring reasons in the background: after scoring, one photo at a time, at low priority."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import LibraryError, ModelError, UnreadablePhotoError
from core.library.file_queries import PendingPhoto
from core.library.library import Library
from core.library.reason_writes import MeasuredPhoto
from core.reasons.measuring import Measurer

log = logging.getLogger(__name__)

FETCH = 16


class ReasonsLoop:
    """One thread that measures photos whose reasons are older than their file.

    As with scores, the database is the queue: what was not measured is taken up by the next start.
    Measuring needs a whole decode, so it waits while there are photos without a score.

    Args:
        library: the open library.
        model_id: photos that this model scored are measured; their faces are known then.
        may_run: asked before each photo; ``False`` while there is more urgent work.
        folders: keep to these parts of the library (``None``: all of it).
        prepare_thread: called first on the thread (to lower its priority).
    """

    def __init__(
        self,
        library: Library,
        model_id: str,
        may_run: Callable[[], bool],
        folders: Sequence[Path] | None = None,
        prepare_thread: Callable[[], None] = lambda: None,
    ) -> None:
        self._library = library
        self._model_id = model_id
        self._may_run = may_run
        self._folders = folders
        self._prepare_thread = prepare_thread
        self._measurer = Measurer()
        self._condition = threading.Condition()
        self._awake = True
        self._done = False
        self._closed = False
        self._left_alone: dict[int, str] = {}
        self._thread = threading.Thread(target=self._run, name="albumen-reasons")

    def start(self) -> None:
        """Begin; runs until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the photo in hand and join the thread, if it was ever started."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """There may be new work, or leave to do it."""
        with self._condition:
            self._awake = True
            self._done = False
            self._condition.notify_all()

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to measure; False when time ran out."""
        with self._condition:
            return self._condition.wait_for(lambda: self._done or self._closed, timeout)

    def _run(self) -> None:
        self._prepare_thread()
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._awake or self._closed)
                if self._closed:
                    return
                self._awake = False
            if not self._may_run():
                continue
            try:
                finished = self._measure_all()
            except (ModelError, LibraryError) as error:
                log.warning("reasons are not measured: %s", error)
                finished = True
            with self._condition:
                if finished and not self._awake:
                    self._done = True
                    self._condition.notify_all()

    def _measure_all(self) -> bool:
        """Measure what there is; False when interrupted."""
        after_id = 0
        while True:
            photos = self._library.queries.unmeasured(
                self._model_id, after_id=after_id, limit=FETCH, folders=self._folders
            )
            if not photos:
                return True
            for photo in photos:
                after_id = photo.id
                if self._closed or not self._may_run():
                    return False
                if self._left_alone.get(photo.id) != photo.source:
                    self._measure(photo)

    def _measure(self, photo: PendingPhoto) -> None:
        known = self._library.queries.photo(photo.id, self._model_id)
        if known is None:
            return
        try:
            found = self._measurer.measure_all(photo.path, known.faces)
        except UnreadablePhotoError as error:
            # The next scan will see what became of the file.
            log.info("not measured: %s", error)
            self._left_alone[photo.id] = photo.source
            return
        except ModelError:
            raise
        except Exception:
            log.exception("measuring failed")
            self._left_alone[photo.id] = photo.source
            return
        measured = MeasuredPhoto(photo.id, photo.source, found.reasons, found.softness)
        if self._library.writer.save_reasons([measured]).result() == 0:
            self._left_alone[photo.id] = photo.source
