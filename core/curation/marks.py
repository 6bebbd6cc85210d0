"""What the user says about groups, remembered: split, merge, not a group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, product

from core.errors import UsageError
from core.library import curation_writes
from core.library.library import Library


def merge(library: Library, photo_ids: Sequence[int]) -> None:
    """These photos are one group, whatever they look like. Raises ``UsageError`` below two."""
    ids = _distinct(photo_ids)
    library.writer.submit(
        lambda c: curation_writes.replace_marks(c, ids, [], list(pairwise(ids)))
    ).result()


def split(library: Library, photo_ids: Sequence[int], rest: Sequence[int]) -> None:
    """``photo_ids`` do not belong with ``rest``; what is in each part is left as it was."""
    if not photo_ids or not rest:
        raise UsageError("A split needs photos on both sides.")
    apart = list(product(photo_ids, rest))
    library.writer.submit(lambda c: curation_writes.mark_pairs(c, apart, False)).result()


def not_a_group(library: Library, photo_ids: Sequence[int]) -> None:
    """No two of these belong together. Raises ``UsageError`` below two photos."""
    ids = _distinct(photo_ids)
    apart = list(combinations(ids, 2))
    library.writer.submit(lambda c: curation_writes.replace_marks(c, ids, apart, [])).result()


def forget(library: Library, photo_ids: Sequence[int]) -> None:
    """Group these photos by themselves again, as if nothing had been said of them."""
    ids = _distinct(photo_ids)
    library.writer.submit(lambda c: curation_writes.clear_marks(c, ids)).result()


def _distinct(photo_ids: Sequence[int]) -> list[int]:
    ids = sorted(set(photo_ids))
    if len(ids) < 2:
        raise UsageError("A group has two photos at least.")
    return ids
