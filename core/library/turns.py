"""Two programs on one library: the second joins, and takes over when the first one ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from core.library.library import Library

log = logging.getLogger(__name__)

CHECK_S = 2.0
JOINED = (
    "This library is open in another window or command, which does the scanning. You can look "
    "at photos and judge them here; scanning starts here when the other one is closed."
)


class Turn:
    """Waits until this program is the first at work on a library.

    Args:
        library: the open library.
        on_turn: called once, on a thread of its own, when it is this program's turn.
        check_s: seconds between looks.
    """

    def __init__(
        self, library: Library, on_turn: Callable[[], None], check_s: float = CHECK_S
    ) -> None:
        self._library = library
        self._on_turn = on_turn
        self._check_s = check_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="albumen-turn", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def stop(self) -> None:
        """End waiting; once this returns, nothing is called any more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._check_s):
            if self._library.take_turn():
                log.info("the other program is closed; this one is the first now")
                self._on_turn()
                return
