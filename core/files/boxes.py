"""The boxes that HEIF, AVIF, CR3 and JPEG XL files consist of (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MAX_BOXES = 1000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four-letter kind, where its content starts, and where it says that it ends."""

    kind: bytes
    start: int
    end: int


def top_level_boxes(file: BinaryIO) -> Iterator[Box]:
    """The boxes of a file in order, up to one that says it ends beyond the file.

    A box that "extends to the end of the file" ends there. ``file`` may be moved between two
    boxes, and is left at any position.
    """
    size = file.seek(0, os.SEEK_END)
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > size:
            return
        file.seek(at)
        head = file.read(16)
        length, start = int.from_bytes(head[:4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0:
            length = size - at
        if at + length < start:
            return
        yield Box(head[4:8], start, at + length)
        at += length
