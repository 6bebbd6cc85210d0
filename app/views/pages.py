"""The stack of views in the middle of the window, and which of them is on screen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from app.browsing import Browser
from app.listing import Listing
from app.models.albums import AlbumListModel
from app.theme import Theme
from app.views.empty_state import EmptyState
from app.views.failed_list import asks_for_failed
from app.views.filter_bar import describe_filters
from app.views.welcome_page import WelcomePage
from core.domain import IndexProgress


class Pages(QStackedWidget):
    """Grid, loupe and the others by name; an empty list shows why it is empty instead.

    Signals:
        shown(str): name of the view that is now on screen.
    """

    shown = Signal(str)

    def __init__(
        self, browser: Browser, albums: AlbumListModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._browser = browser
        self._albums = albums
        self._progress = IndexProgress()
        self._views: dict[str, QWidget] = {}
        self._always: set[str] = set()
        self._wanted = "grid"
        self._answered = False
        self.empty = EmptyState(theme)
        self.addWidget(self.empty)
        self.welcome = WelcomePage(theme)
        self.addWidget(self.welcome)
        browser.listed.connect(self._on_listed)
        browser.previewed.connect(self._update)
        albums.modelReset.connect(self._update)
        albums.dataChanged.connect(self._update)

    def add(self, name: str, view: QWidget, *, always: bool = False) -> None:
        """Add a view under a name; ``always``: it is not about the photos of the list, so it is
        shown for an empty list, too."""
        self._views[name] = view
        if always:
            self._always.add(name)
        self.addWidget(view)

    @property
    def current_name(self) -> str:
        """The view that is asked for (shown as soon as there are photos)."""
        return self._wanted

    def show_view(self, name: str) -> None:
        """Ask for a view."""
        self._wanted = name
        self._update()
        self.currentWidget().setFocus()
        self.shown.emit(name)

    def show_progress(self, progress: IndexProgress) -> None:
        """An empty album that is being looked through says so."""
        scanning = progress.busy
        if scanning != self._progress.busy:
            self._progress = progress
            self._update()
        self._progress = progress

    def _on_listed(self, _listing: Listing) -> None:
        self._answered = True
        self._update()

    def _update(self) -> None:
        filled = not self._answered or self._browser.photos.rowCount()
        if filled or self._wanted in self._always:
            view = self._views.get(self._name_of_view())
            if view is not None:
                self._switch(view)
            return
        if not self._albums.albums:
            self.welcome.refresh()
            self._switch(self.welcome)
            return
        self._explain()
        self._switch(self.empty)

    def _name_of_view(self) -> str:
        """The view that is asked for; files without pictures make a list instead of a grid."""
        failed = self._wanted == "grid" and asks_for_failed(self._browser.query)
        return "failed" if failed else self._wanted

    def _switch(self, view: QWidget) -> None:
        """Put a view on screen; the keys go with it unless the user is typing."""
        if self.currentWidget() is not view:
            self.setCurrentWidget(view)
            if not isinstance(self.window().focusWidget(), QLineEdit):
                view.setFocus()

    def _explain(self) -> None:
        listing, query = self._browser.listing, self._browser.query
        album = next((a for a in self._albums.albums if a.id == query.album_id), None)
        if listing.hidden and asks_for_failed(query):
            self.empty.show_all_read()
        elif listing.hidden:
            self.empty.show_filtered(describe_filters(query))
        elif album is not None and not album.online:
            self.empty.show_offline_album()
        elif self._progress.busy:
            self.empty.show_looking()
        else:
            self.empty.show_empty_album()
