"""How photos are listed: their order, their headings, their size and what they wear."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.browsing import Browser
from app.grouping import GROUPINGS
from app.views.command_set import CommandSet
from app.views.menus import Menus
from app.views.photo_delegate import BADGES
from app.views.photo_grid import MAX_SIDE, MIN_SIDE, PhotoGrid
from app.views.toolbar import Toolbar
from app.window_state import WindowState
from core.domain import PhotoQuery, SortKey
from core.grouping.groups import Grouping

STEP = 24
"""Pixels by which a key makes thumbnails larger or smaller."""


class ListOptions(QObject):
    """Applies these options, shows them in toolbar and menus, and keeps them for the next time."""

    def __init__(
        self, browser: Browser, grid: PhotoGrid, toolbar: Toolbar, menus: Menus,
        commands: CommandSet, state: WindowState, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._browser = browser
        self._grid = grid
        self._toolbar = toolbar
        self._menus = menus
        self._commands = commands
        self._state = state
        browser.grouping_changed.connect(self._show_grouping)
        browser.query_changed.connect(self._show_order)
        toolbar.order_chosen.connect(lambda order: self.set_order(*order))
        toolbar.side_changed.connect(grid.set_side)
        menus.badges_chosen.connect(self._choose_badges)

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the keys for these options call."""
        callbacks: dict[str, Callable[[], object]] = {
            name: partial(self.set_grouping, by) for name, by in GROUPINGS.items()
        }
        return callbacks | {
            "best_first": lambda: self.set_order(SortKey.SCORE, True),
            "worst_first": lambda: self.set_order(SortKey.SCORE, False),
            "larger": lambda: self._resize_thumbnails(STEP),
            "smaller": lambda: self._resize_thumbnails(-STEP),
        }

    def set_order(self, key: SortKey, descending: bool) -> None:
        """Sort by another key."""
        self._browser.change(sort=key, descending=descending)

    def set_grouping(self, by: Grouping | None) -> None:
        """Put the photos under headings of this kind, or under none."""
        self._browser.group(by)
        self._show_grouping(by)

    def restore(self) -> None:
        """As they were when the window was closed."""
        self._choose_badges(self._state.badges(BADGES))
        side = _fitting(self._state.number("side", 152))
        self._toolbar.show_side(side)
        self._grid.set_side(side)
        self.set_order(*self._state.order())
        self.set_grouping(self._state.grouping())
        self._show_grouping(self._browser.grouping)
        self._show_order(self._browser.query)

    def keep(self) -> None:
        """Write them into the window's state."""
        query = self._browser.query
        self._state.set_number("side", self._grid.side)
        self._state.set_order(query.sort, query.descending)
        self._state.set_grouping(self._browser.grouping)

    def _show_order(self, query: PhotoQuery) -> None:
        self._toolbar.order.show_value((query.sort, query.descending))

    def _show_grouping(self, by: Grouping | None) -> None:
        for name, one in GROUPINGS.items():
            self._commands[name].setChecked(one is by)

    def _choose_badges(self, kinds: frozenset[str]) -> None:
        self._grid.set_badge_kinds(kinds)
        self._menus.show_badges(kinds)
        self._state.set_hidden_badges(set(BADGES) - kinds)

    def _resize_thumbnails(self, by: int) -> None:
        self._toolbar.show_side(_fitting(self._grid.side + by))


def _fitting(side: int) -> int:
    return min(MAX_SIDE, max(MIN_SIDE, side))
