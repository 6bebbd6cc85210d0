"""The thumbnail that a camera put into its JPEG."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.files.placeholder import embedded_thumbnail
from tests.photos import BLUE, GREEN, RED, YELLOW, close, corners, jpeg_bytes, quadrants, stored


def exif_with_thumbnail(thumbnail: bytes, orientation: int) -> bytes:
    first = struct.pack("<HHHIHH", 1, 0x0112, 3, 1, orientation, 0)
    second_at = 8 + len(first) + 4
    start = second_at + 2 + 2 * 12 + 4
    second = struct.pack("<HHHII", 2, 0x0201, 4, 1, start)
    second += struct.pack("<HHII", 0x0202, 4, 1, len(thumbnail)) + struct.pack("<I", 0)
    tiff = struct.pack("<2sHI", b"II", 42, 8) + first + struct.pack("<I", second_at) + second
    return b"Exif\0\0" + tiff + thumbnail


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_thumbnail_is_upright_and_without_bars(tmp_path: Path, orientation: int) -> None:
    photo = stored(quadrants(600, 400), orientation)
    small = stored(quadrants(156, 104), orientation)
    square = Image.new("RGB", (156, 156))
    square.paste(small, ((156 - small.width) // 2, (156 - small.height) // 2))
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(photo, exif=exif_with_thumbnail(jpeg_bytes(square), orientation)))
    found = embedded_thumbnail(path)
    assert found is not None
    with Image.open(io.BytesIO(found)) as image:
        assert image.size == (156, 104)
        assert close(corners(np.asarray(image)), [RED, GREEN, BLUE, YELLOW], 25)


def test_photos_without_one_and_broken_ones_give_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    assert embedded_thumbnail(path) is None
    for exif in (b"", exif_with_thumbnail(b"\xff\xd8\xff nonsense", 1), b"Exif\0\0II*\0"):
        path.write_bytes(jpeg_bytes(quadrants(), exif=exif) if exif else jpeg_bytes(quadrants()))
        assert embedded_thumbnail(path) is None
    quadrants().save(tmp_path / "a.png")
    assert embedded_thumbnail(tmp_path / "a.png") is None
