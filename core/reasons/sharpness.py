"""How blurred a face is, in every direction, measured on its own edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import FloatArray
from core.reasons.face_view import Mask

NARROW, WIDE = 0.008, 0.016
"""The two smoothing widths that are compared, in widths of the face."""

LEAST_NARROW = 0.7
"""Pixels; below this a Gaussian's derivative is not that of a Gaussian any more."""

STRONG_EDGES = 75.0
"""Percentile of the gradient from which a place counts as an edge."""

WIDEST = 1.0
"""No blur is said to be wider than the face."""


@dataclass(frozen=True, slots=True)
class Blur:
    """Standard deviation of the blur, in widths of the face.

    ``worst`` is along the direction ``angle`` (radians, 0 is horizontal, clockwise as seen),
    ``least`` across it. Camera shake and movement blur along one direction only.
    """

    worst: float
    least: float
    angle: float

    @property
    def ratio(self) -> float:
        """How many times wider the blur is along its direction than across it, 1.. ."""
        return self.worst / max(self.least, 1e-6)


def measure_blur(grey: FloatArray, mask: Mask, width: float) -> Blur:
    """The blur of a face's edges.

    Every edge is smoothed by two known Gaussians a < b. An edge that was blurred by sigma before
    keeps the share ``R^2 = (sigma^2 + b^2) / (sigma^2 + a^2)`` of its gradient's energy, which
    gives sigma whatever the edge's contrast (Zhuo and Sim, "Defocus map estimation from a single
    image", 2011, section 3). Here R^2 comes from the sums of gradients over all strong edges, for
    all directions at once: the extremes are the generalised eigenvalues of the two structure
    tensors.

    Args:
        grey: float32 (h, w), 0..255.
        mask: which places count, (h, w).
        width: the face's width in pixels.
    """
    if not mask.any():
        return Blur(WIDEST, WIDEST, 0.0)
    (values, vectors), narrow, wide = energy_kept(grey, mask, NARROW * width, WIDE * width)
    sigmas = [_sigma(float(value), narrow, wide) / width for value in values]
    worst = int(np.argmax(sigmas))
    direction = vectors[:, worst]
    return Blur(
        worst=min(WIDEST, sigmas[worst]),
        least=min(WIDEST, sigmas[1 - worst]),
        angle=math.atan2(float(direction[1]), float(direction[0])) % math.pi,
    )


Extremes = tuple[NDArray[np.float64], NDArray[np.float64]]


def energy_kept(
    grey: FloatArray, mask: Mask, narrow: float, wide: float
) -> tuple[Extremes, float, float]:
    """``R^2`` along its two extreme directions, and the smoothings in fact compared (pixels).

    The extremes are values (2,), the least first, and directions as columns (2, 2).

    Args:
        grey: float32 (h, w).
        mask: which places count, (h, w); some must.
        narrow: the lesser smoothing's standard deviation in pixels, a little more where a
            Gaussian could not be that narrow.
        wide: the greater one's, at least twice the lesser.
    """
    narrow = max(narrow, LEAST_NARROW)
    wide = max(wide, 2 * narrow)
    ax, ay = _gradient(grey, narrow)
    bx, by = _gradient(grey, wide)
    strength = np.hypot(bx, by)
    edges = mask & (strength >= np.percentile(strength[mask], STRONG_EDGES))
    before, after = _tensor(ax[edges], ay[edges]), _tensor(bx[edges], by[edges])
    return _generalised(before, after), narrow, wide


def _gradient(grey: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    kernel = np.array([-0.5, 0.0, 0.5], np.float32)
    one = np.ones(1, np.float32)
    return (
        np.asarray(cv2.sepFilter2D(smooth, cv2.CV_32F, kernel, one), np.float32),
        np.asarray(cv2.sepFilter2D(smooth, cv2.CV_32F, one, kernel), np.float32),
    )


def _tensor(x: FloatArray, y: FloatArray) -> NDArray[np.float64]:
    gradients = np.stack([x, y]).astype(np.float64)
    return np.asarray(gradients @ gradients.T)


def _generalised(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solutions of ``first v = value second v`` for symmetric 2x2 matrices; columns are v."""
    ridge = 1e-9 * max(float(np.trace(second)), 1e-6)
    root = np.linalg.cholesky(second + ridge * np.eye(2))
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ first @ inverse.T)
    return values, inverse.T @ vectors


def _sigma(ratio: float, narrow: float, wide: float) -> float:
    """The blur that keeps this share of the energy, in pixels."""
    if ratio <= 1.0:
        return math.inf
    return math.sqrt(max(0.0, (wide**2 - ratio * narrow**2) / (ratio - 1.0)))
