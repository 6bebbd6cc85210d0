"""Series that belong together as a whole and are never culled: brackets and panoramas."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.grouping.items import GroupPhoto, Item, distance
from core.grouping.times import Precision

GREY_SIDE = 64
"""Longer side, in pixels, of the pictures whose overlap is measured."""

BRACKET_GAP = timedelta(seconds=2)
"""Most time between two shots of a bracket, their exposure aside."""

MIN_STEP_EV = 0.45
STEP_TOLERANCE_EV = 0.2
MIN_SAID_STEP_EV = 0.25
SAID_TOLERANCE_EV = 0.13
"""Where the camera says that it bracketed, steps may be of a third; nominal times (1/200, 1/250,
1/320 s) are off by up to 0.06 stops each."""

MAX_BRACKET = 9

PANORAMA_GAP = timedelta(seconds=20)
MIN_SHIFT, MAX_SHIFT = 0.12, 0.85
"""Shift from frame to frame, as a share of the frame, that makes a panorama's sweep."""

MIN_OVERLAP = 0.15
"""Share of the frame that must overlap for the correlation to mean anything."""

MIN_CONTRAST = 4.0
"""Standard deviation, in grey levels, below which a part says nothing."""

MIN_OVERLAP_CORRELATION = 0.7
WIDE_RATIO = 2.6
"""Long side by short side from which one file is a stitched panorama; 21:9 film stills have 2.4."""

