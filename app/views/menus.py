"""The window's menu and the menu of chosen photos."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.grouping import GROUPINGS
from app.theme import Theme, ThemeChoice
from app.translation import tr, trn
from app.views.command_set import CommandSet
from core.curation.marks import Said
from core.domain import PhotoRow


class Menus(QObject):
    """Builds menus from the commands.

    Signals:
        theme_chosen(object): a ``ThemeChoice``.
        badges_chosen(object): a frozenset of `BADGES`.
        group_said(object): what the user says of the chosen photos, a ``Said``.
    """

    theme_chosen = Signal(object)
    badges_chosen = Signal(object)
    group_said = Signal(object)

    def __init__(self, commands: CommandSet, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._commands = commands
        self._theme = theme
        self._window = window
        self.badges = self._badge_menu()

    def main_menu(self) -> QMenu:
        """The menu behind the three dots."""
        menu = QMenu(self._window)
        self._add(menu, "add", "rescan")
        menu.addSeparator()
        self._add(menu, "undo", "redo", "history", "auto_advance")
        self._add(menu, "jump", "lowest")
        self._add(menu.addMenu(tr("Groups")), *GROUPINGS)
        menu.addSeparator()
        themes = menu.addMenu(tr("Theme"))
        for choice, text in (
            (ThemeChoice.SYSTEM, tr("As the system")),
            (ThemeChoice.DARK, tr("Dark")),
            (ThemeChoice.LIGHT, tr("Light")),
        ):
            action = themes.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(partial(self.theme_chosen.emit, choice))
        themes.aboutToShow.connect(lambda: self._mark_theme(themes))
        self._add(menu, "fullscreen", "settings")
        menu.addMenu(self.badges)
        self._add(menu.addMenu(tr("Help")), "keys", "model", "demo", "report")
        menu.addSeparator()
        self._add(menu, "quit")
        return menu

    def _add(self, menu: QMenu, *names: str) -> None:
        menu.addActions([self._commands[name] for name in names])

    def _badge_menu(self) -> QMenu:
        """What thumbnails tell: all of it by one key, or piece by piece."""
        menu = QMenu(tr("Badges on thumbnails"), self._window)
        menu.addAction(self._commands["badges"])
        menu.addSeparator()
        names = (
            ("score", tr("Score")), ("stars", tr("Stars")), ("flag", tr("Flag")),
            ("color", tr("Colour label")), ("faces", tr("Number of faces")),
            ("burst", tr("Size of its burst")), ("raw", tr("Raw file")),
            ("fault", tr("Gravest fault")),
        )  # fmt: skip
        self._badges = {}
        for name, text in names:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(self._tell_badges)
            self._badges[name] = action
        self._commands["badges"].toggled.connect(self._enable_badges)
        return menu

    def _enable_badges(self, on: bool) -> None:
        for name, action in self._badges.items():
            action.setEnabled(on or name == "score")

    def show_badges(self, kinds: frozenset[str]) -> None:
        """Mark which badges are on."""
        for name, action in self._badges.items():
            action.setChecked(name in kinds)

    def _tell_badges(self) -> None:
        kinds = (name for name, action in self._badges.items() if action.isChecked())
        self.badges_chosen.emit(frozenset(kinds))

    def _mark_theme(self, themes: QMenu) -> None:
        for action, choice in zip(themes.actions(), ThemeChoice, strict=True):
            action.setChecked(choice is self._theme.choice)

    def photo_menu(self, point: QPoint, row: PhotoRow | None, chosen: int = 1) -> QMenu:
        """Open the menu of the chosen photos at a global position."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(menu, "loupe", "compare", "survey", "burst", "heatmap")
        menu.addSeparator()
        self._add(menu, "pick", "reject", "unflag")
        self._add(menu.addMenu(tr("Stars")), *(f"rate_{n}" for n in range(6)))
        colors = ("red", "yellow", "green", "blue")
        self._add(menu.addMenu(tr("Colour label")), *(f"color_{c}" for c in colors))
        menu.addSeparator()
        self._add(menu, "keep", "keep_only")
        self._add_series(menu.addMenu(tr("Burst")), chosen)
        if row is not None:
            menu.addSeparator()
            folder, path = QUrl.fromLocalFile(str(row.path.parent)), str(row.path)
            menu.addAction(
                tr("Open its folder in the file manager"),
                lambda: QDesktopServices.openUrl(folder),
            )
            menu.addAction(tr("Copy its path"), lambda: QGuiApplication.clipboard().setText(path))
        menu.popup(point)
        return menu

    def _add_series(self, menu: QMenu, chosen: int) -> None:
        several = chosen > 1
        for said, text, possible in (
            (Said.MERGE, tr("The chosen photos are one burst"), several),
            (Said.APART, tr("The chosen photos are no burst"), several),
            (
                Said.SPLIT,
                trn(
                    "The chosen photo is not of its burst",
                    "The chosen photos are not of their bursts",
                    max(1, chosen),
                ),
                chosen > 0,
            ),
            (Said.FORGET, tr("Group by itself again"), chosen > 0),
        ):
            menu.addAction(text, partial(self.group_said.emit, said)).setEnabled(possible)
