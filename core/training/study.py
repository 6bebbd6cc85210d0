"""What the bundled model's card states beyond one held-out part: cross-validated agreement against
both baselines, the table of sizes, faults, and the balance between two folders of portraits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.inference.cards import UncertaintyRule, find_model
from core.training import ratings
from core.training.ablate import SIZES, Ablation, ablate, cross_validate
from core.training.calibrate import Scale
from core.training.evaluate import gap_between, predict_arrays
from core.training.head import Steadying
from core.training.metrics import Array, advantage, agreement, mean_scores, spreads
from core.training.networks import FusedNetwork
from core.training.pixels import FAULTS, Progress, faulty, silent
from core.training.samples import Companions, TrainingSet, Views
from core.training.settings import Settings
from core.training.uncertainty import fit_rule

FOLDS = 5
REPORTING_SEED = 101
"""Seed of the folds that figures are reported on; settings were chosen on folds of seed 0."""

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
    sizes: Sequence[int] = SIZES,
    progress: Progress = silent,
) -> Study:
    """Cross-validate the fused model, its no-face twin and the table of sizes, all by group."""
    fold_of = ratings.folds(photos.groups, FOLDS, REPORTING_SEED)
    found = {
        size: cross_validate(
            photos,
            replace(settings, embedding_size=size),
            fold_of,
            load_backbone,
            views=views,
            steadying=steadying,
            progress=progress,
        )
        for size in (None, 0)
    }
    plain = replace(
        settings, fault_weight=0.0, balance_weight=0.0, embedding_size=None, seed=REPORTING_SEED
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
        progress=progress,
    )
    published = predict_arrays(find_model("nima"), photos.whole)
    named = {
        "fused": found[None],
        "the same training without a face": found[0],
        "NIMA as published": published,
    }
    return Study(
        found[None], found[0], published, table, _metrics(named, photos, portraits, settings)
    )


def _metrics(
    named: dict[str, Array],
    photos: TrainingSet,
    portraits: NDArray[np.bool_],
    settings: Settings,
) -> list[dict[str, Any]]:
    from core.training.workflow import metric_entry, rounded

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


def fault_table(
    score: Callable[[NDArray[np.uint8], NDArray[np.float32]], Array], companions: Companions
) -> list[dict[str, Any]]:
    """Share of companions whose degraded copy scores no higher, per fault and strength.

    ``score`` maps pictures (n, 224, 224, 3) and descriptors to means (n,). The descriptor is the
    clean photo's, so the scene branch is asked alone.
    """
    step = max(1, len(companions) // FAULT_SAMPLE)
    whole, descriptors = companions.whole[::step], companions.descriptors[::step]
    clean = score(whole, descriptors)
    rows = []
    for kind in FAULTS:
        row: dict[str, Any] = {"fault": kind, "n": len(whole)}
        for strength in STRENGTHS:
            copies = np.stack([faulty(p, kind, strength) for p in whole])
            rate = np.mean(score(copies, descriptors) <= clean)
            row[f"not_above_at_{strength:g}".replace(".", "_")] = round(float(rate), 4)
        rows.append(row)
    return rows
