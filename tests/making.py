"""Photos made in code: real files with real content, no two alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from core.domain import ImageArray


def picture(seed: int, width: int = 160, height: int = 120) -> ImageArray:
    """A made-up scene, smooth with some texture: uint8 (height, width, 3)."""
    noise = np.random.default_rng(seed)
    coarse = noise.integers(0, 256, (6, 8, 3), np.uint8)
    scene = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = noise.integers(-12, 13, (height, width, 3))
    return np.clip(np.asarray(scene).astype(int) + grain, 0, 255).astype(np.uint8)


def save_photo(path: Path, seed: int = 0, width: int = 160, height: int = 120) -> Path:
    """Write a made-up scene; the extension chooses the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed, width, height)).save(path)
    return path


def save_album(folder: Path, count: int, start: int = 0) -> list[Path]:
    """Write ``count`` different photos into ``folder``."""
    return [
        save_photo(folder / f"photo-{number:04}.jpg", seed=number)
        for number in range(start, start + count)
    ]
