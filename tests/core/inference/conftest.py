"""Pictures drawn in code, and reference outputs where they lie beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from core.domain import ImageArray

SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Golden outputs on corpus photos."""
    file = SHARED / "model_reference.json"
    if not file.exists():
        pytest.skip("the reference outputs are not beside the checkout")
    outputs: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return outputs


@pytest.fixture(scope="session")
def corpus_pixels() -> Callable[[str], ImageArray]:
    """Opens a corpus photo at full size, upright, RGB, as the reference outputs were made."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip("the photo corpus is not beside the checkout")

    def open_photo(name: str) -> ImageArray:
        with Image.open(SHARED / "corpus" / name) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))

    return open_photo


@pytest.fixture(scope="session")
def drawn_face() -> Callable[..., ImageArray]:
    """Draws a face real enough for the detectors: no photo of a person is needed.

    ``drawn_face(size=480, *, eyes_open=True)`` -> (size, size, 3); the face takes 0.4 of the width,
    in the middle.
    """
    return _drawn_face


@pytest.fixture(scope="session")
def scene_with_face() -> Callable[..., ImageArray]:
    """Draws such a face into a plain scene: ``(height, width, *, left, top, size)``."""
    return _scene_with_face


SKIN = (224, 172, 138)
HAIR = (50, 35, 25)


def _drawn_face(size: int = 480, *, eyes_open: bool = True) -> ImageArray:
    """A portrait (size, size, 3) of nobody; the face takes 0.4 of its width, in the middle."""
    unit = size / 480
    picture = Image.new("RGB", (size, size), (120, 140, 160))
    draw = ImageDraw.Draw(picture)
    shade = tuple(round(c * 0.86) for c in SKIN)

    def ellipse(x: float, y: float, rx: float, ry: float, color: tuple[int, ...]) -> None:
        box = [(x - rx) * unit, (y - ry) * unit, (x + rx) * unit, (y + ry) * unit]
        draw.ellipse(box, fill=color)

    def arc(x: float, y: float, rx: float, ry: float, span: tuple[int, int], width: float) -> None:
        box = [(x - rx) * unit, (y - ry) * unit, (x + rx) * unit, (y + ry) * unit]
        draw.arc(box, *span, fill=(55, 35, 30), width=max(1, round(width * unit)))

    ellipse(240, 520, 210, 160, (60, 70, 110))  # shoulders
    ellipse(240, 215, 125, 160, HAIR)
    draw.rectangle([200 * unit, 330 * unit, 280 * unit, 420 * unit], fill=shade)  # neck
    ellipse(240, 245, 100, 132, SKIN)
    ellipse(240, 120, 95, 45, HAIR)
    for x in (202, 278):
        arc(x, 202, 28, 18, (200, 340), 7)  # brow
        if eyes_open:
            ellipse(x, 225, 20, 10, (245, 245, 245))
            ellipse(x, 225, 9, 9, (70, 50, 40))
            ellipse(x, 225, 4, 4, (10, 10, 10))
            arc(x, 226, 22, 14, (195, 345), 4)
        else:
            arc(x, 220, 22, 12, (20, 160), 4)
    ellipse(240, 278, 20, 10, shade)
    ellipse(232, 281, 4, 3, (90, 50, 40))
    ellipse(248, 281, 4, 3, (90, 50, 40))
    ellipse(240, 318, 36, 12, (180, 80, 80))
    soft = picture.filter(ImageFilter.GaussianBlur(2 * unit))
    pixels = np.asarray(soft, np.float64)
    across = np.clip((np.arange(size) / unit - 240) / 130, -1, 1)
    return np.clip(pixels * (1.08 - 0.25 * across**2)[None, :, None], 0, 255).astype(np.uint8)


def _scene_with_face(height: int, width: int, *, left: int, top: int, size: int) -> ImageArray:
    """A drawn face pasted into an otherwise plain scene."""
    y, x = np.mgrid[0:height, 0:width]
    scene = np.stack([x * 90 // width + 60, y * 90 // height + 60, x * 0 + 110], axis=-1)
    scene = scene.astype(np.uint8)
    scene[top : top + size, left : left + size] = _drawn_face(size)
    return scene
