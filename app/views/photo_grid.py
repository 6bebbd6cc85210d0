"""The grid of photos: choosing by keyboard and mouse, dragging out, opening."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from app.models.photo_list import PhotoListModel
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.views.grid_surface import GridSurface

AnyIndex = QModelIndex | QPersistentModelIndex
Command = QItemSelectionModel.SelectionFlag

MIN_SIDE, MAX_SIDE = 96, 400


class PhotoGrid(GridSurface):
    """A ``GridSurface`` whose photos can be chosen, opened and dragged to other programs.

    Signals:
        opened(int): position of a photo that was double clicked or entered.
        menu_requested(QPoint): global position of a context menu request.
    """

    opened = Signal(int)
    menu_requested = Signal(QPoint)

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
        super().__init__(photos, selection, thumbnails, theme, side, strip, parent)
        self._anchor = -1
        self._pressed = -1
        self._pressed_at = QPoint()
        self._select_on_release = False
        self._kept: QItemSelection | None = None
        self._band_timer = QTimer(self)
        self._band_timer.setInterval(30)
        self._band_timer.timeout.connect(self._scroll_band)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Make some photo the active one, so that keys have something to act on."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._count():
            self._choose(self.visible_range().start, Qt.KeyboardModifier.NoModifier)

    # --- choosing with the keyboard --------------------------------------------------------------

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """The index that a cursor key leads to."""
        names = QAbstractItemView.CursorAction
        rtl = self.isRightToLeft()
        key = {
            names.MoveLeft: Qt.Key.Key_Left,
            names.MoveRight: Qt.Key.Key_Right,
            names.MovePrevious: Qt.Key.Key_Right if rtl else Qt.Key.Key_Left,
            names.MoveNext: Qt.Key.Key_Left if rtl else Qt.Key.Key_Right,
            names.MoveUp: Qt.Key.Key_Up,
            names.MoveDown: Qt.Key.Key_Down,
            names.MoveHome: Qt.Key.Key_Home,
            names.MoveEnd: Qt.Key.Key_End,
            names.MovePageUp: Qt.Key.Key_PageUp,
            names.MovePageDown: Qt.Key.Key_PageDown,
        }[action]
        target = self._target_of(key)
        return self._photos.index(target) if target is not None else QModelIndex()

    def _target_of(self, key: int) -> int | None:
        count = self._count()
        if not count:
            return None
        current = max(0, self.currentIndex().row())
        width = self.viewport().width()
        rows = max(1, self.viewport().height() // (self._layout.cell.height() + self._layout.gap))
        forward = -1 if self.isRightToLeft() else 1
        steps = {
            Qt.Key.Key_Left: -forward,
            Qt.Key.Key_Right: forward,
            Qt.Key.Key_Home: -count,
            Qt.Key.Key_End: count,
        }
        leaps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -rows,
                 Qt.Key.Key_PageDown: rows}  # fmt: skip
        if key in leaps:
            return self._layout.beside(current, leaps[key], width, count)
        if key not in steps:
            return None
        return min(max(current + steps[key], 0), count - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cursor keys move the active photo; Shift extends, Ctrl moves without choosing."""
        key = event.key()
        target = self._target_of(key)
        if target is not None:
            self._choose(target, event.modifiers())
            self.scrollTo(self._photos.index(target))
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
            return
        if key == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.selectionModel().select(self.currentIndex(), Command.Toggle)
            return
        if key == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.selectAll()
            return
        event.ignore()

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here; finding is the search field's work."""

    def selectAll(self) -> None:
        """Choose every photo of the list."""
        if self._count():
            self.selectionModel().select(self._range(0, self._count() - 1), Command.ClearAndSelect)

    def _range(self, first: int, last: int) -> QItemSelection:
        low, high = min(first, last), max(first, last)
        return QItemSelection(self._photos.index(low), self._photos.index(high))

    def _choose(self, position: int, modifiers: Qt.KeyboardModifier) -> None:
        index = self._photos.index(position)
        chosen = self.selectionModel()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            start = self._anchor if 0 <= self._anchor < self._count() else position
            if self._anchor < 0 and self.currentIndex().isValid():
                start = self.currentIndex().row()
            self._anchor = start
            chosen.setCurrentIndex(index, Command.NoUpdate)
            chosen.select(self._range(start, position), Command.ClearAndSelect)
            return
        self._anchor = position
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            chosen.setCurrentIndex(index, Command.NoUpdate)
            return
        chosen.setCurrentIndex(index, Command.ClearAndSelect)

    def _choose_group(self, group: range, add: bool) -> None:
        """All photos of a group; ``add``: beside those that are chosen already."""
        self._anchor = group.start
        chosen = self.selectionModel()
        chosen.setCurrentIndex(self._photos.index(group.start), Command.NoUpdate)
        found = self._range(group.start, group.stop - 1)
        chosen.select(found, Command.Select if add else Command.ClearAndSelect)

    def setSelection(self, rect: QRect, command: Command) -> None:
        """Choose the cells that a viewport rectangle touches."""
        area = rect.translated(self._offset())
        found = QItemSelection()
        for run in self._layout.runs_in(area, self.viewport().width(), self._count()):
            found.merge(self._range(run.start, run.stop - 1), Command.Select)
        self.selectionModel().select(found, command)

    # --- choosing with the mouse -----------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose on press; a photo chosen already waits for the release, it may be dragged."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        self._pressed_at = point
        self._pressed = self._position_at(point)
        self._select_on_release = False
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        group = self._group_at(point) if self._pressed < 0 else None
        if group is not None:
            self._choose_group(group, ctrl)
            return
        if self._pressed < 0:
            chosen = self.selectionModel()
            self._kept = QItemSelection(chosen.selection()) if ctrl else QItemSelection()
            if not ctrl:
                chosen.clearSelection()
            start = point + self._offset()
            self._band = (start, start)
            return
        index = self._photos.index(self._pressed)
        if ctrl:
            self._choose(self._pressed, event.modifiers())
            self.selectionModel().select(index, Command.Toggle)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._choose(self._pressed, event.modifiers())
        elif self.selectionModel().isSelected(index):
            self._select_on_release = True
            self.selectionModel().setCurrentIndex(index, Command.NoUpdate)
        else:
            self._choose(self._pressed, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, rubber band, or drag the chosen photos to another program."""
        point = event.position().toPoint()
        if self._band is not None:
            self._stretch_band(point)
            self._band_timer.start()
            return
        if event.buttons() & Qt.MouseButton.LeftButton and self._pressed >= 0:
            far = (point - self._pressed_at).manhattanLength()
            if far >= QApplication.startDragDistance():
                self._drag()
            return
        self._set_hovered(self._position_at(point))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End of a click or of a rubber band."""
        if self._band is not None:
            self._band = None
            self._band_timer.stop()
            self.viewport().update()
        elif self._select_on_release and self._pressed >= 0:
            self._choose(self._pressed, Qt.KeyboardModifier.NoModifier)
        self._pressed = -1
        self._select_on_release = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a photo in the loupe."""
        position = self._position_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and position >= 0:
            self._choose(position, Qt.KeyboardModifier.NoModifier)
            self.opened.emit(position)

    def leaveEvent(self, event: object) -> None:
        """Nothing is hovered outside."""
        self._set_hovered(-1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the chosen photos; the photo under the mouse joins first."""
        position = self._position_at(event.pos())
        if position >= 0 and not self.selectionModel().isSelected(self._photos.index(position)):
            self._choose(position, Qt.KeyboardModifier.NoModifier)
        if self.selectionModel().hasSelection():
            self.menu_requested.emit(event.globalPos())

    def _stretch_band(self, point: QPoint) -> None:
        if self._band is None:
            return
        self._band = (self._band[0], point + self._offset())
        area = QRect(*self._band).normalized()
        chosen = QItemSelection(self._kept or QItemSelection())
        for run in self._layout.runs_in(area, self.viewport().width(), self._count()):
            chosen.merge(self._range(run.start, run.stop - 1), Command.Select)
        self.selectionModel().select(chosen, Command.ClearAndSelect)
        self.viewport().update()

    def _scroll_band(self) -> None:
        """Scroll while the rubber band is pulled past an edge."""
        point = self.viewport().mapFromGlobal(self.cursor().pos())
        over = min(0, point.y()) + max(0, point.y() - self.viewport().height())
        if self._band is None or not over or self._layout.strip:
            self._band_timer.stop()
            return
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + max(-60, min(60, over)))
        self._stretch_band(point)

    def _drag(self) -> None:
        rows = self.selectionModel().selectedIndexes()
        mime: QMimeData = self._photos.mimeData(rows or [self._photos.index(self._pressed)])
        drag = QDrag(self)
        drag.setMimeData(mime)
        pixmap = self._thumbnails.get(self._photos.id_at(self._pressed) or -1)
        if pixmap is not None:
            drag.setPixmap(pixmap.scaledToHeight(96, Qt.TransformationMode.SmoothTransformation))
        self._pressed = -1
        self._select_on_release = False
        drag.exec(Qt.DropAction.CopyAction)
