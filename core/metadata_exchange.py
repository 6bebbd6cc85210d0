"""Stars, flags and colours to and from other programs while the window is open.

One thread does it all, writing before reading: so what is read was never written by half of what
the user just said. A sidecar of the user's own is only ever merged into, see `core.files.xmp`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from core.domain import LibraryChange
from core.errors import LibraryError
from core.library.library import Library
from core.library.reads import chunks
from core.library.schema import judgements, now, person_faces
from core.metadata_xmp import Exchange, read_in, write_if_wanted
from core.settings import Settings
from core.sidecars import SidecarIndex

T = TypeVar("T")

log = logging.getLogger(__name__)

BATCH = 24
"""Photos between two looks at whether something more urgent came."""

Told = Callable[[Exchange], None]


class MetadataExchange:
    """Writes what the user says of photos, reads what other programs say, where settings want it.

    Args:
        library: the open library; the caller closes it after ``stop``.
        settings: ``metadata`` and what goes with it.
        told: called on the exchange's thread with what was done, if anything was changed or failed.
    """

    def __init__(
        self, library: Library, settings: Settings, told: Told = lambda done: None
    ) -> None:
        self._library = library
        self._settings = settings
        self._told = told
        self._files = threading.RLock()
        self._wake = threading.Condition()
        self._since: datetime = now()
        self._changed: dict[int, None] = {}
        self._to_write: dict[int, None] = {}
        self._taken_back: dict[int, None] = {}
        self._to_read: dict[int, None] = {}
        self._paths: dict[Path, None] = {}
        self._sidecars = SidecarIndex(library.queries)
        self._everywhere = False
        self._busy = False
        self._stopping = False
        self._unsubscribe: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; what was judged before is left as it is."""
        self._unsubscribe = self._library.writer.subscribe(self._on_change)
        self._thread = threading.Thread(target=self._run, name="albumen-metadata")
        self._thread.start()

    def stop(self) -> None:
        """Write what the user said until now, and end."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    def use(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        with self._wake:
            if self._settings.metadata == "off" and settings.metadata != "off":
                self._since = now()
            if settings.metadata_read and not self._settings.metadata_read:
                self._everywhere = True
            self._settings = settings
            self._wake.notify_all()

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until all that was asked for is done; False when time ran out."""
        with self._wake:
            return self._wake.wait_for(lambda: not (self._busy or self._waiting()), timeout)

    @contextmanager
    def held(self) -> Iterator[None]:
        """No file is read or written meanwhile: while files move, and while something is undone,
        which must not be read half done."""
        with self._files:
            yield

    # --- what is asked ---------------------------------------------------------------------------

    def take_back(self, photo_ids: Iterable[int]) -> None:
        """Judgements of these photos were undone: files must not go on saying them."""
        self._ask(self._taken_back, photo_ids)

    def write_person(self, person_id: int) -> None:
        """A person was named or given faces: write it into their photos, if names are wanted."""
        if not self._settings.metadata_people or self._settings.metadata == "off":
            return
        with self._library.queries.reading() as connection:
            ids = connection.scalars(
                select(person_faces.c.photo_id)
                .where(person_faces.c.person_id == person_id, person_faces.c.source != "user_not")
                .distinct()
            ).all()
        self._ask(self._to_write, ids)

    def look_at(self, path: Path) -> None:
        """A sidecar or a photo changed on disk, or a folder has to be looked through."""
        if self._settings.metadata_read:
            self._ask(self._paths, [path])

    def _on_change(self, change: LibraryChange) -> None:
        """On the writer's thread: note it, no more."""
        if self._settings.metadata != "off":
            self._ask(self._changed, change.updated)
        if self._settings.metadata_read:
            self._ask(self._to_read, change.added)

    def _ask(self, waiting: dict[T, None], what: Iterable[T]) -> None:
        with self._wake:
            waiting.update(dict.fromkeys(what))
            self._wake.notify_all()

    # --- the thread ------------------------------------------------------------------------------

    def _waiting(self) -> bool:
        return bool(
            self._changed
            or self._to_write
            or self._taken_back
            or self._to_read
            or self._paths
            or self._everywhere
        )

    def _run(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._waiting() or self._stopping)
                if self._stopping:
                    self._to_read.clear()
                    self._paths.clear()
                    self._everywhere = False
                    if not self._waiting():
                        return
                self._busy = True
            try:
                with self._files:
                    self._work()
            except LibraryError as error:
                log.warning("metadata waits: %s", error)
            except Exception:
                log.exception("metadata could not be exchanged")

    def _work(self) -> None:
        if changed := self._take(self._changed, 500):
            self._ask(self._to_write, self._judged(changed))
        elif undone := self._take(self._taken_back):
            self._write(undone, taken_back=True)
        elif ids := self._take(self._to_write):
            self._write(ids)
        elif ids := self._take(self._to_read, 500):
            self._tell(read_in(self._library, ids))
        elif self._everywhere:  # what others wrote before it was switched on
            self._everywhere = False
            self._ask(self._paths, [album.path for album in self._library.queries.albums()])
        elif paths := self._take(self._paths, 200):
            self._ask(self._to_read, self._sidecars.photos_of(paths))

    def _take(self, waiting: dict[T, None], most: int = BATCH) -> list[T]:
        with self._wake:
            taken = list(waiting)[:most]
            for key in taken:
                del waiting[key]
            return taken

    def _judged(self, ids: Sequence[int]) -> list[int]:
        """Those of changed photos whose judgement is new; scores are nobody else's business."""
        with self._library.queries.reading() as connection:
            return [
                photo_id
                for chunk in chunks(ids)
                for photo_id in connection.scalars(
                    select(judgements.c.photo_id).where(
                        judgements.c.photo_id.in_(chunk), judgements.c.changed_at >= self._since
                    )
                )
            ]

    def _write(self, ids: Sequence[int], *, taken_back: bool = False) -> None:
        done = write_if_wanted(self._library, ids, self._settings, taken_back=taken_back)
        if done is not None:
            self._tell(done)

    def _tell(self, done: Exchange) -> None:
        if done.changed or done.failed:
            self._told(done)
