"""My taste: a small correction of the score, learned from the user's own choices.

Off until earned: it is used only once it predicts choices that it was not fitted on better than the
model alone does, and it says by how much. It never touches the model or the stored scores, and it
is gone with one call.

It is fitted (`core.taste_fitting`) on features that the library holds already.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, or_, select

from core.domain import Flag, Photo
from core.errors import UsageError
from core.files.atomic import write_atomically
from core.library.library import Library
from core.library.schema import journal, judgements
from core.library.schema import now as current
from core.taste_fitting import MAX_CORRECTION, Array, Choices, Report, evaluate, fit

log = logging.getLogger(__name__)

FILE_NAME = "taste.json"
MAX_PAIRS_PER_PHOTO = 12
QUIET = timedelta(minutes=3)
"""Time without a judgement after which the user is taken to be done rating."""


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


def collect(library: Library, model: str) -> Choices:
    """Pairs within one day of one folder in which the user preferred one photo.

    Only the user's own word counts, as far as it wasn't forgotten: rejects that the program
    flagged are no opinion.
    """
    ids = judged_since(library, forgotten_at(library))
    photos = [p for p in library.queries.photos(ids, model) if p.score]
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
    last = _last_judged(library)
    return last is not None and (now or current()) - last < QUIET


def _last_judged(library: Library) -> datetime | None:
    with library.queries.reading() as connection:
        last: datetime | None = connection.scalar(select(func.max(judgements.c.changed_at)))
    return last


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
    _write(library, asdict(taste) | {"trained_at": (now or current()).isoformat()})
    return taste


def _write(library: Library, content: dict[str, Any]) -> None:
    since = forgotten_at(library)
    kept = {} if since is None else {"forgotten_at": since.isoformat()}
    write_atomically(library.path / FILE_NAME, json.dumps(kept | content).encode())


def load(library: Library, model: str) -> Taste | None:
    """The correction of this model, ``None`` where there is none (or a damaged one)."""
    content = _read(library)
    if not content.keys() - {"forgotten_at"}:
        return None
    try:
        taste = Taste(
            content["model"],
            Report(**content["report"]),
            *(tuple(map(float, content[name])) for name in ("center", "scale", "weights")),
        )
    except (ValueError, TypeError, KeyError) as error:
        log.warning("the learned taste can't be read and is left out: %s", error)
        return None
    return taste if taste.model == model else None


def _read(library: Library) -> dict[str, Any]:
    try:
        content = json.loads((library.path / FILE_NAME).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("the learned taste can't be read and is left out: %s", error)
        return {}
    return content if isinstance(content, dict) else {}


def reset(library: Library, *, now: datetime | None = None) -> None:
    """Forget what was learned, and the choices it was learned from: only later ones will count.

    Raises:
        OSError: it can't be stored.
    """
    content = {"forgotten_at": (now or current()).isoformat()}
    write_atomically(library.path / FILE_NAME, json.dumps(content).encode())


def forgotten_at(library: Library) -> datetime | None:
    """Since when choices count (UTC); ``None`` for always."""
    return _moment(_read(library).get("forgotten_at"))


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def is_due(library: Library, model: str, *, now: datetime | None = None) -> bool:
    """Whether there are new choices to learn from, and the user is done rating."""
    last = _last_judged(library)
    since = forgotten_at(library)
    if last is None or is_rating(library, now) or (since is not None and last <= since):
        return False
    content = _read(library)
    trained = _moment(content.get("trained_at"))
    return trained is None or content.get("model") != model or last > trained


def judged_since(library: Library, since: datetime | None) -> list[int]:
    """Ids of photos that have stars or a flag, given after this moment."""
    statement = select(judgements.c.photo_id).where(
        or_(judgements.c.rating > 0, judgements.c.flag.is_not(None))
    )
    if since is not None:
        statement = statement.where(judgements.c.changed_at > since)
    with library.queries.reading() as connection:
        return list(connection.scalars(statement.order_by(judgements.c.photo_id)))
