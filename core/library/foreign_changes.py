"""Notices what other programs write into the library, and tells it like a write of our own."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from core.domain import LibraryChange
from core.errors import LibraryError
from core.library.writer import Writer

log = logging.getLogger(__name__)

CHECK_S = 1.0


class ForeignChanges:
    """Asks again and again whether somebody else has written.

    SQLite's ``data_version`` changes on a connection when any other one commits; the connection
    asked is the writer's, so that writes of this program don't count.

    Args:
        writer: whose listeners are told. What changed is not known, so the change says everything.
        check_s: seconds between looks; a look costs some microseconds.
    """

    def __init__(self, writer: Writer, check_s: float = CHECK_S) -> None:
        self._writer = writer
        self._check_s = check_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="albumen-foreign", daemon=True)

    def start(self) -> None:
        """Begin; what was written before counts as known."""
        self._thread.start()

    def stop(self) -> None:
        """End; call it before the writer is closed."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        known: int | None = None
        while not self._stopping.is_set():
            version = known
            try:
                version = self._writer.foreign_version().result()
            except (LibraryError, SQLAlchemyError) as error:
                log.warning("whether others wrote into the library can't be told: %s", error)
            if known is not None and version != known:
                self._writer.announce(LibraryChange(albums=True, everything=True))
            known = version
            self._stopping.wait(self._check_s)
