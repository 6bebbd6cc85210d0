"""Albums are watched: what happens on disk shows in the library, by real events."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.analysis import Analyzer, open_analyzer
from core.domain import Album, LibraryChange, Photo, Status
from core.files.watch import FolderWatcher
from core.indexer import Indexer
from core.library.library import Library, open_library
from core.watching import AlbumWatcher
from tests.making import save_album, save_photo

PATIENCE = 60.0


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return open_analyzer("nima")


class Home:
    """A library with its indexer and watcher running, and a way to wait for what should come."""

    def __init__(self, library: Library, indexer: Indexer, model: str) -> None:
        self.library = library
        self.indexer = indexer
        self._model = model
        self._changed = threading.Condition()
        self.unsubscribe = library.writer.subscribe(self._on_change)

    def _on_change(self, _: LibraryChange) -> None:
        with self._changed:
            self._changed.notify_all()

    def photo(self, path: Path) -> Photo | None:
        return self.library.queries.photo_by_path(path, self._model)

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until a write makes ``is_so`` true."""
        with self._changed:
            assert self._changed.wait_for(is_so, PATIENCE), "it never came to be"

    def until_status(self, path: Path, status: Status) -> Photo:
        def is_so() -> bool:
            found = self.photo(path)
            return found is not None and found.status is status

        self.until(is_so)
        found = self.photo(path)
        assert found is not None
        return found


@pytest.fixture
def home(tmp_path: Path, analyzer: Analyzer) -> Iterator[Home]:
    with open_library(tmp_path / "library") as library:
        indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id)
        watcher = AlbumWatcher(
            library,
            indexer,
            lambda change, rescan, note: FolderWatcher(
                change, on_rescan=rescan, on_note=note, settle_s=0.1, check_s=0.2
            ),
        )
        indexer.start()
        watcher.start()
        started = Home(library, indexer, analyzer.model_id)
        yield started
        started.unsubscribe()
        watcher.stop()
        indexer.stop()


@pytest.fixture
def album(home: Home, tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    paths = save_album(folder, 3)
    added: Album = home.library.writer.add_album(folder).result()
    assert added.path == folder
    for path in paths:
        home.until_status(path, Status.SCORED)
    return folder


def test_an_album_added_while_watching_is_scored_and_new_files_follow(
    home: Home, album: Path
) -> None:
    new = save_photo(album / "deeper" / "new.jpg", seed=40)
    photo = home.until_status(new, Status.SCORED)
    assert photo.score is not None
    later = save_photo(album / "deeper" / "later.jpg", seed=41)
    home.until_status(later, Status.SCORED)


def test_a_renamed_file_keeps_its_stars(home: Home, album: Path) -> None:
    photo = home.photo(album / "photo-0001.jpg")
    assert photo is not None
    home.library.writer.set_rating([photo.id], 5).result()
    (album / "photo-0001.jpg").rename(album / "renamed.jpg")
    renamed = home.until_status(album / "renamed.jpg", Status.SCORED)
    assert (renamed.id, renamed.rating) == (photo.id, 5)
    assert home.photo(album / "photo-0001.jpg") is None


def test_a_renamed_folder_takes_its_photos_along(home: Home, album: Path) -> None:
    old = save_photo(album / "trip" / "a.jpg", seed=50)
    photo = home.until_status(old, Status.SCORED)
    (album / "trip").rename(album / "summer")
    moved = home.until_status(album / "summer" / "a.jpg", Status.SCORED)
    assert moved.id == photo.id


def test_a_file_saved_over_is_scored_again_and_keeps_its_stars(home: Home, album: Path) -> None:
    path = album / "photo-0002.jpg"
    before = home.photo(path)
    assert before is not None
    assert before.score is not None
    home.library.writer.set_rating([before.id], 4).result()
    save_photo(album / ".saving-0002.jpg", seed=60)
    os.replace(album / ".saving-0002.jpg", path)

    def scored_anew() -> bool:
        now = home.photo(path)
        assert now is not None
        assert before.score is not None
        return now.score is not None and now.score.mean != before.score.mean

    home.until(scored_anew)
    after = home.photo(path)
    assert after is not None
    assert (after.id, after.rating) == (before.id, 4)


def test_a_deleted_file_is_missing_and_forgotten_by_nobody(home: Home, album: Path) -> None:
    photo = home.photo(album / "photo-0000.jpg")
    assert photo is not None
    (album / "photo-0000.jpg").unlink()
    assert home.until_status(album / "photo-0000.jpg", Status.MISSING).id == photo.id


def test_a_file_written_in_pieces_is_read_once_it_is_whole(home: Home, album: Path) -> None:
    whole = save_photo(album.parent / "aside.jpg", seed=70).read_bytes()
    path = album / "slow.jpg"
    statuses: list[Status] = []

    def watch(_: LibraryChange) -> None:
        found = home.photo(path)
        if found is not None:
            statuses.append(found.status)

    unsubscribe = home.library.writer.subscribe(watch)
    with path.open("wb") as file:
        for start in range(0, len(whole), 1024):
            file.write(whole[start : start + 1024])
            file.flush()
            os.fsync(file.fileno())
    home.until_status(path, Status.SCORED)
    unsubscribe()
    assert Status.UNREADABLE not in statuses


def test_an_album_that_is_removed_is_watched_no_more(home: Home, album: Path) -> None:
    (added,) = home.library.queries.albums()
    home.library.writer.remove_album(added.id).result()
    save_photo(album / "unseen.jpg", seed=80)
    assert home.indexer.wait_until_idle(PATIENCE)
    assert home.photo(album / "unseen.jpg") is None
