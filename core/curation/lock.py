"""One curation at a time: a lock that the system lets go of when the program dies."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from core.errors import AlbumenError

LOCK_NAME = "curation.lock"


class CurationBusyError(AlbumenError):
    """Another program (or window) is moving photos of this library just now."""


@contextlib.contextmanager
def locked(library: Path) -> Iterator[None]:
    """Hold the library's curation lock.

    Raises:
        CurationBusyError: somebody else holds it.
    """
    path = library / LOCK_NAME
    with path.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CurationBusyError(
                "Photos of this library are being moved by another window or command. "
                "Try again when it is done."
            ) from error
        yield
