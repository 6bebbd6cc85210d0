"""One photo with zoom, faces and heat map. Everything is placed in fractions of the photo."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.translation import trn
from core.domain import Box, Face

MIN_ZOOM, MAX_ZOOM = 0.02, 8.0
FIT_MARGIN = 24
SMALL_PHOTO = 600
"""Photos with a shorter long side are shown at up to twice their size."""


POINTED_SHARE = 0.6
"""How much of the canvas a part fills that is zoomed to."""

MOST_POINTED = 2.0


class PhotoCanvas(QWidget):
    """Shows a photo fitted or zoomed.

    ``zoom`` is device pixels per pixel of the full photo; None means fitted.

    Signals:
        zoomed(object, object): zoom and centre (fractions) after the user changed them.
        size_wanted(int): long side in device pixels that would be sharp now.
        activated(): clicked, for views with several canvases.
    """

    zoomed = Signal(object, object)
    size_wanted = Signal(int)
    activated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixmap: QPixmap | None = None
        self._full = QSize()
        self._faces: Sequence[Face] = ()
        self._heat: QImage | None = None
        self._message = ""
        self.show_faces = False
        self._pointed: Box | None = None
        self.dimmed = False
        self.heat_opacity = 0.6
        self.zoom: float | None = None
        self.center = QPointF(0.5, 0.5)
        self._grabbed: tuple[QPointF, QPointF] | None = None
        self._moved = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 80)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    # --- what is shown ---------------------------------------------------------------------------

    def set_photo(self, pixmap: QPixmap | None, width: int, height: int) -> None:
        """Show pixels of a photo whose full size is width x height; zoom and centre stay."""
        self._pixmap = pixmap
        self._full = QSize(width, height)
        self._message = ""
        self.update()

    def set_message(self, text: str) -> None:
        """Show a sentence instead of a photo."""
        self._pixmap = None
        self._message = text
        self.update()

    def set_faces(self, faces: Sequence[Face]) -> None:
        """Faces to draw as boxes (when ``show_faces``) and to zoom to."""
        self._faces = faces
        self.setAccessibleDescription(trn("{n} face", "{n} faces", len(faces)))
        self.update()

    def set_heat(self, image: QImage | None) -> None:
        """An overlay for the whole photo, or none."""
        self._heat = image
        self.update()

    def point_at(self, box: Box | None) -> None:
        """Mark a part of the photo, or nothing."""
        self._pointed = box
        self.update()

    @property
    def heat(self) -> QImage | None:
        """The overlay that is drawn now."""
        return self._heat

    @property
    def has_photo(self) -> bool:
        """Whether there are pixels to show."""
        return self._pixmap is not None

    @property
    def full_size(self) -> QSize:
        """Size of the full photo in pixels."""
        return self._full

    def anchor(self) -> QPointF:
        """Centre of the best face in fractions; the photo's centre without one."""
        face = self.best_face()
        return QPointF(*face.box.center) if face is not None else QPointF(0.5, 0.5)

    # --- geometry --------------------------------------------------------------------------------

    def fit_zoom(self) -> float:
        """The zoom at which the whole photo is seen; above 1:1 only for very small photos."""
        return self._fit(self._full.width(), self._full.height())

    def _fit(self, width: int, height: int) -> float:
        if width <= 0 or height <= 0:
            return 1.0
        ratio = self.devicePixelRatioF()
        return min(
            max(16, self.width() - FIT_MARGIN) * ratio / width,
            max(16, self.height() - FIT_MARGIN) * ratio / height,
            1.0 if max(width, height) > SMALL_PHOTO else 2.0,
        )

    def fitted_side(self, width: int | None, height: int | None) -> int:
        """Long side in device pixels of a photo of that full size, fitted into this canvas."""
        if not width or not height:
            return round(max(self.width(), self.height()) * self.devicePixelRatioF())
        return round(max(width, height) * self._fit(width, height))

    @property
    def current_zoom(self) -> float:
        """Device pixels per photo pixel now."""
        return self.fit_zoom() if self.zoom is None else self.zoom

    def wanted_side(self) -> int:
        """Long side in device pixels of the photo as it is shown."""
        return round(max(self._full.width(), self._full.height(), 1) * self.current_zoom)

    def photo_rect(self) -> QRectF:
        """Where the whole photo lies, in this widget's coordinates."""
        scale = self.current_zoom / self.devicePixelRatioF()
        width, height = self._full.width() * scale, self._full.height() * scale
        x = _placed(self.width(), width, self.center.x())
        y = _placed(self.height(), height, self.center.y())
        return QRectF(x, y, width, height)

    def set_zoom(self, zoom: float | None, center: QPointF | None = None) -> None:
        """Zoom without telling (another canvas leads)."""
        self.zoom = None if zoom is None else min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        if center is not None:
            self.center = QPointF(min(max(center.x(), 0.0), 1.0), min(max(center.y(), 0.0), 1.0))
        self.setCursor(
            Qt.CursorShape.ArrowCursor if zoom is None else Qt.CursorShape.OpenHandCursor
        )
        self.size_wanted.emit(self.wanted_side())
        self.update()

    def best_face(self) -> Face | None:
        """The face to zoom to: the largest."""
        return max(self._faces, key=lambda face: face.box.area, default=None)

    def toggle_zoom(self) -> None:
        """Between the whole photo and 1:1 at the best face (the centre without a face)."""
        if self.zoom is not None:
            self._change(None, QPointF(0.5, 0.5))
            return
        self._change(1.0, self.anchor())

    def zoom_to(self, box: Box) -> None:
        """Fill most of the canvas with a part of the photo, at most at 2:1."""
        ratio = self.devicePixelRatioF()
        width = max(1.0, box.w * self._full.width())
        height = max(1.0, box.h * self._full.height())
        zoom = POINTED_SHARE * ratio * min(self.width() / width, self.height() / height)
        self._change(max(self.fit_zoom(), min(zoom, MOST_POINTED)), QPointF(*box.center))

    def _change(self, zoom: float | None, center: QPointF) -> None:
        self.set_zoom(zoom, center)
        self.zoomed.emit(self.zoom, self.center)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photo, heat map, faces."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.tokens.color("canvas"))
        if self._pixmap is None or self._full.isEmpty():
            if self._message:
                painter.setPen(self._theme.tokens.color("text"))
                flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(self.rect().adjusted(32, 32, -32, -32), flags, self._message)
            return
        target = self.photo_rect()
        painter.setOpacity(0.45 if self.dimmed else 1.0)
        self._paint_pixmap(painter, target)
        painter.setOpacity(1.0)
        if self._heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self.heat_opacity)
            painter.drawImage(target, self._heat)
            painter.setOpacity(1.0)
        if self.show_faces:
            self._paint_faces(painter, target)
        if self._pointed is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.tokens.color("warning"), 2.5, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(_placed_box(self._pointed, target), 4, 4)

    def _paint_pixmap(self, painter: QPainter, target: QRectF) -> None:
        pixmap = self._pixmap
        if pixmap is None:
            return
        ratio = self.devicePixelRatioF()
        exact = abs(pixmap.width() - target.width() * ratio) < 1.5
        if exact:
            corner = QPointF(round(target.x() * ratio) / ratio, round(target.y() * ratio) / ratio)
            size = QRectF(corner.x(), corner.y(), pixmap.width() / ratio, pixmap.height() / ratio)
            painter.drawPixmap(size, pixmap, QRectF(pixmap.rect()))
            return
        # Only what is seen is scaled: at 1:1 that is a plain copy of a part.
        seen = target.intersected(QRectF(self.rect()))
        if seen.isEmpty():
            return
        scale_x, scale_y = pixmap.width() / target.width(), pixmap.height() / target.height()
        source = QRectF(
            (seen.x() - target.x()) * scale_x,
            (seen.y() - target.y()) * scale_y,
            seen.width() * scale_x,
            seen.height() * scale_y,
        )
        smooth = self.current_zoom < 2.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(seen, pixmap, source)

    def _paint_faces(self, painter: QPainter, target: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        best = self.best_face()
        for face in self._faces:
            box = _placed_box(face.box, target)
            # Light on dark, so that the box shows on every photo.
            for color, width in ((QColor(0, 0, 0, 170), 4.0), (QColor(255, 255, 255), 2.0)):
                pen = QPen(color, width)
                if face is not best:
                    pen.setStyle(Qt.PenStyle.DotLine)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box, 4, 4)

    # --- mouse -----------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the mouse."""
        if self._pixmap is None or not event.angleDelta().y():
            return
        before = self.current_zoom
        after = min(max(before * 1.0015 ** event.angleDelta().y(), MIN_ZOOM), MAX_ZOOM)
        fitted = self.fit_zoom()
        if after <= fitted:
            self._change(None, QPointF(0.5, 0.5))
            return
        rect = self.photo_rect()
        point = event.position()
        fx = (point.x() - rect.x()) / rect.width()
        fy = (point.y() - rect.y()) / rect.height()
        scale = after / self.devicePixelRatioF()
        width, height = self._full.width() * scale, self._full.height() * scale
        center = QPointF(
            fx + (self.width() / 2 - point.x()) / width,
            fy + (self.height() / 2 - point.y()) / height,
        )
        self._change(after, center)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the photo."""
        self.activated.emit()
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = (event.position(), QPointF(self.center))
            self._moved = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the zoomed photo."""
        if self._grabbed is None or self.zoom is None:
            return
        start, center = self._grabbed
        moved = event.position() - start
        self._moved = self._moved or moved.manhattanLength() > 3
        rect = self.photo_rect()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._change(
            self.zoom,
            QPointF(center.x() - moved.x() / rect.width(), center.y() - moved.y() / rect.height()),
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None
        if self.zoom is not None:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """1:1 at the point that was clicked, or back to the whole photo."""
        if self.zoom is not None:
            self._change(None, QPointF(0.5, 0.5))
            return
        rect = self.photo_rect()
        point = event.position()
        self._change(
            1.0,
            QPointF((point.x() - rect.x()) / rect.width(), (point.y() - rect.y()) / rect.height()),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size may be sharp now."""
        super().resizeEvent(event)
        self.size_wanted.emit(self.wanted_side())


def _placed_box(box: Box, photo: QRectF) -> QRectF:
    """A box in fractions of the photo, where the photo is painted."""
    return QRectF(
        photo.x() + box.x * photo.width(),
        photo.y() + box.y * photo.height(),
        box.w * photo.width(),
        box.h * photo.height(),
    )


def _placed(room: float, length: float, center: float) -> float:
    """Start of a length that is centred when it fits, else shows ``center`` without a gap."""
    if length <= room:
        return (room - length) / 2
    return min(0.0, max(room - length, room / 2 - center * length))
