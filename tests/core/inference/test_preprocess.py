"""What the card says is what the model gets."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from core.inference.cards import ImageInput, find_model
from core.inference.preprocess import letterbox, normalize, prepare, resize

SPEC = ImageInput("image", 2, 2, "NCHW", "RGB", "box", (10.0, 20.0, 30.0), (1.0, 0.5, 2.0))


def test_normalisation_per_channel_in_the_card_s_order() -> None:
    pixels = np.full((2, 2, 3), (11, 24, 33), np.uint8)
    tensor = normalize(pixels, SPEC)
    assert tensor.dtype == np.float32
    assert tensor.shape == (1, 3, 2, 2)
    np.testing.assert_allclose(tensor[0, :, 0, 0], [1.0, 2.0, 6.0])
    bgr = normalize(pixels, dataclasses.replace(SPEC, color="BGR", layout="NHWC"))
    assert bgr.shape == (1, 2, 2, 3)
    np.testing.assert_allclose(bgr[0, 0, 0], [23.0, 2.0, -38.0])


def test_box_filter_sees_every_pixel() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::2, ::2] = 200  # a quarter of the pixels
    assert set(resize(pixels, 2, 2, "box").ravel()) == {50}
    assert set(resize(pixels, 2, 2, "area").ravel()) == {50}
    assert set(resize(pixels, 2, 2, "nearest").ravel()) != {50}


def test_area_of_a_large_picture_is_its_mean() -> None:
    noise = np.random.default_rng(0)
    pixels = noise.integers(0, 256, (751, 1003, 3), np.uint8)  # halved, with a row and column left
    small = resize(pixels, 200, 150, "area")
    exact = cv2.resize(pixels, (200, 150), interpolation=cv2.INTER_AREA)
    assert small.shape == (150, 200, 3)
    assert np.abs(small.mean(axis=(0, 1)) - pixels.mean(axis=(0, 1))).max() < 1
    blurred = [cv2.GaussianBlur(picture, (0, 0), 2).astype(int) for picture in (small, exact)]
    assert np.abs(blurred[0] - blurred[1]).max() < 8


def test_letterbox_keeps_the_aspect_ratio() -> None:
    wide = np.full((100, 200, 3), 255, np.uint8)
    square, scale, left, top = letterbox(wide, 64, "area")
    assert (scale, left, top) == (0.32, 0, 16)
    assert square[16:48].min() == 255
    assert square[:16].max() == square[48:].max() == 0


def test_letterbox_of_an_extreme_strip() -> None:
    square, *_ = letterbox(np.full((2, 940, 3), 255, np.uint8), 256, "area")
    assert square.shape == (256, 256, 3)


def test_wrong_size_is_not_fed_silently() -> None:
    with pytest.raises(ValueError, match="takes 2x2x3"):
        normalize(np.zeros((3, 2, 3), np.uint8), SPEC)


def test_faceres_wants_blue_first_minus_the_mean() -> None:
    spec = find_model("faceres").image
    tensor = prepare(np.full((224, 224, 3), (255, 128, 0), np.uint8), spec)
    expected = [0 - 103.939, 128 - 116.779, 255 - 123.68]
    np.testing.assert_allclose(tensor[0, :, 0, 0], expected, rtol=1e-6)
