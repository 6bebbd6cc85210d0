"""Is a photo's white balance off? Judged by the face and its frame together.

Skin alone does not tell an orange cast from a tan, nor a scene's colours alone a cast from a red
wall. So the colour of the skin, of the eyes' whites, of the frame's mean, of its brightest parts
and of its edges (van de Weijer, Gevers and Gijsenij, "Edge-based color constancy", 2007) are
weighed by a logistic regression with squares and products, which was fitted on portraits of which
each was given several casts (``tests/benchmarks/reasons_cast.py``).
"""

from __future__ import annotations

import functools
import math
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.domain import FloatArray, ImageArray
from core.reasons.face_view import LEFT_EYE, RIGHT_EYE, FaceView
from core.reasons.frame import reduced
from core.reasons.weighing import Weighing

CAST_FILE = "cast.npz"

FRAME_SIDE = 256
SKIN_PIXELS = 2000
LEAST_EYES = 12
"""Pixels of the eyes below which they are not asked."""

GREY = 8.0
"""Chroma that nine in ten places of a photo stay below when it is black and white."""

BRIGHTEST, WHITES = 95.0, 70.0
"""Percentiles of brightness from which a place is one of the frame's brightest, an eye's white."""


def colour_cast(pixels: ImageArray, view: FaceView) -> float:
    """How surely the colours are off, 0..100; 0 for black-and-white photos.

    Args:
        pixels: the photo, uint8 (h, w, 3).
        view: of its face.
    """
    features = cast_features(*samples(pixels, view))
    if features is None:
        return 0.0
    return 100.0 / (1.0 + math.exp(-max(-60.0, min(60.0, fitted().log_odds(features)))))


def samples(pixels: ImageArray, view: FaceView) -> tuple[ImageArray, ImageArray, ImageArray]:
    """What is judged: pixels of the skin (n, 3), of the eyes (m, 3), and the frame made small."""
    skin = view.pixels[view.skin]
    skin = skin[:: max(1, len(skin) // SKIN_PIXELS)]
    eyes = view.pixels[view.area(LEFT_EYE, RIGHT_EYE) & view.inside]
    return skin, eyes, reduced(pixels, FRAME_SIDE)


def cast_features(
    skin: ImageArray, eyes: ImageArray, small: ImageArray
) -> NDArray[np.float64] | None:
    """Eighteen colours and shares of colour; ``None`` for a photo in black and white."""
    import cv2

    frame_lab = _lab(small).reshape(-1, 3)
    spread = [np.percentile(frame_lab[:, channel], (5, 50, 95)) for channel in (1, 2)]
    if np.abs(spread).max() < GREY:
        return None
    light = _linear(small)
    smooth = cv2.GaussianBlur(light, (0, 0), 1.0)
    edges = sum(np.abs(np.diff(smooth, axis=axis)).mean(axis=(0, 1)) for axis in (0, 1))
    each = light.reshape(-1, 3)
    total = each.sum(axis=1)
    bright = each[(total >= np.percentile(total, BRIGHTEST)) & (each.max(axis=1) < 0.995)]
    skin_lab = np.median(_lab(skin[:, None])[:, 0], axis=0)
    whites = skin_lab
    if len(eyes) > LEAST_EYES:
        lab = _lab(eyes[:, None])[:, 0]
        whites = np.median(lab[lab[:, 0] >= np.percentile(lab[:, 0], WHITES)], axis=0)
    parts = [
        skin_lab,
        _balance(each.mean(axis=0)),
        _balance(edges),
        _balance(bright.mean(axis=0)) if len(bright) > 5 else np.zeros(2),
        *spread,
        whites,
    ]
    return np.concatenate(parts).astype(np.float64)


def _balance(light: FloatArray) -> FloatArray:
    """Logarithms of red and blue over green."""
    logs = np.log(np.maximum(light, 1e-4))
    return np.array([logs[0] - logs[1], logs[2] - logs[1]], np.float32)


def _lab(pixels: ImageArray) -> FloatArray:
    import cv2

    scaled = pixels.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def _linear(pixels: ImageArray) -> FloatArray:
    """sRGB 0..255 as linear light 0..1 (IEC 61966-2-1)."""
    x = pixels.astype(np.float32) / np.float32(255)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


@functools.cache
def fitted() -> Weighing:
    """What was fitted on casts."""
    with resources.as_file(resources.files("resources") / "reasons" / CAST_FILE) as file:
        return Weighing.load(file)
