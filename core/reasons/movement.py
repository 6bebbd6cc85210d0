"""Was a blurred face moved, or out of focus? Read from its edges at several widths.

A movement smears edges that lie across it and leaves those along it sharp; a lens out of focus
blurs all alike. How much of their energy edges lose under two known smoothings says how blurred
they are (see `core.reasons.sharpness`); here that is taken along the two extreme directions, for
four pairs of smoothings, and weighed by a logistic regression with squares and products, which
was fitted on moved and unfocused portraits (``tests/benchmarks/reasons_movement.py``).
"""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.domain import FloatArray
from core.reasons.face_view import Mask
from core.reasons.sharpness import energy_kept
from core.reasons.weighing import Weighing

MOVEMENT_FILE = "movement.npz"

PAIRS = ((0.006, 0.012), (0.008, 0.016), (0.012, 0.024), (0.02, 0.04))
"""The smoothings that are compared: standard deviations in widths of the face."""


def movement(grey: FloatArray, mask: Mask, width: float) -> float:
    """Log-odds that a blurred face was moved rather than out of focus; 0 is undecided.

    Args:
        grey: float32 (h, w), 0..255.
        mask: which places count, (h, w); some must.
        width: the face's width in pixels.
    """
    return _bundled().log_odds(movement_features(grey, mask, width))


def movement_features(grey: FloatArray, mask: Mask, width: float) -> NDArray[np.float64]:
    """Logarithms of the gradient that is left, along and across the blur, for each pair: (8,)."""
    found = []
    for narrow, wide in PAIRS:
        values, _ = energy_kept(grey, mask, narrow * width, wide * width)[0]
        found += [0.5 * float(np.log(max(value, 1e-6))) for value in values]
    return np.array(found)


@functools.cache
def _bundled() -> Weighing:
    with resources.as_file(resources.files("resources") / "reasons" / MOVEMENT_FILE) as file:
        return Weighing.load(file)
