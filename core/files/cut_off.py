"""Tells files of which a part was never written: their containers say that there is more.

Copies that were interrupted, and drives that were pulled out, leave such files: shorter than they
should be, or of full length with zeros at the end. Some codecs fill the rest with grey without a
word.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from core.files.boxes import Box, top_level_boxes
from core.files.formats import RAW_FORMATS
from core.files.source import PhotoSource

_ZEROS = 512
"""So many zeros in a row no codec of today writes into picture data."""
_BOXED = frozenset({"heic", "avif", "jxl"})
_TIFF_INSIDE = frozenset({"tiff"}) | RAW_FORMATS - {"cr3", "raf"}
_MAX_CHUNKS = 10_000


def is_cut_off(source: PhotoSource) -> bool:
    """True if a container's own words run past the end of the file, or nothing but zeros stands
    where its last part should be. ``False`` also where the format can't tell (JPEG, GIF, BMP).
    """
    file, size = source.file, source.state.st_size
    if source.kind == "webp":
        chunks = list(_chunks(file, size))
        beyond = int.from_bytes(source.head[4:8], "little") + 8 > size
        return beyond or _ends_in_zeros(file, size, chunks, (b"VP8 ", b"VP8L", b"ANMF"))
    if source.kind in _BOXED:
        if source.head[:2] == b"\xff\x0a":  # a bare JPEG XL codestream
            return False
        boxes = list(top_level_boxes(file))
        beyond = any(box.end > size for box in boxes)
        return beyond or _ends_in_zeros(file, size, boxes, (b"mdat", b"jxlc", b"jxlp"))
    if source.kind == "png":
        # A whole PNG ends with the IEND chunk.
        file.seek(max(0, size - 64))
        return b"IEND" not in file.read()
    if source.kind in _TIFF_INSIDE:
        # Many programs write the first directory behind the picture that it describes.
        order = "little" if source.head[:1] == b"I" else "big"
        return int.from_bytes(source.head[4:8], order) + 2 > size  # type: ignore[arg-type]
    return False


def _ends_in_zeros(file: BinaryIO, size: int, parts: list[Box], data: tuple[bytes, ...]) -> bool:
    last = parts[-1] if parts else None
    if last is None or last.kind not in data or last.end - last.start < 2 * _ZEROS:
        return False
    file.seek(min(size, last.end) - _ZEROS)
    return not file.read(_ZEROS).strip(b"\0")


def _chunks(file: BinaryIO, size: int) -> Iterator[Box]:
    """The chunks of a WebP file in order (RIFF, https://developers.google.com/speed/webp)."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > size:
            return
        file.seek(at, os.SEEK_SET)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        yield Box(head[:4], at + 8, at + 8 + length)
        at += 8 + length + length % 2
