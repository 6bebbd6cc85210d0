"""The head of a JPEG XL codestream: its size and whether the codec turns it (ISO/IEC 18181-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from core.files.boxes import top_level_boxes

_SIGNATURE = b"\xff\x0a"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
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
    for box in top_level_boxes(file):
        if box.kind in (b"jxlc", b"jxlp"):
            number = 4 if box.kind == b"jxlp" else 0  # a part begins with its number
            file.seek(box.start + number)
            return file.read(_ENOUGH)
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
