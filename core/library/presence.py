"""Which program is at work on a library: one indexes it, others may join and read and judge."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from core.files.private import private_file


class Presence:
    """A lock file that the system frees when the process ends, however it ends.

    Attributes:
        first: True for the program that holds the lock and may index.
    """

    def __init__(self, directory: Path) -> None:
        lock = directory / "library.lock"
        private_file(lock)
        self._file: IO[str] | None = lock.open("a+")
        self.first = _try_lock(self._file)

    def claim(self) -> bool:
        """Be the first now, if nobody else is."""
        if not self.first and self._file is not None:
            self.first = _try_lock(self._file)
        return self.first

    def release(self) -> None:
        """Let another program be the first."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self.first = False


def _try_lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
