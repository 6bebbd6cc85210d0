"""How many photos each saved search finds, kept up with the library."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Jobs
from core.domain import PhotoQuery, SmartAlbum
from core.library.queries import Queries
from core.searching.parsing import QueryError, parse

SOON_MS = 200
"""After the user did something."""
LATER_MS = 2000
"""While photos stream in, searches are counted anew at most this often."""

Counts = list[tuple[SmartAlbum, int]]


class SearchCounts(QObject):
    """Counts on a worker, one question at a time.

    Signals:
        counted(object): the ``SmartAlbum`` values, each with its number of photos.
    """

    counted = Signal(object)

    def __init__(
        self, queries: Queries, jobs: Jobs, model: Callable[[], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queries = queries
        self._jobs = jobs
        self._model = model
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._count)

    def soon(self) -> None:
        """Albums or searches changed."""
        self._timer.start(SOON_MS)

    def later(self) -> None:
        """Photos changed, and more are likely to."""
        if not self._timer.isActive():
            self._timer.start(LATER_MS)

    def _count(self) -> None:
        if self._asking:  # of a large library it takes a moment
            self.later()
            return
        self._asking = True
        queries, model = self._queries, self._model()
        self._jobs.run(lambda: count_searches(queries, model), self._take, self._failed)

    def _take(self, found: Counts) -> None:
        self._asking = False
        self.counted.emit(found)

    def _failed(self, error: BaseException) -> None:
        self._asking = False
        self._jobs.failed.emit(error)


def count_searches(queries: Queries, model: str) -> Counts:
    """All saved searches with the numbers of photos that they find; runs on workers."""
    found = []
    for album in queries.smart_albums():
        try:
            query = PhotoQuery(model, terms=parse(album.query))
        except QueryError:
            found.append((album, 0))  # choosing it tells what is wrong
        else:
            found.append((album, queries.count(query)))
    return found
