"""watchdog's inotify observer, made to say when it loses events or can't watch a folder.

watchdog 7.1 logs both and goes on; a folder below the root that the system's limit leaves
unwatched, or events that the kernel dropped, would otherwise go unnoticed.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyFullEmitter
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

LIMIT_ERRORS = frozenset({errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the system says when it will not watch any more."""


class _OutspokenInotify(InotifyFD):
    def __init__(
        self, on_overflow: Callable[[], None], on_limit: Callable[[bytes, OSError], None]
    ) -> None:
        self._on_overflow = on_overflow
        self._on_limit = on_limit
        super().__init__()

    def add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        try:
            return super().add_callback(path, mask, callback, id_)
        except OSError as error:
            if error.errno in LIMIT_ERRORS:
                self._on_limit(path, error)
            raise

    def _add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        # A folder that was moved out of sight keeps its watch; when it comes back, watchdog warns
        # that the watch is there already, which is what we want.
        watch = self._get_or_create_watch(path, mask)
        watch.callbacks[id_] = callback
        return watch.wd

    def handle_event(self, event: InotifyEvent) -> None:
        super().handle_event(event)
        if event.is_queue_overflow:
            self._on_overflow()


class InotifyObserver(BaseObserver):
    """Watches with one inotify instance of its own.

    Args:
        on_overflow: the kernel dropped events; called from another thread.
        on_limit: the system refuses to watch this folder; called from any thread.

    Raises:
        OSError: no instance is to be had (EMFILE: "inotify instance limit").
    """

    def __init__(
        self, on_overflow: Callable[[], None], on_limit: Callable[[bytes, OSError], None]
    ) -> None:
        self._source = _OutspokenInotify(on_overflow, on_limit)
        self._source.start()
        # "Full": a file moved in from elsewhere comes as a move from nowhere, not as a new file
        # that somebody may still be writing.
        super().__init__(InotifyFullEmitter, inotify_fd=self._source)

    def on_thread_stop(self) -> None:
        """Ends the reader too."""
        super().on_thread_stop()
        self._source.stop()
        self._source.join()
