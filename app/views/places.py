"""Joins the sidebar to what is looked at: albums, saved searches, and the title that names them."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.session import Session
from app.theme import Theme
from app.translation import tr, trn
from app.views.album_sidebar import AlbumSidebar
from app.views.filter_bar import FilterBar
from app.views.ignore_sheet import IgnoreSheet
from app.views.lowest_sheet import LowestSheet
from app.views.settings_sheet import SettingsSheet
from core.domain import Album, SmartAlbum, Term
from core.searching.parsing import QueryError, parse
from core.searching.writing import query_text, quoted, written


class Places(QObject):
    """Where one is: all photos, an album, or a saved search.

    Signals:
        shown(): what the grid shows was chosen, so it is to be shown.
        left(): a sheet was closed; keys belong to what is below.
    """

    shown = Signal()
    left = Signal()

    def __init__(
        self, session: Session, sidebar: AlbumSidebar, filters: FilterBar, theme: Theme,
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._session = session
        self._theme = theme
        self._sidebar = sidebar
        self._browser = session.browser
        self._search: SmartAlbum | None = None
        self._terms: tuple[Term, ...] = ()
        self.ignoring = IgnoreSheet(theme, window)
        actions = session.actions
        sidebar.album_chosen.connect(self._choose_album)
        sidebar.search_chosen.connect(self._choose_search)
        sidebar.rescan_requested.connect(session.rescan)
        sidebar.remove_requested.connect(actions.remove_album)
        sidebar.forget_requested.connect(actions.remove_search)
        sidebar.ignoring_requested.connect(self._ask_what_to_ignore)
        session.albums.rename_wanted.connect(actions.rename_search)
        filters.save_requested.connect(self._save_search)
        session.browser.query_changed.connect(lambda _: self._leave_search())
        actions.search_saved.connect(lambda album: sidebar.name_search(album.id))
        actions.album_added.connect(self._on_album_added)
        actions.ignoring_changed.connect(session.rescan)
        self.ignoring.closed.connect(self.left)
        self.ignoring.decided.connect(actions.set_ignored)

    @cached_property
    def lowest(self) -> LowestSheet:
        """The choice of the lowest scored; made when it is first asked for."""
        session, window = self._session, self.parent()
        assert isinstance(window, QWidget)
        sheet = LowestSheet(
            session.browser, session.library.queries, session.jobs, self._theme, window
        )
        sheet.closed.connect(self.left)
        sheet.chosen.connect(self._tell_chosen)
        return sheet

    def _tell_chosen(self, count: int) -> None:
        self.shown.emit()
        self._session.notifier.say(
            trn(
                "{n} photo is chosen. Nothing is done to it yet.",
                "{n} photos are chosen. Nothing is done to them yet.",
                count,
            )
        )

    @property
    def title(self) -> str:
        """The name of where one is."""
        if self._search is not None and self._searched():
            for album in self._session.albums.smart_albums:
                if album.id == self._search.id:
                    return album.name
        album_id = self._browser.query.album_id
        albums = self._session.albums.albums
        album = next((a for a in albums if a.id == album_id), None)
        return tr("All photos") if album is None else album.name

    def _searched(self) -> bool:
        """Whether what is looked at is (still) the saved search that was chosen."""
        return self._search is not None and self._browser.query.terms == self._terms

    def _leave_search(self) -> None:
        if self._search is not None and not self._searched():
            self._search = None
            self._sidebar.leave_search()

    def _choose_album(self, album_id: int | None) -> None:
        # Filters go along from album to album; a saved search is left behind whole.
        terms = () if self._searched() else self._browser.query.terms
        self._search = None
        self._browser.change(album_id=album_id, terms=terms)

    def _choose_search(self, album: SmartAlbum) -> None:
        try:
            terms = parse(album.query)
        except QueryError as error:
            self._session.notifier.report(error)
            return
        self._search, self._terms = album, terms
        self._browser.only(terms)

    def show_person(self, person_id: int, name: str) -> None:
        """All photos of a person, as a search that can be read, changed and kept where there is a
        name to write."""
        self._search = None
        self._browser.only(parse(f"person:{quoted(name)}") if name else ())
        if not name:
            self._browser.change(person=person_id)

    def _save_search(self) -> None:
        """Keep the filters as they are under the name of their own words, to be renamed."""
        query = self._browser.query
        if query.person is not None:
            said = tr("Give this person a name first; then the search can be kept.")
            self._session.notifier.say(said)
            return
        text = query_text(query)
        album = next((a for a in self._session.albums.albums if a.id == query.album_id), None)
        if album is not None:
            text = f'{text} album:"{album.name}"'
        name = written(query.terms) or text
        self._session.actions.save_search(name[:60], text)

    def join_settings(self, sheet: SettingsSheet) -> None:
        """Let the settings show the albums, and change what is ignored in them."""

        def show() -> None:
            sheet.folders.show_albums(self._session.albums.albums)
            if sheet.isVisible():
                sheet.place()

        sheet.opening.connect(show)
        self._session.albums.modelReset.connect(show)
        sheet.folders.remove_requested.connect(self._session.actions.remove_album)
        sheet.folders.ignoring_requested.connect(sheet.dismiss)
        sheet.folders.ignoring_requested.connect(self._ask_what_to_ignore)

    def _ask_what_to_ignore(self, album: Album) -> None:
        queries = self._session.library.queries
        self._session.jobs.run(
            lambda: queries.ignore_patterns(album.id),
            lambda patterns: self.ignoring.show_patterns(album, patterns),
        )

    def _on_album_added(self, album: Album) -> None:
        self._session.jobs.run(
            self._session.library.queries.albums,
            lambda albums: (
                self._session.albums.set_albums(albums),
                self._sidebar.choose(album.id),
            ),
        )
