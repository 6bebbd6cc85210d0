"""Gives a model its 8-bit graph: calibrated on real photos, compared with the exact one on others.

The photos only tell what the network's layers see; none of them, and no rating, goes into the
file. A model may have the graph as its default where `LEAST_AGREEMENT` is reached.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analysis import WORKING_SIDE
from core.domain import Face, FloatArray, ImageArray
from core.errors import ModelError, UnreadablePhotoError, UsageError
from core.files.decode import decode
from core.files.formats import has_photo_extension
from core.inference.aesthetics import AestheticScorer
from core.inference.cards import AESTHETICS, ModelCard
from core.inference.crops import face_crop
from core.inference.faces import FaceDescriber, FaceDetector
from core.inference.precision import INT8_CARD
from core.inference.preprocess import normalize, prepare
from core.inference.session import SessionPool
from core.training.quantize import int8_graph
from core.training.speed import milliseconds

log = logging.getLogger(__name__)

GRAPH_FILE = "model.int8.onnx"
FACE_DESCRIPTOR = "face_descriptor"
CALIBRATION_PHOTOS = 64
COMPARED_PHOTOS = 300
SEED = 1

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the quick graph gives what the exact one gives, on ``photos`` not calibrated with.

    For scores: ``agreement`` is Spearman's rank correlation, ``mean_difference`` and
    ``largest_difference`` are of mean scores, ``map_correlation`` is of class maps. For
    descriptors: ``agreement`` is the mean cosine, ``least`` the smallest. ``exact_ms`` and
    ``quick_ms`` are each graph's time for one photo on one core.
    """

    photos: int
    agreement: float
    least: float | None = None
    mean_difference: float | None = None
    largest_difference: float | None = None
    map_correlation: float | None = None
    exact_ms: float | None = None
    quick_ms: float | None = None


def quicken(
    card: ModelCard,
    calibration: Sequence[Path],
    comparison: Sequence[Path],
    progress: Progress = lambda what, done, total: None,
) -> tuple[bytes, Agreement]:
    """The 8-bit graph of a scoring or a descriptor model, and how far it agrees.

    Raises:
        ModelError: the model is of another kind or built in another way.
        UsageError: too few photos can be used.
    """
    if card.kind not in (AESTHETICS, FACE_DESCRIPTOR):
        raise ModelError(f"The model {card.name} has no 8-bit form.")
    images = list(_seen(card, calibration, CALIBRATION_PHOTOS, progress))
    if len(images) < CALIBRATION_PHOTOS // 4:
        raise UsageError("Calibrating takes at least 16 photos (with a face, for descriptors).")
    progress("rounding", 0, 1)
    graph = int8_graph(card.graph().read_bytes(), np.concatenate(images))
    compare = _compare_scores if card.kind == AESTHETICS else _compare_descriptors
    with tempfile.TemporaryDirectory(prefix="albumen-int8-") as folder:
        quick = replace(
            card,
            directory=Path(folder),
            file=GRAPH_FILE,
            sha256=hashlib.sha256(graph).hexdigest(),
            bytes=len(graph),
        )
        (Path(folder) / GRAPH_FILE).write_bytes(graph)
        found = compare(card, quick, comparison, progress)
        return graph, replace(found, exact_ms=milliseconds(card), quick_ms=milliseconds(quick))


def write_quick(directory: Path, card: ModelCard, graph: bytes, agreement: Agreement) -> None:
    """Put the graph and its card beside the exact model."""
    facts: dict[str, Any] = {
        "file": GRAPH_FILE,
        "sha256": hashlib.sha256(graph).hexdigest(),
        "bytes": len(graph),
        "made_of": card.sha256,
        "photos": agreement.photos,
        "agreement": agreement.agreement,
        "least": agreement.least,
        "mean_difference": agreement.mean_difference,
        "largest_difference": agreement.largest_difference,
        "map_correlation": agreement.map_correlation,
        "exact_ms": agreement.exact_ms,
        "quick_ms": agreement.quick_ms,
    }
    lines = [
        "# The same model in 8-bit integers (weights of 7 bits, see core.training.quantize), and",
        "# how far it agrees with the exact one on photos that it was not calibrated with.",
    ]
    for key, value in facts.items():
        if isinstance(value, str):
            lines.append(f'{key} = "{value}"')
        elif value is not None:
            lines.append(f"{key} = {round(value, 4) if isinstance(value, float) else value}")
    (directory / GRAPH_FILE).write_bytes(graph)
    (directory / INT8_CARD).write_text("\n".join(lines) + "\n", "utf-8")


