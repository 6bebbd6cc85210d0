"""What the bundled model's card states beyond one held-out part: cross-validated agreement against
both baselines, the table of sizes, faults, and the balance between two folders of portraits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.inference.cards import UncertaintyRule, find_model
from core.training import ratings
from core.training.ablate import SIZES, FinishedFolds, ablate, cross_validate
from core.training.calibrate import Scale
from core.training.card_entries import metric_entry, rounded
from core.training.evaluate import gap_between, predict_arrays
from core.training.head import Steadying
from core.training.metrics import Array, advantage, agreement, mean_scores, spreads
from core.training.networks import FusedNetwork
from core.training.pixels import FAULTS, Progress, faulty, silent
from core.training.samples import Companions, TrainingSet, Views
from core.training.settings import REPORTING_SEED, Settings
from core.training.table import Ablation
from core.training.train import predict_pictures, train
from core.training.uncertainty import fit_rule

FOLDS = 5
STRENGTHS = (1.0, 1.6)
FAULT_SAMPLE = 136
"""Companions, evenly spread, that the table of faults is made on."""


@dataclass(frozen=True, slots=True)
class Study:
    """Held-out predictions (n, 10) of the fused model and of the same training without a face."""

    fused: Array
    scene: Array
    published: Array
    ablation: Ablation
    metrics: list[dict[str, Any]]
    faults: list[dict[str, Any]]

    def uncertainty(self, scale: Scale, truth: Array) -> UncertaintyRule:
        """The card's rule, on the calibrated scale."""
        shares = scale.apply(np.log(np.maximum(self.fused, 1e-12)))
        return fit_rule(mean_scores(shares), spreads(shares), mean_scores(truth))


def study(
    photos: TrainingSet,
    portraits: NDArray[np.bool_],
    encoder: str,
    settings: Settings,
    load_backbone: Callable[[FusedNetwork], None],
    *,
    views: Views | None,
    steadying: Steadying | None,
    companions: Companions | None = None,
    sizes: Sequence[int] = SIZES,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Study:
    """Cross-validate the fused model, its no-face twin and the table of sizes, all by group; and
    the faults on companions that had no part in training.

    With ``folder`` finished folds are kept there and an interrupted study goes on.
    """
    fold_of = ratings.folds(photos.groups, FOLDS, REPORTING_SEED)
    inside = None if folder is None else folder / "folds"
    done = FinishedFolds(inside, photos, settings, encoder, fold_of)
    found = {
        size: cross_validate(
            photos,
            replace(settings, embedding_size=size),
            fold_of,
            load_backbone,
            views=views,
            steadying=steadying,
            done=done,
            progress=progress,
        )
        for size in (None, 0)
    }
    plain = replace(
        settings,
        fault_weight=0.0,
        balance_weight=0.0,
        face_weight=1.0,
        embedding_size=None,
    )
    table = ablate(
        photos,
        portraits,
        encoder,
        plain,
        load_backbone,
        sizes=sizes,
        folds=FOLDS,
        views=views,
        folder=None if folder is None else folder / "sizes",
        progress=progress,
    )
    faults: list[dict[str, Any]] = []
    if companions is not None and steadying is not None and len(companions) > 1:
        faults = held_out_faults(
            photos, companions, steadying, settings, load_backbone, views, progress
        )
    published = predict_arrays(find_model("nima"), photos.whole)
    named = {
        "fused": found[None],
        "the same training without a face": found[0],
        "NIMA as published": published,
    }
    metrics = _metrics(named, photos, portraits)
    return Study(found[None], found[0], published, table, metrics, faults)


def _metrics(
    named: dict[str, Array],
    photos: TrainingSet,
    portraits: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    truth = np.asarray(photos.targets, np.float64)
    entries = []
    everything = np.arange(len(photos))
    for where, chosen in (("all", everything), ("portraits", np.flatnonzero(portraits))):
        groups = [photos.groups[i] for i in chosen]
        scores = {name: mean_scores(p)[chosen] for name, p in named.items()}
        for name, predicted in named.items():
            entry = metric_entry(
                f"{name}, {where}, {FOLDS} folds by theme",
                agreement(predicted[chosen], truth[chosen], groups=groups),
            )
            if name != "fused":
                gain = advantage(scores["fused"], scores[name], mean_scores(truth)[chosen], groups)
                entry["fused_srcc_gain"] = round(gain.value, 4)
                entry["fused_srcc_gain_interval"] = rounded(gain)
            entries.append(entry)
    return entries


def balance(
    network_scores: Array, scene_scores: Array, published_scores: Array, folders: Sequence[str]
) -> dict[str, float]:
    """Mean score per folder and the difference, for NIMA as published, retrained, and fused."""
    found: dict[str, float] = {}
    for name, scores in (
        ("published", published_scores),
        ("scene", scene_scores),
        ("fused", network_scores),
    ):
        for key, value in gap_between(scores, folders).items():
            found[f"{name}_{key}"] = round(value, 4)
    return found


def held_out_faults(
    photos: TrainingSet,
    companions: Companions,
    steadying: Steadying,
    settings: Settings,
    load_backbone: Callable[[FusedNetwork], None],
    views: Views | None,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Share of companions whose degraded copy scores no higher, per fault and strength.

    The companions are halved, and each half is judged by a network that was steadied by the other
    alone. The descriptor is the clean photo's, so the scene branch is asked.
    """
    shuffled = np.random.default_rng(REPORTING_SEED).permutation(len(companions))
    lower: dict[str, list[NDArray[np.bool_]]] = {}
    for half in (0, 1):
        network = train(
            photos,
            np.arange(len(photos)),
            np.array([], np.intp),
            settings,
            load_backbone,
            views=views,
            steadying=steadying.only(np.sort(shuffled[half::2])),
            progress=progress,
        ).network
        judges = np.sort(shuffled[1 - half :: 2])[:: max(1, len(companions) // FAULT_SAMPLE)]
        whole, descriptors = companions.whole[judges], companions.descriptors[judges]
        clean = mean_scores(predict_pictures(network, whole, descriptors))
        for number, kind in enumerate(FAULTS):
            for strength in STRENGTHS:
                copies = np.stack([faulty(p, kind, strength) for p in whole])
                scores = mean_scores(predict_pictures(network, copies, descriptors))
                lower.setdefault(f"{kind} {strength:g}", []).append(scores <= clean)
            progress(f"faults, half {half + 1}", number + 1, len(FAULTS))
    rows = []
    for kind in FAULTS:
        found = {s: np.concatenate(lower[f"{kind} {s:g}"]) for s in STRENGTHS}
        row: dict[str, Any] = {"fault": kind, "n": len(found[STRENGTHS[0]]), "held_out": True}
        for strength, values in found.items():
            key = f"not_above_at_{strength:g}".replace(".", "_")
            row[key] = round(float(np.mean(values)), 4)
        rows.append(row)
    return rows
