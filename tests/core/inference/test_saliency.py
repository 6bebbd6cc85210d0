"""The maps are exactly Grad-CAM's, and say nothing where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from core.domain import ImageArray, Score, ScoreDistribution
from core.inference.aesthetics import AestheticScorer
from core.inference.cards import AESTHETICS, bundled_models, find_model
from core.inference.faces import FaceDescriber, FaceDetector
from core.inference.preprocess import prepare
from core.inference.saliency import (
    Target,
    centered,
    enlarged,
    normalized,
    overlay,
    saliency_map,
    target_weights,
)
from tests.core.inference.torch_twin import torch_twin

PREDICTION = ScoreDistribution((0.01, 0.02, 0.07, 0.15, 0.25, 0.2, 0.15, 0.1, 0.04, 0.01))
TARGETS: list[tuple[Target, int | None]] = [
    (Target.MEAN, None),
    (Target.AVERAGE, None),
    (Target.LOGIT, 7),
    (Target.PROBABILITY, 3),
]


@dataclass(frozen=True)
class Scored:
    """A score, the model that gave it as a PyTorch module, and the image that it was given."""

    score: Score
    twin: Any
    image: Any


SCORERS = [card.name for card in bundled_models() if card.kind == AESTHETICS]


@pytest.fixture(params=SCORERS)
def scored(request: pytest.FixtureRequest, drawn_face: Callable[..., ImageArray]) -> Scored:
    """A photo with a face, scored by each bundled model, and that model in PyTorch."""
    torch = pytest.importorskip("torch")
    pixels = drawn_face()
    scorer = AestheticScorer(find_model(request.param))
    face = FaceDescriber().describe(pixels, FaceDetector().detect(pixels)[0])
    twin = torch_twin(scorer.card, face.descriptor if scorer.uses_face else None)
    image = torch.from_numpy(prepare(pixels, scorer.card.image))
    return Scored(scorer.score(pixels, face), twin, image.requires_grad_())


def goal(target: Target, rating: int | None, logits: Any) -> Any:
    """What a target explains, in PyTorch: of ten logits."""
    torch = pytest.importorskip("torch")
    shares = logits.softmax(0)
    return {
        Target.MEAN: shares @ torch.arange(1, 11, dtype=torch.float32),
        Target.AVERAGE: shares.detach() @ logits,
        Target.LOGIT: logits[(rating or 1) - 1],
        Target.PROBABILITY: shares[(rating or 1) - 1],
    }[target]


def assert_maps_equal(score: Score, expected: Any, target: Target, rating: int | None) -> None:
    assert score.scene_maps is not None
    found = saliency_map(score.scene_maps, target_weights(score.distribution, target, rating))
    np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=str(target))
    assert np.abs(expected).max() > 1e-4


def test_maps_equal_autograd(scored: Scored) -> None:
    torch = pytest.importorskip("torch")
    maps: list[Any] = []
    scored.twin.last.register_forward_hook(lambda *given: maps.append(given[2]))
    logits = scored.twin(scored.image)[0]
    mean = goal(Target.MEAN, None, logits)
    assert float(mean.detach()) == pytest.approx(scored.score.mean, abs=1e-4)
    for target, rating in TARGETS:
        value = goal(target, rating, logits)
        (gradient,) = torch.autograd.grad(value, maps[0], retain_graph=True)
        alpha = gradient.mean((2, 3), keepdim=True)
        expected = (alpha * maps[0]).sum(1)[0].detach().numpy()
        assert_maps_equal(scored.score, expected, target, rating)


def test_maps_equal_those_of_pytorch_grad_cam(scored: Scored) -> None:
    reference = pytest.importorskip("pytorch_grad_cam", reason="pytorch-grad-cam is not installed")
    for target, rating in TARGETS:
        wanted = [partial(goal, target, rating)]
        with reference.GradCAM(model=scored.twin, target_layers=[scored.twin.last]) as cam:
            cam(input_tensor=scored.image, targets=wanted)
            seen = cam.activations_and_grads
            # What it draws before it cuts off what lowers the target and stretches the rest.
            expected = cam.get_cam_image(
                scored.image, scored.twin.last, wanted,
                seen.activations[0].numpy(), seen.gradients[0].numpy(), False,
            )[0]  # fmt: skip
        assert_maps_equal(scored.score, expected, target, rating)


def test_weights_are_the_derivative_by_the_logits() -> None:
    logits = np.log(np.array(PREDICTION.probabilities))
    ratings = np.arange(1, 11)

    def shares(z: Any) -> Any:
        return np.exp(z) / np.exp(z).sum()

    step = 1e-6
    for k in range(10):
        moved = logits + step * (np.arange(10) == k)
        by_mean = (shares(moved) - shares(logits)) @ ratings / step
        assert target_weights(PREDICTION)[k] == pytest.approx(by_mean, abs=1e-5)
        by_share = (shares(moved) - shares(logits))[3] / step
        weights = target_weights(PREDICTION, Target.PROBABILITY, 4)
        assert weights[k] == pytest.approx(by_share, abs=1e-5)


def test_mean_weights_lower_below_the_mean_and_raise_above() -> None:
    weights = target_weights(PREDICTION)
    assert (weights[:5] < 0).all()
    assert (weights[5:] > 0).all()
    assert weights.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("rating", [None, 0, 11])
def test_class_targets_need_a_rating(rating: int | None) -> None:
    with pytest.raises(ValueError, match=r"1\.\.10"):
        target_weights(PREDICTION, Target.LOGIT, rating)


def test_positive_only_drops_what_lowers() -> None:
    maps = np.zeros((10, 2, 2), np.float32)
    maps[0] = [[1, 0], [0, 0]]
    maps[9] = [[0, 2], [0, 0]]
    weights = target_weights(PREDICTION)
    signed = saliency_map(maps, weights)
    assert signed[0, 0] < 0 < signed[0, 1]
    positive = saliency_map(maps, weights, positive_only=True)
    assert positive[0, 0] == 0
    assert positive[0, 1] == signed[0, 1]


@pytest.mark.parametrize("level", [0.0, 0.4, -3.0, np.nan])
def test_map_that_is_the_same_everywhere_is_blank(level: float) -> None:
    flat = np.full((7, 7), level, np.float32)
    np.testing.assert_array_equal(normalized(flat), np.zeros((7, 7), np.float32))
    photo = np.full((20, 30, 3), 100, np.uint8)
    np.testing.assert_array_equal(overlay(photo, flat, 1.0), photo)


def test_broken_maps_become_blank_not_nan() -> None:
    maps = np.full((10, 7, 7), np.nan, np.float32)
    assert not saliency_map(maps, target_weights(PREDICTION)).any()


def test_centered_map_brings_out_differences() -> None:
    ramp = np.linspace(1, 2, 49, dtype=np.float32).reshape(7, 7)
    assert centered(ramp).min() < 0 < centered(ramp).max()
    assert abs(float(centered(ramp).mean())) < 1e-6


def test_overlay_is_orange_where_it_raises_and_blue_where_it_lowers() -> None:
    photo = np.full((70, 70, 3), 128, np.uint8)
    saliency = np.zeros((7, 7), np.float32)
    saliency[1, 1], saliency[5, 5] = 1.0, -1.0
    drawn = overlay(photo, saliency, 0.8).astype(int)
    raised, lowered = drawn[15, 15], drawn[55, 55]
    assert raised[0] > raised[2] + 100
    assert lowered[2] > lowered[0] + 100
    np.testing.assert_array_equal(drawn[35, 35], [128, 128, 128])
    np.testing.assert_array_equal(overlay(photo, saliency, 0.0), photo)


def test_enlarged_map_stays_within_its_extremes() -> None:
    saliency = np.zeros((7, 7), np.float32)
    saliency[3, 3] = 1
    large = enlarged(saliency, 301, 201)
    assert large.shape == (201, 301)
    assert large.min() >= 0
    assert large.max() <= 1
    assert large[100, 150] > 0.9
