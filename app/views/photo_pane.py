"""One of several photos side by side: a canvas with its caption, and the view that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.browsing import Browser
from app.models.pictures import FULL, PictureCache
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme, icon_pixmap
from app.views.controls import ElidedLabel, StarRating, label
from app.views.photo_canvas import PhotoCanvas
from app.wording import reason_text, standing_text
from core.domain import Flag, Photo, PhotoRow, Status

LoadDetails = Callable[[int, Callable[[Photo | None], object]], object]
"""Asks for everything about a photo; the answer comes on the GUI thread."""


NAME_WIDTH = 320
"""A pane narrower than this has no room for the photo's name."""


class PhotoPane(QWidget):
    """A photo with score, stars and flag below it; the active pane has a border.

    Without ``rating`` it has no stars, where something else is to be decided.

    Signals:
        activated(): clicked.
        rated(int): stars given with the mouse.
        zoomed(object, object): as ``PhotoCanvas.zoomed``.
    """

    activated = Signal()
    rated = Signal(int)
    zoomed = Signal(object, object)
    size_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, rating: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._active = False
        self._rating = rating
        self.row: PhotoRow | None = None
        self.photo: Photo | None = None
        self.canvas = PhotoCanvas(theme)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.score = label("", "title")
        self.score.setMinimumWidth(1)  # else the pane could not get too narrow for its text
        self.note = label("", "small")
        self.name = ElidedLabel("", "small")
        self.flag = QLabel()
        self.stars = StarRating("", theme)
        self.stars.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.score)
        row.addWidget(self.note)
        row.addWidget(self.name, 1)
        row.addStretch()
        row.addWidget(self.flag)
        row.addWidget(self.stars)
        column = QVBoxLayout(self)
        column.setContentsMargins(3, 3, 3, 3)
        column.setSpacing(4)
        column.addWidget(self.canvas, 1)
        column.addLayout(row)
        self.canvas.activated.connect(self.activated)
        self.canvas.zoomed.connect(self.zoomed)
        self.canvas.size_wanted.connect(lambda _: self.size_wanted.emit())
        self.stars.rated.connect(self.rated)
        theme.changed.connect(self._show_row)

    def set_active(self, active: bool) -> None:
        """Mark the pane that keys act on."""
        self._active = active
        self.update()

    def show_row(self, row: PhotoRow | None) -> None:
        """Show another photo, or a changed one."""
        if row is None or self.row is None or row.id != self.row.id:
            self.photo = None
            self.canvas.set_faces(())
            self.canvas.set_photo(None, 0, 0)
        self.row = row
        self._show_row()

    def show_details(self, photo: Photo | None) -> None:
        """Take the photo's faces."""
        if photo is not None and self.row is not None and photo.id == self.row.id:
            self.photo = photo
            self.canvas.set_faces(photo.faces)
            self._show_row()

    def show_note(self, text: str) -> None:
        """A few words beside the score (how it compares)."""
        self.note.setText(text)
        self._show_row()

    def show_best(self, pictures: PictureCache, thumbnails: ThumbnailCache) -> None:
        """Show the sharpest pixels there are."""
        row = self.row
        if row is None:
            return
        if row.status is Status.UNREADABLE:
            self.canvas.set_message(reason_text(row.reason))
            return
        shown = pictures.get(row.id, self.side())
        if shown is not None:
            self.canvas.set_photo(shown.pixmap, shown.width, shown.height)
            return
        pixmap = thumbnails.get(row.id)
        if pixmap is not None:
            size = QSize(row.width or pixmap.width() * 4, row.height or pixmap.height() * 4)
            self.canvas.set_photo(pixmap, size.width(), size.height())

    def side(self) -> int:
        """Long side in device pixels to decode for."""
        if self.canvas.zoom is not None:
            return FULL
        if self.row is None:
            return 0
        return self.canvas.fitted_side(self.row.width, self.row.height)

    def _show_row(self) -> None:
        row = self.row
        self.score.setVisible(row is not None)
        self.stars.setVisible(row is not None and self._rating)
        self.name.setVisible(row is not None and self.width() >= NAME_WIDTH)
        if row is None:
            return
        self.name.setText(row.name)
        self.canvas.setToolTip("" if self.name.isVisible() else row.name)
        self.canvas.setAccessibleName(row.name)
        percentile = None if self.photo is None else self.photo.percentile
        self.stars.set_rating(row.rating)
        self.flag.setVisible(row.flag is not None)
        if row.flag is not None:
            color = self._theme.tokens.colors[row.flag.value]
            self.flag.setPixmap(icon_pixmap(row.flag.value, color, 18, self.devicePixelRatioF()))
        self.score.setText(standing_text(row, percentile))
        if self.score.sizeHint().width() > self._room():
            self.score.setText(standing_text(row, percentile, short=True))
        self.canvas.dimmed = row.flag is Flag.REJECT
        self.canvas.update()

    def _room(self) -> int:
        """Width that is left for the score; the name takes what remains of it."""
        beside = [part for part in (self.note, self.flag, self.stars) if not part.isHidden()]
        taken = sum(part.sizeHint().width() + 8 for part in beside)
        return self.width() - 22 - taken

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow pane keeps the score and the stars; the name is in the tooltip then."""
        super().resizeEvent(event)
        self._show_row()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The border of the active pane."""
        if self._active:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.tokens.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)


