"""Round pictures of faces: cut from thumbnails, or from the photo where a face is small in it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QPainter, QPixmap

from app.jobs import Jobs
from app.models.thumbnails import LoadBytes, decode_thumbnail
from core.domain import Box, Picture
from core.errors import AlbumenError
from core.library.people_rows import FacePlace

log = logging.getLogger(__name__)

SIDE = 192
"""Pixels of a kept crop: twice what is painted, for dense screens."""

AROUND = 1.5
"""Side of a crop, in longer sides of the face's box."""

FULL_THUMBNAIL = 512
KEPT = 600
"""Crops in memory: 600 of 192 x 192 are 88 MB."""

MAX_WISHES = 300
AT_ONCE = 2

Decode = Callable[[Path, int | None], Picture]
FindPath = Callable[[int], Path | None]


class FaceCrops(QObject):
    """Crops by face, decoded off the GUI thread, the newest wish first.

    Signals:
        ready(): a crop can be painted.
    """

    ready = Signal()

    def __init__(
        self,
        load: LoadBytes,
        find_path: FindPath,
        decode: Decode,
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._load = load
        self._find_path = find_path
        self._decode = decode
        self._jobs = jobs
        self._kept: OrderedDict[FacePlace, QPixmap | None] = OrderedDict()
        self._wishes: OrderedDict[FacePlace, None] = OrderedDict()
        self._running: set[FacePlace] = set()

    def get(self, place: FacePlace) -> QPixmap | None:
        """The round crop if it is there; otherwise it is wished for."""
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        if place in self._running:
            return None
        self._wishes[place] = None
        self._wishes.move_to_end(place)
        while len(self._wishes) > MAX_WISHES:
            self._wishes.popitem(last=False)
        self._start()
        return None

    def _start(self) -> None:
        while len(self._running) < AT_ONCE and self._wishes:
            place, _ = self._wishes.popitem(last=True)
            self._running.add(place)
            self._cut(place)

    def _cut(self, place: FacePlace) -> None:
        load, find_path, decode = self._load, self._find_path, self._decode
        self._jobs.run(
            lambda: _crop(place, load, find_path, decode),
            lambda image: self._keep(place, image),
            lambda error: self._failed(place, error),
        )

    def _failed(self, place: FacePlace, error: BaseException) -> None:
        log.warning("a face can't be cut out: %s", error)
        self._keep(place, QImage())

    def _keep(self, place: FacePlace, image: QImage) -> None:
        self._running.discard(place)
        self._kept[place] = None if image.isNull() else QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.ready.emit()
        self._start()


def _crop(place: FacePlace, load: LoadBytes, find_path: FindPath, decode: Decode) -> QImage:
    box = place.box
    share = max(box.w, box.h)
    image = QImage()
    if share * FULL_THUMBNAIL >= SIDE / AROUND / 2:
        content = load(place.photo_id)
        image = QImage() if content is None else decode_thumbnail(content, FULL_THUMBNAIL)
    if image.isNull():
        path = find_path(place.photo_id)
        if path is not None:
            try:
                picture = decode(path, min(4000, round(SIDE / AROUND / max(share, 0.02))))
            except AlbumenError:
                content = load(place.photo_id)
                image = QImage() if content is None else decode_thumbnail(content, FULL_THUMBNAIL)
            else:
                height, width = picture.pixels.shape[:2]
                image = QImage(
                    picture.pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888
                ).copy()
    return QImage() if image.isNull() else round_crop(image, box, SIDE)


def round_crop(image: QImage, box: Box, side: int) -> QImage:
    """The face with a little around it as a disc of ``side`` pixels; transparent outside."""
    width, height = image.width(), image.height()
    wanted = AROUND * max(box.w * width, box.h * height)
    wanted = max(4.0, min(wanted, width, height))
    x, y = box.center
    left = min(max(0.0, x * width - wanted / 2), width - wanted)
    top = min(max(0.0, y * height - wanted / 2), height - wanted)
    square = image.copy(QRectF(left, top, wanted, wanted).toRect()).scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    disc = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    disc.fill(Qt.GlobalColor.transparent)
    painter = QPainter(disc)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(square))
    painter.drawEllipse(QRectF(0.5, 0.5, side - 1, side - 1))
    painter.end()
    return disc
