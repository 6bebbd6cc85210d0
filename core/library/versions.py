"""Tells whether anybody has written into the library since one last looked."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Engine


class LibraryVersion:
    """A number that changes with every commit of any connection, of other programs' too.

    SQLite's ``data_version`` counts for each connection on its own what the others have written
    (https://sqlite.org/pragma.html#pragma_data_version), so one connection is kept that nothing
    else is asked of. Thread-safe.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Any = None

    def now(self) -> int:
        """The version. A snapshot that begins after this is of it or of a later one, so what is
        computed from that snapshot may be kept while the version stays."""
        with self._lock:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            row = self._connection.cursor().execute("PRAGMA data_version").fetchone()
            return int(row[0])

    def close(self) -> None:
        """Give the connection back, before its engine is disposed of."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