def photo_files(folder: Path) -> list[Path]:
    """Photos in and below a folder, shuffled (always alike)."""
    found = sorted(
        Path(holder, name)
        for holder, _, names in os.walk(folder)
        for name in names
        if has_photo_extension(name)
    )
    random.Random(SEED).shuffle(found)
    return found


def _seen(
    card: ModelCard, paths: Sequence[Path], wanted: int, progress: Progress
) -> Iterator[NDArray[np.float32]]:
    """What the model is shown of the first ``wanted`` usable photos: (1, 3, h, w) each."""
    detector = FaceDetector()
    done = 0
    for pixels in _decoded(paths):
        if card.kind == AESTHETICS:
            shown = prepare(pixels, card.image)
        else:
            face = next(iter(detector.detect(pixels)), None)
            if face is None or card.crop_scale is None:
                continue
            height, width = pixels.shape[:2]
            crop = face_crop(face, width, height, card.crop_scale)
            shown = normalize(crop.cut(pixels, card.image.width), card.image)
        done += 1
        progress("calibrating", done, wanted)
        yield shown
        if done == wanted:
            return


def _decoded(paths: Sequence[Path]) -> Iterator[ImageArray]:
    for path in paths:
        try:
            yield decode(path, WORKING_SIDE, exact=False).pixels
        except UnreadablePhotoError as error:
            log.info("%s is left out: %s", path, error)


def _compare_scores(
    card: ModelCard, quick_card: ModelCard, paths: Sequence[Path], progress: Progress
) -> Agreement:
    exact, quick = AestheticScorer(card), AestheticScorer(quick_card, SessionPool())
    detector, describer = FaceDetector(), FaceDescriber()
    means: list[tuple[float, float]] = []
    correlations: list[float] = []
    for pixels in _decoded(paths[:COMPARED_PHOTOS]):
        face: Face | None = None
        if exact.uses_face:
            face = next(iter(detector.detect(pixels)), None)
            face = None if face is None else describer.describe(pixels, face)
        first, second = exact.score(pixels, face), quick.score(pixels, face)
        means.append((first.mean, second.mean))
        if first.scene_maps is not None and second.scene_maps is not None:
            correlations.append(_correlation(first.scene_maps.ravel(), second.scene_maps.ravel()))
        progress("comparing", len(means), min(len(paths), COMPARED_PHOTOS))
    if len(means) < 20:
        raise UsageError("Comparing takes at least 20 photos.")
    pairs = np.array(means)
    difference = np.abs(pairs[:, 0] - pairs[:, 1])
    return Agreement(
        len(pairs),
        _correlation(_ranks(pairs[:, 0]), _ranks(pairs[:, 1])),
        mean_difference=float(difference.mean()),
        largest_difference=float(difference.max()),
        map_correlation=float(np.mean(correlations)) if correlations else None,
    )


def _compare_descriptors(
    card: ModelCard, quick_card: ModelCard, paths: Sequence[Path], progress: Progress
) -> Agreement:
    from core.inference.faces import likeness

    exact, quick = FaceDescriber(card), FaceDescriber(quick_card, SessionPool())
    detector = FaceDetector()
    cosines: list[float] = []
    for pixels in _decoded(paths[:COMPARED_PHOTOS]):
        face = next(iter(detector.detect(pixels)), None)
        if face is None:
            continue
        first, second = (d.describe(pixels, face).descriptor for d in (exact, quick))
        assert first is not None
        assert second is not None
        cosines.append(likeness(first, second))
        progress("comparing", len(cosines), min(len(paths), COMPARED_PHOTOS))
    if len(cosines) < 20:
        raise UsageError("Comparing takes at least 20 photos with a face.")
    return Agreement(len(cosines), float(np.mean(cosines)), least=min(cosines))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, ties sharing their mean."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2.0)[where], np.float32)


def _correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    return float(np.corrcoef(first.astype(np.float64), second.astype(np.float64))[0, 1])
