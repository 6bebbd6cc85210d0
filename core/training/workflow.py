"""The steps behind ``albumen train``, ``ablate`` and ``report``: from rated photos to a model."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelError, UsageError
from core.inference.cards import ImageInput, ModelCard, find_model
from core.training import ratings
from core.training.calibrate import Scale, fit_scale, rescale
from core.training.card_entries import ablation_entries, metric_entry
from core.training.encoders import Encoder
from core.training.evaluate import predict_arrays
from core.training.export import write_model
from core.training.head import Steadying
from core.training.metrics import Array, agreement, mean_scores, spreads
from core.training.networks import FusedNetwork, read_convolutions
from core.training.photos import PhotoArrays, PhotoReader, targets
from core.training.pixels import FAULTS, Progress, faulty, silent
from core.training.ratings import RatedPhoto
from core.training.samples import Companions, TrainingSet, Views
from core.training.settings import Settings
from core.training.study import balance, study
from core.training.train import Trained, new_network, picture_logits, predict_pictures, train
from core.training.trained_on import write_trained_on
from core.training.uncertainty import fit_rule

HELD_OUT = 5
"""One part in five of the groups is held out for early stopping and the card's figures."""

HISTORY_FILE = "history.json"


def nima_backbone() -> tuple[ImageInput, Callable[[FusedNetwork], None]]:
    """The bundled NIMA's picture format, and a function that loads its weights into a network.

    Raises ``ModelError`` when the bundled model is damaged.
    """
    card = find_model("nima")
    file = card.graph()
    if not isinstance(file, Path):
        raise ModelError(f"The model file {file} is packed; training needs it as a file.")
    weights = read_convolutions(file)

    def load(network: FusedNetwork) -> None:
        network.backbone.load(weights)

    return card.image, load


def training_set(rated: Sequence[RatedPhoto], arrays: PhotoArrays) -> TrainingSet:
    """Rated photos and their arrays, joined."""
    return TrainingSet(
        stored=arrays.stored,
        whole=arrays.whole,
        descriptors=arrays.descriptors,
        targets=targets(rated),
        groups=tuple(photo.group for photo in rated),
    )


STRENGTHS = (0.35, 1.6)
"""Range of the degradations that companions are shown in."""


def read_companions(
    table: Path,
    encoder: Encoder | None,
    *,
    cache: Path | None = None,
    seed: int = 5,
    progress: Progress = silent,
) -> tuple[Companions, list[str]]:
    """Unrated photos from a CSV with the columns ``file`` and ``folder`` (photos in ``images/``
    beside it), with degraded copies, and each photo's folder.

    The first two folder names in order become the two sides. Raises ``UsageError`` when the table
    is not there.
    """
    if not table.is_file():
        raise UsageError(f"There is no table of companions at {table}.")
    with table.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    spec, _ = nima_backbone()
    arrays = PhotoReader(spec, encoder, cache).read(
        [table.parent / "images" / row["file"] for row in rows], progress
    )
    folders = [row.get("folder", "") for row in rows]
    names = sorted(set(folders))
    side = dict(zip(names, (1, -1), strict=False))
    if len(names) != 2:
        side = {}
    generator = np.random.default_rng(seed)
    strengths = generator.uniform(*STRENGTHS, (len(FAULTS), len(rows)))
    copies = tuple(
        np.stack([faulty(p, kind, float(s)) for p, s in zip(arrays.whole, row, strict=True)])
        for kind, row in zip(FAULTS, strengths, strict=True)
    )
    found = Companions(
        arrays.whole,
        copies,
        arrays.descriptors,
        np.array([side.get(folder, 0) for folder in folders], np.int8),
    )
    return found, folders


