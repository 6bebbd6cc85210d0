"""The paper's table 2: agreement with people against the size of the face embedding."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.training import ratings
from core.training.head import Steadying
from core.training.metrics import (
    THRESHOLD,
    Agreement,
    Array,
    Interval,
    advantage,
    agreement,
    mean_scores,
)
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, silent
from core.training.samples import TrainingSet, Views
from core.training.settings import REPORTING_SEED, Settings
from core.training.train import new_network, predict, train

SIZES = (0, 128, 512, 1024, 2048, 4096)
"""The paper's sizes; those beyond the encoder's length are left out."""

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


def usable_sizes(width: int, wanted: Sequence[int] = SIZES) -> tuple[int, ...]:
    """The wanted sizes that the encoder reaches, ascending, 0 always among them."""
    return tuple(sorted({0, *(size for size in wanted if 0 <= size <= width)}))


class FinishedFolds:
    """Held-out predictions of finished folds by name (``<size>-<fold>``), kept in a folder so that
    an interrupted table goes on; without a folder in memory alone.

    Raises ``UsageError`` when the folder holds a table with other settings or photos.
    """

    def __init__(
        self,
        folder: Path | None,
        photos: TrainingSet,
        settings: Settings,
        encoder: str,
        fold_of: NDArray[np.intp],
    ) -> None:
        self._file = None if folder is None else folder / PROGRESS_FILE
        self._signature = json.dumps(
            {
                "settings": settings.as_dict(),
                "encoder": encoder,
                "folds": fold_of.tolist(),
                "ratings": float(np.float64(photos.targets).sum(axis=0) @ np.arange(10)),
            },
            sort_keys=True,
        )
        self._done: dict[str, Array] = {}
        if self._file is not None and self._file.is_file():
            with np.load(self._file, allow_pickle=False) as stored:
                if str(stored["signature"]) != self._signature:
                    raise UsageError(
                        f"{folder} holds a table with other settings or photos; choose another "
                        f"folder or delete {PROGRESS_FILE} there."
                    )
                self._done = {name: stored[name] for name in stored.files if name != "signature"}

    def get(self, name: str) -> Array | None:
        """A finished fold's predictions, ``None`` while it is to be done."""
        return self._done.get(name)

    def put(self, name: str, values: Array) -> None:
        """Keep a fold; written aside and renamed, so an interruption leaves what was there."""
        self._done[name] = values
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        aside = self._file.with_name(f".{PROGRESS_FILE}")
        with aside.open("wb") as stream:
            np.savez(stream, signature=np.array(self._signature), **self._done)  # type: ignore[arg-type]
        aside.replace(self._file)


def cross_validate(
    photos: TrainingSet,
    settings: Settings,
    fold_of: NDArray[np.intp],
    load_backbone: Callable[[FusedNetwork], None],
    *,
    views: Views | None = None,
    steadying: Steadying | None = None,
    done: FinishedFolds | None = None,
    progress: Progress = silent,
) -> Array:
    """(n, 10) held-out predictions: each photo's from the run that did not see its fold.

    ``done`` holds the folds of an interrupted run and is given each new one.
    """
    found = np.empty((len(photos), 10), np.float64)
    everything = np.arange(len(photos))
    for fold in range(int(fold_of.max()) + 1):
        held = everything[fold_of == fold]
        name = f"{settings.embedding_size}-{fold}"
        known = None if done is None else done.get(name)
        if known is not None and known.shape == (len(held), 10):
            found[held] = known
            continue
        if views is None:
            network = new_network(photos, everything, settings, load_backbone)
            views = Views(photos, network, settings, progress)
        trained = train(
            photos,
            everything[fold_of != fold],
            np.array([], np.intp),
            settings,
            load_backbone,
            views=views,
            steadying=steadying,
            progress=progress,
        )
        found[held] = predict(trained.network, views, photos, held)
        if done is not None:
            done.put(name, found[held])
    return found


def ablate(
    photos: TrainingSet,
    portraits: NDArray[np.bool_],
    encoder: str,
    settings: Settings,
    load_backbone: Callable[[FusedNetwork], None],
    *,
    sizes: Sequence[int] = SIZES,
    folds: int = 5,
    threshold: float = THRESHOLD,
    folder: Path | None = None,
    views: Views | None = None,
    progress: Progress = silent,
) -> Ablation:
    """Train and test every size on the same folds by group; size 0 is NIMA retrained.

    With ``folder`` finished folds are kept there and an interrupted table goes on. Raises
    ``UsageError`` if the folder holds another table, or there are too few groups.
    """
    fold_of = ratings.folds(photos.groups, folds, REPORTING_SEED)
    width = photos.descriptors.shape[1]
    done = FinishedFolds(folder, photos, settings, encoder, fold_of)
    if views is None and settings.views:
        network = new_network(photos, np.arange(len(photos)), settings, load_backbone)
        views = Views(photos, network, settings, progress)
    predictions = {}
    wanted = usable_sizes(width, sizes)
    for number, size in enumerate(wanted):

        def told(what: str, at: int, total: int, number: int = number, size: int = size) -> None:
            progress(f"size {size} ({number + 1} of {len(wanted)}): {what}", at, total)

        predictions[size] = cross_validate(
            photos,
            replace(settings, embedding_size=size),
            fold_of,
            load_backbone,
            views=views,
            done=done,
            progress=told,
        )
    return Ablation(
        encoder,
        folds,
        tuple(_row(s, predictions, photos, portraits, threshold) for s in predictions),
    )


def _row(
    size: int,
    predictions: dict[int, Array],
    photos: TrainingSet,
    portraits: NDArray[np.bool_],
    threshold: float,
) -> AblationRow:
    truth = np.asarray(photos.targets, np.float64)
    means = mean_scores(truth)
    groups = list(photos.groups)
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
