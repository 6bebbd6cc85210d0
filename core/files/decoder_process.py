"""The child's side of `core.files.isolate`: decodes what it is asked to until its input ends."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from core.domain import Picture
from core.errors import PhotoTooLargeError, UnreadablePhotoError
from core.files.isolate import (
    MEMORY_LIMIT,
    ChildEndedError,
    answer_with,
    read_message,
    write_message,
)
from core.files.source import TOO_MUCH_MEMORY

Decode = Callable[[Path, int | None, bool], Picture]


def main(decode: Decode | None = None) -> int:
    """Serves requests on standard input; returns the exit code.

    ``decode`` stands in for the real decoder in tests.
    """
    requests, answers = _private_pipes()
    if hasattr(signal, "SIGINT"):
        # Ctrl+C in a terminal reaches us too; it is for the program to end us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    trim = _memory_trimmer()
    work = decode or _decode
    write_message(answers, {"ready": os.getpid()})
    while True:
        try:
            request = read_message(requests)
        except (ChildEndedError, OSError):
            return 0  # the program is gone, or done with us
        _set_alarm(float(request["seconds"]) + 1)
        answer, picture = _answer(work, request)
        _set_alarm(0)
        try:
            write_message(answers, answer, picture.pixels if picture else None)
        except OSError:
            return 0
        picture = None
        trim()


def _answer(work: Decode, request: dict[str, Any]) -> tuple[dict[str, Any], Picture | None]:
    try:
        picture = work(Path(request["path"]), request["max_side"], request["exact"])
    except UnreadablePhotoError as error:
        return {"error": type(error).__name__, "reason": str(error)}, None
    except MemoryError:
        return {"error": PhotoTooLargeError.__name__, "reason": TOO_MUCH_MEMORY}, None
    except Exception:  # noqa: BLE001 - a bug: handed to the program, which logs it
        return {"bug": traceback.format_exc()}, None
    return answer_with(picture), picture


def _decode(path: Path, max_side: int | None, exact: bool) -> Picture:
    from core.files.decode import decode_here
    from core.files.source import open_photo

    with open_photo(path) as source:
        return decode_here(source, max_side, exact)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Our pipes under other numbers, so that a codec that prints does not garble the answers."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.close(null)
    sys.stdout = sys.stderr = io.StringIO()
    return requests, answers


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return  # macOS refuses; the pixel limits still hold


def _set_alarm(seconds: float) -> None:
    """Ends this process if it hangs and nobody is left to end it; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _memory_trimmer() -> Callable[[], object]:
    """Gives freed memory back to the system at once, where the C library can (glibc)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return lambda: None
    return lambda: trim(0)


if __name__ == "__main__":
    sys.exit(main())