def train_model(
    rated: Sequence[RatedPhoto],
    arrays: PhotoArrays,
    encoder: Encoder | None,
    settings: Settings,
    out: Path,
    *,
    name: str,
    everything: bool = False,
    companions: Companions | None = None,
    folders: Sequence[str] = (),
    studied: bool = False,
    level: float | None = None,
    spread: float | None = None,
    facts: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> tuple[ModelCard, Trained]:
    """Train on rated photos and write a model directory that the program loads.

    A fifth of the groups is held out: for early stopping, the card's figures, and the rule of
    uncertainty. With ``everything`` the final network is trained on all photos with the same
    settings after the held-out figures were taken, so it costs twice the time. ``level`` moves the
    scale so that the mean score of the photos trained on lies there, ``spread`` stretches it until
    their standard deviation is that (needs a ``level``).

    Raises:
        UsageError: too few photos or groups, or the folder holds another run.
        ModelError: the exported graph differs from the network.
    """
    started = time.monotonic()
    spec, load = nima_backbone()
    if encoder is None:
        settings = replace(settings, embedding_size=0)
    photos = training_set(rated, arrays)
    fold_of = ratings.folds(photos.groups, HELD_OUT, settings.seed)
    held = np.flatnonzero(fold_of == 0)
    blank = new_network(photos, np.arange(len(photos)), settings, load)
    views = Views(photos, blank, settings, progress) if settings.views else None
    steadying = None
    if companions is not None and len(companions):
        steadying = Steadying(companions, blank, settings, progress)
    first = train(
        photos,
        np.flatnonzero(fold_of != 0),
        held,
        settings,
        load,
        folder=out / "held-out",
        views=views,
        steadying=steadying,
        progress=progress,
    )
    predicted = predict_pictures(first.network, arrays.whole[held], arrays.descriptors[held])
    truth = photos.targets[held].astype(np.float64)
    groups = [photos.groups[i] for i in held]
    found = agreement(predicted, truth, groups=groups)
    metrics = [metric_entry(f"held-out fifth of the groups ({len(set(groups))})", found)]
    nima = predict_arrays(find_model("nima"), arrays.whole[held])
    metrics.append(
        metric_entry("the same photos, NIMA as published", agreement(nima, truth, groups=groups))
    )
    final = first
    if everything:
        nothing = np.array([], np.intp)
        final = train(
            photos,
            np.arange(len(photos)),
            nothing,
            settings,
            load,
            folder=out / "everything",
            views=views,
            steadying=steadying,
            progress=progress,
        )
    scale = Scale()
    if level is not None:
        scale = fit_scale(
            picture_logits(final.network, arrays.whole, arrays.descriptors), level, spread
        )
        rescale(final.network, scale)
        rescale(first.network, scale)
    shares = predict_pictures(first.network, arrays.whole[held], arrays.descriptors[held])
    rule = fit_rule(mean_scores(shares), spreads(shares), mean_scores(truth))
    further: dict[str, Any] = {}
    if studied:
        found_out = study(
            photos,
            arrays.portraits,
            encoder.name if encoder else "none",
            settings,
            load,
            views=views,
            steadying=steadying,
            companions=companions,
            folder=out / "study",
            progress=progress,
        )
        metrics = found_out.metrics
        rule = found_out.uncertainty(scale, photos.targets.astype(np.float64))
        further["ablation"] = ablation_entries(found_out.ablation)
        if found_out.faults:
            further["faults"] = found_out.faults
        if companions is not None:
            further.update(_companion_facts(final.network, companions, folders))
    card = write_model(
        final.network,
        out,
        spec,
        {
            "name": name,
            "title": f"{name}, trained here",
            "version": "1",
            "training_data": f"{len(rated)} photos that people rated, in {len(set(photos.groups))} "
            "groups.",
            "credit": find_model("nima").credit,
            **(facts or {}),
            "metrics": metrics,
            "uncertainty": {"base": rule.base, "per_std": rule.per_std},
            "training": {
                **{k: v for k, v in settings.as_dict().items() if v is not None},
                "photos": len(rated),
                "seconds": round(time.monotonic() - started, 1),
                "tilt": scale.tilt,
                "sharpness": scale.sharpness,
            },
            **further,
        },
        encoder.name if encoder else "faceres",
    )
    learnt = np.arange(len(rated)) if everything else np.flatnonzero(fold_of != 0)
    write_trained_on(out, [rated[int(i)].path for i in learnt])
    (out / HISTORY_FILE).write_text(
        json.dumps({"held_out": first.history, "everything": final.history}, indent=1)
    )
    return card, final


def _companion_facts(
    network: FusedNetwork, companions: Companions, folders: Sequence[str]
) -> dict[str, Any]:
    """The card's ``folders``, where there are two."""

    def score(pictures: Any, descriptors: Any) -> Array:
        return mean_scores(predict_pictures(network, pictures, descriptors))

    facts: dict[str, Any] = {}
    if len(set(folders)) == 2:
        fused = score(companions.whole, companions.descriptors)
        scene = score(companions.whole, np.zeros_like(companions.descriptors))
        published = mean_scores(predict_arrays(find_model("nima"), companions.whole))
        facts["folders"] = balance(fused, scene, published, folders)
    return facts
