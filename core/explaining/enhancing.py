"""Moving a score by changing pixels nobody sees: how fragile it is, never how to improve a photo.

The paper climbed the guided gradient of classes 7 to 10 for 100 steps and raised one photo from
4.44 to 6.24 with no visible change. Here each step follows the gradient through the same resize
that the model sees, the picture stays within a stated distance of the photo, and what is reported
was measured on the picture as it is written: whole grey levels, scored anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, FloatArray, ImageArray
from core.explaining.gradients import MEAN_SCORE, Goal, GradientModel, share_of
from core.inference.preprocess import normalize, resize

STEPS = 100
CLASSES = (7, 8, 9, 10)
MOST_CHANGE = 4.0
"""Grey levels (of 255) by which a pixel may differ from the photo."""

STEP = 0.5
"""Grey levels per step for the place with the strongest gradient."""

Rescore = Callable[[ImageArray], float]
"""The whole program's mean score of a picture: faces found and described anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """A picture moved away from a photo, and what that did.

    ``before`` and ``after`` are mean scores (1..10); changes are absolute, in grey levels (of
    255), over all pixels and channels.
    """

    pixels: ImageArray
    before: float
    after: float
    steps: int
    largest_change: int
    mean_change: float


def enhance(
    pixels: ImageArray,
    model: GradientModel,
    rescore: Rescore,
    face: Face | None = None,
    *,
    steps: int = STEPS,
    ratings: Sequence[int] | None = CLASSES,
    guided: bool = False,
    most_change: float = MOST_CHANGE,
) -> Change:
    """Climb the gradient of some ratings' share.

    Args:
        pixels: uint8 (h, w, 3), any size.
        model: the scoring model.
        rescore: scores the finished picture.
        face: the face that counts, with its descriptor.
        steps: how many.
        ratings: whose predicted share is to grow; ``None`` for the mean score itself.
        guided: follow the guided gradient, as the paper did, instead of the true one.
        most_change: grey levels by which a pixel may differ from the photo.
    """
    goal = MEAN_SCORE if ratings is None else share_of(ratings)
    before = rescore(pixels)
    field = _climb(pixels, model, face, goal, steps, most_change, guided=guided)
    changed = apply(pixels, field)
    return _change(pixels, changed, before, rescore(changed), steps)


def _climb(
    pixels: ImageArray,
    model: GradientModel,
    face: Face | None,
    goal: Goal,
    steps: int,
    most_change: float,
    sign: float = 1.0,
    *,
    guided: bool = False,
    enough: Callable[[float], bool] | None = None,
) -> FloatArray:
    """The change (h, w, 3) in grey levels, at the model's own input size or, where that is less,
    at the photo's: a small photo can't take up anything finer."""
    spec = model.card.image
    start = resize(pixels, spec.width, spec.height, spec.filter).astype(np.float32)
    height, width = min(spec.height, pixels.shape[0]), min(spec.width, pixels.shape[1])
    field = np.zeros((height, width, 3), np.float32)
    speed = np.zeros_like(field)
    for _ in range(steps):
        current = np.clip(start + _resampled(field, spec.height, spec.width), 0.0, 255.0)
        gradient, predicted = model.gradient(_normalized(current, model), face, goal, guided=guided)
        if enough is not None and enough(predicted.mean):
            break
        gradient = _resampled(gradient, height, width)
        norm = float(np.abs(gradient).mean())
        if norm <= 0:
            break
        # Momentum on gradients of unit size (Dong et al., "Boosting Adversarial Attacks with
        # Momentum", 2018, equation 6) without the sign: strong places move, the rest stays.
        speed = np.asarray(0.9 * speed + gradient / norm, np.float32)
        step = STEP * speed / max(1e-12, float(np.percentile(np.abs(speed), 99)))
        field = np.clip(field + sign * np.clip(step, -STEP, STEP), -most_change, most_change)
    return field


def _resampled(field: FloatArray, height: int, width: int) -> FloatArray:
    """A field (h, w, 3) at another size: averaged where that is smaller, else interpolated."""
    import cv2

    if field.shape[:2] == (height, width):
        return field
    smaller = height <= field.shape[0] and width <= field.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, (width, height), interpolation=how), np.float32)


def _normalized(current: FloatArray, model: GradientModel) -> NDArray[np.float32]:
    """A picture with fractional grey levels as the model's input tensor."""
    spec = model.card.image
    whole = np.floor(current).astype(np.uint8)
    tensor = normalize(whole, spec)
    rest = (current - whole) * np.array(spec.scale, np.float32)
    if spec.color == "BGR":
        rest = rest[..., ::-1]
    if spec.layout == "NCHW":
        rest = rest.transpose(2, 0, 1)
    return np.asarray(tensor + rest[None], np.float32)


