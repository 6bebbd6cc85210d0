"""Scores are those of the published model, and the maps add up to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.domain import Box, Face, ImageArray
from core.errors import ModelError
from core.inference.aesthetics import (
    AestheticScorer,
    FaceFeatureMap,
    fingerprint,
    synthetic_photo,
)
from core.inference.cards import find_model, load_card
from core.inference.preprocess import normalize
from core.inference.session import shared_sessions

CHANNELS = 4
FACE_WEIGHTS = np.linspace(-1, 1, 10 * CHANNELS, dtype=np.float32).reshape(10, CHANNELS)


@pytest.fixture(scope="module")
def nima() -> AestheticScorer:
    return AestheticScorer(find_model("nima"))


def test_golden_score_of_a_made_up_picture(nima: AestheticScorer) -> None:
    mean, picture = fingerprint(nima)
    assert picture == "8a45f4a39e80e9f6cdbc20bd39dcd1f57871c6a8f2ecfc6d7b47c770097ad8c1"
    assert mean == pytest.approx(4.69195, abs=2e-4)
    score = nima.score(synthetic_photo())
    np.testing.assert_allclose(
        score.distribution.probabilities,
        [0.0035, 0.08026, 0.11196, 0.23988, 0.30289, 0.15854, 0.06455, 0.03137, 0.00644, 0.00061],
        atol=5e-5,
    )
    assert score.scene_maps is not None
    np.testing.assert_allclose(
        score.scene_maps[5, 3], [0.0634, 0.0666, 0.0421, 0.0373, 0.0541, 0.0798, 0.0636], atol=5e-4
    )
    assert score.model.startswith("nima-1-")


def test_distribution_sums_to_one_and_agrees_with_the_maps(nima: AestheticScorer) -> None:
    photo = synthetic_photo()
    score = nima.score(photo)
    assert sum(score.distribution.probabilities) == pytest.approx(1.0, abs=1e-12)
    session = shared_sessions(nima.card)
    spec = nima.card.image
    small = np.asarray(Image.fromarray(photo).resize((224, 224), Image.Resampling.BOX))
    found = session.run({spec.name: normalize(small, spec)})
    assert score.scene_maps is not None
    rebuilt = score.scene_maps.sum(axis=(1, 2))
    bias = found["logits"][0] - rebuilt
    again = shared_sessions(nima.card).run({spec.name: -normalize(small, spec)})
    other_bias = again["logits"][0] - again["class_maps"][0].sum(axis=(1, 2))
    np.testing.assert_allclose(bias, other_bias, atol=1e-4)  # what is left is the same constant
    np.testing.assert_allclose(
        np.exp(rebuilt + bias) / np.exp(rebuilt + bias).sum(),
        score.distribution.probabilities,
        atol=1e-6,
    )


@pytest.mark.parametrize("filter_name", ["nearest", "box", "bilinear"])
def test_reference_scores(
    nima: AestheticScorer,
    reference: Mapping[str, Any],
    corpus_pixels: Callable[[str], ImageArray],
    filter_name: str,
) -> None:
    resample = Image.Resampling[filter_name.upper()]
    for name, outputs in reference["nima_mobilenet"].items():
        small = np.asarray(Image.fromarray(corpus_pixels(name)).resize((224, 224), resample))
        score = nima.score(small)  # already of the model's size: the card's filter has no part
        expected = outputs[filter_name]
        assert score.mean == pytest.approx(expected["mean"], abs=1e-3), name
        np.testing.assert_allclose(
            score.distribution.probabilities, expected["distribution"], atol=1e-4, err_msg=name
        )


def test_nima_s_own_filter_is_box(
    nima: AestheticScorer,
    reference: Mapping[str, Any],
    corpus_pixels: Callable[[str], ImageArray],
) -> None:
    name = "portraits/P09/astronaut.png"
    expected = reference["nima_mobilenet"][name]["box"]["mean"]
    assert nima.score(corpus_pixels(name)).mean == pytest.approx(expected, abs=1e-3)


def test_scene_model_ignores_faces(
    nima: AestheticScorer, drawn_face: Callable[..., ImageArray]
) -> None:
    photo = drawn_face()
    face = Face(Box(0.3, 0.3, 0.4, 0.4), 1.0, descriptor=np.ones(1024, np.float32))
    assert not nima.uses_face
    assert nima.score(photo, face) == nima.score(photo)


def test_flat_frame_has_a_valid_score_and_no_nan(nima: AestheticScorer) -> None:
    for level in (0, 127, 255):
        score = nima.score(np.full((300, 200, 3), level, np.uint8))
        assert 1 <= score.mean <= 10
        assert score.scene_maps is not None
        assert np.isfinite(score.scene_maps).all()


def test_detector_is_not_a_scorer() -> None:
    with pytest.raises(ModelError, match="does not score"):
        AestheticScorer(find_model("blazeface"))


class LinearFaceSession:
    """A made-up fused model: the scene says nothing, the face's logits are ``W e``."""

    def __init__(self) -> None:
        self.seen: list[NDArray[np.float32]] = []

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        descriptor = inputs["descriptor"]
        self.seen.append(descriptor)
        logits = descriptor @ FACE_WEIGHTS.T
        exponentials = np.exp(logits)
        return {
            "distribution": exponentials / exponentials.sum(axis=1, keepdims=True),
            "class_maps": np.zeros((1, 10, 7, 7), np.float32),
            "face_logits": logits,
            "face_weights": FACE_WEIGHTS,
        }


