"""Fitting `core.reasons.weighing.Weighing`, and judging it by photos it did not learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.reasons.weighing import Floats, Weighing

FOLDS = 5


def fit(features: Floats, answers: NDArray[np.bool_], decay: float) -> Weighing:
    """The regression of answers (n,) on features (n, m); both answers have the same weight."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    blank = Weighing(mean, spread, np.zeros(0), np.zeros(()))
    x = blank.prepared(features)
    x = np.c_[x, np.ones(len(x))]
    say = np.where(answers, 0.5 / answers.mean(), 0.5 / (1 - answers.mean())) / len(x)
    decays = np.append(np.full(x.shape[1] - 1, decay), 1e-8)
    weights = np.zeros(x.shape[1])
    for _ in range(25):  # Newton's steps
        sure = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (say * (sure - answers)) + decays * weights
        bend = (x * (say * sure * (1 - sure))[:, None]).T @ x + np.diag(decays)
        weights -= np.linalg.solve(bend, slope)
    return Weighing(mean, spread, weights[:-1], weights[-1])


def fold_of_name(name: str) -> int:
    """Which regression does not learn from this photo."""
    return hashlib.sha256(name.encode()).digest()[2] % FOLDS


def held_out(
    features: Floats, answers: NDArray[np.bool_], names: Sequence[str], decay: float
) -> Floats:
    """Log-odds (n,) of each sample by a regression that did not learn from its photo."""
    fold = np.array([fold_of_name(name) for name in names])
    found = np.zeros(len(names))
    for number in range(FOLDS):
        rest = fold != number
        fitted = fit(features[rest], answers[rest], decay)
        found[~rest] = fitted.prepared(features[~rest]) @ fitted.weights + fitted.bias
    return found
