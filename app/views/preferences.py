"""The user's settings in the window: shown, changed, saved and put to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.keymap import keys_in_force
from app.session import Session
from app.theme import Theme, ThemeChoice
from app.views.command_set import CommandSet
from app.views.help_pages import HelpPages
from app.views.key_editor import KeyEditor
from app.views.key_sheet import KeySheet
from app.views.places import Places
from app.views.settings_sheet import SettingsSheet
from core.analysis import DEFAULT_MODEL
from core.inference.cards import bundled_models
from core.inference.session import available_processors
from core.settings import Settings


class Preferences(QObject):
    """Holds the settings in force, with the sheets in which they are changed.

    Signals:
        folder_wanted(): a folder is to be added.
        reopen_wanted(): the window is to come back with what was changed.
        left(): a sheet was closed; keys belong to what is below.

    Attributes:
        save: what keeps settings beyond the window.
    """

    folder_wanted = Signal()
    reopen_wanted = Signal()
    left = Signal()

    def __init__(
        self,
        settings: Settings,
        save: Callable[[Settings], None],
        session: Session,
        theme: Theme,
        commands: CommandSet,
        places: Places,
        help_pages: HelpPages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.settings = settings
        self.save = save
        self._session = session
        self._theme = theme
        self._commands = commands
        self._places = places
        self._help = help_pages
        self._window = window
        self.key_sheet = KeySheet(theme, window)
        self.key_sheet.change_wanted.connect(self._edit_keys)
        self.key_sheet.closed.connect(self.left)

    @cached_property
    def sheet(self) -> SettingsSheet:
        """The settings; made when they are first asked for, since models' cards take a while."""
        session = self._session
        sheet = SettingsSheet(
            self.settings, bundled_models(), DEFAULT_MODEL, self._theme, self._window
        )
        sheet.changed.connect(self._take_settings)
        sheet.reopen_requested.connect(self.reopen_wanted)
        sheet.model_asked.connect(self._help.show_model)
        sheet.keys_asked.connect(self._edit_keys)
        session.jobs.run(available_processors, sheet.scoring.show_processors)
        sheet.opening.connect(lambda: session.ask_storage(sheet.show_storage))
        sheet.storage.delete_requested.connect(
            lambda: session.delete_thumbnails(lambda: session.ask_storage(sheet.show_storage))
        )
        sheet.taste.reset_requested.connect(session.taste.reset)
        session.taste.changed.connect(sheet.show_taste)
        self._places.join_settings(sheet)
        sheet.folders.add_requested.connect(self.folder_wanted)
        sheet.opening.connect(session.taste.refresh)
        sheet.erase_faces_requested.connect(session.erase_faces)
        sheet.closed.connect(self.left)
        return sheet

    @cached_property
    def key_editor(self) -> KeyEditor:
        """Made when it is first asked for."""
        editor = KeyEditor(self._theme, self._window)
        editor.changed.connect(self._take_keys)
        editor.closed.connect(self.left)
        return editor

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the keys for the settings call."""
        return {
            "settings": lambda: self.sheet.show_settings(self.settings),
            "keys": lambda: self.key_sheet.show_keys(self._commands.keys),
        }

    def change(self, **changes: object) -> None:
        """Change settings and save them."""
        changed = replace(self.settings, **changes)  # type: ignore[arg-type]
        if changed != self.settings:
            self.settings = changed
            self.save(changed)

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Use another theme from now on."""
        self._theme.choose(choice)
        self.change(theme=choice.value)

    def _take_settings(self, changed: Settings) -> None:
        """Use what the settings sheet changed."""
        self.settings = changed
        self.save(changed)
        self._session.use_settings(changed)
        self._theme.choose(ThemeChoice(changed.theme))
        self._commands.bind(keys_in_force(changed.key_preset, changed.keys))
        self._commands["badges"].setChecked(changed.show_badges)
        self._commands["auto_advance"].setChecked(changed.auto_advance)

    def _edit_keys(self) -> None:
        for sheet in (self.sheet, self.key_sheet):
            sheet.dismiss()
        self.key_editor.show_keys(self.settings.key_preset, self.settings.keys)

    def _take_keys(self, preset: str, own: dict[str, str] | None) -> None:
        self.change(key_preset=preset, keys=own)
        self._commands.bind(keys_in_force(preset, own))
