"""Where an interrupted training run goes on."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import UsageError
from core.training.samples import Index, TrainingSet
from core.training.settings import Settings

CHECKPOINT = "checkpoint.pt"

Weights = dict[str, Tensor]


@dataclass(slots=True)
class Run:
    """Where stage 2 of one member stands; everything a checkpoint needs."""

    epoch: int = 0
    averaged: int = 0
    average: Weights = field(default_factory=dict)
    best: Weights = field(default_factory=dict)
    best_distance: float = float("inf")
    waited: int = 0


def resume(
    folder: Path | None, settings: Settings, photos: TrainingSet, train_indices: Index
) -> dict[str, Any]:
    """The checkpoint's state, or a fresh one."""
    signature = {
        "settings": settings.as_dict(),
        "photos": len(photos),
        "train": [int(i) for i in train_indices],
        "ratings": float(np.asarray(photos.targets, np.float64).sum(axis=0) @ np.arange(10)),
    }
    fresh: dict[str, Any] = {
        "signature": signature,
        "start": None,
        "history": [],
        "members": [],
        "run": None,
        "current": None,
        "optimizer": None,
    }
    file = None if folder is None else folder / CHECKPOINT
    if file is None or not file.is_file():
        return fresh
    try:
        found: dict[str, Any] = torch.load(file, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UsageError(
            f"The checkpoint {file} can't be read; delete it to start anew."
        ) from error
    if found.get("signature") != signature:
        raise UsageError(
            f"{folder} holds a run with other settings or photos; choose another folder or "
            f"delete {CHECKPOINT} there."
        )
    return found


def store(folder: Path | None, state: dict[str, Any]) -> None:
    """Written aside and renamed: an interruption leaves the last whole checkpoint."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{CHECKPOINT}.part"
    torch.save(state, aside)
    aside.replace(folder / CHECKPOINT)
