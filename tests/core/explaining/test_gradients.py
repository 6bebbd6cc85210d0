"""Gradients from the backward graph are those of PyTorch, plain and guided."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.domain import SCORE_BINS, Face, ImageArray
from core.errors import ModelError
from core.explaining.backward import BACKWARD_FILE, backward_part, write_backward
from core.explaining.gradients import (
    MEAN_SCORE,
    Goal,
    GradientModel,
    logit_of,
    share_of,
)
from core.inference.aesthetics import AestheticScorer
from core.inference.cards import ModelCard, bundled_models, find_model, load_card
from core.inference.faces import FaceDescriber, FaceDetector
from core.inference.preprocess import prepare

GOALS = [MEAN_SCORE, logit_of(6), share_of([7, 8, 9, 10])]


class Rectifier:
    """ReLU6 in PyTorch, its backward pass guided or not."""

    def __init__(self, torch: Any, *, guided: bool) -> None:
        class Guided(torch.autograd.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(context: Any, flow: Any) -> Any:
                context.save_for_backward(flow)
                return flow.clamp(0, 6)

            @staticmethod
            def backward(context: Any, gradient: Any) -> Any:
                (flow,) = context.saved_tensors
                return gradient.clamp(min=0) * ((flow > 0) & (flow < 6))

        self._apply = Guided.apply if guided else torch.nn.functional.relu6

    def __call__(self, flow: Any) -> Any:
        return self._apply(flow)


def torch_gradients(
    card: ModelCard, image: Any, descriptor: Any, goals: list[Goal], *, guided: bool
) -> list[Any]:
    """The same by PyTorch's autograd, from the model's own weights."""
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    graph = onnx.load_from_string(card.graph().read_bytes()).graph
    weights = {
        w.name: torch.from_numpy(onnx.numpy_helper.to_array(w).copy()) for w in graph.initializer
    }
    rectify = Rectifier(torch, guided=guided)
    start = torch.from_numpy(image).requires_grad_()
    flow = start
    for node in graph.node:
        if node.op_type != "Conv" or node.input[1] == "dense.weight":
            continue
        given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        flow = rectify(
            torch.nn.functional.conv2d(
                flow,
                weights[node.input[1]],
                weights[node.input[2]],
                stride=given.get("strides", [1, 1]),
                padding=list(given.get("pads", [0, 0, 0, 0]))[:2],
                groups=given.get("group", 1),
            )
        )
    logits = flow.mean((2, 3)) @ weights["dense.weight"][:, :, 0, 0].T + weights["dense.bias"]
    if descriptor is not None:
        logits = logits + torch.from_numpy(descriptor) @ weights["face.weight"].T
    gradients = []
    for goal in goals:
        value = logits.softmax(1)[0] @ torch.tensor(goal.pull)
        value = value + logits[0] @ torch.tensor(goal.logits)
        (gradient,) = torch.autograd.grad(value, start, retain_graph=True)
        gradients.append(gradient[0].permute(1, 2, 0).numpy() * np.array(card.image.scale))
    return gradients


@pytest.fixture(scope="module")
def described(drawn_face: Callable[..., ImageArray]) -> tuple[ImageArray, Face]:
    pixels = drawn_face()
    return pixels, FaceDescriber().describe(pixels, FaceDetector().detect(pixels)[0])


@pytest.mark.parametrize("name", [card.name for card in bundled_models()])
@pytest.mark.parametrize("guided", [False, True])
def test_gradients_equal_autograd(
    name: str, guided: bool, described: tuple[ImageArray, Face]
) -> None:
    pixels, face = described
    card = find_model(name)
    image = prepare(pixels, card.image)
    descriptor = face.descriptor[None] if card.descriptor and face.descriptor is not None else None
    model = GradientModel(card)
    all_expected = torch_gradients(card, image, descriptor, GOALS, guided=guided)
    for goal, expected in zip(GOALS, all_expected, strict=True):
        found, _ = model.gradient(image, face, goal, guided=guided)
        # Units rounded to the other side of a rectifier's corner count fully in one of the two.
        np.testing.assert_allclose(found, expected, atol=1e-4)
        likeness = np.corrcoef(found.ravel(), expected.ravel())[0, 1]
        assert likeness > 0.9999
        assert np.abs(expected).max() > 0


def test_guided_gradients_differ_from_plain_ones(described: tuple[ImageArray, Face]) -> None:
    pixels, face = described
    model = GradientModel(find_model("nima"))
    image = prepare(pixels, model.card.image)
    plain, first = model.gradient(image, face)
    guided, second = model.gradient(image, face, guided=True)
    assert first.mean == pytest.approx(second.mean)
    assert np.corrcoef(plain.ravel(), guided.ravel())[0, 1] < 0.9


def test_prediction_is_the_scorers_own(described: tuple[ImageArray, Face]) -> None:
    pixels, face = described
    for card in bundled_models():
        _, predicted = GradientModel(card).gradient(prepare(pixels, card.image), face)
        assert predicted.mean == pytest.approx(
            AestheticScorer(card).score(pixels, face).mean, abs=1e-4
        )


def test_a_small_step_along_the_gradient_moves_the_mean_as_foretold(
    described: tuple[ImageArray, Face],
) -> None:
    pixels, face = described
    model = GradientModel(find_model("nima"))
    image = prepare(pixels, model.card.image)
    gradient, before = model.gradient(image, face)
    step = 0.02 * gradient / np.abs(gradient).max()
    scale = np.array(model.card.image.scale, np.float32)
    moved = image + (step * scale).transpose(2, 0, 1)[None].astype(np.float32)
    _, after = model.gradient(moved, face)
    foretold = float((gradient.astype(np.float64) * step).sum())
    assert after.mean - before.mean == pytest.approx(foretold, rel=0.2)


@pytest.mark.parametrize("name", [card.name for card in bundled_models()])
def test_the_shipped_backward_part_is_the_models_own(name: str) -> None:
    pytest.importorskip("onnx")
    card = find_model(name)
    shipped = card.directory / BACKWARD_FILE
    assert shipped.is_file(), f"{name} has no {BACKWARD_FILE}"
    assert shipped.read_bytes() == backward_part(card.graph().read_bytes(), card.sha256)


def test_a_backward_part_of_another_version_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    card = find_model("nima")
    folder = tmp_path / "nima"
    shutil.copytree(str(card.directory), folder)
    part = onnx.load_model_from_string((folder / BACKWARD_FILE).read_bytes())
    part.metadata_props[0].value = "0" * 64
    (folder / BACKWARD_FILE).write_bytes(part.SerializeToString())
    with pytest.raises(ModelError, match="another version"):
        GradientModel(load_card(folder)).gradient(np.zeros((1, 3, 224, 224), np.float32))


def test_a_model_without_its_backward_part_gets_one(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    folder = tmp_path / "nima"
    shutil.copytree(str(find_model("nima").directory), folder)
    (folder / BACKWARD_FILE).unlink()
    card = load_card(folder)
    image = np.zeros((1, 3, 224, 224), np.float32)
    made, _ = GradientModel(card).gradient(image)
    write_backward(folder)
    read, _ = GradientModel(card).gradient(image)
    np.testing.assert_array_equal(made, read)


def test_goals_name_ten_ratings() -> None:
    assert MEAN_SCORE.pull == tuple(range(1, 11))
    assert share_of([7, 10]).pull == (0, 0, 0, 0, 0, 0, 1, 0, 0, 1)
    assert len(logit_of(3).logits) == SCORE_BINS
