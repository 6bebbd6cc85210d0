"""How large a picture may be, and its size read from the header before any codec sees the file.

A 33-kB PNG can claim 268 million pixels, and decoding it costs gigabytes; so the claim is checked
first. JPEG is allowed more, as it can be decoded reduced with little memory.
"""

from __future__ import annotations

import struct

from core.errors import PhotoTooLargeError, UnreadablePhotoError

MAX_PIXELS = 120_000_000
MAX_JPEG_PIXELS = 400_000_000
MAX_WEBP_PIXELS = 64_000_000  # the codec keeps two canvases, Pillow two more
MAX_COEFFICIENT_BYTES = 500_000_000
MAX_SIDE = 1 << 20


def check_size(kind: str, size: tuple[int, int], coefficient_bytes_per_pixel: float = 0.0) -> None:
    """Raises `PhotoTooLargeError` if a picture of this (width, height) may not be decoded.

    ``coefficient_bytes_per_pixel`` is what a codec holds of the whole picture at any scale, as
    libjpeg does of progressive files (2 bytes per sample).
    """
    width, height = size
    pixels = width * height
    limit = {"jpeg": MAX_JPEG_PIXELS, "webp": MAX_WEBP_PIXELS}.get(kind, MAX_PIXELS)
    if (
        pixels > limit
        or max(size) > MAX_SIDE
        or pixels * coefficient_bytes_per_pixel > MAX_COEFFICIENT_BYTES
    ):
        raise PhotoTooLargeError(f"too large: {width}x{height} pixels")


def header_size(kind: str, head: bytes) -> tuple[int, int] | None:
    """(width, height) as the first 64 bytes claim it; ``None`` where they don't say.

    Raises `UnreadablePhotoError` for a claim that makes no sense.
    """
    try:
        if kind == "png" and head[12:16] == b"IHDR":
            return struct.unpack_from(">II", head, 16)
        if kind == "gif":
            return struct.unpack_from("<HH", head, 6)
        if kind == "bmp":
            return _bmp_size(head)
        if kind == "webp":
            return _webp_size(head)
    except struct.error:
        return None
    return None


def _bmp_size(head: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", head, 14)[0] == 12:
        return struct.unpack_from("<HH", head, 18)
    width, height = struct.unpack_from("<ii", head, 18)
    if width < 0:
        raise UnreadablePhotoError("the picture's data is damaged")
    return width, abs(height)  # a negative height only means "top row first"


def _webp_size(head: bytes) -> tuple[int, int] | None:
    chunk = head[12:16]
    if chunk == b"VP8X":
        return (
            1 + int.from_bytes(head[24:27], "little"),
            1 + int.from_bytes(head[27:30], "little"),
        )
    if chunk == b"VP8L" and head[20:21] == b"/":
        bits = struct.unpack_from("<I", head, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
