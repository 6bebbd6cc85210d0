"""Everything that lives as long as an open library: reads, writes, background work, caches.

The views get the parts they need from here, never the session itself.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.actions import UserActions
from app.background import BackgroundWork, BatteryRule
from app.browsing import Browser
from app.group_words import GroupWords
from app.jobs import Jobs
from app.library_feed import LibraryFeed, ProgressFeed
from app.metadata_sync import MetadataSync
from app.models.albums import AlbumListModel
from app.models.bursts import BurstFinder
from app.models.culling import Culling
from app.models.details import PhotoDetails
from app.models.face_crops import FaceCrops
from app.models.history import HistoryModel
from app.models.people import PeopleBook
from app.models.pictures import PictureCache
from app.models.search_counts import SearchCounts
from app.models.taste import TasteBook
from app.models.thumbnails import ThumbnailCache
from app.models.why import Asking, PhotoWhy
from app.notifications import Notifier
from app.translation import tr, trn
from app.wording import size_text
from core.domain import (
    Album,
    IndexProgress,
    LibraryChange,
    Photo,
    PhotoRow,
)
from core.files.decode import decode
from core.forgetting_faces import Erased, erase_faces
from core.grouping.groups import Grouping
from core.grouping.identify import PeopleLoop
from core.indexing.analyzing import lower_priority
from core.library.library import Library
from core.library.turns import JOINED, Turn
from core.settings import Settings
from core.thumbnails import delete_thumbnails, thumbnail
from core.watching import AlbumWatcher

log = logging.getLogger(__name__)

SETTLED_MS = 500
"""So long after the first photos are shown, all that the window consists of is there."""


class Session(QObject):
    """Joins one library with the objects that the window shows.

    Signals:
        _my_turn(): the other program is closed, from the thread that waited for it.

    ``start`` begins the background work; ``stop`` ends every thread in the order watcher and
    pool, readers, writer, so that nothing is written after the library is closed.
    """

    _my_turn = Signal()

    def __init__(
        self,
        library: Library,
        work: BackgroundWork,
        model_id: str,
        thumbnail_memory_mb: int = 96,
        watcher: AlbumWatcher | None = None,
        asking: Callable[[], Asking] | None = None,
        parent: QObject | None = None,
        *,
        find_people: bool = False,
        settings: Settings = Settings(),
    ) -> None:
        super().__init__(parent)
        self.library = library
        self.work = work
        self._watcher = watcher
        self.notifier = Notifier(self)
        self.jobs = Jobs(3, self)
        self.decoding = Jobs(2, self)
        self.jobs.failed.connect(self.notifier.report)
        self.decoding.failed.connect(self.notifier.report)
        self.browser = Browser(library.queries, self.jobs, model_id, self)
        self.bursts = BurstFinder(library.queries, self)
        self.bursts.failed.connect(self.notifier.report)
        self.bursts.changed.connect(self._on_bursts)
        self.browser.headings_of = self.bursts.headings
        self.albums = AlbumListModel(self)
        load = partial(thumbnail, library)
        self.thumbnails = ThumbnailCache(load, thumbnail_memory_mb, self)
        self.pictures = PictureCache(decode, self.decoding, self)
        self.details = PhotoDetails(library.queries, self.browser, self.jobs, self)
        self.why = PhotoWhy(library.queries, self.browser, self.jobs, asking, self)
        self.details.loaded.connect(self.why.show_photo)
        self.actions = UserActions(library, self.browser, self.jobs, self.notifier, self)
        self.culling = Culling(library, self.jobs, self)
        self.groups = GroupWords(library, self.jobs, self.notifier, self.actions.take_back, self)
        self.culling.applied.connect(self.actions.tell_applied)
        self.culling.failed.connect(self.notifier.report)
        self.culling.percentile = self.browser.photos.percentile_of
        self.history = HistoryModel(library, self.jobs, self)
        self.taste = TasteBook(library, self.jobs, model_id, self)
        self.taste.idle = lambda: not self._latest.busy
        self.culling.with_taste = self._with_taste = settings.taste
        self.people = PeopleBook(library, self.jobs, self.notifier, self)
        self.people.model = model_id
        self.people.undo_wanted = self.actions.undo
        self.people.faces.percentile = self.browser.photos.percentile_of
        self.face_crops = FaceCrops(load, self._path_of, decode, self.decoding, self)
        self.battery = BatteryRule(False)
        self._latest = IndexProgress()
        self._people_loop: PeopleLoop | None = None
        if find_people:
            self._people_loop = PeopleLoop(library, lambda: not self._latest.busy, lower_priority)
        self._metadata_sync = MetadataSync(
            library, settings, self.actions, self.culling, self.notifier, self
        )
        self.metadata = self._metadata_sync.exchange
        self._my_turn.connect(self._start_work, Qt.ConnectionType.QueuedConnection)
        self.people.said.connect(
            lambda person: self.jobs.run(lambda: self.metadata.write_person(person))
        )
        if watcher is not None:
            watcher.on_look = self.metadata.look_at
        self.actions.album_added.connect(self._on_album_added)
        self.changes = LibraryFeed(self)
        self.progress = ProgressFeed(self)
        self.changes.changed.connect(self._on_change)
        self._unsubscribe: list[Callable[[], None]] = []
        self._stopped = False
        self._turn: Turn | None = None
        self.search_counts = SearchCounts(
            library.queries, self.jobs, lambda: self.browser.query.model, self
        )
        self.search_counts.counted.connect(self.albums.set_smart_albums)

    def start(self) -> None:
        """Show what the library holds and start the background work."""
        self._unsubscribe = [
            self.library.writer.subscribe(self.changes.publish),
            self.work.subscribe(self.progress.publish),
            self.work.subscribe(self._note_progress),
        ]
        self.browser.opened.connect(self._on_opened)
        self.browser.open()
        self.refresh_albums()
        for note in self.library.notes:
            self.notifier.warn(note)

    def _on_opened(self) -> None:
        QTimer.singleShot(0, self, self._begin)  # the photos are painted before

    def _begin(self) -> None:
        """Let the background work begin, once the window shows what the library holds."""
        if self._stopped:
            return
        self.library.follow_other_programs()
        self.bursts.look_soon()
        QTimer.singleShot(SETTLED_MS, self, self._set_aside)
        if self.library.presence.first:
            self._start_work()
        else:
            self.notifier.warn(JOINED)
            self._turn = Turn(self.library, self._my_turn.emit)
            self._turn.start()

    def _set_aside(self) -> None:
        """The window and the modules stay until the end, so the collector need not look through
        them: with them it would stop the window for several frames now and then."""
        if not self._stopped:
            gc.freeze()

    def _start_work(self) -> None:
        if self._stopped:
            return
        self.metadata.start()
        self.taste.start(self._with_taste)
        self.work.start()
        if self._people_loop is not None:
            self._people_loop.start()
        if self._watcher is not None:
            self._watcher.start()  # looks through every album once its watch stands
        else:
            self.work.rescan()

    def stop(self) -> None:
        """End everything; safe to call twice. A part that fails to end does not keep the others,
        and the window, from it."""
        if self._stopped:
            return
        self._stopped = True
        parts = [
            gc.unfreeze,
            self._metadata_sync.be_silent,
            *self._unsubscribe,
            self.changes.stop,
            self.progress.stop,
        ]
        if self._turn is not None:
            parts.append(self._turn.stop)
        if self._watcher is not None:
            parts.append(self._watcher.stop)
        if self._people_loop is not None:
            parts.append(self._people_loop.stop)
        parts += [self.work.stop, self.bursts.stop, self.taste.stop, self.jobs.stop]
        parts += [self.metadata.stop, self.decoding.stop, self.thumbnails.stop, self.library.close]
        for end in parts:
            try:
                end()
            except Exception:
                log.exception("a part of the program did not end well")

    def use_settings(self, settings: Settings) -> None:
        """Go by other settings, where that needs no window anew."""
        self.metadata.use(settings)
        self.battery.wanted = settings.pause_on_battery
        self.culling.with_taste = settings.taste
        self.taste.start(settings.taste)

    def _path_of(self, photo_id: int) -> Path | None:
        row = self.library.queries.photo_rows([photo_id], "").get(photo_id)
        return None if row is None else row.path

    def _note_progress(self, progress: IndexProgress) -> None:
        """Any thread: people are looked for once photos are done."""
        self._latest = progress
        if not progress.busy and self._people_loop is not None:
            self._people_loop.wake()

    def ask_storage(self, tell: Callable[[Path, int, int], object]) -> None:
        """Where the library is, how many bytes it takes, and how many of them its thumbnails."""
        library = self.library

        def work() -> tuple[int, int]:
            return _bytes_in(library.path), library.thumbnails.total_bytes()

        self.jobs.run(work, lambda sizes: tell(library.path, *sizes))

    def delete_thumbnails(self, then: Callable[[], object]) -> None:
        """Make room on the disk; thumbnails are made again when they are looked at."""
        library = self.library

        def tell(freed: int) -> None:
            self.notifier.say(tr("{size} of thumbnails deleted", size=size_text(freed)))
            then()

        self.jobs.run(lambda: delete_thumbnails(library), tell)

    def refresh_albums(self) -> None:
        """Ask for the albums again."""
        self.jobs.run(self.library.queries.albums, self.albums.set_albums)
        self.search_counts.soon()

    def load_details(self, photo_id: int, then: Callable[[Photo | None], object]) -> None:
        """Read everything about a photo off the GUI thread."""
        model = self.browser.query.model
        self.jobs.run(lambda: self.library.queries.photo(photo_id, model), then)

    def load_rows(self, ids: Sequence[int], then: Callable[[dict[int, PhotoRow]], object]) -> None:
        """Read grid rows off the GUI thread."""
        model, wanted = self.browser.query.model, list(ids)
        self.jobs.run(lambda: self.library.queries.photo_rows(wanted, model), then)

    def rescan(self, album: Album | None = None) -> None:
        """Reconcile an album (or all) with the disk."""
        self.jobs.run(lambda: self.work.rescan(album.id if album is not None else None))

    def retry(self, photo_ids: list[int]) -> None:
        """Read files again that could not be read."""

        def tell(count: int) -> None:
            self.notifier.say(trn("{n} file is read again", "{n} files are read again", count))

        self.jobs.run(lambda: self.work.retry(photo_ids), tell)

    def erase_faces(self, people: bool) -> None:
        """Erase all face data, for good; with ``people`` also the names."""

        def tell(erased: Erased) -> None:
            self.notifier.say(trn("{n} face was erased", "{n} faces were erased", erased.faces))
            for path in erased.left:
                self.notifier.warn(
                    tr("{file} is damaged and may still hold faces; delete it.", file=path.name)
                )

        self.jobs.run(lambda: erase_faces(self.library, people=people), tell)

    def _on_album_added(self, album: Album) -> None:
        self.rescan(album)

    def _on_bursts(self) -> None:
        if self.browser.grouping is Grouping.BURST:
            self.browser.refresh()

    def _on_change(self, change: LibraryChange) -> None:
        self.thumbnails.invalidate(change.updated | change.added)
        self.pictures.recheck(change.updated)
        self.browser.library_changed(change)
        self.details.library_changed(change)
        self.bursts.look_soon()
        if self._people_loop is not None and (change.added or change.updated or change.everything):
            self._people_loop.wake()
        if change.albums or change.added or change.removed or change.everything:
            self.refresh_albums()
        elif change.updated and self.albums.smart_albums:
            self.search_counts.later()


def _bytes_in(folder: Path) -> int:
    """Size of a folder's own files; one that goes meanwhile counts nothing."""
    total = 0
    for file in folder.iterdir():
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total
