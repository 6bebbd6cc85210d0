"""Keeps up where scores stand within their albums, which every new score changes a little."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Jobs
from core.library.queries import Queries
from core.library.ranks import AlbumRanks

LATER_MS = 2000
"""While photos stream in, the ranks are asked for at most this often ..."""
SHARE = 0.05
"""... and for no more than this share of the time: of a million photos they take a while."""


class Ranking(QObject):
    """Asks for the ranks of all albums on a worker.

    Signals:
        found(object): the ``AlbumRanks`` of the model that counts now.
    """

    found = Signal(object)

    def __init__(
        self, queries: Queries, jobs: Jobs, model: Callable[[], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queries = queries
        self._jobs = jobs
        self._model = model
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LATER_MS)
        self._timer.timeout.connect(self.ask)

    def later(self) -> None:
        """Photos changed, and more are likely to."""
        if not self._timer.isActive():
            self._timer.start()

    def ask(self) -> None:
        """Ask now."""
        queries, model = self._queries, self._model()

        def work() -> tuple[AlbumRanks, float]:
            begun = time.monotonic()
            return queries.album_ranks(model), time.monotonic() - begun

        self._jobs.run(work, lambda answer: self._take(model, *answer))

    def _take(self, model: str, ranks: AlbumRanks, seconds: float) -> None:
        self._timer.setInterval(max(LATER_MS, int(1000 * seconds / SHARE)))
        if model == self._model():
            self.found.emit(ranks)
