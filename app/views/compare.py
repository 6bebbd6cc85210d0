"""Two photos side by side: the champion stays, challengers come and go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.models.pictures import FULL, whole_ahead
from app.translation import decimal, tr
from app.views.controls import label
from app.views.photo_pane import PaneView, PhotoPane
from core.domain import PhotoRow


class Compare(PaneView):
    """Left the champion, right the challenger, which the arrow keys change.

    Return makes the challenger the champion. Zoom and place are kept from photo to photo,
    anchored on each photo's best face.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.setObjectName("compare")
        self.setAccessibleName(tr("Compare"))
        self.champion = self.make_pane()
        self.challenger = self.make_pane()
        self._pool: list[int] = []
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        columns = QHBoxLayout()
        columns.setSpacing(6)
        for pane, title in (
            (self.champion, tr("Champion")),
            (self.challenger, tr("Challenger")),
        ):
            half = QWidget()
            column = QVBoxLayout(half)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(4)
            column.addWidget(label(title, "section"), 0, Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(pane, 1)
            columns.addWidget(half, 1)
        hint = label(tr("Arrow keys: another challenger  ·  Return: make it the champion"), "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        whole.addLayout(columns, 1)
        whole.addWidget(hint)
        self._browser.active_changed.connect(lambda _: self._mark_active())

    def showEvent(self, event: object) -> None:
        """Compare the chosen photos, or the active one with its neighbours."""
        chosen = [int(i) for i in self._browser.chosen_ids()[:500]]
        ids = self._browser.photos.ids
        position = max(0, self._browser.active_position)
        if len(chosen) >= 2:
            self._pool = chosen
            first = self._browser.active_id if self._browser.active_id in chosen else chosen[0]
        else:
            self._pool = [int(i) for i in ids[max(0, position - 250) : position + 250]]
            first = self._browser.photos.id_at(position)
        self.show_in(self.champion, first)
        others = [i for i in self._pool if i != first]
        at = self._pool.index(first) if first in self._pool else 0
        following = [i for i in self._pool[at + 1 :] if i != first] or others
        self._show_challenger(following[0] if following else None)

    def compare(self, champion: int, challenger: int) -> None:
        """Put two photos side by side; the arrow keys go on through the same pool."""
        self._pool = list(dict.fromkeys([champion, challenger, *self._pool]))
        self.show_in(self.champion, champion)
        self._show_challenger(challenger)

    def _show_challenger(self, photo_id: int | None) -> None:
        zoom, spot = self.champion.canvas.zoom, self.champion.canvas.center
        self.show_in(self.challenger, photo_id)
        if zoom is not None:
            self._sync(self.champion, zoom, spot)
        self.activate_pane(self.challenger if photo_id is not None else self.champion)
        self.row_changed()
        self._mark_active()

    def details_taken(self, pane: PhotoPane) -> None:
        """A new challenger's face is known: go to it."""
        if pane is self.challenger and self.champion.canvas.zoom is not None:
            self._sync(self.champion, self.champion.canvas.zoom, self.champion.canvas.center)

    def row_changed(self) -> None:
        """Say how the challenger compares."""
        self.challenger.show_note(gap_text(self.champion.row, self.challenger.row))

    def _mark_active(self) -> None:
        active = self._browser.active_id
        for pane in self.panes:
            pane.set_active(pane.row is not None and pane.row.id == active)

    def ahead(self) -> Sequence[tuple[int, object, int]]:
        """The next challenger; while zoomed in, all of it."""
        following = self._following(1)
        position = None if following is None else self._browser.photos.position(following)
        row = None if position is None else self._browser.photos.row(position)
        if row is None:
            return ()
        if self.champion.canvas.zoom is not None and whole_ahead(row):
            return [(row.id, row.path, FULL)]
        return [(row.id, row.path, self.challenger.canvas.fitted_side(row.width, row.height))]

    def _following(self, by: int) -> int | None:
        champion = self.champion.row.id if self.champion.row is not None else None
        others = [i for i in self._pool if i != champion]
        current = self.challenger.row.id if self.challenger.row is not None else None
        if current not in others:
            return others[0] if others else None
        place = others.index(current) + by
        return others[place] if 0 <= place < len(others) else None

    def step(self, by: int) -> None:
        """Another challenger."""
        following = self._following(by)
        if following is not None:
            self._show_challenger(following)

    def promote(self) -> None:
        """The challenger becomes the champion; the next one challenges it."""
        if self.challenger.row is None:
            return
        following = self._following(1)
        former = self.champion.row.id if self.champion.row is not None else None
        self.show_in(self.champion, self.challenger.row.id)
        self._show_challenger(following if following is not None else former)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows change the challenger, Return promotes it, Tab changes the active side."""
        key = event.key()
        forward = -1 if self.isRightToLeft() else 1
        steps = {Qt.Key.Key_Right: forward, Qt.Key.Key_Left: -forward, Qt.Key.Key_Down: 1,
                 Qt.Key.Key_Up: -1, Qt.Key.Key_Space: 1}  # fmt: skip
        if key in steps:
            self.step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.promote()
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            event.ignore()


def gap_text(champion: PhotoRow | None, challenger: PhotoRow | None) -> str:
    """How two scores compare; no order is claimed within the model's own error."""
    if champion is None or challenger is None:
        return ""
    if champion.mean is None or challenger.mean is None:
        return ""
    gap = challenger.mean - champion.mean
    error = max(champion.uncertainty or 0.0, challenger.uncertainty or 0.0)
    if abs(gap) <= error:
        return tr("too close to call")
    sign = "+" if gap > 0 else "−"
    return f"{sign}{decimal(abs(gap), 2)}"
