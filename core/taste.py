"""My taste: a small correction of the score, learned from the user's own choices.

Off until earned: it is used only once it predicts choices that it was not fitted on better than the
model alone does, and it says by how much. It never touches the model or the stored scores, and it
is gone with one call.

The correction is a linear pairwise ranker (R. Bradley and M. Terry, "Rank Analysis of Incomplete
Block Designs", 1952): P(a before b) = sigmoid(k (mean_a - mean_b) + w . (x_a - x_b)), with a ridge
penalty on w, over features that the library holds already.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from core.domain import Flag, Photo, PhotoQuery, Status
from core.errors import UsageError
from core.files.atomic import write_atomically
from core.library.library import Library
from core.library.schema import journal, judgements

log = logging.getLogger(__name__)

FILE_NAME = "taste.json"
RIDGE = 5.0
FOLDS = 5
MIN_PAIRS = 60
MIN_SCENES = 8
"""Fewer choices, or choices from fewer days, say nothing about other days."""

CONFIDENCE = 0.95
"""Share of bootstrap draws over scenes in which the correction must win."""

MAX_CORRECTION = 1.0
"""Score units that the correction may add or take at most."""

MAX_PAIRS_PER_PHOTO = 12
QUIET = timedelta(minutes=3)
"""Time without a judgement after which the user is taken to be done rating."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Report:
    """How well choices that were held out are predicted (shares of pairs, 0..1).

    ``confidence`` is the share of draws over scenes in which the correction did better.
    """

    pairs: int
    scenes: int
    model_accuracy: float
    taste_accuracy: float
    confidence: float

    @property
    def earned(self) -> bool:
        """Whether the correction may be used."""
        return (
            self.pairs >= MIN_PAIRS
            and self.scenes >= MIN_SCENES
            and self.taste_accuracy > self.model_accuracy
            and self.confidence >= CONFIDENCE
        )


@dataclass(frozen=True, slots=True)
class Taste:
    """A fitted correction for one model's scores.

    ``weights`` are in score units per standard deviation of each feature.
    """

    model: str
    report: Report
    center: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def on(self) -> bool:
        """Whether it has earned to be used."""
        return self.report.earned

    def corrections(self, photos: Sequence[Photo]) -> dict[int, float]:
        """Score units to add, by photo id; none for photos without a score or if not earned."""
        scored = [photo for photo in photos if photo.score is not None]
        if not self.on or not scored:
            return {}
        values = (np.stack([features(photo) for photo in scored]) - self.center) / self.scale
        added = np.clip(values @ np.asarray(self.weights), -MAX_CORRECTION, MAX_CORRECTION)
        return {photo.id: float(value) for photo, value in zip(scored, added, strict=True)}


