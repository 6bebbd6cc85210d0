"""The watched folders among the settings: what each ignores, and which is watched no more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr, trn
from app.views.controls import ElidedLabel, IconButton, label, push_button
from core.domain import Album
from core.paths import display_name

NAME_WIDTH = 170


class FolderSettings(QWidget):
    """A line for each album.

    Signals:
        ignoring_requested(object), remove_requested(object): an ``Album``.
        add_requested(): the user wants to add a folder.
    """

    ignoring_requested = Signal(object)
    remove_requested = Signal(object)
    add_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: list[Album] = []
        self._lines = QWidget()
        self.add = push_button(tr("Add a folder of photos…"), link=True)
        self.add.clicked.connect(self.add_requested)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._lines)
        self._column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_albums(self, albums: Sequence[Album]) -> None:
        """Show these albums."""
        if list(albums) == self._shown:
            return
        self._shown = list(albums)
        lines = QWidget()
        grid = QGridLayout(lines)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        for row, album in enumerate(albums):
            name = ElidedLabel(album.name)
            name.setMinimumWidth(NAME_WIDTH)
            name.setToolTip(display_name(album.path))
            count = label(trn("{n} photo", "{n} photos", album.photo_count), "dim")
            ignored = push_button(tr("Ignored files…"), link=True)
            ignored.setAccessibleName(f"{album.name}: {tr('Ignored files…')}")
            ignored.clicked.connect(partial(self.ignoring_requested.emit, album))
            stop = IconButton(
                "eye-off", f"{tr('Stop watching (photos stay)')}: {album.name}", self._theme
            )
            stop.clicked.connect(partial(self.remove_requested.emit, album))
            for column, widget in enumerate((name, count, ignored, stop)):
                grid.addWidget(widget, row, column)
        self._column.replaceWidget(self._lines, lines)
        self._lines.hide()
        self._lines.deleteLater()
        self._lines = lines
