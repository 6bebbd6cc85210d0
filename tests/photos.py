"""Pictures and photo files made in code, for tests of what reads them."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.domain import ImageArray

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 40), (40, 60, 200), (220, 200, 40)


def quadrants(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green / blue, yellow: no turn or mirroring of it looks like another."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def corners(pixels: ImageArray) -> list[tuple[int, int, int]]:
    """The colours in the middle of the quarters: top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    return [
        tuple(int(value) for value in pixels[int(height * y), int(width * x)])
        for y, x in ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))
    ]


def close(first: object, second: object, tolerance: float = 12) -> bool:
    """True if all values of two colours or pictures are near each other."""
    difference = np.asarray(first, float) - np.asarray(second, float)
    return bool(np.abs(difference).max() <= tolerance)


# How to store an upright picture so that this orientation turns it back (Exif 2.32, 4.6.4).
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """The picture as a camera held in this way would store it."""
    turn = _STORED.get(orientation)
    return upright if turn is None else upright.transpose(turn)


def exif_block(orientation: int | None = None, **texts: str) -> bytes:
    """An EXIF block; ``texts`` by Pillow's tag names (``DateTimeOriginal="..."``)."""
    from PIL.ExifTags import IFD, Base

    exif = Image.Exif()
    if orientation is not None:
        exif[Base.Orientation] = orientation
    for name, text in texts.items():
        tag = Base[name]
        in_exif = name.startswith(("DateTimeO", "DateTimeD", "Subsec", "Lens"))
        (exif.get_ifd(IFD.Exif) if in_exif else exif)[tag] = text
    return exif.tobytes()


def jpeg_bytes(image: Image.Image, **options: object) -> bytes:
    """The image as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92, **options)
    return out.getvalue()


def primaries_profile(red: float, green: float) -> bytes:
    """An RGB ICC profile whose primaries are made wider than sRGB's by mixing matrix columns.

    Good enough to tell "converted" from "dropped"; built from the sRGB profile's own bytes.
    """
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    for index in range(count):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        scale = {b"rXYZ": red, b"gXYZ": green}.get(name)
        if scale is not None:
            values = struct.unpack_from(">3i", profile, offset + 8)
            struct.pack_into(">3i", profile, offset + 8, *(int(value * scale) for value in values))
    return bytes(profile)


def save_dng(
    path: Path,
    preview: Image.Image | None,
    orientation: int = 1,
    size: tuple[int, int] = (640, 480),
) -> Path:
    """A small DNG: one flat sensor picture, and perhaps a JPEG preview."""
    width, height = size
    sensor = np.full((height, width), 12000, "<u2").tobytes()
    shown = jpeg_bytes(preview) if preview is not None else b""
    header, entries_0, entries_1 = 8, 19 if preview is not None else 18, 8
    directory_1 = header + 2 + 12 * entries_0 + 4
    extra_at = directory_1 + 2 + 12 * entries_1 + 4
    extra = bytearray()

    def entry(tag: int, kind: int, values: bytes, count: int) -> bytes:
        if len(values) <= 4:
            return struct.pack("<HHI4s", tag, kind, count, values)
        where = extra_at + len(extra)
        extra.extend(values + b"\0" * (len(values) % 2))
        return struct.pack("<HHII", tag, kind, count, where)

    def short(tag: int, *values: int) -> bytes:
        return entry(tag, 3, struct.pack(f"<{len(values)}H", *values), len(values))

    def long(tag: int, value: int) -> bytes:
        return entry(tag, 4, struct.pack("<I", value), 1)

    def text(tag: int, value: str) -> bytes:
        return entry(tag, 2, value.encode() + b"\0", len(value) + 1)

    matrix = [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0]
    rationals = b"".join(struct.pack("<ii", int(value * 10000), 10000) for value in matrix)
    neutral = struct.pack("<IIIIII", 1, 1, 1, 1, 1, 1)
    room = 1024
    sensor_at, shown_at = extra_at + room, extra_at + room + len(sensor)
    first = [
        long(254, 0), short(256, width), short(257, height), short(258, 16), short(259, 1),
        short(262, 32803), text(271, "Made"), text(272, "Up One"), long(273, sensor_at),
        short(274, orientation), short(277, 1), short(278, height), long(279, len(sensor)),
    ]  # fmt: skip
    if preview is not None:
        first.append(long(330, directory_1))
    first += [
        short(33421, 2, 2), entry(33422, 1, bytes((0, 1, 1, 2)), 4),
        entry(50706, 1, bytes((1, 4, 0, 0)), 4), entry(50721, 10, rationals, 9),
        entry(50728, 5, neutral, 3),
    ]  # fmt: skip
    second = []
    if preview is not None:
        second = [
            long(254, 1), short(256, preview.width), short(257, preview.height), short(259, 7),
            short(262, 6), long(273, shown_at), short(277, 3), long(279, len(shown)),
        ]  # fmt: skip
    assert len(first) == entries_0
    assert len(extra) <= room
    body = struct.pack("<2sHI", b"II", 42, header)
    body += struct.pack("<H", len(first)) + b"".join(first) + struct.pack("<I", 0)
    if second:
        body += struct.pack("<H", len(second)) + b"".join(second) + struct.pack("<I", 0)
    body = body.ljust(extra_at, b"\0") + bytes(extra).ljust(room, b"\0")
    path.write_bytes(body + sensor + shown)
    return path


def upright_reference(image: Image.Image, orientation: int) -> Image.Image:
    """What Pillow itself makes of a stored picture, as a second opinion."""
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif_block(orientation))
    with Image.open(io.BytesIO(out.getvalue())) as opened:
        return ImageOps.exif_transpose(opened)
