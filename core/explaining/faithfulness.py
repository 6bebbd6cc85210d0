"""Does a map tell the truth? Blur what it calls important, and see whether the score follows.

Deletion and insertion curves (Petsiuk, Das and Saenko, "RISE", 2018, section 4.1), with a blurred
photo instead of a grey one, against orders that know nothing of the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.domain import FloatArray, ImageArray, ScoreDistribution
from core.inference.preprocess import resize
from core.inference.saliency import FLAT, Target, enlarged

TENTHS = 10
RANDOM_ORDERS = 6
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
    average; the lower for deletion and the higher for insertion, the truer the map. ``random_auc``
    is the average over random orders, for which both are the same: showing again in one order is
    blurring in the opposite one, backwards.

    ``informative``: deletion lies below the random orders' average, insertion above it, and the
    two gains together exceed one standard deviation of what a pair of random orders would give.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    deletion_auc: float
    insertion_auc: float
    random_auc: float
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
    """Check one map on its photo; about ``20 + 9 random_orders`` model runs.

    Args:
        pixels: uint8 (h, w, 3).
        whole_map: signed map over the whole photo, any size.
        predict: the whole model's prediction for a changed photo.
        target: what the map explains.
        rating: for the targets about one class.
        random_orders: how many orders to compare with (fixed seeds), at least 2.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    sharp = resize(pixels, *size, "box")
    blurred = _blurred(sharp)
    value = _value(predict(sharp), target, rating)
    ends = value(predict(sharp)), value(predict(blurred))

    def deletion_by(order: FloatArray) -> tuple[float, ...]:
        between = (value(predict(picture)) for picture in _between(sharp, blurred, order))
        return ends[0], *between, ends[1]

    order = enlarged(whole_map, *size)
    deletion = deletion_by(order)
    insertion = deletion_by(-order)[::-1]
    others = np.array(
        [np.mean(deletion_by(_random_map(seed, *size))) for seed in range(random_orders)]
    )
    fall = float(others.mean() - np.mean(deletion))
    rise = float(np.mean(insertion) - others.mean())
    spread = float(np.sqrt(2.0) * others.std(ddof=1))
    flat = float(np.ptp(whole_map)) <= FLAT * float(np.abs(whole_map).max(initial=0.0))
    return Check(
        deletion=deletion,
        insertion=insertion,
        deletion_auc=float(np.mean(deletion)),
        insertion_auc=float(np.mean(insertion)),
        random_auc=float(others.mean()),
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


def _between(sharp: ImageArray, blurred: ImageArray, order: FloatArray) -> Iterator[ImageArray]:
    """The photo with the first 1, 2 .. 9 tenths blurred, the highest places of ``order`` first."""
    ranks = np.empty(order.size, np.int64)
    ranks[np.argsort(-order.ravel(), kind="stable")] = np.arange(order.size)
    tenth = (ranks * TENTHS // order.size).reshape(order.shape)
    for done in range(1, TENTHS):
        yield np.where((tenth < done)[..., None], blurred, sharp)


def _random_map(seed: int, width: int, height: int) -> FloatArray:
    noise = np.random.default_rng(seed).normal(size=(RANDOM_GRID, RANDOM_GRID))
    return enlarged(noise.astype(np.float32), width, height)


def _blurred(pixels: ImageArray) -> ImageArray:
    import cv2

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR * max(pixels.shape[:2])), np.uint8)
