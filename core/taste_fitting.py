"""Fitting the user's taste, and telling whether it may be used.

The correction is a linear pairwise ranker (R. Bradley and M. Terry, "Rank Analysis of Incomplete
Block Designs", 1952): P(a before b) = sigmoid(k (mean_a - mean_b) + w . (x_a - x_b)), with a ridge
penalty on w.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

RIDGE = 5.0
FOLDS = 5
MIN_PAIRS = 60
MIN_SCENES = 8
"""Fewer choices, or choices from fewer days, say nothing about other days."""

CONFIDENCE = 0.95
"""Share of bootstrap draws over scenes in which the correction must win."""

MAX_CORRECTION = 1.0
"""Score units that the correction may add or take at most."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Report:
    """How well choices that were held out are predicted (shares of pairs, 0..1).

    ``confidence`` is the share of draws over scenes in which the correction did better.
    """

    pairs: int
    scenes: int
    model_accuracy: float
    taste_accuracy: float
    confidence: float

    @property
    def earned(self) -> bool:
        """Whether the correction may be used."""
        return (
            self.pairs >= MIN_PAIRS
            and self.scenes >= MIN_SCENES
            and self.taste_accuracy > self.model_accuracy
            and self.confidence >= CONFIDENCE
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """The user's choices as rows: ``difference`` (n, f) of features and ``gap`` (n,) of means,
    chosen minus not chosen, and the scene (n,) that each pair comes from."""

    difference: Array
    gap: Array
    scene: NDArray[np.int64]
    center: Array
    scale: Array


def fit(difference: Array, gap: Array) -> tuple[float, Array]:
    """Slope of the mean's gap and weights of the features, by Newton's method on the ridge loss.

    The slope is kept at 0.5 at least, so that corrections in score units stay finite.
    """
    inputs = np.column_stack([gap, difference])
    penalty = np.full(inputs.shape[1], RIDGE)
    penalty[0] = 0.1
    weights = np.zeros(inputs.shape[1])
    weights[0] = 1.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        gradient = inputs.T @ (chance - 1) + penalty * weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    return max(0.5, float(weights[0])), weights[1:]


def evaluate(choices: Choices) -> Report:
    """Accuracy on scenes left out of the fit, beside the model's own on the same pairs."""
    scenes = np.unique(choices.scene)
    empty = Report(len(choices.gap), len(scenes), 0.0, 0.0, 0.0)
    if len(scenes) < 2:
        return empty
    fold = {int(scene): number % FOLDS for number, scene in enumerate(scenes)}
    folds = np.asarray([fold[int(scene)] for scene in choices.scene])
    taste = np.zeros(len(choices.gap))
    for number in set(folds.tolist()):
        out = folds == number
        slope, weights = fit(choices.difference[~out], choices.gap[~out])
        added = np.clip(
            choices.difference[out] @ (weights / slope), -2 * MAX_CORRECTION, 2 * MAX_CORRECTION
        )
        taste[out] = _right(choices.gap[out] + added)
    plain = _right(choices.gap)
    gains = np.asarray([(taste - plain)[choices.scene == scene].sum() for scene in scenes])
    draws = np.random.default_rng(0).integers(0, len(scenes), (2000, len(scenes)))
    return replace(
        empty,
        model_accuracy=float(plain.mean()),
        taste_accuracy=float(taste.mean()),
        confidence=float((gains[draws].sum(axis=1) > 0).mean()),
    )


def _right(margin: Array) -> Array:
    """1 where the chosen photo comes first, 0.5 for a tie."""
    return np.where(np.abs(margin) < 1e-9, 0.5, (margin > 0).astype(np.float64))
