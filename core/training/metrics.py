"""Agreement with people: accuracy, linear and rank correlation, earth mover's distance.

Plain NumPy, so that a model can be judged without PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import SCORE_BINS
from core.errors import UsageError

Array = NDArray[np.float64]

THRESHOLD = 5.5
"""A photo counts as good above this mean: the middle of 1..10 (Talebi and Milanfar, section 4)."""

RESAMPLES = 1000
LEVELS = np.arange(1, SCORE_BINS + 1, dtype=np.float64)


def mean_scores(distributions: Array) -> Array:
    """(n, 10) distributions -> (n,) means, 1..10."""
    return np.asarray(distributions, np.float64) @ LEVELS


def spreads(distributions: Array) -> Array:
    """(n, 10) distributions -> (n,) standard deviations of the ratings."""
    shares = np.asarray(distributions, np.float64)
    means = shares @ LEVELS
    return np.sqrt(np.maximum(shares @ LEVELS**2 - means**2, 0.0))


def ranks(values: Array) -> Array:
    """Ranks from 1, ties sharing their average."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[inverse.ravel()], np.float64)


def lcc(predicted: Array, truth: Array) -> float:
    """Pearson's correlation; NaN where either side is constant."""
    a = np.asarray(predicted, np.float64) - np.mean(predicted)
    b = np.asarray(truth, np.float64) - np.mean(truth)
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else float("nan")


def srcc(predicted: Array, truth: Array) -> float:
    """Spearman's rank correlation: Pearson's of the ranks, ties averaged."""
    return lcc(ranks(predicted), ranks(truth))


def accuracy(predicted: Array, truth: Array, threshold: float = THRESHOLD) -> float:
    """Share of photos that prediction and truth put on the same side of ``threshold``."""
    return float(np.mean((np.asarray(predicted) > threshold) == (np.asarray(truth) > threshold)))


def normalised(values: Array) -> Array:
    """Zero mean, unit standard deviation."""
    spread = float(np.std(values))
    return np.asarray((values - np.mean(values)) / (spread if spread > 0 else 1.0), np.float64)


def normalised_accuracy(predicted: Array, truth: Array) -> float:
    """Accuracy after normalising both sides, each at its own mean (the paper's table 3): whether
    a photo is better than the average one, wherever the two scales lie."""
    return accuracy(normalised(predicted), normalised(truth), 0.0)


def emd(predicted: Array, truth: Array, r: float = 1.0) -> float:
    """Mean earth mover's distance of (n, 10) distributions; r = 1 is what NIMA reports."""
    gap = np.abs(np.cumsum(np.asarray(predicted) - np.asarray(truth), axis=1))
    return float(np.mean(np.mean(gap**r, axis=1) ** (1.0 / r)))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % bootstrap interval over photos (or groups of photos)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    n: int,
    groups: list[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile interval of ``statistic(indices)`` under resampling with replacement.

    With ``groups`` whole groups are drawn: photos of one theme are not independent. Resamples on
    which the statistic is not defined are left out.
    """
    value = statistic(np.arange(n))
    generator = np.random.default_rng(seed)
    if groups is None:
        members = [np.array([i]) for i in range(n)]
    else:
        names = {name: k for k, name in enumerate(dict.fromkeys(groups))}
        owner = np.array([names[name] for name in groups])
        members = [np.flatnonzero(owner == k) for k in range(len(names))]
    drawn = []
    for _ in range(resamples):
        chosen = generator.integers(0, len(members), len(members))
        drawn.append(statistic(np.concatenate([members[k] for k in chosen])))
    defined = np.array([d for d in drawn if np.isfinite(d)])
    if not len(defined):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value, float(low), float(high))


@dataclass(frozen=True, slots=True)
class Spread:
    """How predictions lie on the scale: the columns of the paper's table 1."""

    mean: float
    median: float
    std: float
    min: float
    max: float

    @classmethod
    def of(cls, scores: Array) -> Spread:
        """Statistics of (n,) scores."""
        return cls(
            float(np.mean(scores)),
            float(np.median(scores)),
            float(np.std(scores)),
            float(np.min(scores)),
            float(np.max(scores)),
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """One model against people on one set of photos.

    ``accuracy`` splits both sides at ``threshold``, ``normalised_accuracy`` each at its own mean.
    """

    n: int
    threshold: float
    accuracy: Interval
    normalised_accuracy: Interval
    lcc: Interval
    srcc: Interval
    emd: Interval | None
    predicted: Spread
    truth: Spread

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON and cards."""
        return asdict(self)


def agreement(
    predicted: Array,
    truth: Array,
    *,
    threshold: float = THRESHOLD,
    groups: list[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Compare predictions with ratings.

    Both are (n, 10) distributions or (n,) means; the EMD needs distributions on both sides.
    Raises ``UsageError`` for fewer than three photos.
    """
    n = len(truth)
    if n < 3:
        raise UsageError(f"At least three rated photos are needed to compare, there are {n}.")
    scores = mean_scores(predicted) if np.ndim(predicted) == 2 else np.asarray(predicted, float)
    means = mean_scores(truth) if np.ndim(truth) == 2 else np.asarray(truth, float)

    def interval(statistic: Callable[[NDArray[np.intp]], float]) -> Interval:
        return bootstrap(statistic, n, groups, resamples, seed)

    distance = None
    if np.ndim(predicted) == 2 and np.ndim(truth) == 2:
        distance = interval(lambda i: emd(predicted[i], truth[i]))
    return Agreement(
        n=n,
        threshold=threshold,
        accuracy=interval(lambda i: accuracy(scores[i], means[i], threshold)),
        normalised_accuracy=interval(lambda i: normalised_accuracy(scores[i], means[i])),
        lcc=interval(lambda i: lcc(scores[i], means[i])),
        srcc=interval(lambda i: srcc(scores[i], means[i])),
        emd=distance,
        predicted=Spread.of(scores),
        truth=Spread.of(means),
    )


def advantage(
    better: Array,
    baseline: Array,
    truth: Array,
    groups: list[str] | None = None,
    resamples: int = RESAMPLES,
) -> Interval:
    """SRCC of ``better`` minus SRCC of ``baseline`` on the same photos, resampled together."""
    return bootstrap(
        lambda i: srcc(better[i], truth[i]) - srcc(baseline[i], truth[i]),
        len(truth),
        groups,
        resamples,
    )
