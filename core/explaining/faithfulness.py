"""Does a map tell the truth? Blur what it calls important, and see whether the score follows.

Deletion and insertion curves (Petsiuk, Das and Saenko, "RISE", 2018, section 4.1), with a blurred
photo instead of a grey one, against orders that know nothing of the photo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.domain import FloatArray, ImageArray, ScoreDistribution
from core.inference.preprocess import resize
from core.inference.saliency import FLAT, Target, enlarged

TENTHS = 10
RANDOM_ORDERS = 8
SIDE = 448
"""Longest side, in pixels, of the picture that is blurred and scored."""

BLUR = 0.06
"""Standard deviation of the blur, in longest sides: what it covers shows no detail any more."""

RANDOM_GRID = 7
"""Random orders have the grain of the maps, so that only their places differ."""

Predict = Callable[[ImageArray], ScoreDistribution]


@dataclass(frozen=True, slots=True)
class Check:
    """What blurring by the map's order did, in the target's units (score points for the mean).

    ``deletion`` and ``insertion`` are the target after 0, 1 .. 10 tenths of the photo were
    blurred, or shown again, the places first that raise the target most. An ``auc`` is a curve's
    average; the lower for deletion and the higher for insertion, the truer the map.

    ``informative``: deletion lies below the random orders' average, insertion above theirs, and
    the two gains together exceed one standard deviation of the same sum over the random orders.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    deletion_auc: float
    insertion_auc: float
    random_deletion_auc: float
    random_insertion_auc: float
    informative: bool


def check_map(
    pixels: ImageArray,
    whole_map: FloatArray,
    predict: Predict,
    target: Target = Target.MEAN,
    rating: int | None = None,
    *,
    random_orders: int = RANDOM_ORDERS,
) -> Check:
    """Check one map on its photo; about ``20 + 20 random_orders`` model runs.

    Args:
        pixels: uint8 (h, w, 3).
        whole_map: signed map over the whole photo, any size.
        predict: the whole model's prediction for a changed photo.
        target: what the map explains.
        rating: for the targets about one class.
        random_orders: how many orders to compare with (fixed seeds).
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    sharp = resize(pixels, *size, "box")
    blurred = _blurred(sharp)
    value = _value(predict(sharp), target, rating)
    own = _curves(sharp, blurred, enlarged(whole_map, *size), predict, value)
    others = [
        _curves(sharp, blurred, _random_map(seed, *size), predict, value)
        for seed in range(random_orders)
    ]
    deletion, insertion = (float(np.mean(curve)) for curve in own)
    random_deletion, random_insertion = (
        np.array([float(np.mean(curves[which])) for curves in others]) for which in (0, 1)
    )
    fall = float(random_deletion.mean()) - deletion
    rise = insertion - float(random_insertion.mean())
    spread = float((random_insertion - random_deletion).std())
    flat = float(np.ptp(whole_map)) <= FLAT * float(np.abs(whole_map).max(initial=0.0))
    return Check(
        deletion=own[0],
        insertion=own[1],
        deletion_auc=deletion,
        insertion_auc=insertion,
        random_deletion_auc=float(random_deletion.mean()),
        random_insertion_auc=float(random_insertion.mean()),
        informative=not flat and fall > 0 and rise > 0 and fall + rise > spread,
    )


def _value(
    start: ScoreDistribution, target: Target, rating: int | None
) -> Callable[[ScoreDistribution], float]:
    """The target as a number: the mean score, the class's share in percent, or the paper's average
    (sum of ``p_k log p'_k`` with the photo's own p held fixed)."""
    if target is Target.MEAN:
        return lambda predicted: predicted.mean
    if target is Target.AVERAGE:
        weights = start.probabilities
        return lambda predicted: float(
            sum(
                w * np.log(max(p, 1e-12))
                for w, p in zip(weights, predicted.probabilities, strict=True)
            )
        )
    if rating is None:
        raise ValueError(f"{target} needs a rating")
    return lambda predicted: 100.0 * predicted.probabilities[rating - 1]


def _curves(
    sharp: ImageArray,
    blurred: ImageArray,
    order: FloatArray,
    predict: Predict,
    value: Callable[[ScoreDistribution], float],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Deletion and insertion: the target after every tenth."""
    ranks = np.empty(order.size, np.int64)
    ranks[np.argsort(-order.ravel(), kind="stable")] = np.arange(order.size)
    tenth = (ranks * TENTHS // order.size).reshape(order.shape)
    curves = []
    for first, then in ((sharp, blurred), (blurred, sharp)):
        curves.append(
            tuple(
                value(predict(np.where((tenth < done)[..., None], then, first)))
                for done in range(TENTHS + 1)
            )
        )
    return curves[0], curves[1]


def _random_map(seed: int, width: int, height: int) -> FloatArray:
    noise = np.random.default_rng(seed).normal(size=(RANDOM_GRID, RANDOM_GRID))
    return enlarged(noise.astype(np.float32), width, height)


def _blurred(pixels: ImageArray) -> ImageArray:
    import cv2

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR * max(pixels.shape[:2])), np.uint8)
