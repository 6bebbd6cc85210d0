"""The mesh lies on the face, and closed eyes are told from open ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.domain import Box, Face, ImageArray
from core.inference.crops import SquareCrop
from core.inference.faces import FaceDetector
from core.inference.landmarks import EYES_CLOSED, EyeReader, FaceMesh, lid_openness

NOSE, LEFT_OUTER, RIGHT_OUTER, LIPS = 1, 33, 263, 13


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def test_golden_mesh(detector: FaceDetector, drawn_face: Callable[..., ImageArray]) -> None:
    pixels = drawn_face()
    (face,) = detector.detect(pixels)
    mesh = FaceMesh().fit(pixels, face)
    assert mesh.presence > 0.99
    assert mesh.points.shape == (468, 2)
    np.testing.assert_allclose(
        mesh.points[[NOSE, LEFT_OUTER, RIGHT_OUTER, LIPS]],
        [[240.4, 276.5], [183.4, 223.7], [299.8, 225.1], [241.2, 316.3]],
        atol=1.5,
    )


def test_mesh_says_when_there_is_no_face() -> None:
    pixels = np.full((400, 400, 3), 90, np.uint8)
    face = Face(Box(0.3, 0.3, 0.4, 0.4), 0.5, ((0.4, 0.4), (0.6, 0.4)))
    assert FaceMesh().fit(pixels, face).presence < 0.1
    assert EyeReader().openness(pixels, face) is None


def test_golden_eyes(detector: FaceDetector, drawn_face: Callable[..., ImageArray]) -> None:
    reader = EyeReader()
    found = {}
    for eyes_open in (True, False):
        pixels = drawn_face(eyes_open=eyes_open)
        (face,) = detector.detect(pixels)
        found[eyes_open] = reader.openness(pixels, face)
    assert found[True] == pytest.approx(0.325, abs=0.02)
    assert found[False] == pytest.approx(0.053, abs=0.02)
    assert found[False] < EYES_CLOSED < found[True]


def test_both_pupils_are_where_they_are_drawn(
    detector: FaceDetector, drawn_face: Callable[..., ImageArray]
) -> None:
    pixels = drawn_face()
    (face,) = detector.detect(pixels)
    left, right = EyeReader().read(pixels, FaceMesh().fit(pixels, face))
    np.testing.assert_allclose(left.iris[0], (202, 225), atol=3)
    np.testing.assert_allclose(right.iris[0], (278, 225), atol=3)
    for eye in (left, right):
        assert eye.lids[1:8, 1].mean() > eye.lids[9:16, 1].mean()  # the lower lid is below
        assert eye.width == pytest.approx(37, abs=3)


def test_eyes_of_a_few_pixels_tell_nothing(
    detector: FaceDetector, drawn_face: Callable[..., ImageArray]
) -> None:
    pixels = drawn_face(80)
    (face,) = detector.detect(pixels)
    assert EyeReader().openness(pixels, face) is None


def test_lid_openness_is_a_ratio() -> None:
    lids = np.zeros((16, 2), np.float32)
    lids[0:9, 0] = np.arange(9) * 5
    lids[9:16, 0] = np.arange(1, 8) * 5
    lids[9:16, 1] = -10
    assert lid_openness(lids) == pytest.approx(0.25)
    assert lid_openness(lids * 3) == pytest.approx(0.25)
    assert lid_openness(np.zeros((16, 2), np.float32)) == 0.0


@pytest.mark.parametrize("mirrored", [False, True])
def test_crop_and_way_back(mirrored: bool) -> None:
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[118:123, 208:213] = 255
    crop = SquareCrop(center=(220.0, 110.0), side=80.0, angle=0.4)
    cut = crop.cut(pixels, 160, mirrored=mirrored)
    rows, columns = np.nonzero(cut[..., 0] > 127)
    spot = np.array([[columns.mean(), rows.mean()]], np.float32)
    np.testing.assert_allclose(crop.to_photo(spot, 160, mirrored=mirrored), [[210, 120]], atol=0.6)
