"""Light on a face: darkness, burnt-out skin, light from behind, noise."""

from __future__ import annotations

import math

import numpy as np

from core.domain import FloatArray
from core.reasons.face_view import FaceView

BRIGHT_PARTS = 95.0
"""Percentile of lightness that stands for a face's bright parts.

Even dark skin in good light has highlights on brow, nose and cheeks; judging by these rather than
by the average keeps dark skin from being taken for a dark photo.
"""

BURNT = 250
"""From this level on, two of a pixel's three channels count as burnt out."""


def bright_parts(view: FaceView) -> float:
    """Lightness (CIELAB L*, 0..100) of the face's bright parts."""
    return float(np.percentile(view.lab[..., 0][view.skin], BRIGHT_PARTS))


def burnt_skin(view: FaceView) -> float:
    """Share of the skin, in percent, where two channels or all are burnt out."""
    second = np.sort(view.pixels[view.skin], axis=-1)[:, 1]
    return 100.0 * float((second >= BURNT).mean())


def stops_below_surroundings(view: FaceView) -> float | None:
    """How many stops (factors of two in luminance) the face is darker than what is around it.

    ``None`` where nothing around the face is in the photo.
    """
    around = view.surroundings
    if around.sum() < 50:
        return None
    luminance = luminance_of(view.lab[..., 0])
    face = float(np.median(luminance[view.skin]))
    other = float(np.median(luminance[around]))
    return math.log2((other + 0.002) / (face + 0.002))


SHADED = 62.0
"""Bright parts below this: only then is a brighter background a fault and not a choice."""


def luminance_of(lightness: FloatArray) -> FloatArray:
    """Relative luminance Y (0..1) of CIELAB lightness (CIE 15:2004, section 8.2.1, for L* > 8)."""
    return np.asarray(np.maximum((lightness + 16.0) / 116.0, 0.0) ** 3, np.float32)


def noise(grey: FloatArray, mask: FloatArray | None = None) -> float:
    """Standard deviation of the noise in grey levels (of 255), of the smoother parts.

    The mean response of a Laplacian difference that is blind to flat parts and straight edges
    (Immerkaer, "Fast noise variance estimation", 1996), taken over the smoothest fifth of places
    so that texture is not taken for noise.
    """
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))
    local = cv2.blur(response, (9, 9))
    chosen = local if mask is None else local[mask]
    if chosen.size == 0:
        return 0.0
    return float(np.percentile(chosen, 20)) * math.sqrt(math.pi / 2)
