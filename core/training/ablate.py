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
from core.training.settings import Settings
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


def cross_validate(
    photos: TrainingSet,
    settings: Settings,
    fold_of: NDArray[np.intp],
    load_backbone: Callable[[FusedNetwork], None],
    *,
    views: Views | None = None,
    steadying: Steadying | None = None,
    done: dict[str, Array] | None = None,
    on_fold: Callable[[str, Array], None] = lambda name, values: None,
    progress: Progress = silent,
) -> Array:
    """(n, 10) held-out predictions: each photo's from the run that did not see its fold.

    ``done`` holds folds of an interrupted run by name (``<size>-<fold>``); ``on_fold`` is handed
    each new one.
    """
    found = np.empty((len(photos), 10), np.float64)
    everything = np.arange(len(photos))
    for fold in range(int(fold_of.max()) + 1):
        held = everything[fold_of == fold]
        name = f"{settings.embedding_size}-{fold}"
        known = (done or {}).get(name)
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
        on_fold(name, found[held])
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
    fold_of = ratings.folds(photos.groups, folds, settings.seed)
    width = photos.descriptors.shape[1]
    signature = json.dumps(
        {
            "settings": settings.as_dict(),
            "encoder": encoder,
            "folds": fold_of.tolist(),
            "ratings": float(np.float64(photos.targets).sum(axis=0) @ np.arange(10)),
        },
        sort_keys=True,
    )
    done = _read(folder, signature)

    def keep(name: str, values: Array) -> None:
        done[name] = values
        _write(folder, signature, done)

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
            on_fold=keep,
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


def _read(folder: Path | None, signature: str) -> dict[str, Array]:
    file = None if folder is None else folder / PROGRESS_FILE
    if file is None or not file.is_file():
        return {}
    with np.load(file, allow_pickle=False) as stored:
        if str(stored["signature"]) != signature:
            raise UsageError(
                f"{folder} holds a table with other settings or photos; choose another folder or "
                f"delete {PROGRESS_FILE} there."
            )
        return {name: stored[name] for name in stored.files if name != "signature"}


def _write(folder: Path | None, signature: str, done: dict[str, Array]) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{PROGRESS_FILE}"
    with aside.open("wb") as stream:
        np.savez(stream, signature=np.array(signature), **done)  # type: ignore[arg-type]
    aside.replace(folder / PROGRESS_FILE)
