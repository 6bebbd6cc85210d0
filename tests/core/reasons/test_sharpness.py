"""The blur of a face is measured in widths of the face, whatever its contrast."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from core.domain import FloatArray
from core.reasons.sharpness import measure_blur

WIDTH = 200.0


def patches(contrast: float = 120.0) -> FloatArray:
    """Many sharp edges in all directions."""
    picture = np.full((240, 240), 60.0, np.float32)
    random = np.random.default_rng(4)
    for _ in range(40):
        center = random.integers(20, 220, 2)
        radius = int(random.integers(8, 30))
        level = 60.0 + contrast * random.uniform(0.3, 1.0)
        cv2.circle(picture, (int(center[0]), int(center[1])), radius, level, -1)
    return picture


def everywhere(picture: FloatArray) -> np.ndarray:
    return np.ones(picture.shape, bool)


@pytest.mark.parametrize("sigma", [3.0, 4.0, 6.0])
def test_finds_the_width_of_a_known_blur(sigma: float) -> None:
    picture = cv2.GaussianBlur(patches(), (0, 0), sigma)
    blur = measure_blur(picture, everywhere(picture), WIDTH)
    assert blur.worst * WIDTH == pytest.approx(sigma, rel=0.25)
    assert blur.ratio < 1.3


def test_contrast_does_not_matter() -> None:
    strong, weak = (cv2.GaussianBlur(patches(c), (0, 0), 4.0) for c in (150.0, 30.0))
    first, second = (measure_blur(p, everywhere(p), WIDTH).worst for p in (strong, weak))
    assert first == pytest.approx(second, rel=0.1)


@pytest.mark.parametrize("degrees", [0, 45, 90, 150])
def test_finds_the_direction_of_a_movement(degrees: int) -> None:
    kernel = np.zeros((31, 31), np.float32)
    angle = math.radians(degrees)
    reach = 12 * np.array([math.cos(angle), math.sin(angle)])
    start, end = (tuple(round(v) for v in 15 + sign * reach) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    picture = cv2.filter2D(patches(), -1, kernel / kernel.sum())
    blur = measure_blur(picture, everywhere(picture), WIDTH)
    assert blur.ratio > 1.5
    off = abs(math.degrees(blur.angle) - degrees) % 180
    assert min(off, 180 - off) < 12


def test_nothing_to_see_is_no_error() -> None:
    flat = np.full((50, 50), 90.0, np.float32)
    measure_blur(flat, everywhere(flat), WIDTH)
    assert measure_blur(flat, ~everywhere(flat), WIDTH).worst == 1.0
