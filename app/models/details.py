"""Everything about the active photo, read off the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.browsing import Browser
from app.jobs import Jobs
from core.domain import LibraryChange, Photo
from core.library.queries import Queries


class PhotoDetails(QObject):
    """Follows the browser's active photo.

    Signals:
        loaded(object): the ``Photo``, or None when no photo is active or it is gone.
    """

    loaded = Signal(object)

    def __init__(
        self, queries: Queries, browser: Browser, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queries = queries
        self._browser = browser
        self._jobs = jobs
        browser.active_changed.connect(self._load)

    def library_changed(self, change: LibraryChange) -> None:
        """Read again if the active photo is among what changed."""
        active = self._browser.active_id
        if active is not None and (change.everything or active in change.updated):
            self._load(active)

    def _load(self, photo_id: int | None) -> None:
        if photo_id is None:
            self.loaded.emit(None)
            return
        model = self._browser.query.model
        self._jobs.run(
            lambda: self._queries.photo(photo_id, model),
            lambda photo: self._take(photo_id, photo),
        )

    def _take(self, photo_id: int, photo: Photo | None) -> None:
        if photo_id == self._browser.active_id:  # an answer for an earlier photo is dropped
            self.loaded.emit(photo)
