"""The list of photos that the grid, the film strip and the loupe walk through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from app.grouping import Sections
from app.models.row_cache import FetchRows, RowCache
from app.wording import spoken_row
from core.domain import PhotoRow
from core.library.ranks import AlbumRanks

AnyIndex = QModelIndex | QPersistentModelIndex

PHOTO_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``PhotoRow``, or None for a photo that is gone."""
ID_ROLE = Qt.ItemDataRole.UserRole + 2
"""Gives the photo's id."""
PERCENTILE_ROLE = Qt.ItemDataRole.UserRole + 3
"""Gives the share (0..100) of the photo's album that scored lower; None while it isn't known."""

NO_IDS: NDArray[np.int64] = np.zeros(0, np.int64)


class PhotoListModel(QAbstractListModel):
    """Ids of a query's photos in order; rows are fetched when they are painted."""

    def __init__(self, fetch: FetchRows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = NO_IDS
        self._order: NDArray[np.int64] | None = None
        self.sections: Sections | None = None
        self.anew = False
        """Whether the list answers another question than the one before it did."""
        self._cache = RowCache(fetch)
        self._ranks = AlbumRanks()

    @property
    def ids(self) -> NDArray[np.int64]:
        """All ids in order; not to be changed in place."""
        return self._ids

    def set_ids(
        self,
        ids: NDArray[np.int64],
        by_id: NDArray[np.int64] | None = None,
        sections: Sections | None = None,
        *,
        anew: bool = False,
    ) -> bool:
        """Show another list. Returns False, and resets nothing, if it is the same list.

        ``by_id`` are the positions sorted by id, where somebody has worked them out already;
        ``sections`` the groups of the list. ``anew`` where it answers another question: who has
        scrolled down the old list wants to see the beginning of this one.
        """
        same = self.sections is None if sections is None else sections.same_as(self.sections)
        if same and len(ids) == len(self._ids) and np.array_equal(ids, self._ids):
            return False
        self.beginResetModel()
        self.anew = anew
        self._ids = ids
        self._order = by_id
        self.sections = sections
        self.endResetModel()
        return True

    def take_rows(self, rows: Mapping[int, PhotoRow]) -> None:
        """Rows that came with the list; they need not be asked for."""
        self._cache.take(rows)

    def forget_rows(self) -> None:
        """Every row is fetched again when it is next painted (another model, another library)."""
        self._cache.clear()
        if len(self._ids):
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def refresh_rows(self, ids: Iterable[int]) -> None:
        """These photos changed: fetch them anew when painted, and repaint those in the list."""
        changed = list(ids)
        self._cache.invalidate(changed)
        positions = [p for p in map(self.position, changed) if p is not None]
        if positions:
            self.dataChanged.emit(self.index(min(positions)), self.index(max(positions)))

    def set_ranks(self, ranks: AlbumRanks) -> None:
        """Where scores stand within their albums, as of now."""
        self._ranks = ranks
        if len(self._ids):
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def percentile(self, row: PhotoRow) -> float | None:
        """Share (0..100) of a photo's album that scored lower, as far as that is known."""
        return self.percentile_of(row.album_id, row.mean)

    def percentile_of(self, album_id: int | None, mean: float | None) -> float | None:
        """Share (0..100) of an album's photos that scored lower than ``mean`` (1..10)."""
        return self._ranks.percentile(album_id, mean)

    def position(self, photo_id: int) -> int | None:
        """Where a photo stands in the list, or None."""
        found = self.positions(np.asarray([photo_id], np.int64))
        return int(found[0]) if len(found) else None

    def positions(self, photo_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of those of ``photo_ids`` that are in the list, ascending."""
        if not len(self._ids) or not len(photo_ids):
            return NO_IDS
        if self._order is None:
            self._order = np.argsort(self._ids, kind="stable")
        found = np.searchsorted(self._ids, photo_ids, sorter=self._order)
        found = self._order[np.minimum(found, len(self._ids) - 1)]
        return np.sort(found[self._ids[found] == photo_ids])

    def row(self, position: int) -> PhotoRow | None:
        """The photo at a position; None if it is out of range or gone from the library."""
        if not 0 <= position < len(self._ids):
            return None
        return self._cache.row(self._ids, position)

    def prepare(self, shown: range) -> None:
        """These positions are about to be painted: fetch their rows with one question."""
        self._cache.prepare(self._ids, shown)

    def id_at(self, position: int) -> int | None:
        """The id at a position, or None out of range."""
        return int(self._ids[position]) if 0 <= position < len(self._ids) else None

    # --- Qt's interface --------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Number of photos."""
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tooltip, spoken text, the ``PhotoRow`` itself, or its id."""
        if not index.isValid() or not 0 <= index.row() < len(self._ids):
            return None
        if role == ID_ROLE:
            return int(self._ids[index.row()])
        if role == PHOTO_ROLE:
            return self.row(index.row())
        if role == PERCENTILE_ROLE:
            row = self.row(index.row())
            return None if row is None else self.percentile(row)
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            row = self.row(index.row())
            if row is None:
                return None
            if role == Qt.ItemDataRole.DisplayRole:
                return row.name
            return spoken_row(row, self.percentile(row))
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Photos can be selected and dragged to other programs."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def supportedDragActions(self) -> Qt.DropAction:
        """Copies only: dragging out never moves a photo."""
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Files, as other programs take them."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[AnyIndex]) -> QMimeData:
        """The photos' files."""
        result = QMimeData()
        rows = (self.row(index.row()) for index in indexes)
        result.setUrls([QUrl.fromLocalFile(str(row.path)) for row in rows if row is not None])
        return result
