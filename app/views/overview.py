"""An album at a glance: its best and its worst with reasons, its scores, its days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.browsing import Browser
from app.jobs import Jobs
from app.listing import HISTOGRAM_BINS, without_filters
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import number, tr, trn
from app.views.controls import label
from app.views.photo_delegate import draw_fitted
from app.wording import standing_text, status_text
from core.domain import PhotoQuery, PhotoRow, SortKey, Status
from core.library.queries import Queries
from core.reasons.codes import title

SHOWN = 10
TILE = 116


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


class PhotoTiles(QWidget):
    """A row of small photos that wraps; each opens with a click or with Return.

    Signals:
        opened(int): id of the photo.
    """

    opened = Signal(int)

    def __init__(
        self,
        name: str,
        thumbnails: ThumbnailCache,
        standing: Callable[[PhotoRow], str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._standing = standing
        self._theme = theme
        self._rows: Sequence[PhotoRow] = ()
        self._current = 0
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        thumbnails.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)

    def set_rows(self, rows: Sequence[PhotoRow]) -> None:
        """Show these photos."""
        self._rows = rows
        self._current = min(self._current, max(0, len(rows) - 1))
        words = (f"{row.name} {self._standing(row)}" for row in rows)
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def _columns(self, width: int) -> int:
        return max(1, width // (TILE + 8))

    def _height(self) -> int:
        return TILE + 2 * self.fontMetrics().height() + 12

    def hasHeightForWidth(self) -> bool:
        """Rows depend on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows."""
        lines = -(-max(1, len(self._rows)) // self._columns(width))
        return lines * self._height()

    def sizeHint(self) -> QSize:
        """Five photos wide."""
        return QSize(5 * (TILE + 8), self.heightForWidth(5 * (TILE + 8)))

    def minimumSizeHint(self) -> QSize:
        """At least one photo."""
        return QSize(TILE + 8, self._height())

    def _spot(self, place: int) -> QRect:
        columns = self._columns(self.width())
        x = (place % columns) * (TILE + 8)
        if self.isRightToLeft():
            x = self.width() - TILE - x
        return QRect(x, (place // columns) * self._height(), TILE, self._height() - 8)

    def _on_loaded(self, photo_id: int) -> None:
        if self.isVisible() and any(row.id == photo_id for row in self._rows):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photos, scores, the gravest fault of each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        line = self.fontMetrics().height()
        for place, row in enumerate(self._rows):
            spot = self._spot(place)
            area = QRect(spot.x(), spot.y(), TILE, TILE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("tile"))
            if self.hasFocus() and place == self._current:
                painter.setPen(QPen(tokens.color("accent"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)
            pixmap = self._thumbnails.get(row.id)
            if pixmap is not None:
                draw_fitted(painter, area.adjusted(6, 6, -6, -6), pixmap)
            painter.setPen(tokens.color("text"))
            text = QRect(spot.x(), area.bottom() + 3, TILE, line)
            painter.drawText(text, int(Qt.AlignmentFlag.AlignHCenter), self._standing(row))
            if row.main_reason is not None:
                painter.setPen(tokens.color("text_dim"))
                words = self.fontMetrics().elidedText(
                    tr(title(row.main_reason)), Qt.TextElideMode.ElideRight, TILE
                )
                below = text.translated(0, line)
                painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the photo under the mouse."""
        point = event.position().toPoint()
        for place, row in enumerate(self._rows):
            if self._spot(place).contains(point):
                self._current = place
                self.opened.emit(row.id)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Return opens."""
        forward = -1 if self.isRightToLeft() else 1
        columns = self._columns(self.width())
        steps = {Qt.Key.Key_Right: forward, Qt.Key.Key_Left: -forward,
                 Qt.Key.Key_Down: columns, Qt.Key.Key_Up: -columns}  # fmt: skip
        key = event.key()
        if key in steps and 0 <= self._current + steps[key] < len(self._rows):
            self._current += steps[key]
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows:
            self.opened.emit(self._rows[self._current].id)
        else:
            event.ignore()

    def focusInEvent(self, event: object) -> None:
        """Show which photo Return opens."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide it."""
        self.update()


class BarChart(QWidget):
    """Counts as bars: the album's scores over 1..10, or its faults by name."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros(HISTOGRAM_BINS, np.int64)
        self.setMinimumHeight(150)
        self.setAccessibleName(tr("Scores of this album"))
        theme.changed.connect(self.update)

    def set_counts(self, counts: NDArray[np.int64]) -> None:
        """Show counts of equal bins over 1..10."""
        self._counts = counts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars over the printed scale."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        line = self.fontMetrics().height() + 4
        area = QRectF(self.rect()).adjusted(8, 6, -8, -line)
        highest = max(1, int(self._counts.max(initial=0)))
        pitch = area.width() / max(1, len(self._counts))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("bar"))
        for place, count in enumerate(self._counts):
            height = area.height() * int(count) / highest
            if count:
                bar = QRectF(area.x() + place * pitch + 1, area.bottom() - height,
                             pitch - 2, height)  # fmt: skip
                painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QPen(tokens.color("outline"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(tokens.color("text_dim"))
        for score in range(1, 11):
            x = area.x() + (score - 1) / 9 * area.width()
            spot = QRectF(QPointF(x - 12, area.bottom() + 3), QPointF(x + 12, area.bottom() + line))
            painter.drawText(spot, int(Qt.AlignmentFlag.AlignHCenter), str(score))


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


class Meter(QWidget):
    """A share as a bar, in the palette's highlight."""

    def __init__(self, share: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = share
        self.setMinimumSize(60, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        area = QRectF(area.x(), area.center().y() - 4, area.width(), 8)
        painter.setBrush(self.palette().mid())
        painter.drawRoundedRect(area, 4, 4)
        painter.setBrush(self.palette().highlight())
        filled = QRectF(area)
        filled.setWidth(max(8.0, area.width() * self._share))
        if self.isRightToLeft():
            filled.moveRight(area.right())
        painter.drawRoundedRect(filled, 4, 4)
