"""Who is who, where nobody has said so yet: faces clustered by their descriptors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.grouping.items import MIN_FACE_AREA, Item

SAME_PERSON = 0.72
"""Mean cosine of FaceRes descriptors from which two clusters of faces are one person.

Measured on portraits of 20 people: shots of one person have 0.66-0.91, of two people 0.11-0.62.
"""


def people(items: Sequence[Item], threshold: float = SAME_PERSON) -> dict[str, list[Item]]:
    """Items by person. Keys: ``person-<id>`` where assigned, ``face-<photo id>`` where clustered.

    A photo of several people stands under each of them; photos without a face that is large
    enough, under none. Clustering is by average linkage (the mean cosine over all pairs), so one
    lookalike does not tie two people together.
    """
    named: dict[str, list[Item]] = {}
    loose: list[tuple[Item, int]] = []
    for item in items:
        for index, face in enumerate(item.lead.faces):
            if face.person is not None:
                members = named.setdefault(f"person-{face.person}", [])
                if item not in members:
                    members.append(item)
            elif face.descriptor is not None and face.area >= MIN_FACE_AREA:
                loose.append((item, index))
    if not loose:
        return named
    vectors = np.stack([_descriptor(item, index) for item, index in loose])
    owners = [item.id for item, _ in loose]
    for indices in average_linkage(vectors, owners, threshold):
        found: dict[int, Item] = {loose[i][0].id: loose[i][0] for i in indices}
        first = min(found)
        key = f"face-{first}"
        suffix = 1
        while key in named:
            suffix += 1
            key = f"face-{first}-{suffix}"
        named[key] = [found[photo_id] for photo_id in sorted(found)]
    return named


def _descriptor(item: Item, index: int) -> np.ndarray:
    descriptor = item.lead.faces[index].descriptor
    assert descriptor is not None
    return descriptor


def average_linkage(
    vectors: np.ndarray, owners: Sequence[int], threshold: float
) -> list[list[int]]:
    """Clusters of the rows of ``vectors`` (n, d), each of length 1, as lists of row numbers.

    Two faces of one photo (equal ``owners``) are two people. Clusters are merged until no pair's
    mean cosine reaches ``threshold``.
    """
    linked = link(vectors, np.ones(len(vectors)), [{owner} for owner in owners], {}, threshold)
    return sorted(linked)


def link(
    sums: np.ndarray,
    sizes: np.ndarray,
    photos: Sequence[set[int]],
    apart: Mapping[int, set[int]],
    threshold: float,
    stopped: Callable[[], bool] = lambda: False,
) -> list[list[int]]:
    """Merge clusters by average linkage; gives lists of numbers of the clusters that are one.

    The mean cosine over all pairs of two clusters is the product of their sums by their sizes.
    Clusters that are each other's closest are merged at once, many in a round: for average linkage
    that gives what merging the closest pair again and again does (F. Murtagh, "A Survey of Recent
    Advances in Hierarchical Clustering Algorithms", 1983), and a round is one matrix product.

    Args:
        sums: (n, d) float32, for each cluster the sum of its unit vectors.
        sizes: (n,) how many vectors each holds.
        photos: the photos of each cluster's faces; clusters with one in common are two people.
        apart: numbers of clusters that each may not join.
        threshold: mean cosine from which two are merged.
        stopped: asked now and then; once true, the work ends.

    Raises:
        StoppedError: it was stopped.
    """
    state = _Linking(sums, sizes, photos, apart, stopped)
    while state.merge_round(threshold):
        pass
    return sorted(state.members[int(i)] for i in np.flatnonzero(state.alive))


class StoppedError(Exception):
    """The clustering was stopped before its end; nothing came of it."""


BLOCK = 1024
"""Rows whose cosines with all others are held at once."""


class _Linking:
    """Clusters under way, each with its closest partner."""

    def __init__(
        self,
        sums: np.ndarray,
        sizes: np.ndarray,
        photos: Sequence[set[int]],
        apart: Mapping[int, set[int]],
        stopped: Callable[[], bool],
    ) -> None:
        count = len(sums)
        self._stopped = stopped
        self._sums = np.array(sums, np.float32)
        self._sizes = np.array(sizes, np.float32)
        self._photos = [set(held) for held in photos]
        self._apart = {number: set(others) for number, others in apart.items()}
        self._holders: dict[int, set[int]] = {}
        for number, held in enumerate(self._photos):
            for photo in held:
                self._holders.setdefault(photo, set()).add(number)
        self.alive = np.ones(count, bool)
        self.members = {number: [number] for number in range(count)}
        self._nearest = np.zeros(count, np.int64)
        self._closest = np.full(count, -np.inf, np.float32)
        self._refresh(np.arange(count))

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the closest partner of some clusters anew."""
        columns = np.flatnonzero(self.alive)
        if not len(columns):
            return
        theirs = self._sums[columns] / self._sizes[columns, None]
        place = {int(number): at for at, number in enumerate(columns)}
        for start in range(0, len(rows), BLOCK):
            if self._stopped():
                raise StoppedError
            block = rows[start : start + BLOCK]
            cosine = (self._sums[block] / self._sizes[block, None]) @ theirs.T
            for at, number in enumerate(block):
                barred = {int(number)} | self._apart.get(int(number), set())
                for photo in self._photos[int(number)]:
                    barred |= self._holders[photo]
                cosine[at, [place[other] for other in barred if other in place]] = -np.inf
            best = cosine.argmax(axis=1)
            self._nearest[block] = columns[best]
            self._closest[block] = cosine[np.arange(len(block)), best]

    def merge_round(self, threshold: float) -> bool:
        """Merge all pairs that are each other's closest; False when none is close enough."""
        live = np.flatnonzero(self.alive & (self._closest >= threshold))
        mutual = [int(a) for a in live if self._nearest[self._nearest[a]] == a]
        pairs = [(a, int(self._nearest[a])) for a in mutual if a < self._nearest[a]]
        if not pairs and len(live):
            # Equal cosines may chase each other in a ring: take the closest pair of all.
            first = int(live[self._closest[live].argmax()])
            pairs = [(first, int(self._nearest[first]))]
        if not pairs:
            return False
        touched = {number for pair in pairs for number in pair}
        for a, b in pairs:
            self._merge(a, b)
        stale = np.isin(self._nearest, list(touched)) | np.isin(
            np.arange(len(self.alive)), list(touched)
        )
        self._refresh(np.flatnonzero(stale & self.alive))
        return True

    def _merge(self, a: int, b: int) -> None:
        self.members[a] = sorted(self.members[a] + self.members.pop(b))
        self._sums[a] += self._sums[b]
        self._sizes[a] += self._sizes[b]
        self.alive[b] = False
        self._closest[b] = -np.inf
        for photo in self._photos[b]:
            self._holders[photo].discard(b)
            self._holders[photo].add(a)
        self._photos[a] |= self._photos[b]
        others = self._apart.pop(b, set())
        if others:
            self._apart.setdefault(a, set()).update(others)
        for barred in self._apart.values():
            if b in barred:
                barred.discard(b)
                barred.add(a)
