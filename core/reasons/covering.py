"""Is a face covered? A small network over the face descriptor's last map.

Two layers look at each of the map's 7x7 places and its neighbours and say how surely something
covers it; the face is judged by all places together. Fitted on portraits with coverings made over
them (``tests/benchmarks/reasons_cover.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.domain import FloatArray

LARGE, LARGER = 6, 10
"""Numbers of surest places whose mean is looked at: coverings of two sizes."""


@dataclass(frozen=True)
class CoverNet:
    """The fitted network.

    Attributes:
        values: its arrays, by the names that ``fit_cover`` gives them.
        inside: which of the places lie on the face, (49,).
    """

    values: Mapping[str, NDArray[np.float32]] = field(repr=False)
    inside: NDArray[np.bool_] = field(repr=False)

    def certainty(self, places: FloatArray) -> float:
        """How surely something covers about a quarter of the face or more, 0..1.

        Args:
            places: the descriptor's last map, (49, channels).
        """
        hidden = np.maximum(places @ self._of("first") + self._of("place"), 0.0)
        hidden = np.maximum(_convolved(hidden, self._of("second")) + self._of("second_bias"), 0.0)
        sure = _sigmoid(hidden @ self._of("mask") + self._of("mask_bias")) * self.inside
        ordered = np.sort(sure)
        gathered = np.concatenate(
            [
                hidden.mean(axis=0),
                hidden.max(axis=0),
                [ordered[-LARGE:].mean(), ordered[-LARGER:].mean(), sure.sum() / self.inside.sum()],
            ]
        )
        odds = gathered @ self._of("whole") + self._of("whole_bias")
        return float(_sigmoid(odds)[0])

    def _of(self, name: str) -> NDArray[np.float32]:
        return self.values[f"cover_{name}"]


def _sigmoid(odds: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -60.0, 60.0))), np.float32)


def _convolved(places: FloatArray, kernel: NDArray[np.float32]) -> FloatArray:
    """Places (n * n, channels) under a kernel (3, 3, channels in, channels out), zeros around."""
    side = round(len(places) ** 0.5)
    padded = np.pad(places.reshape(side, side, -1), ((1, 1), (1, 1), (0, 0)))
    windows = [padded[y : y + side, x : x + side] for y in range(3) for x in range(3)]
    stacked = np.concatenate(windows, axis=-1).reshape(side * side, -1)
    return np.asarray(stacked @ kernel.reshape(-1, kernel.shape[-1]), np.float32)
