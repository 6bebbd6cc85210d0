"""Photos as training sees them: decoded once, resized by the card's filter, kept as uint8."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageArray
from core.inference.cards import ImageInput
from core.inference.preprocess import resize

logger = logging.getLogger(__name__)

STORED = 256
"""Side of the stored squares that 224x224 crops are cut from (the paper, section 4)."""

Decode = Callable[[Path], ImageArray]
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """A progress callback that shows nothing."""


def content_key(path: Path) -> str:
    """sha256 of the file, so that caches survive renames and notice edits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def squares(
    paths: Sequence[Path],
    spec: ImageInput,
    decode: Decode,
    sides: tuple[int, ...] = (STORED,),
    progress: Progress = silent,
) -> dict[int, ImageArray]:
    """Every photo stretched to squares of the given sides with the card's filter.

    Returns ``{side: uint8 (n, side, side, 3)}``. Each photo is decoded once. A photo that can't be
    decoded raises what ``decode`` raises: a training set with silent gaps would misreport itself.
    """
    found = {side: np.empty((len(paths), side, side, 3), np.uint8) for side in sides}
    for index, path in enumerate(paths):
        pixels = decode(path)
        for side in sides:
            found[side][index] = resize(pixels, side, side, spec.filter)
        progress("reading photos", index + 1, len(paths))
    return found


def crop(square: ImageArray, side: int, top: int, left: int, mirrored: bool) -> ImageArray:
    """A (side, side, 3) window of a square, perhaps mirrored left to right."""
    window = square[top : top + side, left : left + side]
    return window[:, ::-1] if mirrored else window


def random_crops(stored: ImageArray, side: int, generator: np.random.Generator) -> ImageArray:
    """One random crop and flip of each (n, STORED, STORED, 3) square, as the paper augments."""
    room = stored.shape[1] - side
    found = np.empty((len(stored), side, side, 3), np.uint8)
    for index, square in enumerate(stored):
        top, left = generator.integers(0, room + 1, 2)
        mirrored = bool(generator.random() < 0.5)
        found[index] = crop(square, side, int(top), int(left), mirrored)
    return found


def faulty(square: ImageArray, kind: str, strength: float = 1.0) -> ImageArray:
    """A degraded copy of a uint8 (h, w, 3) picture, for checks and the weak fault term.

    ``kind``: ``blur`` (Gaussian), ``noise``, ``over`` or ``under`` (exposure by about 1.7 stops).
    ``strength`` 1 is plainly visible on a 224-pixel square.
    """
    import cv2

    values = square.astype(np.float32)
    if kind == "blur":
        sigma = max(0.3, 2.5 * strength * square.shape[1] / 224)
        return np.asarray(cv2.GaussianBlur(square, (0, 0), sigma), np.uint8)
    if kind == "noise":
        seed = int(square[::7, ::7].astype(np.uint64).sum() % (1 << 32))
        noise = np.random.default_rng(seed).normal(0.0, 40.0 * strength, square.shape)
        return np.clip(values + noise, 0, 255).astype(np.uint8)
    linear = (values / 255.0) ** 2.2
    factor = 3.2**strength if kind == "over" else 3.2**-strength
    return np.clip(255.0 * np.clip(linear * factor, 0, 1) ** (1 / 2.2), 0, 255).astype(np.uint8)


FAULTS = ("blur", "noise", "over", "under")


def tensor_values(batch: ImageArray, spec: ImageInput) -> NDArray[np.float32]:
    """(n, h, w, 3) uint8 of exactly the card's size -> float32 (n, 3, h, w), normalised."""
    ordered = batch[..., ::-1] if spec.color == "BGR" else batch
    mean, scale = np.array(spec.mean, np.float32), np.array(spec.scale, np.float32)
    return ((ordered.astype(np.float32) - mean) * scale).transpose(0, 3, 1, 2)
