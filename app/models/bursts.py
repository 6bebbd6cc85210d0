"""Which photos are bursts, kept in step with the library by a thread of low priority."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Jobs
from core.grouping.groups import Grouping
from core.indexing.analyzing import lower_priority
from core.library.burst_book import BurstBook, Bursts
from core.library.heading_queries import Headings, headings
from core.library.queries import Queries

SETTLE_MS = 3000
"""While the library changes, bursts are looked for again at most this often."""


class BurstFinder(QObject):
    """Answers which burst a photo is in; what it does not know yet, it looks for.

    Signals:
        changed(): photos are grouped differently now.
    """

    changed = Signal()

    def __init__(self, queries: Queries, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queries = queries
        self._book = BurstBook(queries)
        self._jobs = Jobs(1, self)
        self._jobs.run(lower_priority)
        self._looking = self._again = self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._look)

    @property
    def failed(self) -> Signal:
        """As ``Jobs.failed``."""
        return self._jobs.failed

    @property
    def bursts(self) -> Bursts:
        """Those that are known now."""
        return self._book.bursts

    def size_of(self, photo_id: int) -> int:
        """How many photos the burst of a photo has; 0 for a photo in none."""
        return self._book.bursts.size_of(photo_id)

    def headings(self, by: Grouping) -> Headings:
        """Headings for a list; any worker, which waits for bursts to be found the first time."""
        if by is not Grouping.BURST:
            return headings(self._queries, by)
        if not self._book.looked:
            self._book.refresh(lambda: self._stopped)
        return self._book.bursts.headings()

    def look_soon(self) -> None:
        """Something changed in the library."""
        if self._stopped:
            return
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        if self._looking:
            self._again = True
            return
        self._looking = True
        self._jobs.run(lambda: self._book.refresh(lambda: self._stopped), self._found, self._lost)

    def _found(self, other: bool) -> None:
        self._looking = False
        if other:
            self.changed.emit()
        if self._again:
            self._again = False
            self.look_soon()

    def _lost(self, error: BaseException) -> None:
        self._looking = self._again = False
        self._jobs.failed.emit(error)

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self._timer.stop()
        self._jobs.stop()
