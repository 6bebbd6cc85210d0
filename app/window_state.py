"""How the window was left: size, panels, order. An INI file beside the settings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from core.domain import SortKey
from core.grouping.groups import Grouping
from core.paths import config_dir

FILE_NAME = "window.ini"


class WindowState:
    """Typed access to the INI file; damaged values read as their defaults."""

    def __init__(self, folder: Path | None = None) -> None:
        path = (folder or config_dir()) / FILE_NAME
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def geometry(self) -> QByteArray | None:
        """The saved geometry."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    def set_geometry(self, value: QByteArray) -> None:
        """Keep the geometry."""
        self._store.setValue("geometry", value)

    def flag(self, name: str, default: bool) -> bool:
        """An on-off value."""
        return {"true": True, "false": False}.get(str(self._store.value(name)).lower(), default)

    def set_flag(self, name: str, value: bool) -> None:
        """Keep an on-off value."""
        self._store.setValue(name, value)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(str(self._store.value(name)))
        except ValueError:
            return default

    def set_number(self, name: str, value: int) -> None:
        """Keep a whole number."""
        self._store.setValue(name, value)

    def order(self) -> tuple[SortKey, bool]:
        """The order of photos."""
        try:
            key = SortKey(str(self._store.value("sort")))
        except ValueError:
            return SortKey.SCORE, True
        return key, self.flag("descending", True)

    def set_order(self, key: SortKey, descending: bool) -> None:
        """Keep the order."""
        self._store.setValue("sort", key.value)
        self.set_flag("descending", descending)

    def grouping(self) -> Grouping | None:
        """How the list is grouped."""
        try:
            return Grouping(str(self._store.value("grouping")))
        except ValueError:
            return None

    def set_grouping(self, by: Grouping | None) -> None:
        """Keep how the list is grouped."""
        self._store.setValue("grouping", "" if by is None else by.value)

    def badges(self, known: Iterable[str]) -> frozenset[str]:
        """Which of the known badges are shown on thumbnails."""
        hidden = str(self._store.value("hidden_badges") or "").split(" ")
        return frozenset(name for name in known if name not in hidden)

    def set_hidden_badges(self, hidden: Iterable[str]) -> None:
        """Keep which badges are not shown."""
        self._store.setValue("hidden_badges", " ".join(sorted(hidden)))

    def save(self) -> None:
        """Write it now."""
        self._store.sync()
