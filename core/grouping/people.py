"""Who is who, where nobody has said so yet: faces clustered by their descriptors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.grouping.items import MIN_FACE_AREA, Item

SAME_PERSON = 0.72
"""Mean cosine of FaceRes descriptors from which two clusters of faces are one person.

Measured on portraits of 20 people: shots of one person have 0.66-0.91, of two people 0.11-0.62.
"""


NEVER = -2.0
"""Below every cosine."""


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

    Two faces of one photo (equal ``owners``) are two people. The two most alike clusters are
    merged until no pair's mean cosine reaches ``threshold``.
    """
    count = len(vectors)
    # Sums of cosines over all pairs of two clusters: they add up when clusters merge.
    sums = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    sizes = np.ones(count)
    members = {i: [i] for i in range(count)}
    # Clusters that may never merge hold faces of one photo.
    barred = np.equal.outer(np.asarray(owners), np.asarray(owners))
    cosine = np.where(barred, NEVER, sums)
    # Each row remembers its closest partner, so that a merge costs a row and not the matrix.
    nearest = cosine.argmax(axis=1)
    closest = cosine[np.arange(count), nearest]
    while True:
        a = int(closest.argmax())
        if closest[a] < threshold:
            return sorted(members.values())
        b = int(nearest[a])
        members[a] = sorted(members[a] + members.pop(b))
        sums[a] += sums[b]
        sums[:, a] = sums[a]
        sizes[a] += sizes[b]
        barred[a] |= barred[b]
        barred[:, a] = barred[a]
        cosine[b, :] = cosine[:, b] = closest[b] = NEVER
        barred[b, :] = barred[:, b] = True
        row = np.where(barred[a], NEVER, sums[a] / (sizes * sizes[a]))
        cosine[a, :] = cosine[:, a] = row
        stale = np.flatnonzero(((nearest == a) | (nearest == b)) & (closest > NEVER))
        for i in {a, *stale.tolist()}:
            nearest[i] = cosine[i].argmax()
            closest[i] = cosine[i, nearest[i]]
        better = row > closest
        nearest[better], closest[better] = a, row[better]
