"""Shots that the score can't tell apart, side by side: the user decides with one key."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.models.culling import Percentile, choice_text, group_text
from app.models.pictures import PictureCache
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import tr
from app.views.controls import label
from app.views.photo_pane import LoadDetails, PhotoPane, carried
from core.curation.choice import Choice, GroupChoice
from core.domain import PhotoRow, Status

MOST = 8
"""Photos side by side; more can't be told apart at a glance."""

LoadRows = Callable[[Sequence[int], Callable[[dict[int, PhotoRow]], object]], object]
"""Asks for grid rows by photo id; the answer comes on the GUI thread."""


class TieView(QWidget):
    """The close shots of one group; arrows choose, Shift+P keeps the chosen one.

    Signals:
        only_wanted(object, object): ``GroupChoice`` and the ``Choice`` to keep.
        skipped(): leave this group as it is and go to the next.
        left(): back to the list.
    """

    only_wanted = Signal(object, object)
    skipped = Signal()
    left = Signal()

    def __init__(
        self,
        pictures: PictureCache,
        thumbnails: ThumbnailCache,
        load_rows: LoadRows,
        load_details: LoadDetails,
        percentile: Percentile,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Too close to call"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pictures = pictures
        self._thumbnails = thumbnails
        self._load_rows = load_rows
        self._load_details = load_details
        self._percentile = percentile
        self._theme = theme
        self.group: GroupChoice | None = None
        self.choices: list[Choice] = []
        self.current = 0
        self.panes: list[PhotoPane] = []
        self.title = label("", "title")
        self.hint = label(
            tr("Arrows choose  ·  Shift+P keeps this one and goes on  ·  Space skips  ·  Z zooms"),
            "small",
        )
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addLayout(self._grid, 1)
        column.addWidget(self.hint)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(80)
        self._settle.timeout.connect(self._request)
        pictures.ready.connect(self._on_pixels)
        thumbnails.loaded.connect(self._on_pixels)

    def show_group(self, group: GroupChoice, number: int, total: int) -> None:
        """Show the close shots of a group, the ``number``-th of ``total``."""
        self.group = group
        self.choices = list(group.too_close[:MOST])
        self.current = 0
        self.title.setText(
            tr("{number} of {total}", number=number, total=total) + "  ·  " + group_text(group)
        )
        self._arrange()
        ids = [choice.item.id for choice in self.choices]
        self._load_rows(ids, lambda rows: self._take_rows(ids, rows))

    def _arrange(self) -> None:
        while len(self.panes) < len(self.choices):
            self.panes.append(self._make_pane())
        columns = _columns(len(self.choices))
        for place, pane in enumerate(self.panes):
            self._grid.removeWidget(pane)
            pane.setVisible(place < len(self.choices))
            if place < len(self.choices):
                pane.show_row(None)
                self._grid.addWidget(pane, place // columns, place % columns)
        self._mark()

    def _make_pane(self) -> PhotoPane:
        pane = PhotoPane(self._theme, self, rating=False)
        pane.activated.connect(lambda: self._choose(self.panes.index(pane)))
        pane.zoomed.connect(lambda zoom, center: self._sync(pane, zoom, center))
        pane.size_wanted.connect(self._settle.start)
        return pane

    def _take_rows(self, ids: Sequence[int], rows: dict[int, PhotoRow]) -> None:
        if ids != [choice.item.id for choice in self.choices]:
            return  # another group is shown by now
        for pane, choice in zip(self.panes, self.choices, strict=False):
            row = rows.get(choice.item.id)
            pane.show_row(row)
            pane.setToolTip(self._told(choice))
            if row is not None:
                pane.show_best(self._pictures, self._thumbnails)
                self._load_details(row.id, pane.show_details)
        self._mark()
        self._settle.start()

    def _choose(self, place: int) -> None:
        self.current = min(max(place, 0), len(self.choices) - 1)
        self._mark()

    def _mark(self) -> None:
        for place, pane in enumerate(self.panes):
            pane.set_active(place == self.current)
        if self.choices:
            self.setAccessibleDescription(self._told(self.choices[self.current]))

    def _told(self, choice: Choice) -> str:
        lead = choice.item.lead
        return choice_text(choice, self._percentile(lead.album_id, lead.mean))

    def keep_only(self) -> None:
        """Keep the chosen shot, reject the rest of its group as far as N allows."""
        if self.group is not None and self.choices:
            self.only_wanted.emit(self.group, self.choices[self.current])

    def toggle_zoom(self) -> None:
        """1:1 at the best face of every shot, or back."""
        if self.choices:
            self.panes[self.current].canvas.toggle_zoom()

    # --- pixels ----------------------------------------------------------------------------------

    def _shown(self) -> list[PhotoPane]:
        return self.panes[: len(self.choices)]

    def _on_pixels(self, photo_id: int) -> None:
        if self.isVisible():
            for pane in self._shown():
                if pane.row is not None and pane.row.id == photo_id:
                    pane.show_best(self._pictures, self._thumbnails)

    def _request(self) -> None:
        if self.isVisible():
            self._pictures.want(
                [
                    (pane.row.id, pane.row.path, pane.side())
                    for pane in self._shown()
                    if pane.row is not None and pane.row.status is not Status.UNREADABLE
                ]
            )

    def _sync(self, source: PhotoPane, zoom: float | None, center: QPointF) -> None:
        for pane in self._shown():
            if pane is not source and pane.row is not None:
                spot = QPointF(0.5, 0.5)
                if zoom is not None:
                    spot = carried(center, source.canvas, pane.canvas)
                pane.canvas.set_zoom(zoom, spot)
            pane.show_best(self._pictures, self._thumbnails)
        self._settle.start()

    # --- Qt's events -----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other sizes want other pixels."""
        super().resizeEvent(event)
        self._settle.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Space skips, Escape leaves."""
        forward = -1 if self.isRightToLeft() else 1
        columns = _columns(len(self.choices))
        steps = {Qt.Key.Key_Right: forward, Qt.Key.Key_Left: -forward,
                 Qt.Key.Key_Down: columns, Qt.Key.Key_Up: -columns}  # fmt: skip
        key = event.key()
        if key in steps:
            self._choose(self.current + steps[key])
        elif key == Qt.Key.Key_Space:
            self.skipped.emit()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            event.ignore()


def _columns(count: int) -> int:
    """Two or three in one row, more in two."""
    return max(1, count if count <= 3 else math.ceil(count / 2))
