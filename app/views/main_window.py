"""The window: puts the views together and connects them to the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from app.grouping import GROUPINGS
from app.keymap import keys_in_force
from app.models.culling import Scope
from app.session import Session
from app.task_bar import TaskBar
from app.theme import Theme, ThemeChoice
from app.translation import tr, trn
from app.views.activity_area import ActivityArea
from app.views.album_sidebar import AlbumSidebar
from app.views.command_set import CommandSet
from app.views.compare import Compare
from app.views.failed_list import UNREADABLE, FailedList
from app.views.filter_bar import FilterBar
from app.views.help_pages import HelpPages
from app.views.history_page import HistoryPage
from app.views.jump_field import JumpField
from app.views.keep_page import KeepPage
from app.views.key_editor import KeyEditor
from app.views.key_sheet import KeySheet
from app.views.loupe import Loupe
from app.views.menus import Menus
from app.views.message_bar import MessageBar
from app.views.overview import Overview
from app.views.pages import Pages
from app.views.people_page import PeoplePage
from app.views.photo_delegate import BADGES
from app.views.photo_grid import MAX_SIDE, MIN_SIDE, PhotoGrid
from app.views.places import Places
from app.views.score_panel import ScorePanel
from app.views.settings_sheet import SettingsSheet
from app.views.survey import Survey
from app.views.tie_view import TieView
from app.views.toolbar import NARROW, VIEWS, Toolbar
from app.window_state import WindowState
from app.wording import hint_text
from core.analysis import DEFAULT_MODEL
from core.curation.apply import Rejects
from core.curation.marks import Said
from core.domain import Box, ColorLabel, Flag, IndexProgress, PhotoQuery, SortKey
from core.grouping.groups import Grouping
from core.inference.cards import bundled_models
from core.settings import Settings

SIDEBAR_WIDTH = 232
WORST_FAULTS = 3
"""Chips on each photo where the worst come first."""
SHORT = 560
"""Below this height bars make room for the photos."""
OWN_PAGES = {"people", "history"}
"""Pages that are not about the photos of the list."""


class MainWindow(QMainWindow):
    """The program's one window."""

    def __init__(
        self,
        session: Session,
        theme: Theme,
        state: WindowState,
        settings: Settings,
        save: Callable[[Settings], None],
    ) -> None:
        super().__init__()
        self.setWindowTitle("Albumen")
        self.setAcceptDrops(True)
        self.setMinimumSize(560, 380)
        self._session = session
        self._theme = theme
        self._state = state
        self._settings = settings
        self._save = save
        self._busy = False
        self._task_bar = TaskBar()
        self._done_before = 0
        self._to_open: int | None = None
        browser = session.browser

        self.commands = CommandSet(self, theme)
        self.commands.bind(keys_in_force(settings.key_preset, settings.keys))
        self.grid = PhotoGrid(browser.photos, browser.selection, session.thumbnails, theme)
        self.jump = JumpField(browser, theme, self.grid)
        self.loupe = Loupe(browser, session.thumbnails, session.pictures, theme)
        self.pages = Pages(browser, session.albums, theme)
        self.pages.add("grid", self.grid)
        self.pages.add("loupe", self.loupe)
        self.failed = FailedList(browser, theme)
        self.pages.add("failed", self.failed)
        parts = (browser, session.thumbnails, session.pictures, session.load_details, theme)
        self.compare = Compare(*parts)
        self.survey = Survey(*parts)
        self.pages.add("compare", self.compare)
        self.pages.add("survey", self.survey)
        self.keep = KeepPage(
            session.culling,
            self._keep_scope,
            lambda: browser.query.model,
            session.thumbnails,
            TieView(
                session.pictures,
                session.thumbnails,
                session.load_rows,
                session.load_details,
                theme,
            ),
            theme,
            session.groups,
            Rejects(settings.rejects),
        )
        self.pages.add("keep", self.keep)
        self.overview = Overview(
            browser, session.library.queries, session.jobs, session.thumbnails, theme
        )
        self.pages.add("overview", self.overview)
        self.people = PeoplePage(session.people, session.face_crops, theme)
        self.pages.add("people", self.people, always=True)
        self.history = HistoryPage(session.history, theme, session.changes.changed.connect)
        self.pages.add("history", self.history, always=True)
        self.activity = ActivityArea(theme)
        self.sidebar = AlbumSidebar(session.albums, self.activity, theme)
        self.sidebar.setFixedWidth(SIDEBAR_WIDTH)
        self.filters = FilterBar(browser, theme)
        self.panel = ScorePanel(theme)
        self.menus = Menus(self.commands, theme, self)
        self.menus.theme_chosen.connect(self.choose_theme)
        self.menus.badges_chosen.connect(self._choose_badges)
        self.menus.group_said.connect(self._say_of_group)
        self.toolbar = Toolbar(self.commands, self.menus.main_menu(), theme)
        self._build()
        self.messages = MessageBar(theme, self.centralWidget())
        self.key_sheet = KeySheet(theme, self.centralWidget())
        self.help = HelpPages(session, theme, self.centralWidget())
        self.places = Places(session, self.sidebar, self.filters, theme, self.centralWidget())
        self.reopen_wanted = False
        self._connect_session()
        self._connect_views()
        self._connect_commands()
        self._restore()

    @cached_property
    def settings_sheet(self) -> SettingsSheet:
        """The settings; made when they are first asked for, since models' cards take a while."""
        sheet = SettingsSheet(
            self._settings, bundled_models(), DEFAULT_MODEL, self._theme, self.centralWidget()
        )
        sheet.changed.connect(self._take_settings)
        sheet.reopen_requested.connect(self._reopen)
        sheet.model_asked.connect(self.help.show_model)
        sheet.keys_asked.connect(self._edit_keys)
        self._session.ask_machine(sheet.scoring.show_processors, sheet.scoring.show_place)
        sheet.taste.reset_requested.connect(self._session.taste.reset)
        self._session.taste.changed.connect(sheet.show_taste)
        self.places.join_settings(sheet)
        sheet.folders.add_requested.connect(self.ask_for_folder)
        sheet.opening.connect(self._session.taste.refresh)
        sheet.erase_faces_requested.connect(self._session.erase_faces)
        sheet.closed.connect(lambda: self.pages.currentWidget().setFocus())
        return sheet

    @cached_property
    def key_editor(self) -> KeyEditor:
        """Made when it is first asked for."""
        editor = KeyEditor(self._theme, self.centralWidget())
        editor.changed.connect(self._take_keys)
        editor.closed.connect(lambda: self.pages.currentWidget().setFocus())
        return editor

    def _edit_keys(self) -> None:
        for sheet in (self.settings_sheet, self.key_sheet):
            sheet.dismiss()
        self.key_editor.show_keys(self._settings.key_preset, self._settings.keys)

    def _take_keys(self, preset: str, own: dict[str, str] | None) -> None:
        self._keep(key_preset=preset, keys=own)
        self.commands.bind(keys_in_force(preset, own))

    def _build(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.sidebar)
        middle.addWidget(self.pages, 1)
        middle.addWidget(self.panel)
        central = QWidget()
        central.setObjectName("central")
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.filters)
        column.addLayout(middle, 1)
        self.setCentralWidget(central)

    # --- connections -----------------------------------------------------------------------------

    def _connect_session(self) -> None:
        session, browser = self._session, self._session.browser
        session.notifier.posted.connect(self.messages.post)
        session.progress.changed.connect(self._show_progress)
        session.details.loaded.connect(self.panel.show_photo)
        session.details.loaded.connect(self.loupe.show_photo)
        session.actions.judged.connect(self._on_judged)
        session.actions.targets = self._targets
        session.albums.modelReset.connect(self._show_place)
        session.albums.modelReset.connect(self._show_panels)
        session.albums.dataChanged.connect(self._show_place)
        browser.listed.connect(lambda _: self._show_place())
        browser.listed.connect(lambda _: self._open_waiting())
        browser.chosen_changed.connect(lambda _: self._show_place())
        browser.grouping_changed.connect(self._show_grouping)
        self.grid.show_bursts(session.bursts.size_of)
        session.bursts.changed.connect(self.grid.viewport().update)
        browser.query_changed.connect(
            lambda query: self.toolbar.order.show_value((query.sort, query.descending))
        )

    def _connect_views(self) -> None:
        session, browser = self._session, self._session.browser
        self.grid.opened.connect(lambda _: self.show_view("loupe"))
        self.grid.visible_changed.connect(session.work.prioritize)
        self.grid.menu_requested.connect(self._open_photo_menu)
        for view in (self.loupe, self.compare, self.survey, self.keep, self.overview, self.people,
                     self.history):  # fmt: skip
            view.closed.connect(lambda: self.show_view("grid"))
        for view in (self.compare, self.survey):
            view.rated.connect(lambda photo_id, stars: session.actions.rate(stars, [photo_id]))
        session.actions.undone.connect(self.keep.ask_again)
        self.keep.rejects_chosen.connect(lambda rejects: self._keep(rejects=rejects.value))
        self.loupe.heat_toggled.connect(self.commands["heatmap"].setChecked)
        self.loupe.faces_toggled.connect(self.commands["faces"].setChecked)
        self.pages.welcome.add_requested.connect(self.ask_for_folder)
        self.pages.welcome.pictures_requested.connect(
            lambda path: session.actions.add_albums([Path(path)])
        )
        self.pages.welcome.demo_requested.connect(session.actions.add_demo)
        self.pages.empty.show_all_requested.connect(browser.show_all)
        self.sidebar.add_requested.connect(self.ask_for_folder)
        self.activity.pause_requested.connect(
            lambda on: session.work.pause() if on else session.work.resume()
        )
        self.activity.cancel_requested.connect(session.work.cancel)
        self.activity.unreadable_requested.connect(lambda: browser.change(statuses=UNREADABLE))
        self.failed.opened.connect(lambda _: self.show_view("loupe"))
        self.failed.retry_requested.connect(session.retry)
        self.overview.photo_wanted.connect(self._open_photo)
        self.people.photo_wanted.connect(self._open_photo)
        self.people.photos_wanted.connect(self._show_person)
        self.history.undo_wanted.connect(session.actions.take_back)
        session.changes.changed.connect(self._refresh_people)
        self.filters.leave.connect(lambda: self.pages.currentWidget().setFocus())
        self.panel.rated.connect(session.actions.rate)
        self.panel.flagged.connect(session.actions.flag)
        self._connect_why()
        self.key_sheet.change_wanted.connect(self._edit_keys)
        for sheet in (self.key_sheet, self.help):
            sheet.closed.connect(lambda: self.pages.currentWidget().setFocus())
        self.places.left.connect(lambda: self.pages.currentWidget().setFocus())
        self.places.shown.connect(lambda: self.show_view("grid"))
        self.toolbar.order_chosen.connect(lambda order: self.set_order(*order))
        self.toolbar.side_changed.connect(self.grid.set_side)

    def _connect_why(self) -> None:
        """The panel's reasons and maps with the loupe that shows them."""
        why, panel, loupe = self._session.why, self.panel, self.loupe
        why.changed.connect(panel.show_known)
        why.changed.connect(loupe.show_known)
        loupe.map_shown.connect(why.show_map)
        panel.why.map_chosen.connect(loupe.set_map)
        panel.why.fragility_wanted.connect(why.try_fragility)
        panel.why.heat_toggled.connect(self.commands["heatmap"].setChecked)
        panel.pointed.connect(loupe.canvas.point_at)
        panel.opened.connect(self._zoom_to)
        for grid in (self.grid, loupe.strip):
            grid.rested.connect(partial(self._hint, grid))
        self._session.browser.query_changed.connect(self._show_faults)
        panel.compare_wanted.connect(self._compare_with)

    def _show_faults(self, query: PhotoQuery) -> None:
        """The worst shots say more of what is wrong with them."""
        worst_first = query.sort is SortKey.SCORE and not query.descending
        self.grid.show_faults(WORST_FAULTS if worst_first or query.reason else 1)

    def _hint(self, grid: PhotoGrid, photo_id: int) -> None:
        """Beside a thumbnail that the mouse rests on: the photo in a few words, and why."""
        position = self._session.browser.photos.position(photo_id)
        row = None if position is None else self._session.browser.photos.row(position)
        if row is not None:
            self._session.load_details(
                photo_id, lambda photo: grid.show_hint(photo_id, hint_text(row, photo))
            )

    def _jump(self) -> None:
        if self.pages.current_name != "grid":
            self.show_view("grid")
        self.jump.open()

    def _show_burst(self) -> None:
        """All shots of the active photo's burst beside each other."""
        browser, session = self._session.browser, self._session
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

    def _zoom_to(self, box: Box) -> None:
        self.show_view("loupe")
        self.loupe.canvas.zoom_to(box)

    def _compare_with(self, best_id: int) -> None:
        """The best of a burst as the champion, the active photo as its challenger."""
        browser = self._session.browser
        active = browser.active_id
        if active is None or browser.photos.position(best_id) is None:
            self._session.notifier.say(tr("The best of this burst is hidden by a filter"))
            return
        self.show_view("compare")
        self.compare.compare(best_id, active)

    def _connect_commands(self) -> None:
        actions, browser = self._session.actions, self._session.browser
        callbacks: dict[str, Callable[[], object]] = {
            f"rate_{n}": partial(actions.rate, n) for n in range(6)
        }
        for color in (ColorLabel.RED, ColorLabel.YELLOW, ColorLabel.GREEN, ColorLabel.BLUE):
            callbacks[f"color_{color.value}"] = partial(actions.label, color)
        for name in VIEWS:
            callbacks[name] = partial(self.show_view, name)
        for name, by in GROUPINGS.items():
            callbacks[name] = partial(self.set_grouping, by)
        callbacks |= {
            "pick": partial(actions.flag, Flag.PICK),
            "reject": partial(actions.flag, Flag.REJECT),
            "unflag": partial(actions.flag, None),
            "undo": actions.undo,
            "redo": actions.redo,
            "zoom": self._zoom,
            "next": lambda: browser.step(1),
            "previous": lambda: browser.step(-1),
            "best_first": lambda: self.set_order(SortKey.SCORE, True),
            "worst_first": lambda: self.set_order(SortKey.SCORE, False),
            "jump": self._jump,
            "lowest": lambda: self.places.lowest.ask(),
            "burst": self._show_burst,
            "find": self.filters.focus_search,
            "show_all": browser.show_all,
            "larger": lambda: self._resize_thumbnails(24),
            "smaller": lambda: self._resize_thumbnails(-24),
            "add": self.ask_for_folder,
            "rescan": self._session.rescan,
            "history": partial(self.show_view, "history"),
            "settings": lambda: self.settings_sheet.show_settings(self._settings),
            "keep_only": self.keep.keep_only,
            "keys": lambda: self.key_sheet.show_keys(self.commands.keys),
            "model": self.help.show_model,
            "demo": actions.add_demo,
            "report": self.help.show_report,
            "quit": self.close,
        }
        self.commands.connect(callbacks)
        self.commands.connect_toggles(
            {
                "heatmap": self._set_heat,
                "faces": self.loupe.set_faces,
                "info": lambda _: self._show_panels(),
                "sidebar": lambda _: self._show_panels(),
                "badges": self._set_badges,
                "auto_advance": lambda on: self._keep(auto_advance=on),
                "fullscreen": self._set_fullscreen,
            }
        )

    # --- state -----------------------------------------------------------------------------------

    def _restore(self) -> None:
        geometry = self._state.geometry()
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1280, 800)
        self.commands["sidebar"].setChecked(self._state.flag("sidebar", True))
        self.commands["info"].setChecked(self._state.flag("info", True))
        self.commands["badges"].setChecked(self._settings.show_badges)
        self._choose_badges(self._state.badges(BADGES))
        self.commands["auto_advance"].setChecked(self._settings.auto_advance)
        side = min(MAX_SIDE, max(MIN_SIDE, self._state.number("side", 152)))
        self.toolbar.show_side(side)
        self.grid.set_side(side)
        self.set_order(*self._state.order())
        self.set_grouping(self._state.grouping())
        self._show_grouping(self._session.browser.grouping)
        query = self._session.browser.query
        self.toolbar.order.show_value((query.sort, query.descending))
        self._show_panels()
        self.show_view("grid")

    def _keep_state(self) -> None:
        if not self.isFullScreen():
            self._state.set_geometry(self.saveGeometry())
        self._state.set_flag("sidebar", self.commands["sidebar"].isChecked())
        self._state.set_flag("info", self.commands["info"].isChecked())
        self._state.set_number("side", self.grid.side)
        query = self._session.browser.query
        self._state.set_order(query.sort, query.descending)
        self._state.set_grouping(self._session.browser.grouping)
        self._state.save()

    def _keep(self, **changes: object) -> None:
        """Change settings and save them."""
        changed = replace(self._settings, **changes)  # type: ignore[arg-type]
        if changed != self._settings:
            self._settings = changed
            self._save(changed)

    def _take_settings(self, changed: Settings) -> None:
        """Use what the settings sheet changed."""
        self._settings = changed
        self._save(changed)
        self._session.use_settings(changed)
        self._theme.choose(ThemeChoice(changed.theme))
        self.commands.bind(keys_in_force(changed.key_preset, changed.keys))
        self.commands["badges"].setChecked(changed.show_badges)
        self.commands["auto_advance"].setChecked(changed.auto_advance)

    def _reopen(self) -> None:
        """Close and come back with the new settings."""
        self.reopen_wanted = True
        self.close()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Use another theme from now on."""
        self._theme.choose(choice)
        self._keep(theme=choice.value)

    def set_order(self, key: SortKey, descending: bool) -> None:
        """Sort by another key."""
        self._session.browser.change(sort=key, descending=descending)

    def set_grouping(self, by: Grouping | None) -> None:
        """Put the photos under headings of this kind, or under none."""
        self._session.browser.group(by)
        self._show_grouping(by)

    def _show_grouping(self, by: Grouping | None) -> None:
        for name, one in GROUPINGS.items():
            self.commands[name].setChecked(one is by)

    def _choose_badges(self, kinds: frozenset[str]) -> None:
        self.grid.set_badge_kinds(kinds)
        self.menus.show_badges(kinds)
        self._state.set_hidden_badges(set(BADGES) - kinds)

    def _set_badges(self, on: bool) -> None:
        self.grid.set_badges(on)
        self._keep(show_badges=on)

    # --- what is on screen -----------------------------------------------------------------------

    def show_view(self, name: str) -> None:
        """Show the grid, the loupe or another view."""
        browser = self._session.browser
        if name != "grid" and browser.active_position < 0:
            browser.activate(0, choose=not browser.chosen_count)
        self.pages.show_view(name)
        self.toolbar.views.show_value(name)
        self._show_place()
        self._show_panels()

    def _open_photo(self, photo_id: int) -> None:
        """Show a photo in the loupe; where the list does not hold it, all photos are listed."""
        browser = self._session.browser
        position = browser.photos.position(photo_id)
        if position is not None:
            self._to_open = None
            browser.activate(position)
            self.show_view("loupe")
        elif self._to_open is None:
            self._to_open = photo_id
            browser.show_all()
            if browser.query.album_id is not None:
                self.sidebar.choose(None)
        else:
            self._to_open = None

    def _open_waiting(self) -> None:
        if self._to_open is not None:
            self._open_photo(self._to_open)

    def _show_person(self, person_id: int) -> None:
        """All photos of a person in the grid; the chip takes the filter off again."""
        name = self._session.people.name_of(person_id)
        self.sidebar.choose(None)
        self.places.show_person(person_id, name)
        self.show_view("grid")

    def _refresh_people(self, _change: object) -> None:
        if self.people.isVisible():
            self._session.people.refresh_soon()

    def _set_heat(self, on: bool) -> None:
        self.loupe.set_heat(on)
        self.panel.why.set_heat(on)
        if on and self.pages.current_name != "loupe":
            self.show_view("loupe")

    def _zoom(self) -> None:
        views = {"compare": self.compare, "survey": self.survey, "keep": self.keep}
        view = views.get(self.pages.current_name)
        if view is not None:
            view.toggle_zoom()
            return
        if self.pages.current_name == "grid":
            self.show_view("loupe")
        self.loupe.canvas.toggle_zoom()

    def _resize_thumbnails(self, by: int) -> None:
        side = min(MAX_SIDE, max(MIN_SIDE, self.grid.side + by))
        self.toolbar.show_side(side)

    def _show_panels(self) -> None:
        """Side panels as chosen, unless the window is too narrow or in full screen."""
        roomy = self.width() >= NARROW and not self.isFullScreen()
        started = bool(self._session.albums.albums)  # before that, only the invitation counts
        self.sidebar.setVisible(self.commands["sidebar"].isChecked() and roomy)
        photos = self.pages.current_name not in OWN_PAGES
        info = self.commands["info"].isChecked()
        self.panel.setVisible(info and roomy and started and photos)
        self.toolbar.setVisible(not self.isFullScreen())
        # Where height is short, a view of single photos gets the filters' room.
        grid = self.pages.current_name == "grid"
        short = self.height() < SHORT
        roomy = grid or (photos and not short)
        self.filters.setVisible(not self.isFullScreen() and started and roomy)
        self.toolbar.order.setVisible(photos)
        self.toolbar.groups.setVisible(grid and self.width() >= NARROW)
        self.toolbar.size.setVisible(grid and self.width() >= NARROW)
        self.loupe.strip.setVisible(not short and not self.isFullScreen())

    def _set_fullscreen(self, on: bool) -> None:
        self.showFullScreen() if on else self.showNormal()
        self._show_panels()

    def _show_place(self) -> None:
        browser = self._session.browser
        listing = browser.listing
        count = browser.chosen_count
        self.toolbar.show_place(self.places.title, len(listing.ids), listing.total, count)
        self.panel.show_chosen(count if self.pages.current_name == "grid" else 0)

    def _show_progress(self, progress: IndexProgress) -> None:
        self.activity.show_progress(progress)
        self.pages.show_progress(progress)
        self._task_bar.show(progress.done, progress.found)
        if progress.busy and progress.found:
            share = 100 * progress.done // progress.found
            self.setWindowTitle(f"Albumen – {share} %")
        else:
            self.setWindowTitle("Albumen")
        if self._busy and not progress.busy:
            new = progress.done - self._done_before
            if new:
                self._session.notifier.say(trn("{n} photo scored", "{n} photos scored", new))
            self._done_before = progress.done
        self._busy = progress.busy

    # --- acting ----------------------------------------------------------------------------------

    def _keep_scope(self) -> Scope:
        """Two or more chosen photos, else the whole album, else what the filters show."""
        browser = self._session.browser
        if browser.chosen_count > 1:
            return Scope(None, [int(i) for i in browser.chosen_ids()])
        if not browser.filtered and browser.query.album_id is not None:
            return Scope(browser.query.album_id, None)
        return Scope(None, [int(i) for i in browser.photos.ids])

    def _targets(self) -> list[int]:
        """In the grid the chosen photos, elsewhere the one on screen."""
        browser = self._session.browser
        if self.pages.current_name == "grid":
            return [int(i) for i in browser.chosen_ids()]
        return [] if browser.active_id is None else [browser.active_id]

    def _on_judged(self) -> None:
        alone = self.pages.current_name != "grid" or self._session.browser.chosen_count == 1
        if self._settings.auto_advance and alone and self.pages.current_name in ("grid", "loupe"):
            self._session.browser.step(1)

    def ask_for_folder(self) -> None:
        """Let the user choose a folder to add."""
        dialog = QFileDialog(self, tr("Add a folder of photos"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._session.actions.add_albums([Path(path)]))
        dialog.open()

    def _open_photo_menu(self, point: QPoint) -> None:
        browser = self._session.browser
        row = browser.photos.row(browser.active_position)
        self.menus.photo_menu(point, row, browser.chosen_count)

    def _say_of_group(self, what: Said) -> None:
        """The user's word on the chosen photos' group."""
        ids, groups = self._targets(), self._session.groups
        say = {
            Said.MERGE: groups.merge,
            Said.SPLIT: groups.split,
            Said.APART: groups.take_apart,
            Said.FORGET: groups.forget,
        }[what]
        say(ids)

    # --- Qt's events -----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and photos from other programs are welcome."""
        if event.source() is None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        paths = [Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self._session.actions.add_albums(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side panels give way in a narrow window."""
        super().resizeEvent(event)
        self._show_panels()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the state, hide at once, end every thread."""
        self._keep_state()
        self.hide()
        self._session.stop()
        self._task_bar.show(0, 0)
        event.accept()