class PaneView(QWidget):
    """Holds panes, keeps their pixels, rows and details up to date, and their zoom in step.

    Signals:
        closed(): back to the grid.
        rated(int, int): photo id and stars given with the mouse.
    """

    closed = Signal()
    rated = Signal(int, int)

    def __init__(
        self,
        browser: Browser,
        thumbnails: ThumbnailCache,
        pictures: PictureCache,
        load_details: LoadDetails,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._browser = browser
        self._thumbnails = thumbnails
        self._pictures = pictures
        self._load_details = load_details
        self._theme = theme
        self.panes: list[PhotoPane] = []
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(100)
        self._settle.timeout.connect(self._request)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        pictures.ready.connect(self._on_pixels)
        thumbnails.loaded.connect(self._on_pixels)
        browser.photos.dataChanged.connect(lambda *_: self._refresh_rows())
        browser.listed.connect(lambda _: self._refresh_rows())

    def make_pane(self) -> PhotoPane:
        """A pane of this view."""
        pane = PhotoPane(self._theme, self)
        pane.zoomed.connect(lambda zoom, center: self._sync(pane, zoom, center))
        pane.size_wanted.connect(self._settle.start)
        pane.activated.connect(lambda: self.activate_pane(pane))
        pane.rated.connect(
            lambda stars: self.rated.emit(pane.row.id, stars) if pane.row is not None else None
        )
        self.panes.append(pane)
        return pane

    def activate_pane(self, pane: PhotoPane) -> None:
        """Let keys act on a pane's photo."""
        if pane.row is not None:
            position = self._browser.photos.position(pane.row.id)
            if position is not None:
                self._browser.activate(position, choose=False)

    def show_in(self, pane: PhotoPane, photo_id: int | None) -> None:
        """Put a photo into a pane."""
        position = None if photo_id is None else self._browser.photos.position(photo_id)
        row = None if position is None else self._browser.photos.row(position)
        pane.show_row(row)
        if row is not None:
            pane.show_best(self._pictures, self._thumbnails)
            self._load_details(row.id, lambda photo: self._take_details(pane, photo))
        self._settle.start()

    def _take_details(self, pane: PhotoPane, photo: Photo | None) -> None:
        pane.show_details(photo)
        self.details_taken(pane)

    def details_taken(self, pane: PhotoPane) -> None:
        """A pane knows its photo's faces now."""

    def row_changed(self) -> None:
        """Stars, flags or scores of a pane changed."""

    def _refresh_rows(self) -> None:
        if not self.isVisible():
            return
        for pane in self.panes:
            if pane.row is not None:
                position = self._browser.photos.position(pane.row.id)
                if position is not None:
                    pane.show_row(self._browser.photos.row(position))
        self.row_changed()

    def _on_pixels(self, photo_id: int) -> None:
        if not self.isVisible():
            return
        for pane in self.panes:
            if pane.row is not None and pane.row.id == photo_id:
                pane.show_best(self._pictures, self._thumbnails)

    def _request(self) -> None:
        if not self.isVisible():
            return
        rows = [
            (pane.row.id, pane.row.path, pane.side())
            for pane in self.panes
            if pane.row is not None and pane.row.status is not Status.UNREADABLE
        ]
        self._pictures.want([*rows, *self.ahead()])

    def ahead(self) -> Sequence[tuple[int, object, int]]:
        """Photos that may be wanted next, as wishes of ``PictureCache.want``."""
        return ()

    def _sync(self, source: PhotoPane, zoom: float | None, center: QPointF) -> None:
        """Zoom the others alike, about the same spot of each photo's best face."""
        for pane in self.panes:
            if pane is source or pane.row is None:
                continue
            if zoom is None:
                pane.canvas.set_zoom(None, QPointF(0.5, 0.5))
                continue
            pane.canvas.set_zoom(zoom, carried(center, source.canvas, pane.canvas))
        for pane in self.panes:
            pane.show_best(self._pictures, self._thumbnails)
        self._settle.start()

    def toggle_zoom(self) -> None:
        """1:1 at the best face of every photo, or back."""
        if self.panes:
            self.panes[0].canvas.toggle_zoom()


def carried(center: QPointF, source: PhotoCanvas, target: PhotoCanvas) -> QPointF:
    """The spot of another photo that lies to its best face as ``center`` does to the first's.

    Distances are in pixels of the full photos; without a face the centres correspond.
    """
    first, second = source.anchor(), target.anchor()
    moved = QPointF(
        (center.x() - first.x()) * source.full_size.width(),
        (center.y() - first.y()) * source.full_size.height(),
    )
    width, height = max(1, target.full_size.width()), max(1, target.full_size.height())
    return QPointF(second.x() + moved.x() / width, second.y() + moved.y() / height)
