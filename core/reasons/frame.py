"""Faults of the whole frame: tilt, burnt-out areas, compression."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import FloatArray, ImageArray

BLOCK = 8
"""Side of JPEG's blocks (ITU-T T.81)."""

LEAST_STEP = 0.5
"""Grey levels added to the steps inside: in a smooth photo, smaller steps are not seen."""

WORKING_SIDE = 1024
MIDDLE_SIDE = 2048
LEAST_LINE = 0.12
"""A line shorter than this share of the longer side says nothing about the horizon."""

LEAST_LINE_PIXELS = 40.0
"""In a tiny photo even a long line is too short to tell its angle."""

NEAR_AXIS = 12.0
"""Degrees from level or upright within which a line is taken for one that was meant to be so."""

TOGETHER = 1.0
"""Degrees within which lines agree."""

BURNT = 252
"""From this level on in all channels, a place of the frame is burnt out."""


def burnt_out(pixels: ImageArray) -> float:
    """Share of the frame, in percent, that is pure white without any drawing."""
    return 100.0 * float((reduced(pixels, WORKING_SIDE).min(axis=-1) >= BURNT).mean())


def middle(pixels: ImageArray, side: int = MIDDLE_SIDE) -> ImageArray:
    """The photo's middle at native resolution: what is on every pixel shows there too."""
    height, width = pixels.shape[:2]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return pixels[top : top + side, left : left + side]


def megapixels(width: int, height: int) -> float:
    """The photo's size in millions of pixels."""
    return width * height / 1e6


def blockiness(grey: FloatArray) -> float:
    """How much larger steps at the edges of 8x8 blocks are than steps inside, in percent.

    After Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed
    images" (2002), section 2; the grid may begin anywhere. 0 for photos without blocks.
    """
    excess = []
    for axis in (0, 1):
        steps = np.abs(np.diff(grey, axis=1 - axis)).mean(axis=axis)
        if len(steps) < 5 * BLOCK:
            return 0.0
        # The median: blocks show at every eighth step, an object's edge at one.
        at = np.array([float(np.median(steps[phase::BLOCK])) for phase in range(BLOCK)])
        edge = int(np.argmax(at))
        inside = float(np.delete(at, edge).mean())
        excess.append(float(at[edge]) / (inside + LEAST_STEP) - 1.0)
    return 100.0 * max(0.0, min(excess))


def jpeg_quality(path: Path) -> float | None:
    """The quality (1..100, of the Independent JPEG Group's scale) that a JPEG was written with.

    From the mean of its luminance table against the standard's (ITU-T T.81, table K.1; the
    scaling is that of libjpeg's ``jpeg_quality_scaling``). ``None`` for other files.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            tables = getattr(image, "quantization", None)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if not tables:
        return None
    scale = 100.0 * float(np.mean(tables[min(tables)])) / STANDARD_MEAN
    return 5000.0 / scale if scale > 100.0 else (200.0 - scale) / 2.0


STANDARD_MEAN = 57.625
"""Mean of the standard's luminance table."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """How a photo's lines are turned.

    Attributes:
        angle: degrees, clockwise positive.
        length: of the lines that agree on it together, in longer sides of the photo.
        share: theirs of the length of all lines nearly level or upright, 0..1.
    """

    angle: float
    length: float
    share: float

    @property
    def is_plain(self) -> bool:
        """Whether the lines are long enough and agree enough to be believed."""
        return self.length >= LEAST_TOGETHER and self.share >= AGREEMENT


LEAST_TOGETHER, AGREEMENT = 0.4, 0.3
"""Least length and share of the lines that must agree on a tilt.

On the half of the photos for calibration, 15 of 17 with straight lines are told when turned by 4
to 10 degrees; a fifth more would be with less, and three times as many level ones.
"""


def tilt(pixels: ImageArray) -> Tilt:
    """By how much the photo is turned, as its lines say.

    Long straight lines that are nearly level or upright are taken to have been meant so; the
    angle on which most of their length agrees is the tilt. Without lines all is 0.
    """
    import cv2

    small = reduced(pixels, WORKING_SIDE)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    if found is None:
        return Tilt(0.0, 0.0, 0.0)
    lines = np.asarray(found, np.float64).reshape(-1, 4)
    across, down = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    length = np.hypot(across, down)
    angle = np.degrees(np.arctan2(down, across))
    off = (angle + 45.0) % 90.0 - 45.0
    longest = max(small.shape[:2])
    least = max(LEAST_LINE * longest, LEAST_LINE_PIXELS)
    chosen = (length >= least) & (np.abs(off) <= NEAR_AXIS)
    if not chosen.any():
        return Tilt(0.0, 0.0, 0.0)
    off, length = off[chosen], length[chosen]
    best, weight = 0.0, -1.0
    for candidate in off:
        near = np.abs(off - candidate) <= TOGETHER
        if (total := float(length[near].sum())) > weight:
            weight, best = total, float(np.average(off[near], weights=length[near]))
    return Tilt(best, weight / longest, weight / float(length.sum()))


def reduced(pixels: ImageArray, side: int) -> ImageArray:
    """The photo with its longer side at most ``side`` pixels, averaged."""
    import cv2

    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1.0:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
