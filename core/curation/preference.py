"""Which of two photos of a group is preferred, beside the user's word: a sort key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from core.curation.faults import Faults
from core.grouping.copies import Placing, placing
from core.grouping.items import Item, distance, face_likeness

DEFAULT_UNCERTAINTY = 0.2
"""Half-width, in score units, where a model states none: an assumption, not a measurement."""

ALIKE_BITS = 16
"""Bits from which two photos take nothing away from each other."""

ALIKE_PENALTY = 0.5
"""Score units that a photo loses for each equal-looking one that already stays."""


def uncertainty(item: Item) -> float:
    """Half-width within which the item's score can't be told from another's."""
    stated = item.lead.uncertainty
    return DEFAULT_UNCERTAINTY if stated is None else stated


def lower_bound(item: Item) -> float:
    """Score less its uncertainty; minus infinity for an item without a score."""
    mean = item.lead.mean
    return float("-inf") if mean is None else mean - uncertainty(item)


class Preference:
    """The order of preference, which changes with every item that stays."""

    def __init__(
        self,
        items: Sequence[Item],
        copies: Mapping[int, int],
        worked_on: Collection[int],
        unwanted: set[int],
        faults: Faults,
    ) -> None:
        self._copies = copies
        self._worked_on = worked_on
        # Scores of equal pictures differ in last bits; one stands for all of a set.
        self._first: dict[int, Item] = {}
        for item in items:
            if item.id in copies:
                self._first.setdefault(copies[item.id], item)
        self._unwanted = unwanted
        self._faults = faults
        self._kept_copies: set[int] = set()
        self._alike: dict[int, float] = {}

    def keep(self, kept: Item, others: Sequence[Item]) -> None:
        """Count an item as staying: what looks like it loses."""
        if kept.id in self._copies:
            self._kept_copies.add(self._copies[kept.id])
        for other in others:
            self._alike[other.id] = self._alike.get(other.id, 0.0) + likeness(kept, other)

    def key(self, item: Item) -> tuple[bool, bool, int, float, Placing | tuple[()], int]:
        """Sort key: smaller is better."""
        copied = item.id in self._copies
        first = self._first.get(self._copies[item.id], item) if copied else item
        worth = lower_bound(first) - ALIKE_PENALTY * self._alike.get(first.id, 0.0)
        return (
            item.id in self._unwanted,
            self._copies.get(item.id) in self._kept_copies,
            len(self._faults(item)),
            -worth,
            placing(item, item.id in self._worked_on) if copied else (),
            item.id,
        )


def likeness(first: Item, second: Item) -> float:
    """How much one photo makes the other superfluous: 0 (not at all) to 1 (they look equal)."""
    apart = distance(first.lead, second.lead)
    if apart is None or apart >= ALIKE_BITS:
        return 0.0
    same = face_likeness(first.lead, second.lead)
    faces = 1.0 if same is None else min(1.0, max(0.0, (same - 0.5) / 0.35))
    return (1 - apart / ALIKE_BITS) * faces
