"""Small pictures for the grid: made once, kept in one SQLite file beside the library."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from core.domain import ImageArray
from core.errors import LibraryError
from core.files.private import private_file, private_folder

log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 512
THUMBNAIL_QUALITY = 84
STORE_NAME = "thumbnails.db"

_CHUNK = 500
_Result = TypeVar("_Result")


def make_thumbnail(pixels: ImageArray, side: int = THUMBNAIL_SIDE) -> bytes:
    """A baseline JPEG of uint8 (h, w, 3) sRGB pixels whose long side is at most ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()


def read_thumbnail(jpeg: bytes, side: int) -> ImageArray | None:
    """A JPEG's pixels as screens want them, uint8 (h, w, 4) opaque BGRA in sRGB, the long side
    ``side`` pixels at most; None where it can't be read. Not turned: thumbnails are stored upright.

    Pillow alone does it: OpenCV would cost a window that only shows thumbnails 35 MB.
    """
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            image.draft("RGB", (side, side))  # scales within the DCT, to no less than this
            image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=None)
            screen = image.convert("RGBA").tobytes("raw", "BGRA")
            return np.frombuffer(screen, np.uint8).reshape(image.height, image.width, 4)
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises for broken files
        log.warning("a thumbnail of %d bytes can't be read: %s", len(jpeg), error)
        return None


class ThumbnailStore:
    """Thumbnails by photo id. Thread-safe; derived data: a damaged store is begun anew.

    One file of blobs instead of a file per photo: a hundred thousand small files are slower to
    make, to copy and to delete than one large one, and reading a blob costs no more. One
    connection for all threads, as a batch takes a few milliseconds either way.
    """

    def __init__(self, directory: Path) -> None:
        private_folder(directory)
        self._path = directory / STORE_NAME
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._run(lambda connection: None)

    def put_many(self, thumbnails: Iterable[tuple[int, bytes]]) -> None:
        """Store JPEGs by photo id, replacing older ones, in one transaction.

        Raises:
            LibraryError: the disk is full or can't be written.
        """
        rows = [(int(photo_id), jpeg) for photo_id, jpeg in thumbnails]
        self._run(
            lambda connection: _write(
                connection, "INSERT OR REPLACE INTO thumbnails (id, jpeg) VALUES (?, ?)", rows
            )
        )

    def get(self, photo_id: int) -> bytes | None:
        """A photo's thumbnail as JPEG, or ``None``."""
        return self.get_many([photo_id]).get(photo_id)

    def get_many(self, photo_ids: Sequence[int]) -> dict[int, bytes]:
        """Thumbnails by id; photos without one, or whose one can't be read now, are left out."""

        def read(connection: sqlite3.Connection) -> dict[int, bytes]:
            found: dict[int, bytes] = {}
            for start in range(0, len(photo_ids), _CHUNK):
                chunk = [int(photo_id) for photo_id in photo_ids[start : start + _CHUNK]]
                marks = ",".join("?" * len(chunk))
                rows = connection.execute(
                    f"SELECT id, jpeg FROM thumbnails WHERE id IN ({marks})", chunk
                )
                found.update(rows.fetchall())
            return found

        try:
            return self._run(read)
        except LibraryError as error:
            log.warning("thumbnails can't be read: %s", error)
            return {}

    def delete_many(self, photo_ids: Iterable[int]) -> None:
        """Forget thumbnails.

        Raises:
            LibraryError: the disk can't be written.
        """
        rows = [(int(photo_id),) for photo_id in photo_ids]
        self._run(
            lambda connection: _write(connection, "DELETE FROM thumbnails WHERE id = ?", rows)
        )

    def delete_all(self, keep: Iterable[int] = ()) -> None:
        """Forget all thumbnails but those of some photos, and give their room back to the disk.

        Raises:
            LibraryError: the disk is full or can't be written, or another program reads just now.
        """
        kept = [(int(photo_id),) for photo_id in keep]

        def work(connection: sqlite3.Connection) -> None:
            if kept:
                connection.execute("CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)")
                try:
                    _write(connection, "INSERT OR IGNORE INTO kept VALUES (?)", kept)
                    connection.execute("DELETE FROM thumbnails WHERE id NOT IN kept")
                finally:
                    connection.execute("DROP TABLE kept")
            else:
                connection.execute("DELETE FROM thumbnails")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        self._run(work)

    def total_bytes(self) -> int:
        """Size of the store on disk."""
        total = 0
        for suffix in ("", "-wal"):
            with contextlib.suppress(OSError):
                total += os.stat(f"{self._path}{suffix}").st_size
        return total

    def close(self) -> None:
        """Close the store; any later use opens it again."""
        with self._lock:
            self._close()

    def _run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._lock:
            try:
                try:
                    return work(self._connection())
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError as error:
                    log.warning("the thumbnail store is damaged and begun anew: %s", error)
                    self._set_aside()
                    return work(self._connection())
            except sqlite3.Error as error:
                raise LibraryError(_explained(error)) from error

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            private_file(self._path)
            connection = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS thumbnails (id INTEGER PRIMARY KEY, jpeg BLOB)"
                )
            except sqlite3.Error:
                connection.close()
                raise
            self._open = connection
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _set_aside(self) -> None:
        self._close()
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._path}{suffix}", f"{self._path}{suffix}.damaged")


def _write(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(statement, rows)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _explained(error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return "Another program keeps the library's thumbnails locked; close it and try again."
    return (
        "The disk of the library is full or can't be written; free some space, "
        "and the work goes on from where it stopped."
    )
