"""All writes of the library: one thread, one transaction each, one value saying what changed.

What the transactions do stands in ``file_writes``, ``analysis_writes`` and ``judgement_writes``.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from core.domain import Album, ColorLabel, FileState, Flag, LibraryChange, SmartAlbum
from core.errors import LibraryError
from core.library import (
    album_writes,
    analysis_writes,
    face_forgetting,
    file_writes,
    forgetting,
    judgement_writes,
    reason_writes,
    smart_album_writes,
)
from core.library.analysis_writes import AnalyzedPhoto
from core.library.database import BUSY_TIMEOUT_S, WRITE_TIMEOUT_S
from core.library.face_forgetting import ForgottenFaces
from core.library.file_writes import FileChanges
from core.library.reason_writes import MeasuredPhoto

log = logging.getLogger(__name__)

T = TypeVar("T")
Listener = Callable[[LibraryChange], None]
Write = Callable[[Connection], tuple[T, LibraryChange]]


class Writer:
    """The one thread that writes. Every method returns at once with a future.

    A future fails with ``LibraryError`` when the disk is full or the file can't be written; the
    transaction is then rolled back whole. A library that another program holds is waited for.
    What the user decided is on the disk when its future is done, also after a power cut.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="albumen-writer")
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._hurry = threading.Event()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` on the writer thread after each commit; returns how to stop that."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def close(self) -> None:
        """Finish what was asked for, then stop the thread."""
        self._hurry.set()
        self._pool.shutdown(wait=True)

    def hurry(self, hurry: bool) -> None:
        """Whether a library that another program holds is not waited for any more."""
        if hurry:
            self._hurry.set()
        else:
            self._hurry.clear()

    def submit(self, write: Write[T], *, durable: bool = True) -> Future[T]:
        """Run ``write`` in a transaction of its own on the writer thread.

        Args:
            durable: survive a power cut from the moment on that the future is done; derived data
                need not, since it is computed again.
        """
        return self._pool.submit(self._run, write, durable)

    def _run(self, write: Write[T], durable: bool) -> T:
        waited = False
        while True:
            try:
                result, change = self._transact(write, durable)
                break
            except OperationalError as error:
                self._explain(error, waited)  # returns only when trying again makes sense
                waited = True
        if change:
            self._tell(change)
        return result

    def _tell(self, change: LibraryChange) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(change)

    def announce(self, change: LibraryChange) -> None:
        """Tell all listeners of a change that somebody else made, on the writer thread."""
        self._pool.submit(self._tell, change)

    def foreign_version(self) -> Future[int]:
        """A number that changes whenever another program has written."""
        return self._pool.submit(self._foreign_version)

    def _foreign_version(self) -> int:
        with self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            return int(driver.execute("PRAGMA data_version").fetchone()[0])

    def compact(self) -> Future[None]:
        """Write the library's file anew, so that nothing of what was deleted stays in it.

        The future fails with ``LibraryError`` when the disk has no room for it, or another
        program holds the library.
        """
        return self._pool.submit(self._compact)

    def _compact(self) -> None:
        with self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            try:
                driver.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")
                whole = face_forgetting.compact(driver)
            except sqlite3.OperationalError as error:
                raise LibraryError(
                    f"The library could not be written anew ({error}): what was deleted may still "
                    "be found in its file. Free some space, close other windows, and try again."
                ) from error
            finally:
                driver.execute(f"PRAGMA busy_timeout={int(WRITE_TIMEOUT_S * 1000)}")
        if not whole:
            raise LibraryError(
                "The library is being read by another program: what was deleted may still be "
                "found in its file. Close other windows and try again."
            )

    def _transact(self, write: Write[T], durable: bool) -> tuple[T, LibraryChange]:
        with self._engine.connect() as connection:
            # Before the transaction begins, since it can't be set within one.
            level = "FULL" if durable else "NORMAL"
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(f"PRAGMA synchronous={level}")
            with connection.begin():
                return write(connection)

    def _explain(self, error: OperationalError, waited: bool) -> None:
        """Tell a full disk from a library that is only busy; anything else is raised as it is."""
        cause = error.orig
        code = getattr(cause, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if self._hurry.is_set():
                raise LibraryError(
                    "The library is held by another program; what was not written yet is done "
                    "at the next start."
                ) from error
            if not waited:
                log.warning("the library is held by another program; waiting for it")
            return
        if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise LibraryError(
                "The disk of the library is full or can't be written; free some space, "
                "and the work goes on from where it stopped."
            ) from error
        if primary == sqlite3.SQLITE_READONLY:
            raise LibraryError("The library can't be written: it is read-only.") from error
        raise error

    # --- albums and files ------------------------------------------------------------------------

    def add_album(
        self, path: Path, name: str | None = None, *, journaled: bool = False
    ) -> Future[Album]:
        """Watch a folder as an album; adding it again gives the album that is there.

        ``journaled``: as an action of the user, which can be undone.
        """
        return self.submit(lambda c: album_writes.add_album(c, path, name, journaled))

    def remove_album(self, album_id: int) -> Future[int | None]:
        """Forget an album. Photos on disk stay, and so do ratings, should it be added again.

        Gives the journal's entry.
        """
        return self.submit(lambda c: album_writes.remove_album(c, album_id))

    def set_ignore_patterns(self, album_id: int, patterns: Sequence[str]) -> Future[int | None]:
        """Set an album's own ignore patterns (as ``fnmatch`` reads them).

        Gives the journal's entry, ``None`` where nothing is new.
        """
        return self.submit(lambda c: album_writes.set_ignore_patterns(c, album_id, patterns))

    def set_album_online(self, album_id: int, online: bool) -> Future[None]:
        """Note that an album's folder can or can't be seen."""
        return self.submit(lambda c: album_writes.set_album_online(c, album_id, online))

    def apply_files(self, changes: FileChanges) -> Future[list[int]]:
        """Write what a reconcile found; gives the ids of photos that are new."""
        return self.submit(lambda c: file_writes.apply(c, changes), durable=False)

    def note_rewritten(self, photo_id: int, state: FileState, content: bytes) -> Future[None]:
        """Note that this program rewrote a photo's file and left its picture as it was.

        ``content`` is the new file's fingerprint.
        """
        return self.submit(lambda c: file_writes.note_rewritten(c, photo_id, state, content))

    # --- derived data ----------------------------------------------------------------------------

    def save_analyses(self, model: str, analyzed: Iterable[AnalyzedPhoto]) -> Future[int]:
        """Store a batch of analyses; gives how many still matched their photo's file."""
        batch = list(analyzed)
        return self.submit(lambda c: analysis_writes.save(c, model, batch), durable=False)

    def forget_failures(self, model: str, photo_ids: Sequence[int] | None = None) -> Future[int]:
        """Let photos that could not be read (these, or all) be analyzed again; gives how many."""
        return self.submit(lambda c: forgetting.forget_failures(c, model, photo_ids))

    def forget_analyses(self, model: str, photo_ids: Sequence[int]) -> Future[None]:
        """Let photos be analyzed again, whatever was found."""
        return self.submit(lambda c: forgetting.forget(c, model, photo_ids))

    def forget_faces(self, people: bool) -> Future[ForgottenFaces]:
        """Delete all face data (and with ``people`` all names); `compact` makes it unreadable."""
        return self.submit(lambda c: face_forgetting.forget_faces(c, people))

    def save_reasons(self, measured: Iterable[MeasuredPhoto]) -> Future[int]:
        """Store measured faults; gives how many still matched their photo's file."""
        batch = list(measured)
        return self.submit(lambda c: reason_writes.save(c, batch), durable=False)

    # --- the user's judgements -------------------------------------------------------------------

    def set_rating(self, photo_ids: Iterable[int], stars: int) -> Future[None]:
        """Give 0..5 stars. Raises ``UsageError`` (from the future) outside that range."""
        ids = list(photo_ids)
        return self.submit(lambda c: judgement_writes.set_rating(c, ids, stars))

    def set_flag(self, photo_ids: Iterable[int], flag: Flag | None) -> Future[None]:
        """Pick, reject, or clear."""
        ids = list(photo_ids)
        return self.submit(lambda c: judgement_writes.set_flag(c, ids, flag))

    def set_color(self, photo_ids: Iterable[int], color: ColorLabel | None) -> Future[None]:
        """Give a colour label, or clear it."""
        ids = list(photo_ids)
        return self.submit(lambda c: judgement_writes.set_color(c, ids, color))

    def take_over(self, values: Mapping[int, Mapping[str, object]]) -> Future[None]:
        """Give each photo what another program said of it: rating, flag, color as stored."""
        return self.submit(lambda c: judgement_writes.take_over(c, values))

    def save_search(self, name: str, query: str) -> Future[SmartAlbum]:
        """Keep a search as a smart album. Raises ``UsageError`` where it can't be read."""
        return self.submit(lambda c: smart_album_writes.save(c, name, query))

    def rename_search(self, album_id: int, name: str) -> Future[None]:
        """Give a smart album another name. Raises ``UsageError`` where that is taken."""
        return self.submit(lambda c: smart_album_writes.rename(c, album_id, name))

    def remove_search(self, album_id: int) -> Future[None]:
        """Forget a smart album."""
        return self.submit(lambda c: smart_album_writes.remove(c, album_id))

    def undo(self) -> Future[str | None]:
        """Take back the newest action; gives its description, ``None`` when there is none."""
        return self.submit(judgement_writes.undo)

    def redo(self) -> Future[str | None]:
        """Do again what was taken back last."""
        return self.submit(judgement_writes.redo)
