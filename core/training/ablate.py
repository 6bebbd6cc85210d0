"""The paper's table 2: agreement with people against the size of the face embedding."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.training import ratings
from core.training.head import Steadying
from core.training.metrics import (
    THRESHOLD,
    Array,
)
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, silent
from core.training.samples import TrainingSet, Views
from core.training.settings import REPORTING_SEED, Settings
from core.training.table import PROGRESS_FILE, Ablation, sum_of, table_row
from core.training.train import new_network, predict, train

SIZES = (0, 128, 512, 1024, 2048, 4096)
"""The paper's sizes; those beyond the encoder's length are left out."""


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
                "ratings": sum_of(np.asarray(photos.targets, np.float64)),
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
    wanted = usable_sizes(width, sizes)
    missing = any(done.get(f"{size}-{k}") is None for size in wanted for k in range(folds))
    if views is None and settings.views and missing:
        network = new_network(photos, np.arange(len(photos)), settings, load_backbone)
        views = Views(photos, network, settings, progress)
    predictions = {}
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
    truth, groups = np.asarray(photos.targets, np.float64), list(photos.groups)
    rows = tuple(
        table_row(s, predictions, truth, groups, portraits, threshold) for s in predictions
    )
    return Ablation(encoder, folds, rows)
