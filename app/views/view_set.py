"""Every view of photos, made, put on its page and joined to the session it shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.browsing import Browser
from app.models.culling import Scope
from app.session import Session
from app.theme import Theme
from app.views.compare import Compare
from app.views.failed_list import FailedList
from app.views.history_page import HistoryPage
from app.views.keep_page import KeepPage
from app.views.loupe import Loupe
from app.views.overview import Overview
from app.views.pages import Pages
from app.views.people_page import PeoplePage
from app.views.photo_grid import PhotoGrid
from app.views.survey import Survey
from app.views.tie_view import TieView
from core.curation.apply import Rejects


class ViewSet(QObject):
    """The views and the pages they lie on.

    What one view asks of another is the navigation's; here a view only asks the session.
    """

    def __init__(self, session: Session, theme: Theme, rejects: Rejects, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        browser = session.browser
        self.grid = PhotoGrid(browser.photos, browser.selection, session.thumbnails, theme)
        self.loupe = Loupe(browser, session.thumbnails, session.pictures, theme)
        self.failed = FailedList(browser, theme)
        parts = (browser, session.thumbnails, session.pictures, session.load_details, theme)
        self.compare = Compare(*parts)
        self.survey = Survey(*parts)
        self.keep = KeepPage(
            session.culling,
            lambda: scope_of(browser),
            lambda: browser.query.model,
            session.thumbnails,
            TieView(
                session.pictures,
                session.thumbnails,
                session.load_rows,
                session.load_details,
                session.culling.percentile,
                theme,
            ),
            theme,
            session.groups,
            rejects,
        )
        self.overview = Overview(
            browser, session.library.queries, session.jobs, session.thumbnails, theme
        )
        self.people = PeoplePage(session.people, session.face_crops, theme)
        self.history = HistoryPage(session.history, theme, session.changes.changed.connect)
        self.pages = Pages(browser, session.albums, theme)
        for name, view in (
            ("grid", self.grid), ("loupe", self.loupe), ("failed", self.failed),
            ("compare", self.compare), ("survey", self.survey), ("keep", self.keep),
            ("overview", self.overview),
        ):  # fmt: skip
            self.pages.add(name, view)
        self.pages.add("people", self.people, always=True)
        self.pages.add("history", self.history, always=True)
        self._connect()

    def focus(self) -> None:
        """Let the view on screen have the keys."""
        self.pages.currentWidget().setFocus()

    def _connect(self) -> None:
        session, pages = self._session, self.pages
        session.browser.photos.dataChanged.connect(lambda *_: self._repaint_standings())
        session.details.loaded.connect(self.loupe.show_photo)
        self.grid.show_bursts(session.bursts.size_of)
        session.bursts.changed.connect(self.grid.viewport().update)
        self.grid.visible_changed.connect(session.work.prioritize)
        for view in (self.compare, self.survey):
            view.rated.connect(lambda photo_id, stars: session.actions.rate(stars, [photo_id]))
        session.actions.undone.connect(self.keep.ask_again)
        self.failed.retry_requested.connect(session.retry)
        self.history.undo_wanted.connect(session.actions.take_back)
        session.changes.changed.connect(self._refresh_people)
        pages.welcome.pictures_requested.connect(
            lambda path: session.actions.add_albums([Path(path)])
        )
        pages.welcome.demo_requested.connect(session.actions.add_demo)
        pages.empty.show_all_requested.connect(session.browser.show_all)

    def _repaint_standings(self) -> None:
        for view in (self.keep.view, self.people.faces):
            view.viewport().update()

    def _refresh_people(self, _change: object) -> None:
        if self.people.isVisible():
            self._session.people.refresh_soon()


def scope_of(browser: Browser) -> Scope:
    """Two or more chosen photos, else the whole album, else what the filters show."""
    if browser.chosen_count > 1:
        return Scope(None, [int(i) for i in browser.chosen_ids()])
    if not browser.filtered and browser.query.album_id is not None:
        return Scope(browser.query.album_id, None)
    return Scope(None, [int(i) for i in browser.photos.ids])
