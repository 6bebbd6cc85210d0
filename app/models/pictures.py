"""Photos for the loupe: decoded off the GUI thread, neighbours ahead of time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.jobs import Jobs
from core.domain import ImageArray, PhotoRow, Picture, Status
from core.files.painting import write_bgra

Decode = Callable[[Path, int | None], Picture]

KEPT_BYTES = 260_000_000
NEAR = 0.8
"""Share of the wished side from which a smaller picture does until the right one is there."""
FULL = 0
"""Stands for "full resolution" among sides."""


MOST_AHEAD = 40_000_000
"""Pixels of the largest photo that is decoded whole before anybody asks: 160 MB."""


MOST_TOGETHER = 50_000_000
"""Pixels of two photos that are both decoded whole: 200 MB."""


def whole_ahead(row: PhotoRow) -> bool:
    """Whether a photo is small enough to be decoded whole before anybody asks."""
    return (row.width or 0) * (row.height or 0) <= MOST_AHEAD


def fit_together(row: PhotoRow, following: PhotoRow) -> bool:
    """Whether two photos may be whole in memory at the same time: two of 24 Mpx are 192 MB."""
    pixels = sum((one.width or MOST_AHEAD) * (one.height or 1) for one in (row, following))
    return pixels <= MOST_TOGETHER and following.status is not Status.UNREADABLE


@dataclass(frozen=True)
class Shown:
    """A decoded photo ready to paint. ``width`` and ``height`` are those of the full photo."""

    pixmap: QPixmap
    width: int
    height: int
    side: int
    path: Path
    mtime_ns: int

    @property
    def bytes(self) -> int:
        """Memory of the pixmap."""
        return self.pixmap.width() * self.pixmap.height() * 4


class PictureCache(QObject):
    """Keeps the photos around the one on screen, at screen size, and one or two at full size.

    Signals:
        ready(int): a photo can be shown at a better size than before.
        failed(int, str): it can't be decoded, and why.
    """

    ready = Signal(int)
    failed = Signal(int, str)

    def __init__(self, decode: Decode, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._decode = decode
        self._jobs = jobs
        self._shown: OrderedDict[tuple[int, int], Shown] = OrderedDict()
        self._waiting: set[tuple[int, int]] = set()
        self._wanted: set[tuple[int, int]] = set()

    def get(self, photo_id: int, side: int) -> Shown | None:
        """The best there is of a photo: the size nearest to ``side``; full size where that is
        wished for, or where nothing else comes near (painting it small takes long)."""
        found = [shown for (one, _), shown in self._shown.items() if one == photo_id]
        if not found:
            return None
        full = next((shown for shown in found if shown.side == FULL), None)
        scaled = [shown for shown in found if shown.side != FULL]
        if side == FULL:
            return full or max(scaled, key=lambda shown: shown.side)
        nearest = min(scaled, key=lambda shown: abs(shown.side - side), default=None)
        if full is not None and (nearest is None or nearest.side < NEAR * side):
            return full
        return nearest

    def has(self, photo_id: int, side: int) -> bool:
        """Whether that very size is there (``FULL`` for full resolution)."""
        return (photo_id, side) in self._shown

    def want(self, wishes: list[tuple[int, Path, int]]) -> None:
        """Wish for photos as (id, path, side), most urgent first; older wishes lapse.

        ``side`` is the long side in device pixels, or ``FULL``.
        """
        self._wanted = {(photo_id, side) for photo_id, _, side in wishes}
        for photo_id, path, side in wishes:
            key = (photo_id, side)
            if key in self._shown:
                self._shown.move_to_end(key)
            elif key not in self._waiting:
                self._waiting.add(key)
                self._start(key, path)
        self._trim()

    def let_go(self, wishes: list[tuple[int, Path, int]]) -> None:
        """Who wished for these shows them no more: what is whole among them goes, unless somebody
        has wished for others since."""
        if self._wanted == {(photo_id, side) for photo_id, _, side in wishes}:
            self._wanted = set()
            self._trim()

    def _start(self, key: tuple[int, int], path: Path) -> None:
        decode, wanted = self._decode, self._is_wanted

        def work() -> tuple[QImage, int, int, int] | None:
            if not wanted(key):
                return None
            mtime_ns = _mtime_ns(path)
            picture = decode(path, None if key[1] == FULL else key[1])
            image = to_image(picture.pixels)
            return image, picture.metadata.width, picture.metadata.height, mtime_ns

        self._jobs.run(
            work, lambda result: self._keep(key, path, result), lambda error: self._fail(key, error)
        )

    def _is_wanted(self, key: tuple[int, int]) -> bool:
        return key in self._wanted

    def _keep(
        self, key: tuple[int, int], path: Path, result: tuple[QImage, int, int, int] | None
    ) -> None:
        self._waiting.discard(key)
        if result is None:
            return
        image, width, height, mtime_ns = result
        pixmap = QPixmap.fromImage(image)
        self._shown[key] = Shown(pixmap, width, height, key[1], path, mtime_ns)
        self._trim()
        self.ready.emit(key[0])

    def _fail(self, key: tuple[int, int], error: BaseException) -> None:
        self._waiting.discard(key)
        self.failed.emit(key[0], str(error))

    def _trim(self) -> None:
        """Bound the memory; what is wished for now goes last."""
        total = sum(shown.bytes for shown in self._shown.values())
        for key in [k for k in self._shown if k not in self._wanted]:
            if total <= KEPT_BYTES and key[1] != FULL:
                continue
            total -= self._shown.pop(key).bytes

    def recheck(self, photo_ids: Iterable[int]) -> None:
        """These photos changed in the library; forget those whose file is another now.

        A new star on a photo is no reason to decode it again, so the file is asked, off the GUI
        thread.
        """
        wanted = set(photo_ids)
        kept = {key: shown for key, shown in self._shown.items() if key[0] in wanted}
        if kept:
            self._jobs.run(
                lambda: [k for k, shown in kept.items() if _mtime_ns(shown.path) != shown.mtime_ns],
                self._forget,
            )

    def _forget(self, keys: list[tuple[int, int]]) -> None:
        for key in keys:
            if self._shown.pop(key, None) is not None:
                self.ready.emit(key[0])


def to_image(pixels: ImageArray) -> QImage:
    """RGB pixels (h, w, 3) as an image that is painted without another conversion.

    Qt's conversion of 24 Mpx takes 80 ms, this one 20. The image lies in memory of numpy's, which
    asks the system for large pages; to fill as much of Qt's for the first time takes 50 ms.
    """
    height, width = pixels.shape[:2]
    screen = np.empty((height, width, 4), np.uint8)
    write_bgra(pixels, screen)
    # Whoever shares the image's pixels, a pixmap too, keeps the array (PySide holds it for them).
    return QImage(screen, width, height, width * 4, QImage.Format.Format_RGB32)


def _mtime_ns(path: Path) -> int:
    """The file's modification time; 0 for one that is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
