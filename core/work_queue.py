"""Which photo is analyzed next: what is on screen first, then the database's pending ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from core.library.file_queries import FileQueries, PendingPhoto

FETCH = 64


class WorkQueue:
    """Hands pending photos to workers, each once.

    The queue itself lives in the database (photos whose file or model is newer than their
    analysis); this class only remembers what is being worked on. Thread-safe.
    """

    def __init__(
        self,
        queries: FileQueries,
        model: str,
        folders: Sequence[Path] | None = None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._queries = queries
        self._model = model
        self._folders = folders
        self._on_idle = on_idle
        self._announced = False
        self._condition = threading.Condition()
        self._ready: deque[PendingPhoto] = deque()
        self._urgent: deque[int] = deque()
        self._in_flight: dict[int, PendingPhoto] = {}
        self._overtaken = False
        self._parked: dict[int, PendingPhoto] = {}
        self._after_id = 0
        self._dry = False
        self._paused = False
        self._closed = False

    def take(self) -> PendingPhoto | None:
        """The next photo; waits for one. ``None`` once the queue is closed."""
        while True:
            with self._condition:
                if self._closed:
                    return None
                found = None if self._paused else self._next()
                if found is not None:
                    self._in_flight[found.id] = found
                    return found
                if self._announced or not self._dry or self._in_flight:
                    self._condition.wait()
                    continue
                self._announced = True
            self._on_idle()  # outside the lock: the listener may ask this queue

    def _next(self) -> PendingPhoto | None:
        if self._urgent:
            wanted = [i for i in self._urgent if i not in self._in_flight]
            self._urgent.clear()
            if wanted:
                urgent = self._queries.pending(
                    self._model, ids=wanted[:FETCH], folders=self._folders
                )
                order = {photo_id: place for place, photo_id in enumerate(wanted)}
                urgent.sort(key=lambda photo: order[photo.id])
                self._ready.extendleft(reversed(urgent))
        while True:
            while self._ready:
                photo = self._ready.popleft()
                in_hand = self._in_flight.get(photo.id)
                if in_hand is not None:
                    # Its file changed since it was taken: once that is stored, look again.
                    self._overtaken |= in_hand != photo
                elif self._parked.get(photo.id) != photo:
                    return photo
            if self._dry:
                return None
            fetched = self._queries.pending(
                self._model, after_id=self._after_id, limit=FETCH, folders=self._folders
            )
            if fetched:
                self._after_id = fetched[-1].id
                self._ready.extend(fetched)
            elif self._after_id:
                self._after_id = 0  # once more from the start, for what came in behind
                self._dry = True
            else:
                self._dry = True

    def done(self, photo: PendingPhoto) -> None:
        """The photo's analysis is stored."""
        with self._condition:
            self._parked.pop(photo.id, None)
            self._let_go(photo)

    def park(self, photo: PendingPhoto) -> None:
        """Leave a photo alone until its place or its file's state changes, or a ``wake(again)``."""
        with self._condition:
            self._parked[photo.id] = photo
            self._let_go(photo)

    def _let_go(self, photo: PendingPhoto) -> None:
        self._in_flight.pop(photo.id, None)
        self._announced = False
        if self._overtaken:
            self._overtaken = self._dry = False
            self._after_id = 0
        self._condition.notify_all()

    def wake(self, *, again: bool = False) -> None:
        """The database may hold new work; with ``again`` also try what was parked."""
        with self._condition:
            if again:
                self._parked.clear()
            self._dry = False
            self._announced = False
            self._after_id = 0
            self._condition.notify_all()

    def prioritize(self, photo_ids: Sequence[int]) -> None:
        """Take these first, in this order."""
        with self._condition:
            self._urgent = deque(int(photo_id) for photo_id in photo_ids)
            self._condition.notify_all()

    def pause(self, paused: bool) -> None:
        """Hand out nothing while paused; what is being worked on is finished."""
        with self._condition:
            self._paused = paused
            self._condition.notify_all()

    def close(self) -> None:
        """Let every waiting worker go home."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def idle(self) -> bool:
        """True when nothing is being worked on and the database had nothing more."""
        return self.nothing_but(0)

    def nothing_but(self, count: int) -> bool:
        """True when no more than ``count`` photos are being worked on and none waits."""
        with self._condition:
            waits = bool(self._ready or self._urgent) or not self._dry
            return not waits and len(self._in_flight) <= count
