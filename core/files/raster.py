"""From a loaded Pillow image to upright sRGB pixels, a band at a time so that memory stays low."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from core.domain import ImageArray
from core.files.color import Leveler, to_srgb

BAND_PIXELS = 2_000_000
FILTER = Image.Resampling.HAMMING
"""For the last step, a shrink by less than 2: as sharp as a box, without its uneven steps."""


def fit(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """The largest (width, height) of the same shape whose long side is at most ``max_side``."""
    longest = max(size)
    if max_side is None or longest <= max_side:
        return size
    scale = max_side / longest
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def whole_step(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """(width, height) shrunk by the largest whole factor that keeps the long side at least
    ``max_side``."""
    factor = 1 if max_side is None else max(1, max(size) // max_side)
    return -(-size[0] // factor), -(-size[1] // factor)


def render(
    image: Image.Image, size: tuple[int, int], orientation: int, icc: bytes | None
) -> ImageArray:
    """Shrinks, colour-converts and turns a loaded image.

    Args:
        image: any mode; stored as the file has it.
        size: wanted (width, height) before turning, not larger than the image.
        orientation: EXIF orientation 1..8.
        icc: the profile embedded in the file.

    Returns:
        uint8 (h, w, 3) RGB, sRGB, upright, contiguous.
    """
    level = Leveler(image)
    if size != image.size:
        image = _shrunk(image, size, level)
        level = Leveler(image)
    width, height = image.size
    upright = (height, width) if orientation < 5 else (width, height)
    pixels = np.empty((*upright, 3), np.uint8)
    stored = _as_stored(pixels, orientation)
    for top, band in _bands(image, 1):
        stored[top : top + band.height] = np.asarray(to_srgb(level(band), icc))
    return pixels


def _shrunk(image: Image.Image, size: tuple[int, int], level: Leveler) -> Image.Image:
    """Box-reduces by the whole part of the ratio, then filters to the exact size."""
    factor = max(1, round(min(image.width / size[0], image.height / size[1])))
    if (-(-image.width // factor), -(-image.height // factor)) != size:
        factor = min(image.width // size[0], image.height // size[1])
    if factor < 2:
        return level(image).resize(size, FILTER)
    reduced: Image.Image | None = None
    for top, band in _bands(image, factor):
        part = level(band).reduce(factor)
        if reduced is None:
            rows = -(-image.height // factor)
            reduced = Image.new(part.mode, (part.width, rows))
        reduced.paste(part, (0, top // factor))
    assert reduced is not None
    if reduced.size == size:
        return reduced
    # The last column and row of `reduced` may stand for less than `factor` pixels each.
    box = (0.0, 0.0, image.width / factor, image.height / factor)
    return reduced.resize(size, FILTER, box=box)


def _bands(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Horizontal cuts (top row, band) whose heights are multiples of ``factor``, top to bottom."""
    rows = max(1, BAND_PIXELS // image.width)
    rows = max(factor, rows - rows % factor)
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _as_stored(upright: ImageArray, orientation: int) -> ImageArray:
    """A view of the upright pixels in the order in which the file stores them.

    The inverse of EXIF's turns (Exif 2.32, section 4.6.4, tag Orientation), so that writing
    stored rows into the view turns them on the way.
    """
    match orientation:
        case 2:
            return upright[:, ::-1]
        case 3:
            return upright[::-1, ::-1]
        case 4:
            return upright[::-1]
        case 5:
            return upright.transpose(1, 0, 2)
        case 6:
            return upright[:, ::-1].transpose(1, 0, 2)
        case 7:
            return upright[::-1, ::-1].transpose(1, 0, 2)
        case 8:
            return upright[::-1].transpose(1, 0, 2)
        case _:
            return upright
