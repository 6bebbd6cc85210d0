"""Scoring crops of a set of rated photos: the figures of the paper's table 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.inference.cards import ModelCard
from core.inference.preprocess import resize
from core.training.crops import (
    CropStatistics,
    LowerBound,
    body_box,
    crop_scores,
    haar_faces,
    lower_bound,
    statistics,
    widened,
)
from core.training.evaluate import Evaluation, predict_arrays
from core.training.metrics import mean_scores
from core.training.photos import boxes, read_pixels
from core.training.pixels import Progress, silent


def crop_study(
    card: ModelCard,
    evaluation: Evaluation,
    groups: Sequence[str],
    progress: Progress = silent,
) -> tuple[list[CropStatistics], LowerBound | None]:
    """Haar face, BlazeFace face and body crops scored alone by ``card`` without a descriptor, and
    lower bound over the photos with a BlazeFace crop, folds by ``groups``. Kinds with fewer than
    three crops are left out.
    """
    truth = mean_scores(evaluation.truth)
    paths = evaluation.photos.paths

    def score(pixels: Any) -> float:
        picture = resize(pixels, card.image.width, card.image.height, card.image.filter)
        return float(mean_scores(predict_arrays(card, picture[None]))[0])

    columns: dict[str, list[float]] = {"Haar face": [], "BlazeFace face": [], "body": []}
    for index, path in enumerate(paths):
        pixels = read_pixels(path)
        haar = haar_faces(pixels)
        found = boxes(evaluation.photos.faces[index])
        blaze = found[0].box if found else None
        for kind, box, place in (
            ("Haar face", haar[0] if haar else None, widened),
            ("BlazeFace face", blaze, widened),
            ("body", blaze, body_box),
        ):
            columns[kind].append(float(crop_scores([(pixels, box)], place, score)[0]))
        progress("scoring crops", index + 1, len(paths))
    tables = []
    for kind, values in columns.items():
        scores = np.array(values)
        there = np.isfinite(scores)
        if there.sum() >= 3:
            tables.append(statistics(kind, scores[there], truth[there]))
    faces = np.array(columns["BlazeFace face"])
    there = np.isfinite(faces)
    bound = None
    some = [group for group, face in zip(groups, there, strict=True) if face]
    if there.sum() >= 3 and len(set(some)) > 1:
        predicted = mean_scores(evaluation.predicted)
        bound = lower_bound(predicted[there], faces[there], truth[there], some)
    return tables, bound
