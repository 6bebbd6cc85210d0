"""What the user says about groups, remembered and undoable: split, merge, not a group.

Every call gives the id of its entry in the journal, or ``None`` where nothing was new. From each
come ``UsageError`` (too few photos) and ``LibraryError`` (it can't be written).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise, product

from sqlalchemy.engine import Connection

from core.domain import LibraryChange
from core.errors import UsageError
from core.library import group_mark_writes as writes
from core.library import group_queries
from core.library.group_mark_writes import Marks, Pair, ordered
from core.library.library import Library

MAX_APART = 400
"""Photos of which one call may say that no two belong together: pairs grow with the square."""


class Said(enum.StrEnum):
    """What was said of photos."""

    MERGE = "merge"
    SPLIT = "split"
    APART = "apart"
    FORGET = "forget"


def merge(library: Library, photo_ids: Sequence[int]) -> int | None:
    """These photos are one group, whatever they look like."""
    ids = _distinct(photo_ids)

    def wanted(known: dict[Pair, bool]) -> Marks:
        kept = dict.fromkeys(known)
        return kept | dict.fromkeys((ordered(*pair) for pair in pairwise(ids)), True)

    return _say(library, Said.MERGE, ids, wanted, f"One group: {len(ids)} photos")


def split(library: Library, photo_ids: Sequence[int], rest: Sequence[int]) -> int | None:
    """``photo_ids`` do not belong with ``rest``; what is in each part is left as it was."""
    apart, others = sorted(set(photo_ids)), sorted(set(rest) - set(photo_ids))
    if not apart or not others:
        raise UsageError("A split needs photos on both sides.")

    def wanted(known: dict[Pair, bool]) -> Marks:
        marks: dict[Pair, bool | None] = {ordered(*pair): False for pair in product(apart, others)}
        if any(known.get(pair) for pair in marks):  # the user's own links led across
            for part in (apart, others):
                marks |= dict.fromkeys((ordered(*pair) for pair in pairwise(part)), True)
        return marks

    what = "1 photo" if len(apart) == 1 else f"{len(apart)} photos"
    return _say(library, Said.SPLIT, [*apart, *others], wanted, f"Split off: {what}", len(apart))


def not_a_group(library: Library, photo_ids: Sequence[int]) -> int | None:
    """No two of these belong together."""
    ids = _distinct(photo_ids)
    if len(ids) > MAX_APART:
        raise UsageError(f"Say it of {MAX_APART} photos at most.")

    def wanted(known: dict[Pair, bool]) -> Marks:
        return dict.fromkeys(combinations(ids, 2), False)

    return _say(library, Said.APART, ids, wanted, f"No group: {len(ids)} photos")


def forget(library: Library, photo_ids: Sequence[int]) -> int | None:
    """Group these photos by themselves again, as if nothing had been said of them."""
    ids = _distinct(photo_ids)

    def wanted(known: dict[Pair, bool]) -> Marks:
        return dict.fromkeys(known, None)

    return _say(library, Said.FORGET, ids, wanted, f"Grouped by themselves: {len(ids)} photos")


def told_with(library: Library, photo_ids: Sequence[int]) -> list[int]:
    """Photos of which the user said that they belong with one of these, or don't."""
    ids = set(photo_ids)
    known = group_queries.marks(library.queries)
    return sorted({other for pair in known if ids.intersection(pair) for other in pair} - ids)


def _say(
    library: Library,
    what: Said,
    ids: Sequence[int],
    wanted: Callable[[dict[Pair, bool]], Marks],
    description: str,
    count: int | None = None,
) -> int | None:
    details = {"action": what.value, "count": len(ids) if count is None else count}

    def write(connection: Connection) -> tuple[int | None, LibraryChange]:
        known = writes.marks_within(connection, ids)
        return writes.say(connection, wanted(known), description, details)

    return library.writer.submit(write).result()


def _distinct(photo_ids: Sequence[int]) -> list[int]:
    ids = sorted(set(photo_ids))
    if len(ids) < 2:
        raise UsageError("A group has two photos at least.")
    return ids
