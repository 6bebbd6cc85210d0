"""The list of albums at the left: all photos first, then each watched folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.translation import number, tr, trn
from core.domain import Album
from core.paths import display_name

AnyIndex = QModelIndex | QPersistentModelIndex

ALBUM_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``Album``, or None for the row of all photos."""
COUNT_ROLE = Qt.ItemDataRole.UserRole + 2
"""Gives the number of photos as text."""


class AlbumListModel(QAbstractListModel):
    """Row 0 stands for all photos."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._albums: list[Album] = []

    @property
    def albums(self) -> list[Album]:
        """The albums, in order."""
        return self._albums

    def set_albums(self, albums: Sequence[Album]) -> None:
        """Show these; rows are only reset if albums came or went."""
        old = [album.id for album in self._albums]
        if old == [album.id for album in albums]:
            self._albums = list(albums)
            self.dataChanged.emit(self.index(0), self.index(len(old)))
            return
        self.beginResetModel()
        self._albums = list(albums)
        self.endResetModel()

    def album(self, row: int) -> Album | None:
        """The album of a row; None for all photos."""
        return self._albums[row - 1] if 0 < row <= len(self._albums) else None

    def row_of(self, album_id: int | None) -> int:
        """The row of an album; 0 for all photos and for an album that is gone."""
        ids = [album.id for album in self._albums]
        return ids.index(album_id) + 1 if album_id in ids else 0

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Albums and the row of all photos."""
        return 0 if parent is not None and parent.isValid() else len(self._albums) + 1

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, count, tooltip with the folder, and the album itself."""
        if not index.isValid():
            return None
        album = self.album(index.row())
        count = (
            album.photo_count
            if album is not None
            else sum(a.photo_count for a in self._albums if not self._nested(a))
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("All photos") if album is None else album.name
        if role == ALBUM_ROLE:
            return album
        if role == COUNT_ROLE:
            return number(count)
        if role == Qt.ItemDataRole.ToolTipRole and album is not None:
            path = display_name(album.path)
            return path if album.online else f"{path}\n{tr('This folder can’t be reached now')}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            name = tr("All photos") if album is None else album.name
            text = f"{name}, {trn('{n} photo', '{n} photos', count)}"
            return text if album is None or album.online else f"{text}, {tr('offline')}"
        return None

    def _nested(self, album: Album) -> bool:
        return any(other.path in album.path.parents for other in self._albums)