def features(photo: Photo) -> Array:
    """What is known of a photo apart from its mean score: (17,) float64.

    The shape of the predicted distribution (its ten shares and its spread), and of the main face
    its size and place; how many faces; the frame's shape.
    """
    assert photo.score is not None
    face = photo.faces[0].box if photo.faces else None
    x, y = face.center if face else (0.5, 0.5)
    wide = 1.0
    if photo.metadata is not None and photo.metadata.height:
        wide = photo.metadata.width / photo.metadata.height
    return np.asarray(
        [
            *photo.score.distribution.probabilities,
            photo.score.std,
            math.log1p(len(photo.faces)),
            math.sqrt(face.area) if face else 0.0,
            abs(x - 0.5),
            y,
            math.log(max(wide, 1e-3)),
            float(face is not None),
        ]
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """The user's choices as rows: ``difference`` (n, f) of features and ``gap`` (n,) of means,
    chosen minus not chosen, and the scene (n,) that each pair comes from."""

    difference: Array
    gap: Array
    scene: NDArray[np.int64]
    center: Array
    scale: Array


def collect(library: Library, model: str) -> Choices:
    """Pairs within one day of one folder in which the user preferred one photo.

    Only the user's own word counts: rejects that the program flagged are no opinion.
    """
    ids = library.queries.photo_ids(PhotoQuery(model, statuses=frozenset({Status.SCORED})))
    photos = [p for p in library.queries.photos([int(i) for i in ids], model) if p.score]
    by_program = _flagged_by_program(library)
    by_scene: dict[tuple[str, str], list[tuple[int, Photo]]] = {}
    for photo in photos:
        worth = _worth(photo, photo.id in by_program)
        if worth is not None:
            taken = photo.metadata.taken_at if photo.metadata else None
            key = str(photo.path.parent), taken.date().isoformat() if taken else ""
            by_scene.setdefault(key, []).append((worth, photo))
    every = np.stack([features(p) for p in photos]) if photos else np.zeros((1, 17))
    center, scale = every.mean(axis=0), np.maximum(every.std(axis=0), 1e-6)
    differences: list[Array] = []
    gaps: list[float] = []
    scenes: list[int] = []
    for number, (_, judged) in enumerate(sorted(by_scene.items(), key=lambda entry: entry[0])):
        for better, worse in _pairs(judged, seed=number):
            assert better.score is not None
            assert worse.score is not None
            differences.append((features(better) - features(worse)) / scale)
            gaps.append(better.score.mean - worse.score.mean)
            scenes.append(number)
    count = len(gaps)
    return Choices(
        np.stack(differences) if count else np.zeros((0, len(center))),
        np.asarray(gaps),
        np.asarray(scenes, np.int64),
        center,
        scale,
    )


def _worth(photo: Photo, by_program: bool) -> int | None:
    """The user's word as a rank; ``None`` where there is none."""
    if photo.flag is Flag.REJECT:
        return None if by_program else -1
    if photo.flag is Flag.PICK:
        return 6
    return photo.rating or None


def _pairs(judged: Sequence[tuple[int, Photo]], seed: int) -> list[tuple[Photo, Photo]]:
    """Pairs (better, worse), few per photo so that a long day does not outvote the others."""
    order = np.random.default_rng(seed).permutation(len(judged))
    used: dict[int, int] = {}
    found: list[tuple[Photo, Photo]] = []
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            (ours, first), (theirs, second) = judged[i], judged[j]
            busy = max(used.get(first.id, 0), used.get(second.id, 0)) >= MAX_PAIRS_PER_PHOTO
            if ours == theirs or busy:
                continue
            used[first.id] = used.get(first.id, 0) + 1
            used[second.id] = used.get(second.id, 0) + 1
            found.append((first, second) if ours > theirs else (second, first))
    return found


def _flagged_by_program(library: Library) -> set[int]:
    with library.queries.reading() as connection:
        rows = connection.scalars(
            select(journal.c.after).where(
                journal.c.kind == "curation", journal.c.undone_at.is_(None)
            )
        )
        return {int(i) for after in rows for i in after.get("flagged", ())}


def is_rating(library: Library, now: datetime | None = None) -> bool:
    """Whether the user judged a photo within the last minutes."""
    from core.library.schema import now as current

    with library.queries.reading() as connection:
        last = connection.scalar(select(func.max(judgements.c.changed_at)))
    return last is not None and (now or current()) - last < QUIET


def train(library: Library, model: str, *, now: datetime | None = None) -> Taste:
    """Fit the correction anew, measure it on held-out scenes, and keep it with its report.

    Raises:
        UsageError: the user is rating just now; it would change the order under their hands.
        OSError: it can't be stored.
    """
    if is_rating(library, now):
        raise UsageError("Taste is learned when you are done rating; try again in a few minutes.")
    choices = collect(library, model)
    report = evaluate(choices)
    weights = np.zeros(len(choices.center))
    if len(choices.gap):
        slope, raw = fit(choices.difference, choices.gap)
        weights = raw / slope
    taste = Taste(
        model,
        report,
        tuple(choices.center.tolist()),
        tuple(choices.scale.tolist()),
        tuple(weights.tolist()),
    )
    write_atomically(library.path / FILE_NAME, json.dumps(asdict(taste)).encode())
    return taste


def load(library: Library, model: str) -> Taste | None:
    """The correction of this model, ``None`` where there is none (or a damaged one)."""
    try:
        content: dict[str, Any] = json.loads((library.path / FILE_NAME).read_bytes())
        taste = Taste(
            content["model"],
            Report(**content["report"]),
            *(tuple(map(float, content[name])) for name in ("center", "scale", "weights")),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("the learned taste can't be read and is left out: %s", error)
        return None
    return taste if taste.model == model else None


def reset(library: Library) -> None:
    """Forget what was learned."""
    (library.path / FILE_NAME).unlink(missing_ok=True)


def fit(difference: Array, gap: Array) -> tuple[float, Array]:
    """Slope of the mean's gap and weights of the features, by Newton's method on the ridge loss.

    The slope is kept at 0.5 at least, so that corrections in score units stay finite.
    """
    inputs = np.column_stack([gap, difference])
    penalty = np.full(inputs.shape[1], RIDGE)
    penalty[0] = 0.1
    weights = np.zeros(inputs.shape[1])
    weights[0] = 1.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        gradient = inputs.T @ (chance - 1) + penalty * weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    return max(0.5, float(weights[0])), weights[1:]


def evaluate(choices: Choices) -> Report:
    """Accuracy on scenes left out of the fit, beside the model's own on the same pairs."""
    scenes = np.unique(choices.scene)
    empty = Report(len(choices.gap), len(scenes), 0.0, 0.0, 0.0)
    if len(scenes) < 2:
        return empty
    fold = {int(scene): number % FOLDS for number, scene in enumerate(scenes)}
    folds = np.asarray([fold[int(scene)] for scene in choices.scene])
    taste = np.zeros(len(choices.gap))
    for number in set(folds.tolist()):
        out = folds == number
        slope, weights = fit(choices.difference[~out], choices.gap[~out])
        added = np.clip(
            choices.difference[out] @ (weights / slope), -2 * MAX_CORRECTION, 2 * MAX_CORRECTION
        )
        taste[out] = _right(choices.gap[out] + added)
    plain = _right(choices.gap)
    gains = np.asarray([(taste - plain)[choices.scene == scene].sum() for scene in scenes])
    draws = np.random.default_rng(0).integers(0, len(scenes), (2000, len(scenes)))
    return replace(
        empty,
        model_accuracy=float(plain.mean()),
        taste_accuracy=float(taste.mean()),
        confidence=float((gains[draws].sum(axis=1) > 0).mean()),
    )


def _right(margin: Array) -> Array:
    """1 where the chosen photo comes first, 0.5 for a tie."""
    return np.where(np.abs(margin) < 1e-9, 0.5, (margin > 0).astype(np.float64))
