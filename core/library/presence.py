"""Which program is at work on a library: one indexes it, others may join and read and judge."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import IO

from core.errors import LibraryError
from core.files.private import private_file

log = logging.getLogger(__name__)


class Presence:
    """A lock file that the system frees when the process ends, however it ends.

    Raises:
        LibraryError: nothing can be written into the library's folder.

    Attributes:
        first: True for the program that holds the lock and may index.
    """

    def __init__(self, directory: Path) -> None:
        lock = directory / "library.lock"
        private_file(lock)
        try:
            self._file: IO[str] | None = lock.open("a+")
        except OSError as error:
            raise LibraryError(
                f"The library folder {directory} can't be written to: {error.strerror}. "
                "Make it writable, or choose another library folder."
            ) from error
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
    except BlockingIOError:
        return False
    except OSError as error:
        # Some network drives know no locks: rather two that index than none.
        log.warning("the library can't be locked: %s", error)
    return True
