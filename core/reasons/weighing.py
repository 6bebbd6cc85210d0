"""A logistic regression with squares and products, as several reasons are weighed by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FARTHEST = 4.0
"""Standard deviations; what lies beyond is taken to be there."""


@dataclass(frozen=True)
class Weighing:
    """What was fitted: features (n,) are standardised by ``mean`` and ``spread`` first."""

    mean: Floats
    spread: Floats
    weights: Floats
    bias: Floats

    @classmethod
    def load(cls, file: Path) -> Weighing:
        """Read a file written by `save`."""
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name].astype(np.float64) for name in arrays.files})

    def save(self, file: Path) -> None:
        """Write a file that `load` reads."""
        np.savez(file, **vars(self))

    def log_odds(self, features: Floats) -> float:
        """The answer for features (n,); 0 is undecided."""
        return float(self.prepared(features) @ self.weights + self.bias)

    def prepared(self, features: Floats) -> Floats:
        """Standardised features (..., n) with all their squares and products behind them."""
        standard = np.clip((features - self.mean) / self.spread, -FARTHEST, FARTHEST)
        first, second = np.triu_indices(standard.shape[-1])
        return np.concatenate([standard, standard[..., first] * standard[..., second]], axis=-1)
