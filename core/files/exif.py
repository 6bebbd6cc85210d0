"""Reads the few EXIF tags the program needs, from whatever a camera or a program has written.

Written for damaged input: every offset and count is checked, a broken entry costs only itself, and
nothing here raises. Structure after the Exif 2.32 specification (CIPA DC-008), section 4.6, which
is that of TIFF 6.0, section 2.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

IMAGE_WIDTH, IMAGE_LENGTH = 0x0100, 0x0101
MAKE, MODEL, ORIENTATION, DATETIME = 0x010F, 0x0110, 0x0112, 0x0132
THUMBNAIL_OFFSET, THUMBNAIL_LENGTH = 0x0201, 0x0202
EXPOSURE_TIME, F_NUMBER, ISO, FOCAL_LENGTH = 0x829A, 0x829D, 0x8827, 0x920A
SHUTTER_SPEED, APERTURE = 0x9201, 0x9202
DATETIME_ORIGINAL, DATETIME_DIGITIZED = 0x9003, 0x9004
SUBSEC_ORIGINAL = 0x9291
EXPOSURE_BIAS, EXPOSURE_MODE = 0x9204, 0xA402
LENS_MAKE, LENS_MODEL = 0xA433, 0xA434
_EXIF_DIRECTORY = 0x8769

_WANTED = frozenset(
    {
        IMAGE_WIDTH,
        IMAGE_LENGTH,
        MAKE,
        MODEL,
        ORIENTATION,
        DATETIME,
        EXPOSURE_TIME,
        F_NUMBER,
        ISO,
        FOCAL_LENGTH,
    }
    | {SHUTTER_SPEED, APERTURE, DATETIME_ORIGINAL, DATETIME_DIGITIZED, SUBSEC_ORIGINAL}
    | {EXPOSURE_BIAS, EXPOSURE_MODE}
    | {LENS_MAKE, LENS_MODEL, _EXIF_DIRECTORY, THUMBNAIL_OFFSET, THUMBNAIL_LENGTH}
)
# TIFF type -> bytes per value, struct code ("" = text or raw bytes).
_TYPES = {
    1: (1, "B"),
    2: (1, ""),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    6: (1, "b"),
    7: (1, ""),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ii"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
}
_MAX_ENTRIES = 1000
_MAX_TEXT = 1024
# 42 is TIFF; the others are ORF ("RO", "RS") and RW2 ("U\0"), which are TIFF in all but name.
_MAGICS = frozenset({b"*\x00", b"\x00*", b"RO", b"RS", b"OR", b"SR", b"U\x00"})

Value = int | float | str
_ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Exif:
    """Tags by number (first value of each) and what was found wrong on the way.

    ``orientation`` is 1..8, 1 where the file says nothing or nonsense. ``thumbnail_at`` is the
    embedded thumbnail's (offset, length) from the start of the TIFF structure.
    """

    tags: dict[int, Value] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    thumbnail_at: tuple[int, int] | None = None

    @property
    def orientation(self) -> int:
        """EXIF orientation, always a valid one."""
        value = self.tags.get(ORIENTATION, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1

    def text(self, tag: int) -> str | None:
        """A tag's text without padding, ``None`` if absent, empty or not text."""
        value = self.tags.get(tag)
        return value or None if isinstance(value, str) else None

    def number(self, tag: int) -> float | None:
        """A tag's finite number, ``None`` if absent or not a number."""
        value = self.tags.get(tag)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def parse_exif(block: bytes) -> Exif:
    """Reads an EXIF block as it stands in a JPEG's APP1, a PNG's eXIf, a HEIC's Exif item."""
    while block[:6] == b"Exif\x00\x00":  # some programs write the prefix twice
        block = block[6:]
    if not block:
        return Exif()
    return _parse(lambda offset, count: block[offset : offset + count])


def parse_tiff_file(file: BinaryIO, base: int = 0) -> Exif:
    """Reads the directories of a TIFF (or of a raw file that is one inside), starting at ``base``.

    ``file`` is left at any position.
    """

    def read_at(offset: int, count: int) -> bytes:
        try:
            file.seek(base + offset)
            return file.read(count)
        except (OSError, ValueError, OverflowError):
            return b""

    return _parse(read_at)


def _parse(read_at: _ReadAt) -> Exif:
    header = read_at(0, 8)
    if len(header) < 8 or header[:2] not in (b"II", b"MM") or header[2:4] not in _MAGICS:
        return Exif(problems=("it does not start as EXIF does",))
    order = "<" if header[:2] == b"II" else ">"
    problems: list[str] = []
    first = _Directory(read_at, order, struct.unpack_from(order + "I", header, 4)[0], problems)
    tags = dict(first.tags)
    pointer = tags.pop(_EXIF_DIRECTORY, None)
    if isinstance(pointer, int):
        exif = _Directory(read_at, order, pointer, problems)
        # Orientation belongs to the first directory; a stray copy further in must not win.
        tags = exif.tags | tags
        tags.pop(_EXIF_DIRECTORY, None)
    tags.pop(THUMBNAIL_OFFSET, None)
    tags.pop(THUMBNAIL_LENGTH, None)
    orientation = tags.get(ORIENTATION, 1)
    if not isinstance(orientation, int) or not 0 <= orientation <= 8:
        problems.append(f"orientation {orientation!r} does not exist")
    thumbnail_at = None
    if first.next_offset:
        second = _Directory(read_at, order, first.next_offset, [])
        offset = second.tags.get(THUMBNAIL_OFFSET)
        length = second.tags.get(THUMBNAIL_LENGTH)
        if isinstance(offset, int) and isinstance(length, int) and length > 0:
            thumbnail_at = offset, length
    return Exif(tags, tuple(problems), thumbnail_at)


class _Directory:
    """One image file directory: the wanted ones of its tags."""

    def __init__(self, read_at: _ReadAt, order: str, offset: int, problems: list[str]) -> None:
        self.tags: dict[int, Value] = {}
        self.next_offset = 0
        self._read_at = read_at
        self._order = order
        raw_count = read_at(offset, 2)
        if len(raw_count) < 2:
            problems.append("a directory lies outside the block")
            return
        count = struct.unpack(order + "H", raw_count)[0]
        entries = read_at(offset + 2, 12 * min(count, _MAX_ENTRIES) + 4)
        if len(entries) < 12 * count:
            problems.append("a directory is cut off")
        for at in range(0, min(12 * count, len(entries) - 11), 12):
            tag, kind, length, value = struct.unpack_from(order + "HHI4s", entries, at)
            if tag not in _WANTED:
                continue
            try:
                self.tags[tag] = self._value(kind, length, value)
            except (ValueError, struct.error, ZeroDivisionError) as error:
                problems.append(f"tag {tag:#06x}: {error}")
        if len(entries) >= 12 * count + 4:
            self.next_offset = struct.unpack_from(order + "I", entries, 12 * count)[0]

    def _value(self, kind: int, length: int, value: bytes) -> Value:
        if kind not in _TYPES or length == 0:
            raise ValueError(f"type {kind} with {length} values")
        width, code = _TYPES[kind]
        wanted = min(length, _MAX_TEXT) if not code else width
        if length * width > 4:
            value = self._read_at(struct.unpack(self._order + "I", value)[0], wanted)
        if not code:
            text = value[:wanted].split(b"\x00", 1)[0]
            return text.decode("utf-8", "replace").strip()
        if len(value) < width:
            raise ValueError("its value lies outside the block")
        numbers = struct.unpack_from(self._order + code, value)
        number: int | float = numbers[0] / numbers[1] if len(numbers) == 2 else numbers[0]
        return number
