"""One photo large, with its neighbours below, faces and heat map on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.browsing import Browser
from app.models.heatmap import HeatMap, MapChoice, heat_map
from app.models.pictures import FULL, PictureCache, fit_together, whole_ahead
from app.models.thumbnails import ThumbnailCache
from app.models.why import Known
from app.theme import Theme
from app.translation import decimal, tr
from app.views.controls import ElidedLabel, IconButton, label
from app.views.heat_legend import HeatLegend
from app.views.photo_canvas import PhotoCanvas
from app.views.photo_grid import PhotoGrid
from app.wording import reason_text
from core.domain import Photo, PhotoRow, Status

STRIP_SIDE = 72
AHEAD = 2
"""Neighbours decoded ahead in the direction of travel; one behind."""
RESTED_MS = 120
"""A photo that stays for so long is decoded whole, and then the next one, so that zooming in shows
them at once: longer than a held key takes from photo to photo, sooner than one sees and zooms."""

LEFT_MS = 5000
"""So long after one has left the loupe, its whole photos leave the memory."""


class Loupe(QWidget):
    """Follows the browser's active photo while it is visible.

    Signals:
        closed(): back to the grid.
        heat_toggled(bool), faces_toggled(bool): by the buttons, to keep the commands in step.
        map_shown(bool, object): whether a map is asked for, and which (``MapChoice``).
    """

    closed = Signal()
    heat_toggled = Signal(bool)
    faces_toggled = Signal(bool)
    map_shown = Signal(bool, object)

    def __init__(
        self,
        browser: Browser,
        thumbnails: ThumbnailCache,
        pictures: PictureCache,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("loupe")
        self._browser = browser
        self._thumbnails = thumbnails
        self._pictures = pictures
        self._theme = theme
        self._row: PhotoRow | None = None
        self._photo: Photo | None = None
        self._heat_on = False
        self._choice = MapChoice()
        self._informative: bool | None = None
        self._direction = 1

        self.canvas = PhotoCanvas(theme)
        self.canvas.setAccessibleName(tr("Photo"))
        self.strip = PhotoGrid(
            browser.photos, browser.selection, thumbnails, theme, side=STRIP_SIDE, strip=True
        )
        self.strip.setFixedHeight(STRIP_SIDE + 44)
        self.strip.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.back = IconButton("grid", tr("Back to the grid"), theme, key="G")
        self.previous = IconButton("chevron-left", tr("Previous photo"), theme, key="←")
        self.next = IconButton("chevron-right", tr("Next photo"), theme, key="→")
        self.title = ElidedLabel("", "")
        self.place = label("", "small")
        self.problem = label("", "warning")
        self.problem.hide()
        self.heat = IconButton(
            "heatmap", tr("What the score looks at"), theme, key="H", checkable=True
        )
        self.faces = IconButton("face", tr("Faces"), theme, key="V", checkable=True)
        self.zoom = IconButton(
            "zoom-in", tr("1:1 at the best face"), theme, key="Z", checkable=True
        )
        self.zoom_text = label("", "small")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(10, 100)
        self.opacity.setValue(60)
        self.opacity.setFixedWidth(90)
        self.opacity.setAccessibleName(tr("Strength of the heat map"))
        self.opacity.setToolTip(tr("Strength of the heat map"))
        self.meaning = HeatLegend(theme)
        self.legend = QWidget()
        self.legend.setObjectName("legend")
        self.legend.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.legend.setCursor(Qt.CursorShape.ArrowCursor)
        self.no_heat = label("", "small")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(120)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(RESTED_MS)
        self._left = QTimer(self)
        self._left.setSingleShot(True)
        self._left.setInterval(LEFT_MS)
        self._wishes: list[tuple[int, Path, int]] = []
        self._build()
        self._connect()
        self.set_heat(False)

    def _build(self) -> None:
        bar = QWidget()
        bar.setObjectName("toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(6)
        for widget in (self.back, self.previous, self.next):
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.problem)
        row.addWidget(self.place)
        row.addSpacing(8)
        for widget in (self.heat, self.faces):
            row.addWidget(widget)
        row.addWidget(self.zoom_text)
        row.addWidget(self.zoom)
        over = QHBoxLayout(self.legend)
        over.setContentsMargins(12, 6, 12, 6)
        over.setSpacing(12)
        over.addWidget(self.meaning)
        over.addWidget(self.no_heat)
        over.addWidget(self.opacity)
        corner = QVBoxLayout(self.canvas)
        corner.setContentsMargins(12, 12, 12, 12)
        corner.addStretch()
        corner.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.strip)
        self.setFocusProxy(self.canvas)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.heat.clicked.connect(self._on_heat)
        self.faces.clicked.connect(self._on_faces)
        self.zoom.clicked.connect(self.canvas.toggle_zoom)
        self.opacity.valueChanged.connect(self._on_opacity)
        self.canvas.zoomed.connect(self._on_zoomed)
        self.canvas.size_wanted.connect(lambda _: self._settle.start())
        self._settle.timeout.connect(self._request)
        self._rest.timeout.connect(lambda: self._request(whole=True))
        self._left.timeout.connect(self._let_go)
        self._browser.active_changed.connect(lambda _: self._follow())
        self._browser.listed.connect(lambda _: self._show_place())
        self._pictures.ready.connect(self._on_ready)
        self._pictures.failed.connect(self._on_failed)
        self._thumbnails.loaded.connect(self._on_thumbnail)
        self._theme.changed.connect(self._draw_heat)

    # --- what is shown ---------------------------------------------------------------------------

    def showEvent(self, event: object) -> None:
        """Catch up with the active photo."""
        self._left.stop()
        self._follow()
        self._tell_map()
        index = self._browser.selection.currentIndex()
        QTimer.singleShot(0, self, lambda: self.strip.scrollTo(index))

    def hideEvent(self, event: object) -> None:
        """A map that nobody sees need not be checked, nor pixels be kept."""
        self._tell_map()
        self._rest.stop()
        self._left.start()

    def _let_go(self) -> None:
        self._pictures.let_go(self._wishes)
        self.canvas.set_photo(None, 0, 0)

    @property
    def photo_id(self) -> int | None:
        """The photo on screen."""
        return self._row.id if self._row is not None else None

    def _follow(self) -> None:
        """Show the browser's active photo."""
        if not self.isVisible():
            return
        row = self._browser.photos.row(self._browser.active_position)
        other = row is None or self._row is None or row.id != self._row.id
        self._row = row
        self._show_place()
        if row is None:
            self.canvas.set_message(tr("No photo"))
            return
        if other:
            self._informative = None
            self.problem.hide()
            self.canvas.setAccessibleName(row.name)
            self._show_details()
        if row.status is Status.UNREADABLE:
            self.canvas.set_message(reason_text(row.reason))
            return
        self._show_best()
        self._request()

    def _show_place(self) -> None:
        position = self._browser.active_position
        count = self._browser.photos.rowCount()
        row = self._browser.photos.row(position)
        self.title.setText(row.name if row is not None else "")
        self.place.setText(tr("{place} of {count}", place=position + 1, count=count))
        self.previous.setEnabled(position > 0)
        self.next.setEnabled(position < count - 1)

    def _show_best(self) -> None:
        """Show the sharpest pixels that are there already: decoded, else the thumbnail."""
        row = self._row
        if row is None:
            return
        shown = self._pictures.get(row.id, self._side())
        if shown is not None:
            self.canvas.set_photo(shown.pixmap, shown.width, shown.height)
        else:
            pixmap = self._thumbnails.get(row.id)
            if pixmap is not None:
                full = _full_size(row, pixmap)
                self.canvas.set_photo(pixmap, full.width(), full.height())
            else:
                self.canvas.set_photo(None, 0, 0)
        self._show_zoom()

    def _side(self) -> int:
        """Long side to decode for: a step above what is shown, FULL when zoomed past the screen."""
        if self.canvas.zoom is not None:
            return FULL
        row = self._row
        if row is None:
            return 0
        return self.canvas.fitted_side(row.width, row.height)

    def _request(self, *, whole: bool = False) -> None:
        """Wish for the photo on screen, then for its neighbours, and at rest for all of it; once
        it is there, for all of the next one."""
        row = self._row
        if row is None or not self.isVisible() or row.status is Status.UNREADABLE:
            return
        wishes = [(row.id, row.path, self._side())]
        position = self._browser.active_position
        ahead = [self._direction * n for n in range(1, AHEAD + 1)]
        for by in (*ahead, -self._direction):
            near = self._browser.photos.row(position + by)
            if near is not None and near.status is not Status.UNREADABLE:
                wishes.append(
                    (near.id, near.path, self.canvas.fitted_side(near.width, near.height))
                )
        is_whole = self._pictures.has(row.id, FULL)
        if is_whole or (whole and whole_ahead(row)):
            wishes.append((row.id, row.path, FULL))
        following = self._browser.photos.row(position + self._direction)
        if whole and is_whole and following is not None and fit_together(row, following):
            wishes.append((following.id, following.path, FULL))
        if not whole:
            self._rest.start()
        self._wishes = wishes
        self._pictures.want(wishes)

    def _on_ready(self, photo_id: int) -> None:
        if self._row is not None and photo_id == self._row.id:
            self._show_best()
            if self._pictures.has(photo_id, FULL) and not self._rest.isActive():
                self._request(whole=True)  # the next one's turn

    def _on_thumbnail(self, photo_id: int) -> None:
        if self._row is not None and photo_id == self._row.id and not self.canvas.has_photo:
            self._show_best()

    def _on_failed(self, photo_id: int, reason: str) -> None:
        if self._row is None or photo_id != self._row.id:
            return
        if self.canvas.has_photo:  # the thumbnail shows more than a sentence does
            self.problem.setText(reason_text(reason))
            self.problem.show()
        else:
            self.canvas.set_message(reason_text(reason))

    def show_photo(self, photo: Photo | None) -> None:
        """Take the active photo's faces and maps."""
        self._photo = photo
        self._show_details()

    def _show_details(self) -> None:
        """Faces and heat map of the photo on screen, nothing while they are on their way."""
        photo = self._details()
        self.canvas.set_faces(photo.faces if photo is not None else ())
        self._draw_heat()

    def _details(self) -> Photo | None:
        """The details that belong to the photo on screen."""
        fits = self._photo is not None and self._row is not None
        return self._photo if fits and self._photo.id == self._row.id else None

    # --- faces, heat map, zoom -------------------------------------------------------------------

    @property
    def heat_on(self) -> bool:
        """Whether the heat map is asked for."""
        return self._heat_on

    def set_heat(self, on: bool) -> None:
        """Show or hide the heat map."""
        self._heat_on = on
        self.heat.setChecked(on)
        self._tell_map()
        self._draw_heat()

    def set_map(self, choice: MapChoice) -> None:
        """Show another map."""
        self._choice = choice
        self._informative = None
        self._tell_map()
        self._draw_heat()

    def show_known(self, known: Known | None) -> None:
        """Take what a check of the map said: one that tells nothing is not drawn."""
        fits = known is not None and self._row is not None and known.photo_id == self._row.id
        informative = known.informative if known is not None and fits else None
        if informative != self._informative:
            self._informative = informative
            self._draw_heat()

    def _tell_map(self) -> None:
        self.map_shown.emit(self._heat_on and self.isVisible(), self._choice)

    def set_faces(self, on: bool) -> None:
        """Show or hide the face boxes."""
        self.faces.setChecked(on)
        self.canvas.show_faces = on
        self.canvas.update()

    def _on_heat(self, on: bool) -> None:
        self.set_heat(on)
        self.heat_toggled.emit(on)

    def _on_faces(self, on: bool) -> None:
        self.set_faces(on)
        self.faces_toggled.emit(on)

    def _on_opacity(self, value: int) -> None:
        self.canvas.heat_opacity = value / 100
        self.canvas.update()

    def _draw_heat(self) -> None:
        found = self._heat_map() if self._heat_on else None
        problem = self._map_problem(found)
        drawn = found is not None and not problem
        self.legend.setVisible(self._heat_on)
        self.no_heat.setText(problem)
        self.no_heat.setVisible(bool(problem))
        self.meaning.setVisible(not problem)
        self.opacity.setVisible(not problem)
        self.canvas.set_heat(found.image if found is not None and drawn else None)

    def _heat_map(self) -> HeatMap | None:
        photo = self._details()
        score = photo.score if photo is not None else None
        if score is None or self._row is None:
            return None
        aspect = (self._row.width or 1) / max(1, self._row.height or 1)
        tokens = self._theme.tokens
        raises, lowers = tokens.color("raises"), tokens.color("lowers")
        return heat_map(score, aspect, raises, lowers, self._choice)

    def _map_problem(self, found: HeatMap | None) -> str:
        """Why no map is drawn; empty where one is, or is still on its way."""
        if not self._heat_on or self._details() is None:
            return ""
        if found is None:
            return tr("No heat map for this photo")
        if found.blank or self._informative is False:
            return tr("The map is not informative for this photo")
        return ""

    def _on_zoomed(self, zoom: float | None, _center: QPointF) -> None:
        self._show_zoom()
        if zoom is not None and self._row is not None:
            if not self._pictures.has(self._row.id, FULL):
                self._request()
            self._show_best()

    def _show_zoom(self) -> None:
        self.zoom.setChecked(self.canvas.zoom is not None)
        self.zoom_text.setText(f"{decimal(self.canvas.current_zoom * 100, 0)} %")

    # --- moving ----------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go to a neighbour; zoom is kept, its centre goes to the new photo's best face."""
        self._direction = 1 if by > 0 else -1
        self._browser.step(by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go through the list; Escape and Enter go back to the grid."""
        key = event.key()
        forward = -1 if self.isRightToLeft() else 1
        steps = {
            Qt.Key.Key_Right: forward,
            Qt.Key.Key_Left: -forward,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Space: 1,
        }
        if key in steps:
            self.step(steps[key])
        elif key == Qt.Key.Key_Home:
            self._browser.activate(0)
        elif key == Qt.Key.Key_End:
            self._browser.activate(self._browser.photos.rowCount() - 1)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.closed.emit()
        else:
            event.ignore()


def _full_size(row: PhotoRow, pixmap: QPixmap) -> QSize:
    """The photo's own size, or the thumbnail's while it isn't known."""
    if row.width and row.height:
        return QSize(row.width, row.height)
    return pixmap.size() * 4
