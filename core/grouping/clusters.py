"""Joining items into clusters by links, with what the user said about pairs kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.domain import FloatArray
from core.grouping.items import Item, main_descriptors

MAX_MEAN_DISTANCE = 26.0
"""Mean bits (of 64) between two clusters that may still join; unrelated photos differ in about 30.

Keeps a chain of small steps (a slow pan, a long session) from joining its unlike ends.
"""

MIN_MEAN_FACE_LIKENESS = 0.55
"""Mean cosine between the main faces of two clusters that may still join; strangers have 0.1-0.6,
one person 0.65-0.9 (measured on portraits with FaceRes)."""

Marks = Mapping[tuple[int, int], bool]
"""What the user said of pairs of photo ids (the lower first): together, or not."""


class Clusters:
    """Disjoint sets of items that know their mean hash and mean main face."""

    def __init__(self, items: Sequence[Item], apart: Iterable[tuple[int, int]] = ()) -> None:
        self._parent = {item.id: item.id for item in items}
        self.members: dict[int, list[int]] = {item.id: [item.id] for item in items}
        self._bits: dict[int, tuple[FloatArray, int]] = {}
        self._face: dict[int, tuple[FloatArray, int]] = {}
        self._apart: dict[int, set[int]] = {}
        for item in items:
            likeness = item.lead.likeness
            if likeness is not None:
                raw = np.frombuffer((likeness & (2**64 - 1)).to_bytes(8, "big"), np.uint8)
                self._bits[item.id] = np.unpackbits(raw).astype(np.float32), 1
            descriptors = main_descriptors(item.lead, most=1)
            if descriptors:
                self._face[item.id] = descriptors[0], 1
        for first, second in apart:
            if first in self._parent and second in self._parent:
                self._apart.setdefault(first, set()).add(second)
                self._apart.setdefault(second, set()).add(first)

    def root(self, item_id: int) -> int:
        """The id that stands for the cluster of an item."""
        while self._parent[item_id] != item_id:
            self._parent[item_id] = self._parent[self._parent[item_id]]
            item_id = self._parent[item_id]
        return item_id

    def join(self, first: int, second: int, *, certain: bool = False) -> bool:
        """Join two items' clusters; False where the user or the clusters' unlikeness forbids it.

        ``certain`` links (equal files, the user's word) pass whatever the pictures look like.
        """
        a, b = self.root(first), self.root(second)
        if a == b:
            return True
        small, large = sorted((a, b), key=lambda root: len(self.members[root]))
        forbidden = set().union(*(self._apart.get(i, set()) for i in self.members[small]))
        if forbidden.intersection(self.members[large]):
            return False
        if not certain and not self._alike(a, b):
            return False
        self._parent[small] = large
        self.members[large] += self.members.pop(small)
        for sums in (self._bits, self._face):
            ours, theirs = sums.get(large), sums.pop(small, None)
            if theirs is not None:
                sums[large] = theirs if ours is None else (ours[0] + theirs[0], ours[1] + theirs[1])
        return True

    def _alike(self, a: int, b: int) -> bool:
        if a in self._bits and b in self._bits:
            (sum_a, n_a), (sum_b, n_b) = self._bits[a], self._bits[b]
            p, q = sum_a / n_a, sum_b / n_b
            if float((p * (1 - q) + q * (1 - p)).sum()) > MAX_MEAN_DISTANCE:
                return False
        if a in self._face and b in self._face:
            (face_a, n_a), (face_b, n_b) = self._face[a], self._face[b]
            if float(face_a @ face_b) / (n_a * n_b) < MIN_MEAN_FACE_LIKENESS:
                return False
        return True


def marked_pairs(
    marks: Marks, item_of: Mapping[int, Item]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The user's marks as pairs of item ids: those together and those apart."""
    together: list[tuple[int, int]] = []
    apart: list[tuple[int, int]] = []
    for (first, second), joined in marks.items():
        if first in item_of and second in item_of:
            pair = item_of[first].id, item_of[second].id
            if pair[0] != pair[1]:
                (together if joined else apart).append(pair)
    return together, apart
