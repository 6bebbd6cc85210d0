"""Where on 1..10 a trained model's scores lie: a tilt and a temperature, folded into the weights.

Both keep the distribution a softmax of an affine function, so explanations stay exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.domain import SCORE_BINS
from core.training.metrics import LEVELS, Array
from core.training.networks import FusedNetwork

STEPS = 60


@dataclass(frozen=True, slots=True)
class Scale:
    """``logits' = sharpness * logits + tilt * (k - 5.5)``; (1, 0) changes nothing."""

    sharpness: float = 1.0
    tilt: float = 0.0

    def apply(self, logits: Array) -> Array:
        """(n, 10) logits -> (n, 10) distributions on the calibrated scale."""
        moved = self.sharpness * logits + self.tilt * (LEVELS - LEVELS.mean())
        moved = np.exp(moved - moved.max(axis=1, keepdims=True))
        return np.asarray(moved / moved.sum(axis=1, keepdims=True), np.float64)


def fit_scale(logits: Array, level: float, spread: float | None = None) -> Scale:
    """The scale on which these photos' means average ``level`` and, if given, have standard
    deviation ``spread`` (as far as sharpness within 0.5..2 reaches it)."""

    def tilt_for(sharpness: float) -> float:
        low, high = -3.0, 3.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            mean = float((Scale(sharpness, middle).apply(logits) @ LEVELS).mean())
            low, high = (middle, high) if mean < level else (low, middle)
        return (low + high) / 2

    if spread is None:
        return Scale(1.0, tilt_for(1.0))
    low, high = 0.5, 2.0
    for _ in range(STEPS // 2):
        middle = (low + high) / 2
        found = float((Scale(middle, tilt_for(middle)).apply(logits) @ LEVELS).std())
        low, high = (middle, high) if found < spread else (low, middle)
    sharpness = (low + high) / 2
    return Scale(sharpness, tilt_for(sharpness))


def rescale(network: FusedNetwork, scale: Scale) -> None:
    """Fold the scale into the dense layer."""
    steps = torch.arange(SCORE_BINS, dtype=torch.float32) - (SCORE_BINS - 1) / 2
    with torch.no_grad():
        network.dense.weight.mul_(scale.sharpness)
        network.dense.bias.mul_(scale.sharpness).add_(scale.tilt * steps)
