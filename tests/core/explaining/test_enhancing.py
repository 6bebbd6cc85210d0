"""A score can be moved by changes nobody sees, and what is reported is what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.analysis import DEFAULT_MODEL, open_analyzer
from core.domain import ImageArray
from core.explaining.enhancing import MOST_CHANGE, apply
from core.explaining.explainer import Explainer


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    """Its models are loaded once for all tests."""
    return Explainer(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def portrait(
    tmp_path_factory: pytest.TempPathFactory, drawn_face: Callable[..., ImageArray]
) -> Path:
    file = tmp_path_factory.mktemp("photos") / "portrait.png"
    Image.fromarray(drawn_face(600)).save(file)
    return file


def test_enhance_raises_the_score_of_the_written_picture(
    explainer: Explainer, portrait: Path, tmp_path: Path
) -> None:
    change = explainer.enhance(portrait, steps=12)
    with Image.open(portrait) as picture:
        before = np.asarray(picture)
    difference = np.abs(change.pixels.astype(int) - before)
    assert change.after > change.before + 0.5
    assert change.largest_change == difference.max() <= MOST_CHANGE + 1
    assert change.mean_change == pytest.approx(difference.mean())
    assert change.mean_change < 4
    written = tmp_path / "enhanced.png"
    Image.fromarray(change.pixels).save(written)
    score = open_analyzer().analyze(written).score
    assert score is not None
    assert score.mean == pytest.approx(change.after, abs=1e-3)


def test_a_small_photo_is_raised_too(
    explainer: Explainer, tmp_path: Path, drawn_face: Callable[..., ImageArray]
) -> None:
    """Its pixels are larger than the model's: only what they can show may be asked of them."""
    small = tmp_path / "small.png"
    Image.fromarray(drawn_face(120)).save(small)
    change = explainer.enhance(small, steps=12)
    assert change.pixels.shape == (120, 120, 3)
    assert change.after > change.before + 0.5
    assert change.mean_change < 4


def test_fragility_finds_a_smaller_change_for_a_nearer_level(
    explainer: Explainer, portrait: Path
) -> None:
    score = open_analyzer().analyze(portrait).score
    assert score is not None
    near, far = (explainer.fragility(portrait, score.mean + up) for up in (0.05, 0.4))
    assert near.change.before == pytest.approx(score.mean, abs=1e-4), "the score that is shown"
    assert near.crossed
    assert far.crossed
    assert near.change.after > near.level
    assert far.change.after > far.level
    assert 0 < near.change.mean_change < far.change.mean_change
    down = explainer.fragility(portrait, score.mean - 0.1)
    assert down.crossed
    assert down.change.after < down.level


def test_an_out_of_reach_level_is_said_not_to_be_crossed(
    explainer: Explainer, tmp_path: Path, drawn_face: Callable[..., ImageArray]
) -> None:
    large = tmp_path / "large.jpg"
    Image.fromarray(drawn_face(1350)).save(large, quality=92)
    found = explainer.fragility(large, 9.99, steps=2)
    assert not found.crossed
    score = open_analyzer().analyze(large).score
    assert score is not None
    assert found.change.before == pytest.approx(score.mean, abs=1e-4), "the score that is shown"


def test_fractions_of_a_grey_level_are_kept_on_average() -> None:
    pixels = np.full((64, 64, 3), 100, np.uint8)
    field = np.full((4, 4, 3), 0.25, np.float32)
    changed = apply(pixels, field)
    assert changed.mean() == pytest.approx(100.25, abs=0.01)
    assert set(np.unique(changed)) == {100, 101}


def test_no_change_is_no_change() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8)
    np.testing.assert_array_equal(apply(pixels, np.zeros((7, 7, 3), np.float32)), pixels)
