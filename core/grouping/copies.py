"""Exact copies: files of equal content, proven by hashing the whole of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from core.files.identity import content_hash
from core.grouping.items import GroupPhoto, Item

log = logging.getLogger(__name__)


def exact_copies(
    items: Sequence[Item], hash_of: Callable[[Path], bytes] = content_hash
) -> list[list[Item]]:
    """Sets of two or more items whose shown files are equal byte for byte.

    The index's fingerprint only nominates; a file that can't be read now is no copy of anything.
    Empty files are equal only in name.
    """
    candidates: dict[tuple[int, bytes], list[Item]] = {}
    for item in items:
        if item.lead.fingerprint and item.lead.size > 0 and item.online:
            key = item.lead.size, item.lead.fingerprint
            candidates.setdefault(key, []).append(item)
    found: list[list[Item]] = []
    for alike in candidates.values():
        if len(alike) < 2:
            continue
        by_hash: dict[bytes, list[Item]] = {}
        for item in alike:
            proof = _hash(item.lead, hash_of)
            if proof is not None:
                by_hash.setdefault(proof, []).append(item)
        found += [copies for copies in by_hash.values() if len(copies) > 1]
    return found


_COPYING = r"copy|copia|copie|cópia|kopie|kopia|kopi|kopio"
_MARKED = re.compile(
    rf"(\(\d+\)|[ _-]({_COPYING})( ?\(?\d+\)?)?|^({_COPYING})( \(?\d+\)?)? (of|de|von) .*)$",
    re.IGNORECASE,
)
"""What file managers and browsers add to the name of a copy: ``IMG (1)``, ``IMG - Copy``,
``Copy of IMG``, ``IMG - Kopie (2)``."""


SAME_MOMENT_NS = 2_000_000_000
"""Files whose times fall into one such span are equally old: it is the coarsest clock of a file
system (FAT), and about what unpacking or copying an album takes for a photo's copy beside it."""

Placing = tuple[bool, bool, bool, int, int, int, str]


def placing(item: Item, worked_on: bool = False) -> Placing:
    """Of exact copies, the one with the smallest of these is the original, as far as can be told.

    It has raw partners; it was ``worked_on`` (it has a sidecar or another companion); its name
    doesn't say that it is a copy; its file is the oldest; it lies in the fewest folders; its name
    is the plainest: the shortest, and of equally long ones the first. What the user picked or gave
    stars stays anyway.
    """
    path = item.lead.path
    marked = _MARKED.search(path.stem) is not None
    moment = item.lead.mtime_ns // SAME_MOMENT_NS
    name = path.stem.casefold()
    return not item.partners, not worked_on, marked, moment, len(path.parts), len(name), name


def _hash(photo: GroupPhoto, hash_of: Callable[[Path], bytes]) -> bytes | None:
    try:
        return hash_of(photo.path)
    except OSError as error:
        log.info("not compared, since it can't be read: %s", error.strerror)
        return None
