"""Small pictures for the grid: made once, kept in one SQLite file beside the library."""

from __future__ import annotations

import contextlib
import io
import logging
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from core.domain import ImageArray
from core.errors import LibraryError

log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 512
THUMBNAIL_QUALITY = 84
STORE_NAME = "thumbnails.db"


def make_thumbnail(pixels: ImageArray, side: int = THUMBNAIL_SIDE) -> bytes:
    """A baseline JPEG of uint8 (h, w, 3) sRGB pixels whose long side is at most ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()


class ThumbnailStore:
    """Thumbnails by photo id. Thread-safe; derived data: a damaged store is begun anew.

    One file of blobs instead of a file per photo: a hundred thousand small files are slower to
    make, to copy and to delete than one large one, and reading a blob costs no more.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / STORE_NAME
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            self._connection()
        except sqlite3.DatabaseError as error:
            log.warning("the thumbnail store is damaged and begun anew: %s", error)
            self.close()
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").rename(f"{self._path}{suffix}.damaged")
            self._local = threading.local()
            self._connection()

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
                found.execute("PRAGMA journal_mode=WAL")
                found.execute("PRAGMA synchronous=NORMAL")
                found.execute(
                    "CREATE TABLE IF NOT EXISTS thumbnails (id INTEGER PRIMARY KEY, jpeg BLOB)"
                )
            except sqlite3.DatabaseError:
                found.close()
                raise
            with self._lock:
                self._connections.append(found)
            self._local.connection = found
        return found

    def put_many(self, thumbnails: Iterable[tuple[int, bytes]]) -> None:
        """Store JPEGs by photo id, replacing older ones, in one transaction.

        Raises:
            LibraryError: the disk is full or can't be written.
        """
        connection = self._connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(
                    "INSERT OR REPLACE INTO thumbnails (id, jpeg) VALUES (?, ?)", thumbnails
                )
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise LibraryError(
                "The disk of the library is full or can't be written; free some space, "
                "and the work goes on from where it stopped."
            ) from error

    def get(self, photo_id: int) -> bytes | None:
        """A photo's thumbnail as JPEG, or ``None``."""
        return self.get_many([photo_id]).get(photo_id)

    def get_many(self, photo_ids: Sequence[int]) -> dict[int, bytes]:
        """Thumbnails by id; photos without one are left out."""
        found: dict[int, bytes] = {}
        for start in range(0, len(photo_ids), 500):
            chunk = [int(photo_id) for photo_id in photo_ids[start : start + 500]]
            marks = ",".join("?" * len(chunk))
            try:
                rows = self._connection().execute(
                    f"SELECT id, jpeg FROM thumbnails WHERE id IN ({marks})", chunk
                )
                found.update(rows.fetchall())
            except sqlite3.DatabaseError as error:
                log.warning("thumbnails can't be read: %s", error)
        return found

    def delete_many(self, photo_ids: Iterable[int]) -> None:
        """Forget thumbnails."""
        self._connection().executemany(
            "DELETE FROM thumbnails WHERE id = ?", [(int(i),) for i in photo_ids]
        )

    def total_bytes(self) -> int:
        """Size of the store on disk."""
        return self._path.stat().st_size

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
