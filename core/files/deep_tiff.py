"""TIFF with samples that Pillow has no mode for: colour in 32- or 64-bit floats, deep integers."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from core.files.exif import IMAGE_LENGTH, IMAGE_WIDTH, parse_tiff_file
from core.files.limits import check_size

_WHITES = (1.0, 255.0, 65535.0)


def open_deep_tiff(file: BinaryIO) -> Image.Image:
    """The first picture as 8-bit ``L``, ``RGB`` or ``RGBA``, turned upright (by OpenCV).

    Floats up to 1 count as black to white, larger ones up to the next of 255, 65535 or their
    maximum. OpenCV checks no sizes, so the header's are checked first; for the decoder process.

    Raises:
        PhotoTooLargeError: by its header.
        ValueError: OpenCV can't read it either.
    """
    import cv2

    header = parse_tiff_file(file)
    width, height = header.number(IMAGE_WIDTH), header.number(IMAGE_LENGTH)
    if not width or not height or width < 1 or height < 1:
        raise ValueError("no size")
    check_size("tiff", (int(width), int(height)))
    file.seek(0)
    try:
        samples = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError(str(error)) from error
    if samples is None or samples.ndim not in (2, 3):
        raise ValueError("no picture")
    levels = _to_bytes(samples)
    if levels.ndim == 3:
        levels = levels[:, :, [2, 1, 0, 3][: levels.shape[2]]]
        if levels.shape[2] < 3:
            levels = levels[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(levels))


def _to_bytes(samples: np.ndarray) -> np.ndarray:
    if samples.dtype == np.uint8:
        return samples
    if np.issubdtype(samples.dtype, np.integer):
        white = float(np.iinfo(samples.dtype).max)
    else:
        samples = np.nan_to_num(samples, posinf=0.0, neginf=0.0)
        largest = float(samples.max(initial=0.0))
        white = next((white for white in _WHITES if largest <= white), largest)
    return np.clip(np.rint(samples * (255.0 / white)), 0, 255).astype(np.uint8)
