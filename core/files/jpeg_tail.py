"""Finds JPEGs whose end was never written: the space is there, filled with zeros.

Copies that were interrupted, and drives that were pulled out, leave such files. libjpeg takes the
zeros for picture data and fills the rest with grey without a word.
"""

from __future__ import annotations

import os
from typing import BinaryIO

_TAIL = 512
_CHUNK = 1 << 20
_START_OF_SCAN, _STANDALONE = 0xDA, frozenset({0x01, *range(0xD0, 0xD9)})
_MAX_SEGMENTS = 10_000


def ends_in_zeros(file: BinaryIO) -> bool:
    """True if a JPEG ends in zeros and its picture never came to its end marker.

    Zeros behind the end marker are padding and do no harm. Costs one short read for all others.
    """
    size = file.seek(0, os.SEEK_END)
    if size < 2 * _TAIL:
        return False
    file.seek(size - _TAIL)
    if file.read(_TAIL).strip(b"\0"):
        return False
    start = _first_scan(file)
    return start is not None and not _has_end_marker(file, start)


def _first_scan(file: BinaryIO) -> int | None:
    """Where the first scan's data begins (ITU-T T.81, section B.1.1)."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return None
        if head[1] == 0xFF or head[1] in _STANDALONE:
            at += 1 if head[1] == 0xFF else 2
            continue
        at += 2 + int.from_bytes(head[2:], "big")
        if head[1] == _START_OF_SCAN:
            return at
    return None


def _has_end_marker(file: BinaryIO, start: int) -> bool:
    """Scan data never holds the two bytes of the end marker, so the first ones are it."""
    file.seek(start)
    last = b""
    while chunk := file.read(_CHUNK):
        if b"\xff\xd9" in last + chunk:
            return True
        last = chunk[-1:]
    return False
