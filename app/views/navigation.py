"""Going from view to view: which one is on screen, and on which photo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.translation import tr
from app.views.album_sidebar import AlbumSidebar
from app.views.jump_field import JumpField
from app.views.places import Places
from app.views.toolbar import VIEWS
from app.views.view_set import ViewSet
from core.domain import Box


class Navigation(QObject):
    """Shows one view after the other as keys, buttons and the views themselves ask for it.

    Signals:
        view_shown(str): another view was asked for, so what surrounds it may change.
    """

    view_shown = Signal(str)

    def __init__(
        self, session: Session, views: ViewSet, jump: JumpField, sidebar: AlbumSidebar,
        places: Places, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session = session
        self._browser = session.browser
        self._views = views
        self._jump_field = jump
        self._sidebar = sidebar
        self._places = places
        self._to_open: int | None = None
        session.browser.listed.connect(lambda _: self._open_waiting())
        session.actions.targets = self.targets
        for view in (views.loupe, views.compare, views.survey, views.keep, views.overview,
                     views.people, views.history):  # fmt: skip
            view.closed.connect(lambda: self.show_view("grid"))
        views.grid.opened.connect(lambda _: self.show_view("loupe"))
        views.failed.opened.connect(lambda _: self.show_view("loupe"))
        views.overview.photo_wanted.connect(self.open_photo)
        views.people.photo_wanted.connect(self.open_photo)
        views.people.photos_wanted.connect(self.show_person)
        places.shown.connect(lambda: self.show_view("grid"))

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the keys for going about call."""
        callbacks: dict[str, Callable[[], object]] = {
            name: partial(self.show_view, name) for name in (*VIEWS, "history")
        }
        return callbacks | {
            "next": lambda: self._browser.step(1),
            "previous": lambda: self._browser.step(-1),
            "jump": self.jump,
            "burst": self.show_burst,
            "zoom": self.zoom,
        }

    @property
    def current(self) -> str:
        """Name of the view that is asked for."""
        return self._views.pages.current_name

    def show_view(self, name: str) -> None:
        """Show the grid, the loupe or another view."""
        browser = self._browser
        if name != "grid" and browser.active_position < 0:
            browser.activate(0, choose=not browser.chosen_count)
        self._views.pages.show_view(name)
        self.view_shown.emit(name)

    def open_photo(self, photo_id: int) -> None:
        """Show a photo in the loupe; where the list does not hold it, all photos are listed."""
        browser = self._browser
        position = browser.photos.position(photo_id)
        if position is not None:
            self._to_open = None
            browser.activate(position)
            self.show_view("loupe")
        elif self._to_open is None:
            self._to_open = photo_id
            browser.show_all()
            if browser.query.album_id is not None:
                self._sidebar.choose(None)
        else:
            self._to_open = None

    def _open_waiting(self) -> None:
        if self._to_open is not None:
            self.open_photo(self._to_open)

    def show_person(self, person_id: int) -> None:
        """All photos of a person in the grid; the chip takes the filter off again."""
        name = self._session.people.name_of(person_id)
        self._sidebar.choose(None)
        self._places.show_person(person_id, name)
        self.show_view("grid")

    def show_burst(self) -> None:
        """All shots of the active photo's burst beside each other."""
        browser, session = self._browser, self._session
        active = browser.active_id
        ids = [] if active is None else session.bursts.bursts.with_photo(active)
        shown = browser.photos.positions(np.asarray(ids, np.int64))
        if len(shown) < 2:
            hidden = len(ids) > 1
            session.notifier.say(
                tr("The other shots of its burst are hidden by a filter") if hidden
                else tr("This photo is in no burst")
            )  # fmt: skip
            return
        browser.choose(shown)
        self.show_view("survey")

    def compare_with(self, best_id: int) -> None:
        """The best of a burst as the champion, the active photo as its challenger."""
        active = self._browser.active_id
        if active is None or self._browser.photos.position(best_id) is None:
            self._session.notifier.say(tr("The best of this burst is hidden by a filter"))
            return
        self.show_view("compare")
        self._views.compare.compare(best_id, active)

    def zoom_to(self, box: Box) -> None:
        """Show a part of the active photo in the loupe."""
        self.show_view("loupe")
        self._views.loupe.canvas.zoom_to(box)

    def zoom(self) -> None:
        """Between the whole picture and its pixels, in whichever view shows pictures."""
        views = self._views
        zoomed = {"compare": views.compare, "survey": views.survey, "keep": views.keep}
        view = zoomed.get(self.current)
        if view is not None:
            view.toggle_zoom()
            return
        if self.current == "grid":
            self.show_view("loupe")
        views.loupe.canvas.toggle_zoom()

    def jump(self) -> None:
        """Ask for the photo to go to in the grid."""
        if self.current != "grid":
            self.show_view("grid")
        self._jump_field.open()

    def targets(self) -> list[int]:
        """Photos that a key acts on: in the grid the chosen ones, elsewhere the one on screen."""
        browser = self._browser
        if self.current == "grid":
            return [int(i) for i in browser.chosen_ids()]
        return [] if browser.active_id is None else [browser.active_id]

    def advance(self) -> None:
        """On to the next photo after a judgement of this one alone."""
        alone = self.current != "grid" or self._browser.chosen_count == 1
        if alone and self.current in ("grid", "loupe"):
            self._browser.step(1)
