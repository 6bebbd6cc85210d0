"""The bundled ``fused`` model: its card and its graph agree, and it is what training exports."""

from __future__ import annotations

import numpy as np
import pytest

from core.inference.aesthetics import AestheticScorer, synthetic_photo
from core.inference.cards import find_model
from core.inference.preprocess import prepare
from core.inference.session import OnnxSession


def test_scene_face_and_bias_add_up_to_the_logits() -> None:
    card = find_model("fused")
    session = OnnxSession(card)
    image = prepare(synthetic_photo(), card.image)
    face = np.random.default_rng(0).uniform(0, 1, (1, 1024)).astype(np.float32)
    bare = session.run({"image": image, "descriptor": np.zeros_like(face)})
    both = session.run({"image": image, "descriptor": face})
    bias = bare["logits"] - bare["class_maps"].sum(axis=(2, 3))
    parts = both["class_maps"].sum(axis=(2, 3)) + both["face_logits"] + bias
    assert parts == pytest.approx(both["logits"], abs=1e-4)
    assert both["face_weights"] @ face[0] == pytest.approx(both["face_logits"][0], abs=1e-4)


def test_a_photo_without_a_face_is_scored_and_the_uncertainty_is_stated() -> None:
    scorer = AestheticScorer(find_model("fused"))
    score = scorer.score(synthetic_photo())
    assert 1 < score.mean < 10
    assert score.uncertainty is not None
    assert 0.1 < score.uncertainty < 2
