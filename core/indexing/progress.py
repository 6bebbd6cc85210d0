"""Where the background work stands: counts, speed, notes for the user, and who is told of it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from core.domain import Analysis, IndexProgress

SPEED_WINDOW = 200

ProgressListener = Callable[[IndexProgress], None]


class Progress:
    """Counts what was done and holds what the user should know. Thread-safe.

    Attributes:
        changed: notified after every step; its lock guards the state of the indexer's parts.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._listeners: list[ProgressListener] = []
        self._counts = {"done": 0, "scored": 0, "unreadable": 0, "not_scored": 0}
        self._faces = 0
        self._remaining = 0
        self._notes: dict[str, str] = {}
        self._speed: deque[float] = deque(maxlen=SPEED_WINDOW)

    # --- what the parts say ----------------------------------------------------------------------

    def note(self, key: str, text: str | None) -> None:
        """Something the user should know about the work, under a key that later replaces it."""
        with self.changed:
            if text is None:
                self._notes.pop(key, None)
            else:
                self._notes[key] = text

    def noted(self, key: str) -> bool:
        """Whether there is a note under this key."""
        return key in self._notes

    def finished(self, analyses: Sequence[Analysis]) -> None:
        """These photos are stored."""
        now = time.monotonic()
        with self.changed:
            for analysis in analyses:
                self._counts["done"] += 1
                self._counts[analysis.status.value] += 1
                self._faces += len(analysis.faces)
                self._speed.append(now)
            self._remaining = max(0, self._remaining - len(analyses))

    def remain(self, count: int) -> None:
        """So many photos wait."""
        with self.changed:
            self._remaining = count

    def remain_more(self, count: int) -> None:
        """So many photos have come to those that wait."""
        with self.changed:
            self._remaining += count

    # --- what is told ----------------------------------------------------------------------------

    def subscribe(self, listener: ProgressListener) -> Callable[[], None]:
        """Call ``listener`` from the threads of the parts; gives what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def tell(self, progress: IndexProgress) -> None:
        """Hand this to everybody who listens."""
        for listener in list(self._listeners):
            listener(progress)

    def now(self, *, scanning: bool, paused: bool, cancelled: bool) -> IndexProgress:
        """Where the work stands; what was cancelled does not count as waiting."""
        with self.changed:
            speed = self._photos_per_second()
            remaining = 0 if cancelled else self._remaining
            return IndexProgress(
                found=self._counts["done"] + remaining,
                done=self._counts["done"],
                scored=self._counts["scored"],
                not_scored=self._counts["not_scored"],
                unreadable=self._counts["unreadable"],
                faces=self._faces,
                scanning=scanning,
                paused=paused,
                photos_per_second=speed,
                seconds_left=remaining / speed if speed else None,
                notes=dict(self._notes),
            )

    def _photos_per_second(self) -> float | None:
        if len(self._speed) < 2:
            return None
        elapsed = self._speed[-1] - self._speed[0]
        return len(self._speed) / elapsed if elapsed > 0 else None
