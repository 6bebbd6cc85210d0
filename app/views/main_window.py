"""The window: puts the views together and connects them to the session.

It is made of a few objects with one concern each: the `ViewSet` holds the views, the `Navigation`
goes from one to the other, the `WindowLayout` gives them their room, the `ListOptions` are order,
headings and size, the `Preferences` are the settings, the `Explanation` tells why photos score as
they do, the `ProgressReport` how far the work is, and `Places` where one is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app.keymap import keys_in_force
from app.session import Session
from app.theme import Theme
from app.translation import tr
from app.views.activity_area import ActivityArea
from app.views.album_sidebar import AlbumSidebar
from app.views.command_set import CommandSet
from app.views.explanation import Explanation
from app.views.filter_bar import FilterBar
from app.views.help_pages import HelpPages
from app.views.jump_field import JumpField
from app.views.list_options import ListOptions
from app.views.menus import Menus
from app.views.message_bar import MessageBar
from app.views.navigation import Navigation
from app.views.places import Places
from app.views.preferences import Preferences
from app.views.progress_report import ProgressReport
from app.views.score_panel import ScorePanel
from app.views.toolbar import Toolbar
from app.views.view_set import ViewSet
from app.views.window_layout import WindowLayout
from app.window_state import WindowState
from core.curation.apply import Rejects
from core.curation.marks import Said
from core.settings import Settings


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
        self._state = state
        self.reopen_wanted = False
        browser = session.browser

        self.commands = CommandSet(self, theme)
        self.commands.bind(keys_in_force(settings.key_preset, settings.keys))
        self.views = ViewSet(session, theme, Rejects(settings.rejects), self)
        self.pages = self.views.pages
        self.grid, self.loupe, self.failed = self.views.grid, self.views.loupe, self.views.failed
        self.compare, self.survey = self.views.compare, self.views.survey
        self.keep, self.overview = self.views.keep, self.views.overview
        self.people, self.history = self.views.people, self.views.history
        self.jump = JumpField(browser, theme, self.grid)
        self.activity = ActivityArea(theme)
        self.sidebar = AlbumSidebar(session.albums, self.activity, theme)
        self.filters = FilterBar(browser, theme)
        self.panel = ScorePanel(theme)
        self.menus = Menus(self.commands, theme, self)
        self.toolbar = Toolbar(self.commands, self.menus.main_menu(), theme)
        self._layout = WindowLayout(
            self.toolbar, self.filters, self.sidebar, self.views, self.panel, self.commands,
            session.albums,
        )  # fmt: skip
        self.setCentralWidget(self._layout)
        self.messages = MessageBar(theme, self._layout)
        self.help = HelpPages(session, theme, self._layout)
        self.places = Places(session, self.sidebar, self.filters, theme, self._layout)
        self.preferences = Preferences(
            settings, save, session, theme, self.commands, self.places, self.help, self._layout
        )
        self.options = ListOptions(
            browser, self.grid, self.toolbar, self.menus, self.commands, state, self
        )
        self.navigation = Navigation(
            session, self.views, self.jump, self.sidebar, self.places, self
        )
        self.explanation = Explanation(
            session, self.views, self.panel, self.commands, self.navigation, self
        )
        self.progress = ProgressReport(session, self.activity, self.pages, self)
        self._connect_session()
        self._connect_parts()
        self._connect_commands()
        self._restore()

    # --- connections -----------------------------------------------------------------------------

    def _connect_session(self) -> None:
        session, browser = self._session, self._session.browser
        session.notifier.posted.connect(self.messages.post)
        session.details.loaded.connect(self.panel.show_photo)
        session.actions.judged.connect(self._on_judged)
        session.albums.modelReset.connect(self._show_place)
        session.albums.modelReset.connect(self._layout.adapt)
        session.albums.dataChanged.connect(self._show_place)
        browser.listed.connect(lambda _: self._show_place())
        browser.chosen_changed.connect(lambda _: self._show_place())

    def _connect_parts(self) -> None:
        session, views, preferences = self._session, self.views, self.preferences
        self.navigation.view_shown.connect(self._on_view_shown)
        self.grid.menu_requested.connect(self._open_photo_menu)
        self.keep.rejects_chosen.connect(lambda rejects: preferences.change(rejects=rejects.value))
        self.panel.rated.connect(session.actions.rate)
        self.panel.flagged.connect(session.actions.flag)
        self.menus.theme_chosen.connect(preferences.choose_theme)
        self.menus.group_said.connect(self._say_of_group)
        for wanted in (
            self.pages.welcome.add_requested,
            self.sidebar.add_requested,
            preferences.folder_wanted,
        ):
            wanted.connect(self.ask_for_folder)
        for left in (self.filters.leave, self.help.closed, self.places.left, preferences.left):
            left.connect(views.focus)
        preferences.reopen_wanted.connect(self._reopen)

    def _connect_commands(self) -> None:
        for part in (
            self._session.actions, self.navigation, self.options, self.preferences
        ):  # fmt: skip
            self.commands.connect(part.commands())
        self.commands.connect(
            {
                "lowest": lambda: self.places.lowest.ask(),
                "find": self.filters.focus_search,
                "show_all": self._session.browser.show_all,
                "add": self.ask_for_folder,
                "rescan": self._session.rescan,
                "keep_only": self.keep.keep_only,
                "model": self.help.show_model,
                "report": self.help.show_report,
                "quit": self.close,
            }
        )
        self.commands.connect_toggles(
            {
                "info": lambda _: self._layout.adapt(),
                "sidebar": lambda _: self._layout.adapt(),
                "badges": self._set_badges,
                "auto_advance": lambda on: self.preferences.change(auto_advance=on),
                "fullscreen": self._set_fullscreen,
            }
        )

    # --- state -----------------------------------------------------------------------------------

    def _restore(self) -> None:
        geometry = self._state.geometry()
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1280, 800)
        settings = self.preferences.settings
        self.commands["sidebar"].setChecked(self._state.flag("sidebar", True))
        self.commands["info"].setChecked(self._state.flag("info", True))
        self.commands["badges"].setChecked(settings.show_badges)
        self.commands["auto_advance"].setChecked(settings.auto_advance)
        self.options.restore()
        self._layout.adapt()
        self.navigation.show_view("grid")

    def _keep_state(self) -> None:
        if not self.isFullScreen():
            self._state.set_geometry(self.saveGeometry())
        self._state.set_flag("sidebar", self.commands["sidebar"].isChecked())
        self._state.set_flag("info", self.commands["info"].isChecked())
        self.options.keep()
        self._state.save()

    def _reopen(self) -> None:
        """Close and come back with the new settings."""
        self.reopen_wanted = True
        self.close()

    # --- what is on screen -----------------------------------------------------------------------

    def show_view(self, name: str) -> None:
        """Show the grid, the loupe or another view."""
        self.navigation.show_view(name)

    def _on_view_shown(self, name: str) -> None:
        self.toolbar.views.show_value(name)
        self._show_place()
        self._layout.adapt()

    def _set_badges(self, on: bool) -> None:
        self.grid.set_badges(on)
        self.preferences.change(show_badges=on)

    def _set_fullscreen(self, on: bool) -> None:
        self.showFullScreen() if on else self.showNormal()
        self._layout.adapt()

    def _show_place(self) -> None:
        browser = self._session.browser
        listing = browser.listing
        count = browser.chosen_count
        self.toolbar.show_place(self.places.title, len(listing.ids), listing.total, count)
        self.panel.show_chosen(count if self.navigation.current == "grid" else 0)

    # --- acting ----------------------------------------------------------------------------------

    def _on_judged(self) -> None:
        if self.preferences.settings.auto_advance:
            self.navigation.advance()

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
        groups = self._session.groups
        say = {
            Said.MERGE: groups.merge,
            Said.SPLIT: groups.split,
            Said.APART: groups.take_apart,
            Said.FORGET: groups.forget,
        }[what]
        say(self.navigation.targets())

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
        self._layout.adapt()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the state, hide at once, end every thread."""
        self._keep_state()
        self.hide()
        self._session.stop()
        self.progress.end()
        event.accept()
