"""The opened library: reads, writes and thumbnails in one hand."""

from __future__ import annotations

from pathlib import Path

from core.files.thumbnails import ThumbnailStore
from core.library.database import make_engine, prepare
from core.library.queries import Queries
from core.library.writer import Writer


class Library:
    """A library folder that is open.

    Attributes:
        path: the folder.
        queries: all reads.
        writer: all writes.
        thumbnails: pictures for the grid, by photo id.
    """

    def __init__(self, path: Path) -> None:
        database = prepare(path)
        self.path = path
        self._read_engine = make_engine(database, read_only=True)
        self._write_engine = make_engine(database, read_only=False)
        self.queries = Queries(self._read_engine)
        self.writer = Writer(self._write_engine)
        self.thumbnails = ThumbnailStore(path)

    def close(self) -> None:
        """Finish pending writes and let go of the files."""
        self.writer.close()
        self.thumbnails.close()
        self._read_engine.dispose()
        self._write_engine.dispose()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_library(path: Path) -> Library:
    """Open (or make) the library in the folder ``path``.

    Raises:
        NewerLibraryError: written by a newer version; left untouched.
        LibraryError: can't be opened; the text says why.
    """
    return Library(path)
