"""Pixels in the order in which screens want them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageArray


def write_bgra(pixels: ImageArray, target: NDArray[np.uint8]) -> None:
    """Write RGB pixels (h, w, 3) as opaque BGRA into ``target`` (h, w, 4), which may be memory of
    somebody else. Takes 15 ms for 24 Mpx.

    Raises:
        ValueError: the shapes don't fit.
    """
    import cv2

    if target.shape != (*pixels.shape[:2], 4):
        raise ValueError(f"{target.shape} is no place for {pixels.shape}")
    if cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA, dst=target) is not target:
        target[:] = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA)
