"""Two to twelve photos at once, as large as they fit."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout

from app.translation import tr
from app.views.photo_pane import PaneView

MOST = 12
FEWEST = 2
NEIGHBOURS = 4
"""Without a choice of two or more, the active photo is shown with this many in all."""


class Survey(PaneView):
    """The chosen photos; arrow keys move the active one, Delete takes it out of the survey."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.setObjectName("survey")
        self.setAccessibleName(tr("Survey"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(6, 6, 6, 6)
        self._grid.setSpacing(6)
        self._ids: list[int] = []
        self._browser.active_changed.connect(lambda _: self._mark_active())

    @property
    def photo_ids(self) -> list[int]:
        """The photos on screen."""
        return self._ids

    def showEvent(self, event: object) -> None:
        """Show the chosen photos."""
        chosen = [int(i) for i in self._browser.chosen_ids()[:MOST]]
        if len(chosen) < FEWEST:
            start = max(0, self._browser.active_position)
            chosen = [int(i) for i in self._browser.photos.ids[start : start + NEIGHBOURS]]
        self._show(chosen)

    def _show(self, ids: list[int]) -> None:
        self._ids = ids
        while len(self.panes) < len(ids):
            self.make_pane()
        for pane in self.panes:
            self._grid.removeWidget(pane)
        columns = self._columns(len(ids))
        for number, pane in enumerate(self.panes):
            pane.setVisible(number < len(ids))
            if number < len(ids):
                self._grid.addWidget(pane, number // columns, number % columns)
                self.show_in(pane, ids[number])
            else:
                pane.show_row(None)
        for line in range(MOST):
            self._grid.setColumnStretch(line, int(line < columns))
            self._grid.setRowStretch(line, int(line < math.ceil(len(ids) / max(1, columns))))
        if ids and self._browser.active_id not in ids:
            self.activate_pane(self.panes[0])
        self._mark_active()

    def _columns(self, count: int) -> int:
        """Columns at which panes come nearest to a portrait's shape (4:5)."""
        width, height = max(1, self.width()), max(1, self.height())

        def badness(columns: int) -> float:
            rows = math.ceil(count / columns)
            shape = (width / columns) / (height / rows)
            return abs(math.log(shape / 0.9)) + 0.15 * (rows * columns - count)

        return min(range(1, max(1, count) + 1), key=badness)

    def _mark_active(self) -> None:
        for pane in self.panes:
            pane.set_active(pane.row is not None and pane.row.id == self._browser.active_id)

    def _step(self, by: int) -> None:
        if self._browser.active_id in self._ids:
            place = self._ids.index(self._browser.active_id) + by
            if 0 <= place < len(self._ids):
                self.activate_pane(self.panes[place])

    def drop_active(self) -> None:
        """Take the active photo out of the survey (nothing happens to it)."""
        if self._browser.active_id in self._ids and len(self._ids) > 1:
            place = self._ids.index(self._browser.active_id)
            left = [i for i in self._ids if i != self._browser.active_id]
            self._show(left)
            self.activate_pane(self.panes[min(place, len(left) - 1)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Delete, Escape."""
        columns = self._columns(len(self._ids))
        forward = -1 if self.isRightToLeft() else 1
        steps = {Qt.Key.Key_Right: forward, Qt.Key.Key_Left: -forward,
                 Qt.Key.Key_Down: columns, Qt.Key.Key_Up: -columns}  # fmt: skip
        key = event.key()
        if key in steps:
            self._step(steps[key])
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Slash):
            self.drop_active()
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            event.ignore()