def apply(pixels: ImageArray, field: FloatArray) -> ImageArray:
    """The photo with a change laid over it, in whole grey levels.

    Each place of the field covers its share of the photo. Fractions are kept on average: which
    pixels are rounded up follows a fixed pattern, so the model's own shrinking sees the fraction.

    Args:
        pixels: uint8 (h, w, 3).
        field: grey levels (rows, columns, 3).
    """
    height, width = pixels.shape[:2]
    rows = np.arange(height) * field.shape[0] // height
    columns = np.arange(width) * field.shape[1] // width
    result = np.empty_like(pixels)
    pattern = _pattern(width)
    for y in range(height):  # a row at a time: the photo may be large
        row = pixels[y] + field[rows[y], columns] + pattern[y % len(pattern)][:, None]
        result[y] = np.clip(np.floor(row), 0, 255).astype(np.uint8)
    return result


def _pattern(width: int) -> FloatArray:
    """Thresholds (8, width) in 0..1, each once per 8x8 pixels.

    Bayer's ordered dither ("An optimum method for two-level rendition of continuous-tone
    pictures", 1973).
    """
    matrix = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    tile = (matrix + 0.5) / 64.0
    return np.tile(tile, (1, -(-width // 8)))[:, :width].astype(np.float32)


def _change(
    pixels: ImageArray, changed: ImageArray, before: float, after: float, steps: int
) -> Change:
    largest, total = 0, 0
    for old, new in zip(pixels, changed, strict=True):
        difference = np.abs(old.astype(np.int16) - new)
        largest = max(largest, int(difference.max(initial=0)))
        total += int(difference.sum())
    return Change(changed, before, after, steps, largest, total / max(1, pixels.size))


# --- fragility -----------------------------------------------------------------------------------


MARGINS = (0.1, 0.5, 9.0)
"""How far past the level a climb goes, in score units, each after the one before fell short.

Whole grey levels and the face's part in the score take a little back.
"""


@dataclass(frozen=True, slots=True)
class Fragility:
    """The smallest change found that takes a photo across a level (its album's median).

    ``crossed`` is False where no change within `MOST_CHANGE` was found; ``change`` is then the
    furthest that was reached. It is an attack on the score and no improvement of the photo.
    """

    level: float
    crossed: bool
    change: Change


def fragility(
    pixels: ImageArray,
    model: GradientModel,
    rescore: Rescore,
    level: float,
    face: Face | None = None,
    *,
    steps: int = 40,
    halvings: int = 6,
) -> Fragility:
    """Look for the smallest change that moves a photo's mean score across ``level``.

    A climb (or descent) past the level gives a direction; its amount is then halved between what
    crosses and what does not.

    Args:
        pixels: uint8 (h, w, 3).
        model: the scoring model.
        rescore: scores a picture with the whole program.
        level: a mean score, 1..10.
        face: the face that counts, with its descriptor.
        steps: at most this many gradient steps.
        halvings: how finely the amount is searched.
    """
    before = rescore(pixels)
    sign = 1.0 if before <= level else -1.0

    def past(mean: float, margin: float = 0.0) -> bool:
        return sign * (mean - level) > margin

    for margin in MARGINS:
        reached = False
        start: float | None = None

        def enough(mean: float, margin: float = margin) -> bool:
            # The gradient's model is exact; the score that is shown may be the 8-bit one's.
            nonlocal reached, start
            start = mean if start is None else start
            reached = reached or past(before + mean - start, margin)
            return reached

        field = _climb(pixels, model, face, MEAN_SCORE, steps, MOST_CHANGE, sign, enough=enough)
        changed = apply(pixels, field)
        best = _change(pixels, changed, before, rescore(changed), steps)
        if past(best.after) or not reached:
            break
    if not past(best.after):
        return Fragility(level, False, best)
    low, high = 0.0, 1.0
    for _ in range(halvings):
        middle = (low + high) / 2
        changed = apply(pixels, np.asarray(field * middle, np.float32))
        after = rescore(changed)
        if past(after):
            high = middle
            best = _change(pixels, changed, before, after, steps)
        else:
            low = middle
    return Fragility(level, True, best)
