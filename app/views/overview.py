"""An album at a glance: its best and its worst with reasons, its scores, its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.browsing import Browser
from app.jobs import Jobs
from app.listing import HISTOGRAM_BINS, without_filters
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import number, tr, trn
from app.views.bars import BarChart, Meter
from app.views.controls import label
from app.views.photo_tiles import PhotoTiles
from app.wording import standing_text, status_text
from core.domain import PhotoQuery, PhotoRow, SortKey, Status
from core.library.queries import Queries
from core.reasons.codes import title

SHOWN = 10


@dataclass(frozen=True)
class Summary:
    """What the page shows of an album."""

    best: Sequence[PhotoRow] = ()
    worst: Sequence[PhotoRow] = ()
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS, np.int64))
    statuses: dict[Status, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def summarize(queries: Queries, query: PhotoQuery) -> Summary:
    """Ask for an album's summary; runs on a worker."""
    scored = replace(
        without_filters(query), sort=SortKey.SCORE, statuses=frozenset({Status.SCORED})
    )
    ends = []
    for descending in (True, False):
        ids = queries.page(replace(scored, descending=descending), size=SHOWN).ids
        rows = queries.photo_rows(ids, query.model)
        ends.append([rows[i] for i in ids if i in rows])
    return Summary(
        best=ends[0],
        worst=ends[1],
        histogram=queries.score_histogram(scored, HISTOGRAM_BINS),
        statuses=queries.status_counts(query.album_id, query.model),
        reasons=queries.reason_counts(query.album_id),
    )


class Overview(QWidget):
    """Best and worst ten, the histogram, what is wrong how often.

    Signals:
        closed(): back to the grid.
        photo_wanted(int): open this photo.
        reason_wanted(str): show the photos with this fault.
    """

    closed = Signal()
    photo_wanted = Signal(int)
    reason_wanted = Signal(str)

    def __init__(
        self,
        browser: Browser,
        queries: Queries,
        jobs: Jobs,
        thumbnails: ThumbnailCache,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("overview")
        self.setAccessibleName(tr("Overview"))
        self._browser = browser
        self._queries = queries
        self._jobs = jobs
        self.summary = Summary()
        photos = browser.photos

        def standing(row: PhotoRow) -> str:
            return standing_text(row, photos.percentile(row))

        self.best = PhotoTiles(tr("The best"), thumbnails, standing, theme)
        self.worst = PhotoTiles(tr("The worst"), thumbnails, standing, theme)
        self.chart = BarChart(theme)
        self.counts = label("", "dim")
        self.counts.setWordWrap(True)
        self.faults = QGridLayout()
        self.faults.setColumnStretch(1, 1)
        for tiles in (self.best, self.worst):
            tiles.opened.connect(self.photo_wanted)
        self._build()
        browser.listed.connect(lambda _: self._ask())

    def _build(self) -> None:
        body = QWidget()
        body.setObjectName("gridPage")
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 14, 20, 20)
        column.setSpacing(8)
        column.addWidget(label(tr("The best"), "title"))
        column.addWidget(self.best)
        column.addWidget(label(tr("The worst"), "title"))
        column.addWidget(self.worst)
        lower = QHBoxLayout()
        lower.setSpacing(32)
        for name, inside in ((tr("Scores"), self.chart), (tr("Faults"), self.faults)):
            half = QVBoxLayout()
            half.addWidget(label(name, "title"))
            if isinstance(inside, QWidget):
                half.addWidget(inside)
                half.addWidget(self.counts)
            else:
                half.addLayout(inside)
            half.addStretch()
            lower.addLayout(half, 1)
        column.addLayout(lower)
        column.addStretch()
        area = QScrollArea()
        area.setAccessibleName(tr("Overview"))
        area.setObjectName("overviewArea")
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.setFocusProxy(self.best)

    def showEvent(self, event: object) -> None:
        """Ask for the album that is shown now."""
        self._ask()

    def _ask(self) -> None:
        if self.isVisible():
            query, queries = self._browser.query, self._queries
            self._jobs.run(lambda: summarize(queries, query), self._show)

    def _show(self, summary: Summary) -> None:
        self.summary = summary
        self.best.set_rows(summary.best)
        self.worst.set_rows(summary.worst)
        self.chart.set_counts(summary.histogram)
        parts = [
            f"{status_text(status)}: {number(summary.statuses[status])}"
            for status in Status
            if summary.statuses.get(status)
        ]
        self.counts.setText("  ·  ".join(parts))
        while self.faults.count():
            widget = self.faults.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        most = max(summary.reasons.values(), default=1)
        for row, (code, count) in enumerate(list(summary.reasons.items())[:8]):
            self.faults.addWidget(label(tr(title(code))), row, 0)
            self.faults.addWidget(Meter(count / most), row, 1)
            self.faults.addWidget(label(trn("{n} photo", "{n} photos", count), "dim"), row, 2)
        if not summary.reasons:
            self.faults.addWidget(label(tr("Not measured yet"), "dim"), 0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            event.ignore()
