"""A wrong white balance is told by face and frame together; a photo without colours has none."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain import ImageArray
from core.reasons.cast import cast_features
from tests.benchmarks.portrait_faults import CASTS, to_linear, to_pixels


def scene() -> tuple[ImageArray, ImageArray, ImageArray]:
    """Skin, eyes, and a street of white, blue, grey and brown."""
    random = np.random.default_rng(2)
    skin = np.clip(random.normal((205, 160, 135), 8, (400, 3)), 0, 255).astype(np.uint8)
    eyes = np.clip(random.normal((190, 185, 180), 20, (60, 3)), 0, 255).astype(np.uint8)
    colours = np.array([(235, 235, 235), (90, 110, 140), (60, 60, 60), (150, 120, 100)])
    small = np.kron(colours[random.integers(0, 4, (16, 16))], np.ones((8, 8, 1)))
    noisy = np.clip(small + random.normal(0, 6, small.shape), 0, 255)
    return skin, eyes, noisy.astype(np.uint8)


@pytest.mark.parametrize("gains", CASTS)
def test_a_cast_is_surer_than_none(gains: tuple[float, float, float]) -> None:
    from core.reasons.cast import fitted

    light = np.array(gains, np.float32)
    plain = cast_features(*scene())
    cast = cast_features(*(to_pixels(to_linear(part) * light) for part in scene()))
    assert plain is not None
    assert cast is not None
    assert fitted().log_odds(cast) > max(0.0, fitted().log_odds(plain))


def test_black_and_white_has_no_cast() -> None:
    grey = tuple(np.repeat(part[..., :1], 3, axis=-1) for part in scene())
    assert cast_features(*grey) is None
