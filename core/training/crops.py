"""Face and body crops scored alone, and the affine face score as a lower bound (the paper, 5.3
and 6.3): reported beside the unadjusted score, whether it helps or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import Box, ImageArray
from core.training.metrics import (
    THRESHOLD,
    Array,
    Spread,
    accuracy,
    lcc,
    normalised_accuracy,
    srcc,
)
from core.training.ratings import folds
from core.training.settings import REPORTING_SEED

LINE = 1.15
"""The paper: most crop scores lie under 1.15 times the ground truth."""

SLOPES = tuple(np.round(np.linspace(0.6, 1.4, 9), 3).tolist())
OFFSETS = tuple(np.round(np.linspace(-2.0, 2.0, 9), 3).tolist())
BODY_WIDTH, BODY_HEIGHT, BODY_RAISE = 3.0, 5.0, 0.5
"""A body crop in sides of the face's box: three wide, five high, from half a face above it."""

FACE_MARGIN = 1.3
HAAR_SIDE = 640
"""The cascade's time grows with the area; its smallest window, 24, is 4 % of this side."""

FOLDS = 5
ACTIVE = 0.1
CASCADE = "haarcascade_frontalface_default.xml"


def haar_faces(pixels: ImageArray) -> tuple[Box, ...]:
    """Faces by OpenCV's frontal Haar cascade (the paper's detector), largest first."""
    import cv2

    cascade = _cascade()
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    smaller = HAAR_SIDE / max(grey.shape)
    if smaller < 1:
        grey = cv2.resize(grey, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA)
    height, width = grey.shape
    least = max(24, round(0.04 * max(height, width)))
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(least, least))
    boxes = [
        Box(float(x) / width, float(y) / height, float(w) / width, float(h) / height)
        for x, y, w, h in found
    ]
    return tuple(sorted(boxes, key=lambda box: -box.area))


def _cascade() -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / CASCADE))


def cut(pixels: ImageArray, box: Box) -> ImageArray:
    """The part of the photo inside ``box``, at least one pixel."""
    height, width = pixels.shape[:2]
    left, top = (
        int(np.clip(box.x * width, 0, width - 1)),
        int(np.clip(box.y * height, 0, height - 1)),
    )
    right = int(np.clip(round((box.x + box.w) * width), left + 1, width))
    bottom = int(np.clip(round((box.y + box.h) * height), top + 1, height))
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def widened(box: Box, factor: float = FACE_MARGIN) -> Box:
    """The box grown about its centre."""
    x, y = box.center
    return Box(x - box.w * factor / 2, y - box.h * factor / 2, box.w * factor, box.h * factor)


def body_box(face: Box) -> Box:
    """Where the body of a standing or sitting person is, seen from the face."""
    return Box(
        face.center[0] - face.w * BODY_WIDTH / 2,
        face.y - face.h * BODY_RAISE,
        face.w * BODY_WIDTH,
        face.h * BODY_HEIGHT,
    )


@dataclass(frozen=True, slots=True)
class CropStatistics:
    """Crops of one kind scored alone against people's rating of the whole photo (table 3).

    ``normalised_accuracy`` puts both sides' mean at the threshold first. ``under_line`` is the
    share of crop scores below `LINE` times the ground truth.
    """

    kind: str
    n: int
    spread: Spread
    accuracy: float
    normalised_accuracy: float
    lcc: float
    srcc: float
    under_line: float
    scores: Array = field(repr=False)
    truth: Array = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the photos' scores."""
        values = asdict(self)
        del values["scores"], values["truth"]
        return values


def statistics(
    kind: str, scores: Array, truth: Array, threshold: float = THRESHOLD
) -> CropStatistics:
    """Table 3 for crop scores (n,) and the photos' mean ratings (n,)."""
    return CropStatistics(
        kind=kind,
        n=len(scores),
        spread=Spread.of(scores),
        accuracy=accuracy(scores, truth, threshold),
        normalised_accuracy=normalised_accuracy(scores, truth),
        lcc=lcc(scores, truth),
        srcc=srcc(scores, truth),
        under_line=float(np.mean(scores < LINE * truth)),
        scores=scores,
        truth=truth,
    )


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One cell of the grid: ``max(score, (face - offset) / slope)`` against people."""

    slope: float
    offset: float
    accuracy: float
    lcc: float
    srcc: float
    changed: float


def adjusted(scores: Array, faces: Array, slope: float, offset: float) -> Array:
    """The lower bound; photos without a face (NaN in ``faces``) keep their score."""
    bound = np.where(np.isnan(faces), -np.inf, (faces - offset) / slope)
    return np.maximum(scores, bound)


@dataclass(frozen=True, slots=True)
class LowerBound:
    """The face's score as a lower bound: ``plain`` is the score as it is, ``cells`` the whole grid,
    each judged on the same ``n`` photos; ``held_out`` gives every photo the cell that was best on
    the other folds, its slope and offset being the ones chosen most often."""

    n: int
    plain: Adjustment
    cells: tuple[Adjustment, ...]
    held_out: Adjustment

    @property
    def best(self) -> Adjustment:
        """The cell of highest SRCC: chosen on the photos it is judged on, so it flatters."""
        return max(self.cells, key=lambda cell: cell.srcc)

    @property
    def best_active(self) -> Adjustment | None:
        """The best cell of those that move a tenth of the photos or more, if there is one: the
        best of all may be one that changes nothing."""
        active = [cell for cell in self.cells if cell.changed >= ACTIVE]
        return max(active, key=lambda cell: cell.srcc) if active else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        active = self.best_active
        return {
            **asdict(self),
            "best": asdict(self.best),
            "best_active": asdict(active) if active else None,
        }


def lower_bound(
    scores: Array,
    faces: Array,
    truth: Array,
    groups: Sequence[str],
    *,
    slopes: Sequence[float] = SLOPES,
    offsets: Sequence[float] = OFFSETS,
    threshold: float = THRESHOLD,
) -> LowerBound:
    """Judge the unadjusted score and every cell of the grid; ``faces`` is NaN without a face."""

    def judge(values: Array, slope: float, offset: float) -> Adjustment:
        return Adjustment(
            slope,
            offset,
            accuracy(values, truth, threshold),
            lcc(values, truth),
            srcc(values, truth),
            float(np.mean(values != scores)),
        )

    settings = [(slope, offset) for slope in slopes for offset in offsets]
    bounded = [adjusted(scores, faces, slope, offset) for slope, offset in settings]
    fold_of = folds(groups, min(FOLDS, len(set(groups))), REPORTING_SEED)
    chosen = []
    values = np.array(scores, np.float64)
    for fold in range(int(fold_of.max()) + 1):
        others = fold_of != fold
        order = [srcc(cell[others], truth[others]) for cell in bounded]
        chosen.append(int(np.nanargmax(order)) if np.isfinite(order).any() else 0)
        values[~others] = bounded[chosen[-1]][~others]
    usual = settings[max(set(chosen), key=chosen.count)]
    return LowerBound(
        len(scores),
        judge(scores, 1.0, 0.0),
        tuple(judge(cell, *at) for cell, at in zip(bounded, settings, strict=True)),
        judge(values, *usual),
    )


def crop_scores(
    pictures: Sequence[tuple[ImageArray, Box | None]],
    place: Callable[[Box], Box],
    score: Callable[[ImageArray], float],
) -> NDArray[np.float64]:
    """(n,) score of each photo's crop, NaN where no face was found."""
    return np.array(
        [np.nan if box is None else score(cut(pixels, place(box))) for pixels, box in pictures]
    )
