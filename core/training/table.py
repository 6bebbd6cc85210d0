"""The table of embedding sizes: what stands in it, and the one that an ablation kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.training.metrics import (
    THRESHOLD,
    Agreement,
    Array,
    Interval,
    advantage,
    agreement,
    mean_scores,
)

PROGRESS_FILE = "ablation.npz"


@dataclass(frozen=True, slots=True)
class AblationRow:
    """One size: agreement over all held-out photos and over the portraits among them, and the
    advantage in SRCC over size 0 (``None`` for size 0 itself)."""

    size: int
    overall: Agreement
    portraits: Agreement | None
    gain: Interval | None
    portrait_gain: Interval | None
    predicted: Array = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ablation:
    """All sizes on the same folds."""

    encoder: str
    folds: int
    rows: tuple[AblationRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "encoder": self.encoder,
            "folds": self.folds,
            "rows": [
                {
                    "size": row.size,
                    "all": row.overall.as_dict(),
                    "portraits": row.portraits.as_dict() if row.portraits else None,
                    "srcc_gain": _plain(row.gain),
                    "srcc_gain_portraits": _plain(row.portrait_gain),
                }
                for row in self.rows
            ],
        }


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.value, interval.low, interval.high]


def read_table(
    folder: Path,
    truth: Array,
    groups: Sequence[str],
    portraits: NDArray[np.bool_],
    threshold: float = THRESHOLD,
) -> Ablation:
    """The finished table that `ablate` kept in ``folder``, without training anything.

    ``truth`` (n, 10), ``groups`` and ``portraits`` are of the same photos in the same order. Raises
    ``UsageError`` when there is no table, it is of other photos, or not one size is finished.
    """
    file = folder / PROGRESS_FILE
    if not file.is_file():
        raise UsageError(f"There is no table of embedding sizes in {folder}.")
    with np.load(file, allow_pickle=False) as stored:
        signature = json.loads(str(stored["signature"]))
        parts = {name: stored[name] for name in stored.files if name != "signature"}
    fold_of = np.array(signature["folds"], np.intp)
    if len(fold_of) != len(truth) or not np.isclose(signature["ratings"], sum_of(truth)):
        raise UsageError(f"The table in {folder} is of other photos.")
    folds = int(fold_of.max()) + 1
    predictions = {}
    for size in sorted({int(name.split("-")[0]) for name in parts if name[0].isdigit()}):
        if all(f"{size}-{fold}" in parts for fold in range(folds)):
            found = np.empty((len(truth), 10), np.float64)
            for fold in range(folds):
                found[fold_of == fold] = parts[f"{size}-{fold}"]
            predictions[size] = found
    if 0 not in predictions:
        raise UsageError(f"The table in {folder} is not finished; call ablate again.")
    rows = tuple(
        table_row(s, predictions, truth, list(groups), portraits, threshold) for s in predictions
    )
    return Ablation(str(signature["encoder"]), folds, rows)


def sum_of(targets: Array) -> float:
    """One number that tells ratings of other photos, or in another order of levels, apart."""
    return float(np.asarray(targets, np.float32).astype(np.float64).sum(axis=0) @ np.arange(10))


def table_row(
    size: int,
    predictions: dict[int, Array],
    truth: Array,
    groups: list[str],
    portraits: NDArray[np.bool_],
    threshold: float,
) -> AblationRow:
    """One size against people and against size 0; ``predictions`` by size, (n, 10) held out."""
    means = mean_scores(truth)
    chosen = np.flatnonzero(portraits)
    some = [groups[i] for i in chosen]
    predicted = predictions[size]
    scores, base = mean_scores(predicted), mean_scores(predictions[0])
    enough = len(chosen) >= 3
    return AblationRow(
        size=size,
        overall=agreement(predicted, truth, threshold=threshold, groups=groups),
        portraits=agreement(predicted[chosen], truth[chosen], threshold=threshold, groups=some)
        if enough
        else None,
        gain=advantage(scores, base, means, groups) if size else None,
        portrait_gain=advantage(scores[chosen], base[chosen], means[chosen], some)
        if size and enough
        else None,
        predicted=predicted,
    )
