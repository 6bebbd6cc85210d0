"""Small rated sets made in code: coloured squares whose brightness is their rating."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def picture(level: float, seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """A textured picture, brighter for a higher level (0..1)."""
    generator = np.random.default_rng(seed)
    noise = generator.integers(0, 60, (size[1] // 8, size[0] // 8, 3))
    pixels = np.clip(noise + 30 + 160 * level, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def rated_csv(tmp_path: Path) -> Path:
    """Twenty photos in ten themes with counts on seven levels."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    table = tmp_path / "set" / "ratings.csv"
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "beauty_mean", *(f"beauty_{k}" for k in range(1, 8))])
        for number in range(20):
            level = number / 19
            name = f"Theme{number % 10} {number // 10 + 1}.jpg"
            picture(level, number).save(tmp_path / "set" / "images" / name)
            top = round(1 + 5 * level)
            counts = [40 if k == top else 10 if k == top + 1 else 2 for k in range(1, 8)]
            writer.writerow([name, 1 + 6 * level, *counts])
    return table


@pytest.fixture
def ava(tmp_path: Path) -> Path:
    """A folder shaped like AVA: three of five photos are tagged as portraits, one has no image."""
    folder = tmp_path / "ava"
    (folder / "images").mkdir(parents=True)
    (folder / "tags.txt").write_text("1 Abstract\n20 Portraiture\n21 Still Life\n")
    lines = []
    for row, (tags, challenge) in enumerate(
        [((20, 0), 7), ((1, 20), 7), ((1, 21), 8), ((20, 1), 9), ((20, 0), 9)], start=1
    ):
        image = 1000 + row
        if row != 5:
            picture(row / 5, row).save(folder / "images" / f"{image}.jpg")
        counts = [0, 1, 2, 5, 10, 20, 8, 3, 1, 0]
        lines.append(" ".join(map(str, [row, image, *counts, *tags, challenge])))
    (folder / "AVA.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def no_faces(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets every second photo read have one made-up face, so that no detector runs."""
    from core.domain import Box, Face

    def detect(self: object, pixels: np.ndarray) -> tuple[Face, ...]:
        if int(pixels[0, 0, 0]) % 2:
            return ()
        return (Face(Box(0.3, 0.2, 0.4, 0.5), 0.9, ((0.4, 0.4), (0.6, 0.4))),)

    def apply() -> None:
        monkeypatch.setattr("core.inference.faces.FaceDetector.detect", detect)

    return apply
