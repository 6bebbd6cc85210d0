"""Faces are found where they are, described as the reference does, and rarely made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from core.domain import Face, ImageArray
from core.inference.aesthetics import synthetic_photo
from core.inference.blazeface import keep_apart
from core.inference.faces import FaceDescriber, FaceDetector, likeness


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def describer() -> FaceDescriber:
    return FaceDescriber()


def _pixel_box(face: Face, pixels: ImageArray) -> list[float]:
    height, width = pixels.shape[:2]
    box = face.box
    return [box.x * width, box.y * height, box.w * width, box.h * height]


def test_golden_face(
    detector: FaceDetector, describer: FaceDescriber, drawn_face: Callable[..., ImageArray]
) -> None:
    pixels = drawn_face()
    (face,) = detector.detect(pixels)
    assert face.score == pytest.approx(0.829, abs=0.01)
    np.testing.assert_allclose(_pixel_box(face, pixels), [145.0, 177.4, 196.1, 196.1], atol=1.5)
    left_eye, right_eye, nose, mouth, left_ear, right_ear = face.keypoints
    assert left_ear[0] < left_eye[0] < nose[0] < right_eye[0] < right_ear[0]
    assert left_eye[1] < nose[1] < mouth[1]
    np.testing.assert_allclose(left_eye, (202 / 480, 225 / 480), atol=0.01)
    np.testing.assert_allclose(right_eye, (278 / 480, 225 / 480), atol=0.01)

    descriptor = describer.describe(pixels, face).descriptor
    assert descriptor is not None
    assert descriptor.shape == (1024,)
    assert descriptor.dtype == np.float32
    np.testing.assert_allclose(
        descriptor[[0, 7, 100, 500, 700, 1023]], [0, 0.0535, 0.2445, 0.9377, 0, 0], atol=0.02
    )
    assert float(np.linalg.norm(descriptor)) == pytest.approx(7.60, abs=0.05)


def test_descriptor_is_the_mean_of_its_map(
    detector: FaceDetector, describer: FaceDescriber, drawn_face: Callable[..., ImageArray]
) -> None:
    pixels = drawn_face()
    (face,) = detector.detect(pixels)
    described, feature_map = describer.describe_with_map(pixels, face)
    assert described.descriptor is not None
    assert feature_map.values.shape == (1024, 7, 7)
    np.testing.assert_allclose(
        feature_map.values.mean(axis=(1, 2)), described.descriptor, atol=1e-5
    )
    assert feature_map.box.w == pytest.approx(1.3 * face.box.w)
    assert feature_map.box.center == pytest.approx(face.box.center)
    assert described.box == face.box


def test_same_face_at_another_size_has_the_same_descriptor(
    detector: FaceDetector, describer: FaceDescriber, drawn_face: Callable[..., ImageArray]
) -> None:
    descriptors = []
    for size in (480, 700):
        pixels = drawn_face(size)
        (face,) = detector.detect(pixels)
        descriptors.append(describer.describe(pixels, face).descriptor)
    first, second = descriptors
    assert first is not None
    assert second is not None
    assert likeness(first, second) > 0.97


def test_small_face_in_a_big_scene(
    detector: FaceDetector, scene_with_face: Callable[..., ImageArray]
) -> None:
    pixels = scene_with_face(1200, 1600, left=1100, top=700, size=200)
    (face,) = detector.detect(pixels)
    x, y = face.box.center
    assert x == pytest.approx((1100 + 100) / 1600, abs=0.01)
    assert y == pytest.approx((700 + 112) / 1200, abs=0.01)
    assert face.box.w * 1600 == pytest.approx(84, abs=8)


@pytest.mark.parametrize("shape", [(200, 900), (900, 200)])
def test_boxes_are_fractions_of_the_photo_whatever_its_shape(
    detector: FaceDetector, shape: tuple[int, int], scene_with_face: Callable[..., ImageArray]
) -> None:
    height, width = shape
    pixels = scene_with_face(height, width, left=0, top=0, size=200)
    (face,) = detector.detect(pixels)
    x, y = face.box.center
    assert x * width == pytest.approx(100, abs=6)
    assert y * height == pytest.approx(114, abs=6)
    assert face.box.w * width == pytest.approx(face.box.h * height)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_photo_lying_on_its_side(
    detector: FaceDetector, quarters: int, drawn_face: Callable[..., ImageArray]
) -> None:
    pixels = np.ascontiguousarray(np.rot90(drawn_face(), quarters))
    (face,) = detector.detect(pixels, try_turns=True)
    # The eyes and the mouth are where the turned drawing has them.
    expected = np.array([[202, 225], [278, 225], [240, 318]]) / 480
    for _ in range(quarters):
        expected = np.stack([expected[:, 1], 1 - expected[:, 0]], axis=1)
    found = np.array([face.keypoints[i] for i in (0, 1, 3)])
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert 0.3 < face.box.w < 0.5


def test_no_face_where_there_is_none(detector: FaceDetector) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    pictures = [synthetic_photo(), noise, np.zeros((2, 940, 3), np.uint8)]
    pictures.append(np.full((1, 1, 3), 255, np.uint8))
    for pixels in pictures:
        assert detector.detect(pixels) == ()
        assert detector.detect(pixels, try_turns=True) == ()


def test_overlapping_boxes_are_one_face_the_surest_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [3, 3, 10, 10], [30, 0, 10, 10], [31, 1, 5, 5]], float)
    assert keep_apart(np.array([0.6, 0.9, 0.5, 0.8]), boxes) == [1, 3]


def test_likeness_of_nothing_is_zero() -> None:
    assert likeness(np.zeros(4, np.float32), np.ones(4, np.float32)) == 0.0


def test_reference_boxes_and_cosines(
    detector: FaceDetector,
    describer: FaceDescriber,
    reference: Mapping[str, Any],
    corpus_pixels: Callable[[str], ImageArray],
) -> None:
    """The reference took the mean of every area in one pass; halving first moves a box a little."""
    descriptors = {}
    for name, expected in reference["blazeface_back_256"].items():
        pixels = corpus_pixels(name)
        height, width = pixels.shape[:2]
        faces = detector.detect(pixels)
        assert len(faces) == expected["faces"], name
        side = expected["largest_box_xywh"][2]
        np.testing.assert_allclose(
            _pixel_box(faces[0], pixels),
            expected["largest_box_xywh"],
            atol=0.01 * side,
            err_msg=name,
        )
        eyes = np.array(faces[0].keypoints[:2]) * (width, height)
        np.testing.assert_allclose(
            eyes, [expected["right_eye"], expected["left_eye"]], atol=0.01 * side, err_msg=name
        )
        assert faces[0].score == pytest.approx(expected["score"], abs=0.02), name
        descriptors[name] = describer.describe(pixels, faces[0]).descriptor
    for pair, cosine in reference["faceres_cosine"].items():
        first, second = (descriptors[name] for name in pair.split(" ~ "))
        assert first is not None
        assert second is not None
        assert likeness(first, second) == pytest.approx(cosine, abs=0.03), pair


def test_drawing_without_a_face(
    detector: FaceDetector, corpus_pixels: Callable[[str], ImageArray]
) -> None:
    assert detector.detect(corpus_pixels("hard/F49/no_face.jpg")) == ()