FUSED_CARD = f"""
name = "made-up"
version = "3"
kind = "aesthetics"
file = "model.onnx"
sha256 = "00"
bytes = 0
[[inputs]]
name = "image"
kind = "image"
size = [224, 224]
layout = "NCHW"
color = "RGB"
filter = "box"
mean = [127.5, 127.5, 127.5]
scale = [0.01, 0.01, 0.01]
[[inputs]]
name = "descriptor"
kind = "descriptor"
length = {CHANNELS}
encoder = "faceres"
[[outputs]]
name = "distribution"
shape = [10]
[[outputs]]
name = "class_maps"
shape = [10, 7, 7]
[[outputs]]
name = "face_logits"
shape = [10]
[[outputs]]
name = "face_weights"
shape = [10, {CHANNELS}]
[uncertainty]
base = 0.2
per_std = 0.1
"""


@pytest.fixture
def fused(tmp_path: Path) -> tuple[AestheticScorer, LinearFaceSession]:
    (tmp_path / "card.toml").write_text(FUSED_CARD, "utf-8")
    session = LinearFaceSession()
    return AestheticScorer(load_card(tmp_path), lambda card: session), session


def test_photo_without_a_face_gets_a_zero_descriptor(
    fused: tuple[AestheticScorer, LinearFaceSession],
) -> None:
    scorer, session = fused
    score = scorer.score(synthetic_photo())
    assert scorer.uses_face
    np.testing.assert_array_equal(session.seen[0], np.zeros((1, CHANNELS), np.float32))
    assert score.face_maps is None
    assert score.face_map_box is None
    assert score.mean == pytest.approx(5.5)
    assert score.uncertainty == pytest.approx(0.2 + 0.1 * score.std)


def test_face_maps_add_up_to_the_face_s_logits(
    fused: tuple[AestheticScorer, LinearFaceSession],
) -> None:
    scorer, _ = fused
    values = np.random.default_rng(5).random((CHANNELS, 7, 7), np.float32)
    descriptor = values.mean(axis=(1, 2))
    face = Face(Box(0.2, 0.2, 0.2, 0.2), 0.9, descriptor=descriptor)
    box = Box(0.17, 0.17, 0.26, 0.26)
    score = scorer.score(synthetic_photo(), face, FaceFeatureMap(values, box))
    assert score.face_maps is not None
    assert score.face_maps.shape == (10, 7, 7)
    np.testing.assert_allclose(
        score.face_maps.sum(axis=(1, 2)), FACE_WEIGHTS @ descriptor, atol=1e-5
    )
    assert score.face_map_box == box


def test_descriptor_of_another_encoder_is_refused(
    fused: tuple[AestheticScorer, LinearFaceSession],
) -> None:
    scorer, _ = fused
    face = Face(Box(0, 0, 1, 1), 1.0, descriptor=np.zeros(CHANNELS + 1, np.float32))
    with pytest.raises(ModelError, match="faceres"):
        scorer.score(synthetic_photo(), face)


def test_model_with_an_encoder_of_its_own(
    fused: tuple[AestheticScorer, LinearFaceSession],
) -> None:
    scorer, session = fused
    face = Face(Box(0, 0, 1, 1), 1.0, descriptor=np.zeros(1024, np.float32))
    own = np.array([1, 0, 0, 2], np.float32)
    with_encoder = AestheticScorer(scorer.card, lambda card: session, encoder=lambda *_: own)
    with_encoder.score(synthetic_photo(), face)
    np.testing.assert_array_equal(session.seen[-1], own[None])
    with_encoder.score(synthetic_photo())
    np.testing.assert_array_equal(session.seen[-1], np.zeros((1, CHANNELS), np.float32))
