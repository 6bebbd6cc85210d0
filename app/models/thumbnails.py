"""Thumbnails for painting: a bounded cache filled by one loader thread, newest wish first."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from core.files.thumbnails import read_thumbnail

log = logging.getLogger(__name__)

LoadBytes = Callable[[int], bytes | None]
MAX_WISHES = 400
"""Older wishes are dropped: whoever scrolled past does not wait for them."""


def decode_thumbnail(content: bytes, side: int) -> QImage:
    """JPEG bytes as an image whose long side is ``side`` pixels at most; null if unreadable.

    Not by Qt's reader: on a thread of ours that can stop the program for good. It asks every
    format's plugin what the bytes are; the one for SVG connects signals and waits for a lock of
    Qt's, in Python's lock, while the window, ending some connection, holds the former and waits
    for the latter.
    """
    pixels = read_thumbnail(content, side)
    if pixels is None:
        return QImage()
    height, width = pixels.shape[:2]
    lent = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
    return lent.copy()  # owns its memory


class ThumbnailCache(QObject):
    """Pixmaps by photo id, sized for the cells that are painted now.

    Signals:
        loaded(int): the photo's thumbnail can be painted (or was found not to exist).
    """

    loaded = Signal(int)
    _decoded = Signal(int, int, QImage)

    def __init__(
        self, load: LoadBytes, capacity_mb: int = 96, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._load = load
        self._capacity = capacity_mb * 1_000_000
        self._pixmaps: OrderedDict[int, QPixmap | None] = OrderedDict()
        self._bytes = 0
        self._stale: set[int] = set()
        self._side = 256
        self._condition = threading.Condition()
        self._wishes: OrderedDict[int, int] = OrderedDict()
        self._running: int | None = None
        self._stopping = False
        self._decoded.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="albumen-thumbnails")
        self._thread.start()

    @property
    def side(self) -> int:
        """Long side, in device pixels, that thumbnails are decoded for."""
        return self._side

    @property
    def used_bytes(self) -> int:
        """Memory held by the pixmaps."""
        return self._bytes

    def set_side(self, side: int) -> None:
        """Thumbnails are now painted at another size; old ones serve until new ones are there."""
        if side != self._side:
            self._side = side
            self._stale = set(self._pixmaps)
            with self._condition:
                self._wishes.clear()

    def get(self, photo_id: int) -> QPixmap | None:
        """The pixmap if it is there; otherwise it is wished for and None returned."""
        known = photo_id in self._pixmaps
        if not known or photo_id in self._stale:
            self._wish(photo_id)
        if not known:
            return None
        self._pixmaps.move_to_end(photo_id)
        return self._pixmaps[photo_id]

    def invalidate(self, ids: Iterable[int]) -> None:
        """These photos' thumbnails may have changed."""
        self._stale.update(i for i in ids if i in self._pixmaps)

    def clear(self) -> None:
        """Forget everything."""
        self._pixmaps.clear()
        self._stale.clear()
        self._bytes = 0

    def stop(self) -> None:
        """End the loader thread and wait for it."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._thread.join()

    def _wish(self, photo_id: int) -> None:
        with self._condition:
            if self._running == photo_id and photo_id not in self._stale:
                return
            self._wishes[photo_id] = self._side
            self._wishes.move_to_end(photo_id)
            while len(self._wishes) > MAX_WISHES:
                self._wishes.popitem(last=False)
            self._condition.notify()

    def _work(self) -> None:
        while True:
            with self._condition:
                self._running = None
                while not self._wishes and not self._stopping:
                    self._condition.wait()
                if self._stopping:
                    return
                photo_id, side = self._wishes.popitem(last=True)
                self._running = photo_id
            try:
                content = self._load(photo_id)
            except Exception as error:  # noqa: BLE001 - one bad thumbnail must not end the thread
                log.warning("thumbnail of photo %d can't be loaded: %s", photo_id, error)
                content = None
            image = QImage() if content is None else decode_thumbnail(content, side)
            self._decoded.emit(photo_id, side, image)

    @Slot(int, int, QImage)
    def _keep(self, photo_id: int, side: int, image: QImage) -> None:
        if self._stopping:
            return
        if side == self._side:
            self._stale.discard(photo_id)
        self._drop(photo_id)
        pixmap = None if image.isNull() else QPixmap.fromImage(image)
        self._pixmaps[photo_id] = pixmap
        self._bytes += _cost(pixmap)
        while self._bytes > self._capacity and len(self._pixmaps) > 1:
            self._drop(next(iter(self._pixmaps)))
        self.loaded.emit(photo_id)

    def _drop(self, photo_id: int) -> None:
        if photo_id in self._pixmaps:
            self._bytes -= _cost(self._pixmaps.pop(photo_id))
            if len(self._pixmaps) < len(self._stale):
                self._stale.intersection_update(self._pixmaps)


def _cost(pixmap: QPixmap | None) -> int:
    if pixmap is None:
        return 64
    size: QSize = pixmap.size()
    return size.width() * size.height() * 4
