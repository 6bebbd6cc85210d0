"""Photos like a camera's, made in code: detail at every scale, sensor noise, a drawn face."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from core.domain import ImageArray
from tests.core.inference.conftest import _drawn_face as drawn_face

KINDS = ("jpeg-12", "jpeg-12-progressive", "jpeg-24", "jpeg-24-progressive", "heic-12", "dng-12")
"""What cameras and telephones write, by megapixels."""

SIZES = {"12": (4000, 3000), "24": (6000, 4000)}
"""Width and height by megapixels."""

DISTINCT = 12
"""Different pictures in an album; further files are these with another comment, so no two files
are equal, and decoding them costs the same."""


def scene(width: int, height: int, seed: int) -> ImageArray:
    """A picture with a natural one's spectrum (amplitude falls as 1/f) and a face in it."""
    noise = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 118.0, np.float32)
    cells = 4
    while cells < width:
        rows = max(2, cells * height // width)
        coarse = noise.normal(0.0, 1.0, (rows, cells, 3)).astype(np.float32)
        coarse = 0.8 * coarse.mean(axis=2, keepdims=True) * np.sqrt(3) + 0.2 * coarse
        picture += 17.0 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        cells *= 3
    size = int(height * (0.5 + 0.3 * noise.random()))
    left = int((width - size) * noise.random())
    top = int((height - size) * noise.random())
    picture[top : top + size, left : left + size] = drawn_face(size)
    picture += noise.normal(0.0, 4.5, (height, width, 1)).astype(np.float32)  # the sensor's
    return np.clip(picture, 0, 255).astype(np.uint8)


def encode(pixels: ImageArray, kind: str) -> bytes:
    """The picture as a file of one of the `KINDS`."""
    image = Image.fromarray(pixels)
    out = io.BytesIO()
    if kind.startswith("heic"):
        import pillow_heif

        pillow_heif.from_pillow(image).save(out, quality=60, exif=_exif())
    else:
        image.save(
            out, "JPEG", quality=91, subsampling="4:2:2", exif=_exif(),
            progressive=kind.endswith("progressive"),
        )  # fmt: skip
    return dng(out.getvalue(), *image.size) if kind.startswith("dng") else out.getvalue()


def dng(preview: bytes, width: int, height: int) -> bytes:
    """A raw file as cameras write it: a small mosaic that nobody reads, and the preview.

    Adobe, "Digital Negative Specification" 1.4: IFD0 describes the JPEG preview
    (NewSubFileType 1), a SubIFD the uncompressed mosaic of 16-bit samples.
    """
    mosaic = np.full((64, 64), 2000, "<u2").tobytes()

    def entry(tag: int, kind: int, values: list[int]) -> bytes:
        packed = struct.pack(f"<{len(values)}{ {1: 'B', 3: 'H', 4: 'I'}[kind] }", *values)
        return struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")

    def directory(entries: list[bytes]) -> bytes:
        return struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"

    def build(sub_at: int, mosaic_at: int, preview_at: int) -> tuple[bytes, bytes]:
        first = directory([
            entry(254, 4, [1]), entry(256, 4, [width]), entry(257, 4, [height]),
            entry(259, 3, [7]), entry(262, 3, [6]), entry(273, 4, [preview_at]),
            entry(277, 3, [3]), entry(278, 4, [height]), entry(279, 4, [len(preview)]),
            entry(330, 4, [sub_at]), entry(50706, 1, [1, 4, 0, 0]),
        ])  # fmt: skip
        sub = directory([
            entry(254, 4, [0]), entry(256, 4, [64]), entry(257, 4, [64]), entry(258, 3, [16]),
            entry(259, 3, [1]), entry(262, 3, [32803]), entry(273, 4, [mosaic_at]),
            entry(277, 3, [1]), entry(278, 4, [64]), entry(279, 4, [len(mosaic)]),
            entry(33421, 3, [2, 2]), entry(33422, 1, [0, 1, 1, 2]),
        ])  # fmt: skip
        return first, sub

    first, sub = build(0, 0, 0)
    sub_at = 8 + len(first)
    mosaic_at = sub_at + len(sub)
    first, sub = build(sub_at, mosaic_at, mosaic_at + len(mosaic))
    return b"II*\0\x08\0\0\0" + first + sub + mosaic + preview


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Bench", "Bench 1"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:04 12:00:00"
    return exif.tobytes()


def make_album(
    folder: Path, count: int, kind: str = "jpeg-12", *, distinct: int = DISTINCT
) -> list[Path]:
    """Writes ``count`` different files over ``distinct`` different pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = SIZES[kind.split("-")[1]]
    suffix = {"jpeg": "jpg"}.get(kind.split("-")[0], kind.split("-")[0])
    made: list[bytes] = []
    if kind.startswith("heic"):
        distinct = 1  # encoding one takes as long as scanning hundreds
    paths = []
    for number in range(count):
        if number < distinct:
            made.append(encode(scene(width, height, number), kind))
        path = folder / f"photo-{number:05}.{suffix}"
        path.write_bytes(_told_apart(made[number % len(made)], number))
        paths.append(path)
    return paths


def _told_apart(content: bytes, number: int) -> bytes:
    """The same picture in another file."""
    note = f"copy {number}".encode("ascii")
    if content.startswith(b"\xff\xd8"):  # a comment (ISO/IEC 10918-1, B.2.4.5)
        return content[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + content[2:]
    if content[4:8] == b"ftyp":  # a box to be skipped (ISO/IEC 14496-12, 8.1.2)
        return content + (len(note) + 8).to_bytes(4, "big") + b"free" + note
    return content + note
