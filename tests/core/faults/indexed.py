"""An album on disk, a library that follows it, and what the user sees of both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.domain import LibraryChange, Photo, PhotoQuery, Status
from core.files.watch import FolderWatcher
from core.indexer import Indexer
from core.library.library import Library
from core.watching import AlbumWatcher
from tests.quick import MODEL, QuickAnalyzer

PATIENCE = 60.0


def make_indexer(library: Library, analyzer: Any = None, **options: Any) -> Indexer:
    """An indexer with the stand-in for the network, or with the analyzer given."""
    chosen = analyzer or QuickAnalyzer()
    return Indexer(library, lambda: chosen, model_id=chosen.model_id, **options)


def scan(library: Library, folder: Path, analyzer: Any = None, **options: Any) -> Indexer:
    """Make the folder an album and scan it to the end."""
    library.writer.add_album(folder).result()
    indexer = make_indexer(library, analyzer, **options)
    indexer.start()
    indexer.scan(folder)
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    return indexer


def photos(library: Library, model: str = MODEL) -> dict[str, Photo]:
    """Every photo that the library shows or misses, by its name."""
    ids = library.queries.photo_ids(PhotoQuery(model, statuses=frozenset(Status)))
    found = library.queries.photos([int(i) for i in ids], model)
    by_name = {photo.path.name: photo for photo in found}
    assert len(by_name) == len(found), "a name twice"
    return by_name


def statuses(library: Library, model: str = MODEL) -> dict[str, Status]:
    """Each photo's status by its name."""
    return {name: photo.status for name, photo in photos(library, model).items()}


def rate(library: Library, path: Path, stars: int) -> int:
    """Give stars to the photo at a path; gives its id."""
    photo = library.queries.photo_by_path(path, MODEL)
    assert photo is not None
    library.writer.set_rating([photo.id], stars).result()
    return photo.id


def skip_where_nobody_may_read(place: Path) -> None:
    """Skip a test that becomes nobody where the checkout is closed to others (root's own home)."""
    if not all(folder.stat().st_mode & 0o005 == 0o005 for folder in (place, *place.parents)):
        pytest.skip("nobody may read this checkout")


class Watched:
    """A library whose albums are watched, and a way to wait for what should come."""

    def __init__(self, library: Library, indexer: Indexer) -> None:
        self.library = library
        self.indexer = indexer
        self._changed = threading.Condition()
        self.unsubscribe = library.writer.subscribe(self._on_change)

    def _on_change(self, _: LibraryChange) -> None:
        with self._changed:
            self._changed.notify_all()

    def photo(self, path: Path) -> Photo | None:
        return self.library.queries.photo_by_path(path, MODEL)

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until a write makes it so."""
        with self._changed:
            assert self._changed.wait_for(is_so, PATIENCE), "it never came to be"

    def until_scored(self, path: Path) -> Photo:
        """Wait for a photo's score."""
        self.until(lambda: (found := self.photo(path)) and found.status is Status.SCORED)
        found = self.photo(path)
        assert found is not None
        return found


@contextmanager
def watched(library: Library, **options: Any) -> Iterator[Watched]:
    """Watch all albums, with a short time to come to rest."""
    indexer = make_indexer(library)
    timing: dict[str, Any] = {"settle_s": 0.1, "open_s": 0.5, "check_s": 0.2} | options
    watcher = AlbumWatcher(
        library,
        indexer,
        lambda change, rescan, note: FolderWatcher(
            change, on_rescan=rescan, on_note=note, **timing
        ),
    )
    indexer.start()
    watcher.start()
    home = Watched(library, indexer)
    try:
        yield home
    finally:
        home.unsubscribe()
        watcher.stop()
        indexer.stop()
