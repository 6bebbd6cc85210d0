"""The window's parts side by side, and which of them there is room for."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.models.albums import AlbumListModel
from app.views.album_sidebar import AlbumSidebar
from app.views.command_set import CommandSet
from app.views.filter_bar import FilterBar
from app.views.score_panel import ScorePanel
from app.views.toolbar import NARROW, Toolbar
from app.views.view_set import ViewSet

SIDEBAR_WIDTH = 232
SHORT = 560
"""Below this height bars make room for the photos."""
OWN_PAGES = {"people", "history"}
"""Pages that are not about the photos of the list."""


class WindowLayout(QWidget):
    """Toolbar and filters above; sidebar, pages and panel below."""

    def __init__(
        self, toolbar: Toolbar, filters: FilterBar, sidebar: AlbumSidebar, views: ViewSet,
        panel: ScorePanel, commands: CommandSet, albums: AlbumListModel,
    ) -> None:  # fmt: skip
        super().__init__()
        self.setObjectName("central")
        self._toolbar = toolbar
        self._filters = filters
        self._sidebar = sidebar
        self._views = views
        self._panel = panel
        self._commands = commands
        self._albums = albums
        sidebar.setFixedWidth(SIDEBAR_WIDTH)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(sidebar)
        middle.addWidget(views.pages, 1)
        middle.addWidget(panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(toolbar)
        column.addWidget(filters)
        column.addLayout(middle, 1)

    def adapt(self) -> None:
        """Side panels as chosen, unless the window is too narrow or in full screen."""
        window, toolbar = self.window(), self._toolbar
        full, wide = window.isFullScreen(), window.width() >= NARROW
        roomy = wide and not full
        started = bool(self._albums.albums)  # before that, only the invitation counts
        self._sidebar.setVisible(self._commands["sidebar"].isChecked() and roomy)
        name = self._views.pages.current_name
        photos = name not in OWN_PAGES
        info = self._commands["info"].isChecked()
        self._panel.setVisible(info and roomy and started and photos)
        toolbar.setVisible(not full)
        # Where height is short, a view of single photos gets the filters' room.
        grid = name == "grid"
        short = window.height() < SHORT
        roomy = grid or (photos and not short)
        self._filters.setVisible(not full and started and roomy)
        toolbar.order.setVisible(photos)
        toolbar.groups.setVisible(grid and wide)
        toolbar.size.setVisible(grid and wide)
        self._views.loupe.strip.setVisible(not short and not full)
