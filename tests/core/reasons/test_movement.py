"""A moved face is told from one out of focus, whatever the direction."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from core.reasons.movement import movement
from tests.core.reasons.test_sharpness import WIDTH, everywhere, patches


@pytest.mark.parametrize("sigma", [5.0, 7.0, 10.0])
def test_a_lens_out_of_focus_is_no_movement(sigma: float) -> None:
    picture = cv2.GaussianBlur(patches(), (0, 0), sigma)
    assert movement(picture, everywhere(picture), WIDTH) < 0


@pytest.mark.parametrize("degrees", [0, 45, 90, 150])
def test_a_movement_is_told_in_any_direction(degrees: int) -> None:
    kernel = np.zeros((41, 41), np.float32)
    angle = math.radians(degrees)
    reach = 14 * np.array([math.cos(angle), math.sin(angle)])
    start, end = (tuple(round(v) for v in 20 + sign * reach) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    picture = cv2.filter2D(patches(), -1, kernel / kernel.sum())
    assert movement(picture, everywhere(picture), WIDTH) > 0