Thumbnails = Callable[[Sequence[int]], Mapping[int, bytes]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """How one frame lies against the one before it: shift in shares of the frame, and how well
    the parts that overlap correlate (-1..1)."""

    dx: float
    dy: float
    correlation: float


def exposure_value(photo: GroupPhoto) -> float | None:
    """Light let in, in stops: ``log2(t * iso / (100 N^2))``; more is brighter."""
    if not photo.exposure_s:
        return None
    aperture = photo.aperture or 1.0
    return math.log2(photo.exposure_s * (photo.iso or 100) / 100 / aperture**2)


def brackets(items: Sequence[Item], precision: Mapping[int, Precision]) -> list[list[Item]]:
    """Runs of 3 to 9 shots of one camera, moments apart, in equal steps of exposure.

    The aperture must stay. Exposures alone count from steps of half a stop on: a camera on
    automatic varies the exposure of a burst by thirds, in no order. Steps of a third count where
    the exposure bias takes them, which no automatic changes, or where the camera says that it
    brackets.
    """
    found: list[list[Item]] = []
    for run in _runs(items, precision, _bracket_follows):
        start = 0
        while start <= len(run) - 3:
            length = _bracket_length(run[start:])
            if length:
                found.append(run[start : start + length])
                start += length
            else:
                start += 1
    return found


def _bracket_follows(before: GroupPhoto, after: GroupPhoto) -> bool:
    assert before.taken_at is not None
    assert after.taken_at is not None
    slack = timedelta(seconds=min(60.0, (before.exposure_s or 0) + (after.exposure_s or 0)))
    return (
        after.taken_at - before.taken_at <= BRACKET_GAP + slack
        and (
            (before.exposure_s is not None and after.exposure_s is not None)
            or (before.exposure_bias is not None and after.exposure_bias is not None)
        )
        and before.aperture == after.aperture
        and before.focal_mm == after.focal_mm
        and (before.width, before.height) == (after.width, after.height)
    )


def _bracket_length(run: Sequence[Item]) -> int:
    """Number of shots at the start of ``run`` that make a bracket (odd, the longest), or 0."""
    shots = [item.lead for item in run[:MAX_BRACKET]]
    for length in (9, 7, 5, 3):
        if length <= len(shots) and _is_bracket(shots[:length]):
            return length
    return 0


def _is_bracket(shots: Sequence[GroupPhoto]) -> bool:
    exposures = [exposure_value(photo) for photo in shots]
    biases = [photo.exposure_bias for photo in shots]
    if _steps(exposures, MIN_STEP_EV, STEP_TOLERANCE_EV):
        return True
    if _steps(biases, MIN_SAID_STEP_EV, SAID_TOLERANCE_EV):
        return True
    said = all(photo.auto_bracket for photo in shots)
    return said and _steps(exposures, MIN_SAID_STEP_EV, SAID_TOLERANCE_EV)


def _steps(values: Sequence[float | None], least: float, tolerance: float) -> bool:
    """Whether values (in stops) are all known, all different, and equally far apart."""
    if any(value is None for value in values):
        return False
    steps = np.diff(np.sort(np.asarray(values, np.float64)))
    return bool(steps.min() >= least and np.ptp(steps) <= tolerance)


def panoramas(
    items: Sequence[Item], precision: Mapping[int, Precision], thumbnails: Thumbnails
) -> list[list[Item]]:
    """Sweeps of three or more frames: one exposure, each shifted against the last one way."""
    candidates = [run for run in _runs(items, precision, _panorama_follows) if len(run) >= 3]
    found: list[list[Item]] = []
    for run in candidates:
        pictures = {
            photo_id: _grey(jpeg) for photo_id, jpeg in thumbnails([i.id for i in run]).items()
        }
        current = [run[0]]
        direction: tuple[int, int] | None = None
        for before, after in itertools.pairwise(run):
            ours, theirs = pictures.get(before.id), pictures.get(after.id)
            sweep = None if ours is None or theirs is None else overlap(ours, theirs)
            way = None if sweep is None else _way(sweep)
            if way is not None and direction in (None, way):
                current.append(after)
                direction = way
            else:
                if len(current) >= 3:
                    found.append(current)
                current, direction = [after], None
        if len(current) >= 3:
            found.append(current)
    return found


def is_wide(photo: GroupPhoto) -> bool:
    """Whether the photo's shape is that of a stitched panorama."""
    if not photo.width or not photo.height:
        return False
    long, short = max(photo.width, photo.height), min(photo.width, photo.height)
    return long >= WIDE_RATIO * short and long >= 2000


def _panorama_follows(before: GroupPhoto, after: GroupPhoto) -> bool:
    assert before.taken_at is not None
    assert after.taken_at is not None
    apart = distance(before, after)
    return (
        after.taken_at - before.taken_at <= PANORAMA_GAP
        and (before.focal_mm, before.aperture) == (after.focal_mm, after.aperture)
        and (before.width, before.height) == (after.width, after.height)
        and (apart is None or apart > 8)
    )


def _way(sweep: Sweep) -> tuple[int, int] | None:
    """Direction of a sweep along one side of the frame, or ``None``."""
    if sweep.correlation < MIN_OVERLAP_CORRELATION:
        return None
    if MIN_SHIFT <= abs(sweep.dx) <= MAX_SHIFT and abs(sweep.dy) <= abs(sweep.dx) / 2:
        return int(math.copysign(1, sweep.dx)), 0
    if MIN_SHIFT <= abs(sweep.dy) <= MAX_SHIFT and abs(sweep.dx) <= abs(sweep.dy) / 2:
        return 0, int(math.copysign(1, sweep.dy))
    return None


def _runs(
    items: Sequence[Item],
    precision: Mapping[int, Precision],
    follows: Callable[[GroupPhoto, GroupPhoto], bool],
) -> Iterator[list[Item]]:
    """Each camera's items in the order of time, cut where ``follows`` says no."""
    by_camera: dict[str, list[Item]] = {}
    for item in items:
        if precision[item.id] is Precision.SECOND and item.lead.camera:
            by_camera.setdefault(item.lead.camera, []).append(item)
    for shots in by_camera.values():
        shots.sort(key=lambda item: (item.lead.taken_at, item.lead.path.name, item.id))
        run = shots[:1]
        for before, after in itertools.pairwise(shots):
            if not follows(before.lead, after.lead):
                yield run
                run = []
            run.append(after)
        yield run


def _grey(jpeg: bytes) -> NDArray[np.float32]:
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.draft("L", (GREY_SIDE, GREY_SIDE))
        small = picture.convert("L")
        small.thumbnail((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX)
        return np.asarray(small, np.float32)


def overlap(before: NDArray[np.float32], after: NDArray[np.float32]) -> Sweep | None:
    """Where ``after`` lies against ``before`` (grey pictures of one size).

    The shift with the highest normalized correlation of the parts that overlap, over all shifts at
    once by Fourier transforms (D. Padfield, "Masked Object Registration in the Fourier Domain",
    IEEE TIP 2012, section II).
    """
    if before.shape != after.shape:
        return None
    height, width = before.shape
    shape = 2 * height, 2 * width
    ours, theirs = (picture.astype(np.float64) - picture.mean() for picture in (before, after))
    ones = np.fft.rfft2(np.ones_like(ours), shape)

    def correlate(first: NDArray[np.complex128], second: NDArray[np.complex128]) -> Any:
        return np.fft.irfft2(first * np.conj(second), shape)

    f, g = np.fft.rfft2(ours, shape), np.fft.rfft2(theirs, shape)
    f2, g2 = np.fft.rfft2(ours**2, shape), np.fft.rfft2(theirs**2, shape)
    count = np.maximum(correlate(ones, ones), 1.0)
    sum_f, sum_g = correlate(f, ones), correlate(ones, g)
    spread_f = correlate(f2, ones) - sum_f**2 / count
    spread_g = correlate(ones, g2) - sum_g**2 / count
    # Bare sky fits anywhere: parts with next to no contrast say nothing.
    telling = (
        (count >= MIN_OVERLAP * height * width)
        & (spread_f > MIN_CONTRAST**2 * count)
        & (spread_g > MIN_CONTRAST**2 * count)
    )
    if not telling.any():
        return None
    product = np.sqrt(np.where(telling, spread_f * spread_g, 1.0))
    values = np.where(telling, (correlate(f, g) - sum_f * sum_g / count) / product, -1.0)
    y, x = np.unravel_index(int(values.argmax()), shape)
    dy = int(y) - shape[0] * (y >= height)
    dx = int(x) - shape[1] * (x >= width)
    return Sweep(dx / width, dy / height, float(values[y, x]))
