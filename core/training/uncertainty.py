"""How far two scores must lie apart before the order means something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.inference.cards import UncertaintyRule
from core.training.metrics import Array

CONFIDENCE = 0.8
"""Two photos whose scores differ by more than their uncertainty are ordered as people order them
in this share of cases; closer ones are "too close to call"."""


def pair_agreement(predicted: Array, truth: Array, width: float) -> float:
    """Share of photo pairs further apart than ``width`` in prediction that people order alike.

    Pairs that people rate equal count half. NaN when no pair is that far apart.
    """
    first, second = np.triu_indices(len(truth), 1)
    gap = predicted[first] - predicted[second]
    chosen = np.abs(gap) > width
    if not chosen.any():
        return float("nan")
    order = np.sign(gap[chosen]) * np.sign(truth[first] - truth[second])[chosen]
    return float(np.mean((order + 1) / 2))


def close_call_width(
    predicted: Array, truth: Array, confidence: float = CONFIDENCE, steps: int = 200
) -> float:
    """The smallest difference of predicted means beyond which pairs are ordered right in
    ``confidence`` of cases; held-out predictions in, score units out."""
    limit = float(np.ptp(predicted))
    for width in np.linspace(0.0, limit, steps):
        share = pair_agreement(predicted, truth, float(width))
        if np.isfinite(share) and share >= confidence:
            return float(width)
    return limit


def fit_rule(
    predicted: Array,
    spreads: Array,
    truth: Array,
    confidence: float = CONFIDENCE,
    bins: int = 4,
) -> UncertaintyRule:
    """The card's rule ``base + per_std * std`` from held-out predictions.

    ``per_std`` follows how the absolute error grows with the predicted standard deviation (least
    squares over quantile bins, never negative); the level is then set so that the typical photo's
    value is `close_call_width`.
    """
    width = close_call_width(predicted, truth, confidence)
    scale = np.std(truth) / max(float(np.std(predicted)), 1e-6)
    aligned = (predicted - predicted.mean()) * min(scale, 1.0) + truth.mean()
    error = np.abs(aligned - truth)
    edges = np.quantile(spreads, np.linspace(0, 1, bins + 1))
    where: NDArray[np.intp] = np.clip(
        np.searchsorted(edges, spreads, side="right") - 1, 0, bins - 1
    )
    x = np.array([spreads[where == k].mean() for k in range(bins) if (where == k).any()])
    y = np.array([error[where == k].mean() for k in range(bins) if (where == k).any()])
    slope = float(np.polyfit(x, y, 1)[0]) if len(x) > 1 and np.ptp(x) > 1e-6 else 0.0
    relative = max(0.0, slope) / max(float(error.mean()), 1e-6) * width
    typical = float(np.median(spreads))
    relative = min(relative, width / typical) if typical > 0 else 0.0
    base = max(0.0, round(width - relative * typical, 6))
    return UncertaintyRule(base=base, per_std=relative)
