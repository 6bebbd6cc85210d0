"""Exact Grad-CAM without gradients, from the class maps that come with a score.

The head is linear in the last feature map: ``z_k = sum_ij M_kij + b_k`` with class maps
``M_kij = W_k . A_ij / (h w)``. Grad-CAM of a target y (Selvaraju et al., "Grad-CAM", 2017,
section 3) is ``sum_c alpha_c A_c`` with ``alpha_c`` the spatial mean of ``dy/dA_c``. With
``d_k = dy/dz_k`` that is ``sum_k d_k M_k``: a weighted sum of the stored maps. Summed over its
places, the map is the first-order effect of the scene on y.
"""

from __future__ import annotations

import enum

import numpy as np
from PIL import Image

from core.domain import SCORE_BINS, FloatArray, ImageArray, ScoreDistribution

RAISES = (255, 140, 0)
LOWERS = (0, 90, 255)
"""Orange and blue (RGB): told apart with every kind of colour blindness."""

FLAT = 1e-5
"""A map whose values differ by less than this share of their magnitude is the same everywhere."""


class Target(enum.StrEnum):
    """What a map explains."""

    MEAN = "mean"  # the mean score, signed: what raises it, what lowers it
    AVERAGE = "average"  # the paper's: the maps of all classes, weighted by the prediction
    LOGIT = "logit"  # one class's score before the softmax, as Grad-CAM is usually drawn
    PROBABILITY = "probability"  # one class's predicted share


def target_weights(
    distribution: ScoreDistribution, target: Target = Target.MEAN, rating: int | None = None
) -> FloatArray:
    """``dy/dz`` for the target y: ten weights, float32, for the ten class maps.

    With p the predicted distribution and S its mean: ``p_k (k - S)`` for the mean, the one-hot
    vector for class c's logit, ``p_c (onehot_c - p)`` for its probability. The paper's average
    over classes weighted by the prediction is the map of ``sum_c p_c z_c`` with p held fixed:
    the weights are p itself.

    Args:
        distribution: the photo's prediction.
        target: what to explain.
        rating: 1..10, for the two targets about one class.

    Raises:
        ValueError: ``rating`` is missing or outside 1..10 where one is needed.
    """
    p = np.array(distribution.probabilities, np.float64)
    ratings = np.arange(1, SCORE_BINS + 1)
    if target is Target.MEAN:
        weights = p * (ratings - p @ ratings)
    elif target is Target.AVERAGE:
        weights = p
    else:
        if rating is None or not 1 <= rating <= SCORE_BINS:
            raise ValueError(f"{target} needs a rating of 1..{SCORE_BINS}, not {rating}")
        weights = (ratings == rating).astype(np.float64)
        if target is Target.PROBABILITY:
            weights = p[rating - 1] * (weights - p)
    return weights.astype(np.float32)


def saliency_map(
    maps: FloatArray, weights: FloatArray, *, positive_only: bool = False
) -> FloatArray:
    """The target's map (h, w), float32, signed, in the target's own units.

    Args:
        maps: class maps (10, h, w).
        weights: from `target_weights`.
        positive_only: Grad-CAM's final ReLU: keep only what raises the target.
    """
    result = np.tensordot(weights.astype(np.float32), maps.astype(np.float32), axes=1)
    if positive_only:
        result = np.maximum(result, 0.0)
    return np.nan_to_num(result, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def centered(saliency: FloatArray) -> FloatArray:
    """The map minus its mean: where the picture is better or worse than its own average.

    An aesthetic net's raw maps often have one sign everywhere; this brings out the differences.
    """
    return np.asarray(saliency - saliency.mean(dtype=np.float64), np.float32)


def normalized(saliency: FloatArray) -> FloatArray:
    """The map scaled to -1..1 by its largest magnitude.

    All zeros, never NaN, for a map that says nothing about places: the same everywhere.
    """
    peak = float(np.abs(saliency).max(initial=0.0))
    if not np.isfinite(peak) or float(np.ptp(saliency)) <= FLAT * peak:
        return np.zeros_like(saliency, dtype=np.float32)
    return (saliency / np.float32(peak)).astype(np.float32)


def overlay(pixels: ImageArray, saliency: FloatArray, opacity: float = 0.6) -> ImageArray:
    """The photo with the map laid over it: orange where it raises the target, blue where it lowers.

    Args:
        pixels: uint8 (h, w, 3).
        saliency: signed map (rows, columns) of any size; it covers the whole photo and is scaled
            by its largest magnitude. A map of zeros leaves the photo as it is.
        opacity: 0 (the photo alone) .. 1 (the strongest place is pure colour).
    """
    height, width = pixels.shape[:2]
    strength = enlarged(normalized(saliency), width, height)[..., None]
    color = np.where(strength >= 0, np.array(RAISES, np.float32), np.array(LOWERS, np.float32))
    alpha = np.abs(strength) * np.float32(np.clip(opacity, 0.0, 1.0))
    mixed = pixels.astype(np.float32) * (1 - alpha) + color * alpha
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def enlarged(saliency: FloatArray, width: int, height: int) -> FloatArray:
    """The map at the photo's size, smoothly interpolated (cubic, never past the map's extremes)."""
    smooth = Image.fromarray(saliency.astype(np.float32)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(smooth, np.float32), saliency.min(), saliency.max())
