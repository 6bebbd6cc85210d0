"""The head of a JPEG XL codestream: its size and whether the codec turns it (ISO/IEC 18181-1)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO

_SIGNATURE = b"\xff\x0a"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_MAX_BOXES = 100
_ENOUGH = 32


@dataclass(frozen=True, slots=True)
class CodestreamHeader:
    """Stored (width, height), and the orientation 1..8 that the codec applies by itself."""

    size: tuple[int, int]
    orientation: int


def read_codestream_header(file: BinaryIO) -> CodestreamHeader | None:
    """Finds and reads it, bare or in a container; ``None`` where there is none.

    ``file`` is left at any position.
    """
    file.seek(0)
    start = file.read(_ENOUGH)
    if not start.startswith(_SIGNATURE):
        start = _in_container(file)
    return _parse(start[2:]) if start.startswith(_SIGNATURE) else None


def _in_container(file: BinaryIO) -> bytes:
    file.seek(0)
    for _ in range(_MAX_BOXES):
        head = file.read(8)
        if len(head) < 8:
            break
        length, kind, used = int.from_bytes(head[:4], "big"), head[4:], 8
        if length == 1:
            length, used = int.from_bytes(file.read(8), "big"), 16
        if kind == b"jxlc":
            return file.read(_ENOUGH)
        if kind == b"jxlp":
            return file.read(4 + _ENOUGH)[4:]  # after the part's number
        if length < used:
            break
        file.seek(length - used, os.SEEK_CUR)
    return b""


def _parse(head: bytes) -> CodestreamHeader:
    """SizeHeader and the beginning of ImageMetadata; the first bit is the lowest of a byte."""
    bits = int.from_bytes(head, "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    def side(in_eights: bool) -> int:
        return 8 * (1 + take(5)) if in_eights else 1 + take((9, 13, 18, 30)[take(2)])

    in_eights = bool(take(1))
    height = side(in_eights)
    ratio = take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio - 1]
        width = height * numerator // denominator
    else:
        width = side(in_eights)
    all_default = take(1)
    orientation = 1 if all_default or not take(1) else 1 + take(3)
    return CodestreamHeader((width, height), orientation)
