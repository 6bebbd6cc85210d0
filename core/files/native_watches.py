"""The system's own announcements of changes, for as many folders as it is willing to watch."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

log = logging.getLogger(__name__)

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
"""With its default of all events watchdog 7.1 keeps itself busy for ever on large trees."""
if not sys.platform.startswith("linux"):
    _EVENTS.append(FileModifiedEvent)  # only Linux tells when a file is closed


class NativeWatches:
    """One observer with a watch for each folder; begun with the first one.

    Args:
        handle: takes each event, on a thread of the observer.
        overflow: told that events were lost.
        limit: told which folder the system refuses to watch, and why.
    """

    def __init__(
        self,
        handle: Callable[[FileSystemEvent], None],
        overflow: Callable[[], None],
        limit: Callable[[bytes, OSError], None],
    ) -> None:
        self._handler = _Handler(handle)
        self._overflow = overflow
        self._limit = limit
        self._observer: BaseObserver | None = None

    def begin(self, folder: Path) -> ObservedWatch:
        """Watch a folder and all below it.

        Raises:
            OSError: the system refuses.
        """
        if self._observer is None:
            self._observer = self._new_observer()
        return self._observer.schedule(
            self._handler, os.fspath(folder), recursive=True, event_filter=_EVENTS
        )

    def end(self, watch: ObservedWatch) -> None:
        """Watch this no more."""
        if self._observer is not None:
            with contextlib.suppress(KeyError, OSError):
                self._observer.unschedule(watch)

    def is_alive(self, watch: ObservedWatch) -> bool:
        """Whether events of this watch would still come."""
        observer = self._observer
        if observer is None or not observer.is_alive():
            self._observer = None
            return False
        return any(e.watch == watch and e.is_alive() for e in observer.emitters.copy())

    def stop(self) -> None:
        """End all watches and join their threads."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join()

    def _new_observer(self) -> BaseObserver:
        observer: BaseObserver
        if sys.platform.startswith("linux"):
            from core.files.inotify import InotifyObserver

            observer = InotifyObserver(self._overflow, self._limit)
        else:
            observer = Observer()
        observer.daemon = True
        observer.start()
        return observer


class _Handler(FileSystemEventHandler):
    """Hands every event on."""

    def __init__(self, handle: Callable[[FileSystemEvent], None]) -> None:
        self._handle = handle

    def dispatch(self, event: FileSystemEvent) -> None:
        try:
            self._handle(event)
        except Exception:
            log.exception("a file event was lost")
