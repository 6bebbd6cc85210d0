"""Who is who, where nobody has said so yet: faces clustered by their descriptors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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

    Two faces of one photo (equal ``owners``) are two people. The two most alike clusters are
    merged until no pair's mean cosine reaches ``threshold``.
    """
    count = len(vectors)
    sums = {i: vectors[i].astype(np.float64) for i in range(count)}
    members = {i: [i] for i in range(count)}
    photos = {i: {owners[i]} for i in range(count)}
    cosine = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(cosine, -2.0)
    same_photo = np.equal.outer(np.asarray(owners), np.asarray(owners))
    cosine[same_photo] = -2.0
    while True:
        a, b = divmod(int(cosine.argmax()), count)
        if cosine[a, b] < threshold:
            return sorted(members.values())
        sums[a] += sums.pop(b)
        members[a] = sorted(members[a] + members.pop(b))
        photos[a] |= photos.pop(b)
        cosine[b, :] = cosine[:, b] = -2.0
        for other in members:
            if other != a:
                mean = float(sums[a] @ sums[other]) / (len(members[a]) * len(members[other]))
                value = -2.0 if photos[a] & photos[other] else mean
                cosine[a, other] = cosine[other, a] = value
