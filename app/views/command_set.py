"""The commands of the keymap as QActions: keys, menus and buttons share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.grouping import GROUPINGS
from app.keymap import commands
from app.theme import Theme, icon

CHECKABLE = {"heatmap", "faces", "info", "sidebar", "badges", "auto_advance", "fullscreen"}
CHECKABLE |= GROUPINGS.keys()


class CommandSet(QObject):
    """One QAction per command, owned by the window it belongs to."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._icons = {command.name: command.icon for command in commands()}
        self.keys: Mapping[str, tuple[str, ...]] = {}
        self._actions: dict[str, QAction] = {}
        for command in commands():
            action = QAction(command.text, window)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(command.name in CHECKABLE)
            window.addAction(action)
            self._actions[command.name] = action
        theme.changed.connect(self._draw_icons)
        self._draw_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def bind(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Use these keys from now on."""
        self.keys = keys
        for name, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in keys.get(name, ())])

    def connect(self, callbacks: Mapping[str, Callable[[], object]]) -> None:
        """Call these when a command is given."""
        for name, callback in callbacks.items():
            self._actions[name].triggered.connect(_without_state(callback))

    def connect_toggles(self, callbacks: Mapping[str, Callable[[bool], object]]) -> None:
        """Call these with the new state of a command that is on or off."""
        for name, callback in callbacks.items():
            self._actions[name].toggled.connect(callback)

    def key_text(self, name: str) -> str:
        """The first key of a command as the platform writes it; empty without one."""
        bound = self.keys.get(name, ())
        if not bound:
            return ""
        return QKeySequence(bound[0]).toString(QKeySequence.SequenceFormat.NativeText)

    def _draw_icons(self) -> None:
        for name, action in self._actions.items():
            if self._icons[name]:
                action.setIcon(icon(self._icons[name], self._theme.tokens))


def _without_state(callback: Callable[[], object]) -> Callable[..., None]:
    def call(_checked: bool = False) -> None:
        callback()

    return call
