"""The opened library: reads, writes and thumbnails in one hand."""

from __future__ import annotations

import logging
import sqlite3
import threading
from datetime import date
from pathlib import Path

from core.domain import LibraryChange
from core.errors import LibraryError, NewerLibraryError
from core.files.private import private_file
from core.files.thumbnails import ThumbnailStore
from core.library import backup
from core.library.database import DATABASE_NAME, make_engine, make_folder, prepare
from core.library.foreign_changes import CHECK_S, ForeignChanges
from core.library.presence import Presence
from core.library.queries import Queries
from core.library.rescue import replace_damaged
from core.library.writer import Writer

log = logging.getLogger(__name__)

OPEN_MARK = "library.open"
"""A file that stands while the library is open: found at a start, the last end was no clean one,
or what was read was damaged."""


class Library:
    """A library folder that is open.

    Attributes:
        path: the folder.
        queries: all reads.
        writer: all writes.
        thumbnails: pictures for the grid, by photo id.
        notes: what the user should know about this opening (a damaged library was replaced).
        presence: whether this program is the first at work on the library.
    """

    def __init__(self, path: Path) -> None:
        self.notes: list[str] = []
        self.path = path
        self._open_mark = path / OPEN_MARK
        self._damaged = threading.Event()
        make_folder(path)
        self.presence = Presence(path)
        try:
            database = self._open_whole(path)
        except BaseException:
            self.presence.release()
            raise
        if self.presence.first:
            private_file(self._open_mark)
            self._back_up()
        on_damage = self._damaged.set
        self._read_engine = make_engine(database, read_only=True, on_damage=on_damage)
        self._write_engine = make_engine(database, read_only=False, on_damage=on_damage)
        self.queries = Queries(self._read_engine)
        self.writer = Writer(self._write_engine)
        self.thumbnails = ThumbnailStore(path)
        self._day = date.today()
        self.writer.subscribe(self._back_up_on_a_new_day)
        self._foreign: ForeignChanges | None = None

    def take_turn(self) -> bool:
        """Be the first at work on the library from now on, if nobody else is; gives whether."""
        if self.presence.claim():
            private_file(self._open_mark)
        return self.presence.first

    def follow_other_programs(self, check_s: float = CHECK_S) -> None:
        """Tell the writer's listeners, too, when another program writes into this library."""
        if self._foreign is None:
            self._foreign = ForeignChanges(self.writer, check_s)
            self._foreign.start()

    def _open_whole(self, path: Path) -> Path:
        """A current, undamaged database; a damaged one is set aside and its user data saved."""
        database = path / DATABASE_NAME
        # Checking reads the whole file, so it is done only when there is cause for doubt.
        doubtful = self._open_mark.exists() and database.exists() and self.presence.first
        try:
            if not (doubtful and backup.is_damaged(database)):
                return prepare(path)
        except NewerLibraryError:
            raise
        except LibraryError:
            # A library that another program holds open is never replaced under it.
            if not (self.presence.first and database.exists() and backup.is_damaged(database)):
                raise
        self.notes.append(replace_damaged(database, date.today()))
        return prepare(path)

    def _back_up(self) -> None:
        try:
            backup.back_up_daily(self.path / DATABASE_NAME, date.today())
        except (OSError, sqlite3.Error) as error:
            self.notes.append(f"Today's backup of the library could not be written: {error}.")
            log.warning("no backup today: %s", error)

    def _back_up_on_a_new_day(self, _: LibraryChange) -> None:
        """A window may stay open for weeks."""
        today = date.today()
        if today != self._day and self.presence.first:
            self._day = today
            self._back_up()

    def close(self) -> None:
        """Finish pending writes and let go of the files."""
        if self._foreign is not None:
            self._foreign.stop()
            self._foreign = None
        self.writer.close()
        self.thumbnails.close()
        self.queries.close()
        self._read_engine.dispose()
        self._write_engine.dispose()
        if self.presence.first and not self._damaged.is_set():
            self._back_up()  # of a library that was new this morning there is none yet
            self._open_mark.unlink(missing_ok=True)
        self.presence.release()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_library(path: Path) -> Library:
    """Open (or make) the library in the folder ``path``.

    Raises:
        NewerLibraryError: written by a newer version; left untouched.
        LibraryError: can't be opened; the text says why.

    A damaged library is set aside, user data is saved from it and from its backups, and the new
    library's ``notes`` tell the user so.
    """
    return Library(path)
