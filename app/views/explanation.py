"""Why photos score as they do, wherever it is told: in the panel, over the photo, beside it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from app.session import Session
from app.views.command_set import CommandSet
from app.views.navigation import Navigation
from app.views.photo_grid import PhotoGrid
from app.views.score_panel import ScorePanel
from app.views.view_set import ViewSet
from app.wording import hint_text
from core.domain import PhotoQuery, SortKey

WORST_FAULTS = 3
"""Chips on each photo where the worst come first."""


class Explanation(QObject):
    """Joins the panel's reasons and maps with the loupe that shows them."""

    def __init__(
        self, session: Session, views: ViewSet, panel: ScorePanel, commands: CommandSet,
        navigation: Navigation, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session = session
        self._grid = views.grid
        self._loupe = views.loupe
        self._panel = panel
        self._navigation = navigation
        why, loupe = session.why, views.loupe
        why.changed.connect(panel.show_known)
        why.changed.connect(loupe.show_known)
        loupe.map_shown.connect(why.show_map)
        loupe.heat_toggled.connect(commands["heatmap"].setChecked)
        loupe.faces_toggled.connect(commands["faces"].setChecked)
        panel.why.map_chosen.connect(loupe.set_map)
        panel.why.fragility_wanted.connect(why.try_fragility)
        panel.why.heat_toggled.connect(commands["heatmap"].setChecked)
        panel.pointed.connect(loupe.canvas.point_at)
        panel.opened.connect(navigation.zoom_to)
        panel.compare_wanted.connect(navigation.compare_with)
        for grid in (views.grid, loupe.strip):
            grid.rested.connect(partial(self._hint, grid))
        session.browser.query_changed.connect(self._show_faults)
        commands.connect_toggles({"heatmap": self._set_heat, "faces": loupe.set_faces})

    def _set_heat(self, on: bool) -> None:
        self._loupe.set_heat(on)
        self._panel.why.set_heat(on)
        if on and self._navigation.current != "loupe":
            self._navigation.show_view("loupe")

    def _show_faults(self, query: PhotoQuery) -> None:
        """The worst shots say more of what is wrong with them."""
        worst_first = query.sort is SortKey.SCORE and not query.descending
        self._grid.show_faults(WORST_FAULTS if worst_first or query.reason else 1)

    def _hint(self, grid: PhotoGrid, photo_id: int) -> None:
        """Beside a thumbnail that the mouse rests on: the photo in a few words, and why."""
        photos = self._session.browser.photos
        position = photos.position(photo_id)
        row = None if position is None else photos.row(position)
        if row is not None:
            self._session.load_details(
                photo_id, lambda photo: grid.show_hint(photo_id, hint_text(row, photo))
            )
