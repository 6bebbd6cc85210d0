"""The list at the left: all photos first, then each watched folder, then saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.translation import number, tr, trn
from core.domain import Album, SmartAlbum
from core.paths import display_name

AnyIndex = QModelIndex | QPersistentModelIndex

ALBUM_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``Album``, or None for the row of all photos."""
COUNT_ROLE = Qt.ItemDataRole.UserRole + 2
"""Gives the number of photos as text."""
SMART_ROLE = Qt.ItemDataRole.UserRole + 3
"""Gives the ``SmartAlbum``, or None."""


class AlbumListModel(QAbstractListModel):
    """Row 0 stands for all photos; smart albums follow the albums.

    Signals:
        rename_wanted(object, str): a ``SmartAlbum`` and its new name.
    """

    rename_wanted = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._albums: list[Album] = []
        self._smart: list[SmartAlbum] = []
        self._counts: dict[int, int] = {}

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

    @property
    def smart_albums(self) -> list[SmartAlbum]:
        """The saved searches, in order."""
        return self._smart

    def set_smart_albums(self, found: Sequence[tuple[SmartAlbum, int]]) -> None:
        """Show these saved searches with the numbers of their photos."""
        smart = [album for album, _ in found]
        self._counts = {album.id: count for album, count in found}
        first = len(self._albums) + 1
        if [album.id for album in smart] == [album.id for album in self._smart]:
            self._smart = smart
            if smart:
                self.dataChanged.emit(self.index(first), self.index(first + len(smart) - 1))
            return
        self.beginResetModel()
        self._smart = smart
        self.endResetModel()

    def album(self, row: int) -> Album | None:
        """The album of a row; None for all photos and for saved searches."""
        return self._albums[row - 1] if 0 < row <= len(self._albums) else None

    def smart(self, row: int) -> SmartAlbum | None:
        """The saved search of a row."""
        place = row - 1 - len(self._albums)
        return self._smart[place] if 0 <= place < len(self._smart) else None

    def row_of_smart(self, album_id: int) -> int | None:
        """The row of a saved search."""
        ids = [album.id for album in self._smart]
        return len(self._albums) + 1 + ids.index(album_id) if album_id in ids else None

    def row_of(self, album_id: int | None) -> int:
        """The row of an album; 0 for all photos and for an album that is gone."""
        ids = [album.id for album in self._albums]
        return ids.index(album_id) + 1 if album_id in ids else 0

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Albums, saved searches and the row of all photos."""
        inside = parent is not None and parent.isValid()
        return 0 if inside else len(self._albums) + len(self._smart) + 1

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Saved searches can be renamed where they stand."""
        flags = super().flags(index)
        smart = index.isValid() and self.smart(index.row()) is not None
        return flags | Qt.ItemFlag.ItemIsEditable if smart else flags

    def setData(self, index: AnyIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name of a saved search."""
        smart = self.smart(index.row()) if index.isValid() else None
        name = str(value).strip()
        if smart is None or role != Qt.ItemDataRole.EditRole or not name or name == smart.name:
            return False
        self.rename_wanted.emit(smart, name)
        return True

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, count, tooltip with the folder, and the album itself."""
        if not index.isValid():
            return None
        smart = self.smart(index.row())
        if smart is not None:
            return self._smart_data(smart, role)
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

    def _smart_data(self, smart: SmartAlbum, role: int) -> Any:
        count = self._counts.get(smart.id, 0)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return smart.name
            case Qt.ItemDataRole.ToolTipRole:
                return smart.query
            case Qt.ItemDataRole.AccessibleTextRole:
                photos = trn("{n} photo", "{n} photos", count)
                return f"{tr('Smart album')}: {smart.name}, {photos}"
        return {SMART_ROLE: smart, COUNT_ROLE: number(count)}.get(role)

    def _nested(self, album: Album) -> bool:
        return any(other.path in album.path.parents for other in self._albums)
