"""Painting people and faces: round crops with a name or a score below."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.models.face_crops import FaceCrops
from app.models.people import ROW_ROLE
from app.theme import Theme, icon_pixmap
from app.translation import trn
from core.library.people_queries import Person, PersonFace
from core.library.people_rows import FacePlace

SIDE = 96
PADDING = 10


class FaceList(QListView):
    """Tiles in rows that wrap; several can be chosen."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("planView")
        self.setAccessibleName(name)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)

    def chosen_ids(self) -> list[int]:
        """Ids of the chosen rows, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.model().index(row, 0).data(ROW_ROLE).id for row in rows]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens; what the list has no use for goes on to the page."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # While a name is typed, Return ends the typing.
            editing = self.state() is QAbstractItemView.State.EditingState
            if self.currentIndex().isValid() and not editing:
                self.activated.emit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Delete):
            event.ignore()
        else:
            super().keyPressEvent(event)


class FaceTile(QStyledItemDelegate):
    """What people and faces have in common: the disc and the frame around a chosen tile."""

    lines = 1

    def __init__(self, crops: FaceCrops, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._crops = crops
        self._theme = theme
        self._view = view

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """All tiles are equal."""
        line = self._view.fontMetrics().height() + 2
        return QSize(SIDE + 4 * PADDING, SIDE + self.lines * line + 4 * PADDING)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a tile."""
        row: Person | PersonFace = index.data(ROW_ROLE)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        cell = QRectF(option.rect).adjusted(4, 4, -4, -4)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        current = index.row() == self._view.currentIndex().row() and self._view.hasFocus()
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("accent_soft" if chosen else "tile_hover"))
            painter.drawRoundedRect(cell, 10, 10)
        if chosen or current:
            painter.setPen(QPen(tokens.color("accent" if chosen else "outline"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 10, 10)
        disc = QRectF(cell.center().x() - SIDE / 2, cell.y() + PADDING, SIDE, SIDE)
        self._paint_disc(painter, disc, self.place_of(row))
        area = QRect(option.rect.x() + 8, int(disc.bottom()) + 4, option.rect.width() - 16, 400)
        self.paint_words(painter, row, str(index.data()), disc, area)
        painter.restore()

    def _paint_disc(self, painter: QPainter, disc: QRectF, place: FacePlace | None) -> None:
        pixmap = None if place is None else self._crops.get(place)
        if pixmap is not None:
            painter.drawPixmap(disc, pixmap, QRectF(pixmap.rect()))
            return
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("border"))
        painter.drawEllipse(disc)
        ratio = painter.device().devicePixelRatioF()
        empty = icon_pixmap("person", tokens.colors["text_faint"], 40, ratio)
        painter.drawPixmap(QPointF(disc.center().x() - 20, disc.center().y() - 20), empty)

    def place_of(self, row: Person | PersonFace) -> FacePlace | None:
        """The face to show."""
        raise NotImplementedError

    def paint_words(
        self,
        painter: QPainter,
        row: Person | PersonFace,
        text: str,
        disc: QRectF,
        area: QRect,
    ) -> None:
        """What stands below it; ``text`` is what the list says of the row."""
        raise NotImplementedError

    def _line(self, painter: QPainter, area: QRect, number: int, text: str) -> None:
        metrics = painter.fontMetrics()
        height = self._view.fontMetrics().height() + 2
        spot = QRect(area.x(), area.y() + number * height, area.width(), height)
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(spot, int(Qt.AlignmentFlag.AlignCenter), words)


class PersonTile(FaceTile):
    """Somebody: face, name, number of photos. The name can be typed in place."""

    lines = 2

    def place_of(self, row: Person | PersonFace) -> FacePlace | None:
        """The largest face."""
        assert isinstance(row, Person)
        return row.cover

    def paint_words(
        self,
        painter: QPainter,
        row: Person | PersonFace,
        text: str,
        disc: QRectF,
        area: QRect,
    ) -> None:
        """Name and number of photos; who has no name yet is asked for."""
        assert isinstance(row, Person)
        tokens = self._theme.tokens
        font = QFont(self._view.font())
        font.setWeight(QFont.Weight.DemiBold if row.name else QFont.Weight.Normal)
        font.setItalic(row.hidden)
        painter.setFont(font)
        painter.setPen(tokens.color("text" if row.name else "text_dim"))
        self._line(painter, area, 0, text)
        painter.setFont(self._view.font())
        painter.setPen(tokens.color("text_dim"))
        self._line(painter, area, 1, trn("{n} photo", "{n} photos", row.photos))

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """A line for the name."""
        line = QLineEdit(parent)
        line.setMaxLength(200)
        line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return line

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Where the name stands."""
        height = editor.sizeHint().height()
        bottom = option.rect.bottom() - 6
        editor.setGeometry(
            option.rect.x() + 4, bottom - height - 8, option.rect.width() - 8, height
        )


class PhotoFaceTile(FaceTile):
    """One face of a person: crop, standing, and a tick where the user said so."""

    def place_of(self, row: Person | PersonFace) -> FacePlace | None:
        """The face itself."""
        assert isinstance(row, PersonFace)
        return row.place

    def paint_words(
        self,
        painter: QPainter,
        row: Person | PersonFace,
        text: str,
        disc: QRectF,
        area: QRect,
    ) -> None:
        """The photo's standing; a tick on faces that the user gave to this person."""
        assert isinstance(row, PersonFace)
        tokens = self._theme.tokens
        painter.setPen(tokens.color("text"))
        self._line(painter, area, 0, text)
        if not row.by_user:
            return
        spot = QRectF(disc.right() - 24, disc.bottom() - 24, 22, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("badge"))
        painter.drawEllipse(spot)
        ratio = painter.device().devicePixelRatioF()
        tick = icon_pixmap("check", tokens.colors["pick"], 14, ratio)
        painter.drawPixmap(QPointF(spot.x() + 4, spot.y() + 4), tick)
