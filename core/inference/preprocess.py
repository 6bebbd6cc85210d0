"""From pixels to a model's input tensor, as its card says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain import ImageArray
from core.inference.cards import ImageInput

LEAST_LEFT = 1.5
"""Pixels that halving must leave, each way, for each one wanted.

Means of whole squares first, then over uneven areas, take a quarter of the time of one pass. Boxes
of faces move by 0.5 % of their width (median of 142 photos), scores by 0.016; as many are found.
"""


def resize(pixels: ImageArray, width: int, height: int, filter_name: str) -> ImageArray:
    """Resize (h, w, 3) or (h, w) uint8 pixels to the given size with the named filter.

    The aspect ratio is not kept. Pillow's filters other than ``nearest`` are antialiased: when
    shrinking, every source pixel counts. ``area`` is OpenCV's, on halved pixels where there are
    far more than wanted (see `LEAST_LEFT`).
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    if filter_name == "area":
        return _resize_area(_coarsened(pixels, width, height), width, height)
    resample = Image.Resampling[filter_name.upper()]
    resized = Image.fromarray(pixels).resize((width, height), resample)
    return np.asarray(resized, dtype=np.uint8)


def _coarsened(pixels: ImageArray, width: int, height: int) -> ImageArray:
    """Means of 2 x 2 pixels (4 x 4, ...), at least `LEAST_LEFT` times what is wanted each way.

    The last rows and columns that make no whole square are left out.
    """
    import cv2

    factor = 1
    while min(pixels.shape[0] / height, pixels.shape[1] / width) >= 2 * factor * LEAST_LEFT:
        factor *= 2
    rows, columns = pixels.shape[0] // factor, pixels.shape[1] // factor
    if factor == 1:
        return pixels
    whole = pixels[: rows * factor, : columns * factor]
    coarse: ImageArray = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return coarse


def letterbox(
    pixels: ImageArray, size: int, filter_name: str
) -> tuple[ImageArray, float, int, int]:
    """The whole picture, aspect ratio kept, centred on a black square of ``size`` pixels.

    Returns:
        the square, how many of its pixels one pixel of the picture takes, and the picture's left
        and top in it.
    """
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - inner_width) // 2, (size - inner_height) // 2
    square = np.zeros((size, size, 3), np.uint8)
    square[top : top + inner_height, left : left + inner_width] = resize(
        pixels, inner_width, inner_height, filter_name
    )
    return square, scale, left, top


def _resize_area(pixels: ImageArray, width: int, height: int) -> ImageArray:
    """OpenCV's INTER_AREA: when shrinking, each pixel is the mean of what it covers."""
    import cv2

    resized = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)


def normalize(pixels: ImageArray, spec: ImageInput) -> NDArray[np.float32]:
    """Pixels of exactly the card's size -> float32 (1, 3, h, w) or (1, h, w, 3), per the card."""
    if pixels.shape != (spec.height, spec.width, 3):
        raise ValueError(f"{spec.name} takes {spec.height}x{spec.width}x3, not {pixels.shape}")
    ordered = pixels[..., ::-1] if spec.color == "BGR" else pixels
    # One channel at a time: NumPy is six times as slow on rows of three.
    planes = np.empty((3, spec.height, spec.width), np.float32)
    for channel, (mean, scale) in enumerate(zip(spec.mean, spec.scale, strict=True)):
        plane = planes[channel]
        np.subtract(ordered[..., channel], np.float32(mean), out=plane, dtype=np.float32)
        np.multiply(plane, np.float32(scale), out=plane)
    if spec.layout == "NHWC":
        return np.ascontiguousarray(planes.transpose(1, 2, 0))[None]
    return planes[None]


def prepare(pixels: ImageArray, spec: ImageInput) -> NDArray[np.float32]:
    """The whole picture as the model wants it: resized, ordered, normalised, with a batch of 1."""
    return normalize(resize(pixels, spec.width, spec.height, spec.filter), spec)
