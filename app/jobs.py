"""Runs functions off the GUI thread and brings their results home.

Workers get only callables; one QObject living on the GUI thread owns the signal that carries the
results back, so callbacks always run on the GUI thread and never after ``stop``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

log = logging.getLogger(__name__)

T = TypeVar("T")


class Jobs(QObject):
    """A small pool for reads and decodes that a view asks for.

    Signals:
        failed(object): an exception that no callback took; the notifier shows it.
    """

    failed = Signal(object)
    _finished = Signal(object, object, object)

    def __init__(self, workers: int = 3, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="albumen-job")
        self._stopped = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], Any] | None = None,
        otherwise: Callable[[BaseException], Any] | None = None,
    ) -> Future[T] | None:
        """Call ``work`` on a worker, then ``then(result)`` on the GUI thread.

        ``otherwise`` takes an exception; without it the exception goes to ``failed``.
        """
        if self._stopped:
            return None
        return self.follow(self._pool.submit(work), then, otherwise)

    def follow(
        self,
        future: Future[T],
        then: Callable[[T], Any] | None = None,
        otherwise: Callable[[BaseException], Any] | None = None,
    ) -> Future[T]:
        """Bring home the result of a future that another thread (the writer) fulfils."""
        future.add_done_callback(lambda done: self._finished.emit(done, then, otherwise))
        return future

    def stop(self) -> None:
        """Drop what waits, wait for what runs; no callback is called from now on."""
        self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    @Slot(object, object, object)
    def _deliver(
        self,
        done: Future[Any],
        then: Callable[[Any], Any] | None,
        otherwise: Callable[[BaseException], Any] | None,
    ) -> None:
        if self._stopped:
            return
        try:
            result = done.result()
        except CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - handed on, never dropped
            (otherwise or self.failed.emit)(error)
            return
        if then is not None:
            then(result)


class MergingFeed(QObject):
    """Merges values published on any thread into one signal on the GUI thread.

    At most one signal per ``interval_ms``; the first value of a quiet time waits that long too,
    so that a burst of writes reaches the views as one.

    Signals:
        changed(object): the merged value.
    """

    changed = Signal(object)
    _arrived = Signal()

    def __init__(
        self,
        merge: Callable[[Any, Any], Any],
        interval_ms: int = 150,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._merge = merge
        self._lock = threading.Lock()
        self._waiting: Any = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.flush)
        self._arrived.connect(self._schedule, Qt.ConnectionType.QueuedConnection)

    def publish(self, value: Any) -> None:
        """Take a value; any thread."""
        with self._lock:
            first = self._waiting is None
            self._waiting = value if first else self._merge(self._waiting, value)
        if first:
            self._arrived.emit()

    @Slot()
    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def flush(self) -> None:
        """Deliver what is waiting now."""
        with self._lock:
            value, self._waiting = self._waiting, None
        if value is not None:
            self.changed.emit(value)

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._timer.stop()
        with self._lock:
            self._waiting = None
