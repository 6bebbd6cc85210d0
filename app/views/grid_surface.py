"""Where the cells of photos are and how they get on screen; choosing stands in ``photo_grid``.

``QListView`` lays out 100,000 items again after every change of the list; here a cell's place
follows from its position, so a new list costs nothing until it is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QCursor,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QToolTip,
    QWidget,
)

from app.models.photo_list import PhotoListModel
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import tr
from app.views.grid_layout import HEADER, NO_STARTS, GridLayout
from app.views.group_header import paint_header
from app.views.photo_delegate import CellLook, CellMetrics, PhotoDelegate

AnyIndex = QModelIndex | QPersistentModelIndex
Command = QItemSelectionModel.SelectionFlag


RESTED_MS = 500
"""How long the mouse rests on a photo until something is told about it."""


class GridSurface(QAbstractItemView):
    """Shows a ``PhotoListModel`` as cells of one size, in columns or as one horizontal strip.

    Signals:
        visible_changed(list): ids of the photos on screen, after scrolling came to rest.
        rested(int): the mouse has rested on a photo (its id) for half a second.
    """

    visible_changed = Signal(list)
    rested = Signal(int)

    def __init__(
        self,
        photos: PhotoListModel,
        selection: QItemSelectionModel,
        thumbnails: ThumbnailCache,
        theme: Theme,
        side: int = 152,
        strip: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("photoStrip" if strip else "photoGrid")
        self.setAccessibleName(tr("Film strip") if strip else tr("Photos"))
        self._photos = photos
        self._thumbnails = thumbnails
        self._theme = theme
        metrics = CellMetrics(side, padding=4, footer=0) if strip else CellMetrics(side)
        self._delegate = PhotoDelegate(thumbnails, theme, metrics, self)
        self._layout = GridLayout(strip=strip, gap=6 if strip else 8, margin=8 if strip else 12)
        self._hovered = -1
        self._band: tuple[QPoint, QPoint] | None = None
        self._kept_top: tuple[int, int] | None = None
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(RESTED_MS)
        self._resting.timeout.connect(self._announce_rest)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(60)
        self._rest.timeout.connect(self._announce_visible)

        self.setItemDelegate(self._delegate)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        always_off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        always_on = Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if strip else always_off
        )
        self.setVerticalScrollBarPolicy(always_off if strip else always_on)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        photos.modelReset.connect(self._take_sections)  # before anybody asks where cells are
        self.setModel(photos)
        self.setSelectionModel(selection)
        photos.modelAboutToBeReset.connect(self._keep_place)
        photos.modelReset.connect(self._restore_place)
        photos.modelReset.connect(self._rest.start)
        thumbnails.loaded.connect(self._repaint_photo)
        theme.changed.connect(self.viewport().update)
        self.set_side(side)

    # --- size of the cells -----------------------------------------------------------------------

    @property
    def side(self) -> int:
        """Side of the thumbnails in device-independent pixels."""
        return self._delegate.metrics.side

    def set_side(self, side: int) -> None:
        """Show thumbnails of another size, keeping the active photo in view."""
        old = self._delegate.metrics
        footer = 0 if self._layout.strip else max(26, self.fontMetrics().height() + 8)
        self._delegate.metrics = CellMetrics(side, old.padding, footer)
        self._layout.cell = QSize(self._delegate.metrics.width, self._delegate.metrics.height)
        self._take_sections()
        if not self._layout.strip:
            self._thumbnails.set_side(round(side * self.devicePixelRatioF()))
        self.updateGeometries()
        current = self.currentIndex()
        if current.isValid():
            self.scrollTo(current)
        self.viewport().update()
        self._rest.start()

    def set_badges(self, shown: bool) -> None:
        """Show or hide flag, stars, colour and faces on the cells."""
        self._delegate.show_badges = shown
        self.viewport().update()

    def set_badge_kinds(self, kinds: frozenset[str]) -> None:
        """Which of the `BADGES` are shown at all."""
        self._delegate.badges = kinds
        self.viewport().update()

    def show_faults(self, count: int) -> None:
        """So many measured faults as chips on each photo."""
        if count != self._delegate.faults_shown:
            self._delegate.faults_shown = count
            self.viewport().update()

    def show_bursts(self, size_of: Callable[[int], int]) -> None:
        """How many photos the burst of a photo (by id) has, for the badges."""
        self._delegate.burst_size = size_of
        self.viewport().update()

    def _take_sections(self) -> None:
        """The groups of the list, each under a header; the strip shows none."""
        sections = None if self._layout.strip else self._photos.sections
        grouped = sections is not None and self._count() > 0
        self._layout.starts = sections.starts if sections is not None and grouped else NO_STARTS
        self._layout.header = max(HEADER, self.fontMetrics().height() + 18) if grouped else 0

    # --- where things are ------------------------------------------------------------------------

    def _count(self) -> int:
        return self._photos.rowCount()

    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _cell(self, position: int) -> QRect:
        return next(self._cells(range(position, position + 1)))[1]

    def _cells(self, positions: range) -> Iterator[tuple[int, QRect]]:
        """Positions with the places of their cells in the viewport."""
        width, count, offset = self.viewport().width(), self._count(), self._offset()
        mirrored = self.isRightToLeft()
        for position in positions:
            rect = self._layout.rect(position, width, count)
            rect.translate(-offset)
            if mirrored:
                rect.moveRight(width - rect.x() - 1)
            yield position, rect

    def _position_at(self, point: QPoint) -> int:
        x = self.viewport().width() - 1 - point.x() if self.isRightToLeft() else point.x()
        spot = QPoint(x, point.y()) + self._offset()
        found = self._layout.position_at(spot, self.viewport().width(), self._count())
        return -1 if found is None else found

    def visible_range(self) -> range:
        """Positions of the cells that are at least partly on screen."""
        area = QRect(self._offset(), self.viewport().size())
        return self._layout.positions_in(area, self.viewport().width(), self._count())

    def visualRect(self, index: AnyIndex) -> QRect:
        """Where a photo's cell is in the viewport."""
        return self._cell(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The photo under a viewport point."""
        found = self._position_at(point)
        return self._photos.index(found) if found >= 0 else QModelIndex()

    def horizontalOffset(self) -> int:
        """Scroll position, in pixels."""
        return self.horizontalScrollBar().value()

    def verticalOffset(self) -> int:
        """Scroll position, in pixels."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: AnyIndex) -> bool:
        """Nothing in the list is hidden."""
        return False

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """The whole viewport: cheaper than the union of thousands of cells."""
        return QRegion(self.viewport().rect())

    def scrollTo(
        self,
        index: AnyIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Bring a photo into view with its neighbours' edges showing."""
        if not index.isValid():
            return
        rect = self._layout.rect(index.row(), self.viewport().width(), self._count())
        bar = self.horizontalScrollBar() if self._layout.strip else self.verticalScrollBar()
        if self._layout.strip:
            start, length, view = rect.x(), rect.width(), self.viewport().width()
        else:
            start, length, view = rect.y(), rect.height(), self.viewport().height()
        if self._layout.strip or hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(start + length // 2 - view // 2)
            return
        margin = self._layout.margin
        if start - margin < bar.value():
            bar.setValue(start - margin - self._layout.header)
        elif start + length + margin > bar.value() + view:
            bar.setValue(start + length + margin - view)

    def updateGeometries(self) -> None:
        """Scroll bar ranges from the number of cells."""
        super().updateGeometries()
        size = self._layout.content_size(self.viewport().width(), self._count())
        view = self.viewport().size()
        step = self._layout.cell.height() // 3 if not self._layout.strip else 40
        self.verticalScrollBar().setRange(0, max(0, size.height() - view.height()))
        self.verticalScrollBar().setPageStep(view.height())
        self.verticalScrollBar().setSingleStep(max(1, step))
        self.horizontalScrollBar().setRange(0, max(0, size.width() - view.width()))
        self.horizontalScrollBar().setPageStep(view.width())
        self.horizontalScrollBar().setSingleStep(max(1, step))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the first visible photo in place when the number of columns changes."""
        self._keep_place()
        super().resizeEvent(event)
        self.updateGeometries()
        self._restore_place()
        self._rest.start()

    def _keep_place(self) -> None:
        """Remember the photo at the top of the viewport (or the active one) and its place."""
        self._kept_top = None
        shown = self.visible_range()
        if not shown or self._offset().isNull():
            return
        current = self.currentIndex().row()
        position = current if current in shown else shown.start
        photo_id = self._photos.id_at(position)
        if photo_id is not None:
            rect = self._cell(position)
            self._kept_top = (photo_id, rect.x() if self._layout.strip else rect.y())

    def _restore_place(self) -> None:
        self.updateGeometries()
        if self._kept_top is None:
            return
        photo_id, at = self._kept_top
        position = self._photos.position(photo_id)
        if position is None:
            if self._photos.anew:
                self.horizontalScrollBar().setValue(0)
                self.verticalScrollBar().setValue(0)
            return
        rect = self._layout.rect(position, self.viewport().width(), self._count())
        if self._layout.strip:
            self.horizontalScrollBar().setValue(rect.x() - at)
        else:
            self.verticalScrollBar().setValue(rect.y() - at)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted already; only the uncovered part is painted anew."""
        self.viewport().scroll(-dx if self.isRightToLeft() else dx, dy)
        self._set_hovered(-1)
        self._rest.start()

    def _announce_visible(self) -> None:
        ids = (self._photos.id_at(p) for p in self.visible_range())
        self.visible_changed.emit([i for i in ids if i is not None])

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that the exposed region touches."""
        painter = QPainter(self.viewport())
        tokens = self._theme.tokens
        painter.fillRect(event.rect(), tokens.color("panel" if self._layout.strip else "window"))
        current = self.currentIndex().row()
        chosen = self.selectionModel() if self.selectionModel().hasSelection() else None
        exposed, font = event.rect(), self.font()
        shown = self.visible_range()
        self._photos.prepare(shown)
        for position, rect in self._cells(shown):
            if rect.intersects(exposed):
                look = CellLook(
                    selected=chosen is not None and chosen.isSelected(self._photos.index(position)),
                    active=position == current,
                    hovered=position == self._hovered,
                )
                row = self._photos.row(position)
                percentile = None if row is None else self._photos.percentile(row)
                self._delegate.paint_photo(painter, rect, look, row, percentile, font)
        self._paint_headers(painter, exposed)
        if self._band is not None:
            band = QRect(*self._band).normalized().translated(-self._offset())
            color = tokens.color("accent")
            painter.setPen(QPen(color, 1))
            color.setAlpha(40)
            painter.fillRect(band, color)
            painter.drawRect(band)
        painter.end()

    def _paint_headers(self, painter: QPainter, exposed: QRect) -> None:
        sections = self._photos.sections
        if sections is None or not self._layout.header:
            return
        count, offset = self._count(), self._offset()
        area = exposed.translated(offset)
        for group, rect in self._layout.headers_in(area, self.viewport().width(), count):
            edge = self._layout.margin
            place = rect.translated(-offset).adjusted(edge, 0, -edge, 0)
            size = len(sections.positions(group, count))
            paint_header(
                painter, place, group > 0, sections.title(group), size, self._theme, self.font()
            )

    def _group_at(self, point: QPoint) -> range | None:
        """Positions of the group whose header lies under a viewport point."""
        sections = self._photos.sections
        if sections is None:
            return None
        spot = QRect(point + self._offset(), QSize(1, 1))
        found = next(self._layout.headers_in(spot, self.viewport().width(), self._count()), None)
        return None if found is None else sections.positions(found[0], self._count())

    def _repaint_photo(self, photo_id: int) -> None:
        if not self.isVisible():  # a hidden strip is painted whole when it is shown
            return
        shown = self.visible_range()
        for place in np.flatnonzero(self._photos.ids[shown.start : shown.stop] == photo_id):
            self.viewport().update(self._cell(shown.start + int(place)))

    def _set_hovered(self, position: int) -> None:
        if position != self._hovered:
            for changed in (self._hovered, position):
                if changed >= 0:
                    self.viewport().update(self._cell(changed))
            self._hovered = position
            QToolTip.hideText()
            self._resting.start() if position >= 0 else self._resting.stop()

    def _announce_rest(self) -> None:
        photo_id = self._photos.id_at(self._hovered)
        if photo_id is not None and self.viewport().underMouse():
            self.rested.emit(photo_id)

    def show_hint(self, photo_id: int, text: str) -> None:
        """Tell something beside a photo's cell while the mouse is still on it."""
        if self._hovered >= 0 and self._photos.id_at(self._hovered) == photo_id:
            cell = self._cell(self._hovered)
            QToolTip.showText(QCursor.pos(), text, self.viewport(), cell)

    def viewportEvent(self, event: QEvent) -> bool:
        """Hints come from `rested`, after half a second; the desktop's own delay is longer."""
        if event.type() is QEvent.Type.ToolTip:
            return True
        return super().viewportEvent(event)
