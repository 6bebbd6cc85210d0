"""The maps are exactly Grad-CAM's, and say nothing where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import numpy as np
import pytest

from core.domain import ImageArray, ScoreDistribution
from core.inference.aesthetics import AestheticScorer
from core.inference.cards import find_model
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

PREDICTION = ScoreDistribution((0.01, 0.02, 0.07, 0.15, 0.25, 0.2, 0.15, 0.1, 0.04, 0.01))
TARGETS: list[tuple[Target, int | None]] = [
    (Target.MEAN, None),
    (Target.AVERAGE, None),
    (Target.LOGIT, 7),
    (Target.PROBABILITY, 3),
]


def _torch_forward(image: Any) -> tuple[Any, Any]:
    """The bundled NIMA run by PyTorch from its ONNX weights: last map and logits."""
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    file = resources.files("resources") / "models" / "nima" / "model.onnx"
    weights = {
        tensor.name: torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
        for tensor in onnx.load_from_string(file.read_bytes()).graph.initializer
    }
    flow = image
    layers = ["conv1", *(f"conv_{kind}_{n}" for n in range(1, 14) for kind in ("dw", "pw"))]
    for layer in layers:
        kernel = weights[f"{layer}.weight"]
        stride = 2 if layer == "conv1" or layer[7:] in {"_2", "_4", "_6", "_12"} else 1
        flow = torch.nn.functional.conv2d(
            flow,
            kernel,
            weights[f"{layer}.bias"],
            stride=stride if kernel.shape[-1] == 3 else 1,
            padding=kernel.shape[-1] // 2,
            groups=kernel.shape[0] if kernel.shape[1] == 1 else 1,
        ).clamp(0, 6)
    last = flow.detach().requires_grad_()
    logits = last.mean((2, 3)) @ weights["dense.weight"][:, :, 0, 0].T + weights["dense.bias"]
    return last, logits[0]


def test_maps_equal_autograd(drawn_face: Callable[..., ImageArray]) -> None:
    torch = pytest.importorskip("torch")
    scorer = AestheticScorer(find_model("nima"))
    photo = drawn_face()
    score = scorer.score(photo)
    assert score.scene_maps is not None
    last, logits = _torch_forward(torch.from_numpy(prepare(photo, scorer.card.image)))
    shares = logits.softmax(0)
    ratings = torch.arange(1, 11, dtype=torch.float32)
    assert float(shares.detach() @ ratings) == pytest.approx(score.mean, abs=1e-4)
    for target, rating in TARGETS:
        value = {
            Target.MEAN: shares @ ratings,
            Target.AVERAGE: shares.detach() @ logits,
            Target.LOGIT: logits[(rating or 1) - 1],
            Target.PROBABILITY: shares[(rating or 1) - 1],
        }[target]
        (gradient,) = torch.autograd.grad(value, last, retain_graph=True)
        alpha = gradient.mean((2, 3), keepdim=True)
        expected = (alpha * last.detach()).sum(1)[0].numpy()
        found = saliency_map(score.scene_maps, target_weights(score.distribution, target, rating))
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=str(target))
        assert np.abs(expected).max() > 1e-4


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
