"""Pixels for screens."""

from __future__ import annotations

import numpy as np
import pytest

from core.files.painting import write_bgra


def test_pixels_are_written_into_memory_of_somebody_else() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 41, 3), np.uint8)
    memory = bytearray(30 * 41 * 4)
    write_bgra(pixels, np.frombuffer(memory, np.uint8).reshape(30, 41, 4))
    written = np.frombuffer(bytes(memory), np.uint8).reshape(30, 41, 4)
    assert np.array_equal(written[..., :3], pixels[..., ::-1])
    assert (written[..., 3] == 255).all()


def test_a_place_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        write_bgra(np.zeros((3, 4, 3), np.uint8), np.zeros((4, 4, 4), np.uint8))
