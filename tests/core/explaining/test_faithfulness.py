"""Deletion and insertion curves tell a true map from a made-up one."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain import FloatArray, ImageArray, ScoreDistribution
from core.explaining.faithfulness import check_map
from core.inference.saliency import Target
from tests.quick import distribution

SIZE = 112


@pytest.fixture
def photo() -> ImageArray:
    return np.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)


def detail_at_the_left(pixels: ImageArray) -> ScoreDistribution:
    """A model that likes detail in the left third of the photo, and nothing else."""
    return distribution(1.5 + 8 * min(1.0, float(pixels[:, : SIZE // 3].std()) / 80))


def bump(left: bool) -> FloatArray:
    found = np.zeros((7, 7), np.float32)
    found[:, slice(0, 2) if left else slice(5, 7)] = 1.0
    return found


def test_a_true_map_beats_random_orders(photo: ImageArray) -> None:
    check = check_map(photo, bump(left=True), detail_at_the_left)
    assert check.informative
    assert check.deletion_auc < check.random_auc
    assert check.insertion_auc > check.random_auc
    assert len(check.deletion) == len(check.insertion) == 11
    assert check.deletion[0] == pytest.approx(check.insertion[-1])


def test_a_map_of_the_wrong_place_is_not_informative(photo: ImageArray) -> None:
    assert not check_map(photo, bump(left=False), detail_at_the_left).informative


def test_a_flat_map_is_not_informative(photo: ImageArray) -> None:
    assert not check_map(photo, np.ones((7, 7), np.float32), detail_at_the_left).informative


@pytest.mark.parametrize(
    ("target", "rating"), [(Target.AVERAGE, None), (Target.PROBABILITY, 9), (Target.LOGIT, 9)]
)
def test_other_targets_are_checked_in_their_own_units(
    photo: ImageArray, target: Target, rating: int | None
) -> None:
    check = check_map(photo, bump(left=True), detail_at_the_left, target, rating, random_orders=2)
    assert np.isfinite(check.deletion).all()
    assert check.deletion[0] >= check.deletion[-1]
