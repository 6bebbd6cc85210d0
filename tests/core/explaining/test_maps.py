"""What is drawn over a photo, and what the branches' shares are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.domain import Box, Score, ScoreDistribution
from core.errors import AlbumenError
from core.explaining.maps import Branch, canvas, draw, explain
from core.inference.saliency import Target

EVEN = ScoreDistribution((0.1,) * 10)
LEFT, RIGHT = np.zeros((7, 7), np.float32), np.zeros((7, 7), np.float32)
LEFT[:, :3] = 1.0
RIGHT[:, 4:] = 1.0


def score(*, face: bool = True) -> Score:
    """The scene's left half speaks for a 10, the face's right half for a 1."""
    scene_maps, face_maps = np.zeros((10, 7, 7), np.float32), np.zeros((10, 7, 7), np.float32)
    scene_maps[9] = LEFT
    face_maps[0] = RIGHT
    return Score(
        "stand-in",
        EVEN,
        scene_maps=scene_maps,
        face_maps=face_maps if face else None,
        face_map_box=Box(0.5, 0.5, 0.4, 0.4) if face else None,
    )


def test_scene_covers_the_photo_and_the_face_its_square() -> None:
    whole = canvas(explain(score()), 200, 100)
    assert whole.shape == (100, 200)
    assert whole[50, 20] > 0
    assert whole[20, 150] == 0
    assert whole[70, 170] < 0, "the face's right half lowers the mean"


def test_a_branch_alone_is_drawn_alone() -> None:
    scene = canvas(explain(score(), branch=Branch.SCENE), 100, 100)
    face = canvas(explain(score(), branch=Branch.FACE), 100, 100)
    assert scene.min() == 0
    assert face.max() == 0
    np.testing.assert_allclose(canvas(explain(score()), 100, 100), scene + face, atol=1e-6)


def test_shares_add_up_and_follow_the_pull() -> None:
    share = explain(score()).share
    assert share.scene + share.face == pytest.approx(1)
    assert share.scene == pytest.approx(0.5)
    assert explain(score(), Target.LOGIT, 10).share.scene == 1
    assert explain(score(), Target.LOGIT, 1).share.face == 1
    assert explain(score(face=False)).share.scene == 1


def test_a_photo_without_a_face_has_no_face_map() -> None:
    with pytest.raises(AlbumenError, match="face"):
        explain(score(face=False), branch=Branch.FACE)


def test_a_score_without_maps_says_so() -> None:
    with pytest.raises(AlbumenError, match="stand-in"):
        explain(dataclasses.replace(score(), scene_maps=None))


def test_a_face_that_reaches_past_the_frame_is_drawn_where_it_is() -> None:
    past = dataclasses.replace(score(), face_map_box=Box(-0.2, -0.2, 0.6, 0.6))
    whole = canvas(explain(past, branch=Branch.FACE), 100, 100)
    assert whole[10, 35] < 0
    assert whole[60:, :].max() == whole[60:, :].min() == 0


def test_a_flat_map_leaves_the_photo_as_it_is() -> None:
    flat = dataclasses.replace(score(face=False), scene_maps=np.ones((10, 7, 7), np.float32))
    pixels = np.full((40, 60, 3), 90, np.uint8)
    np.testing.assert_array_equal(draw(pixels, explain(flat, Target.AVERAGE)), pixels)
