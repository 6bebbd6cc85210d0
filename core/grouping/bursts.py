"""Bursts and near-duplicates: photos near in time that also look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from core.grouping.clusters import Clusters
from core.grouping.items import GroupPhoto, Item, distance, face_likeness
from core.grouping.times import Precision

SAME_FACE = 0.66
"""Cosine of FaceRes descriptors from which two faces are taken for one person."""

OTHER_FACE = 0.5
"""Cosine below which two main faces are taken for two people."""

DATED = (
    # seconds apart, bits without a face in common, bits with one
    (2.0, 22, 30),
    (15.0, 16, 24),
    (60.0, 10, 18),
)
"""How alike two photos must be, by the time between them: the less time, the more may move.

The hash has 64 bits; unrelated photos differ in 30 +- 5 of them, frames of one pose in 0-12, poses
of one sitting in 5-22 (measured on portraits and on camera bursts).
"""

UNDATED_BITS = 8
UNDATED_BITS_WITH_FACE = 22
TWIN_BITS = 5
"""Bits up to which undated photos are one picture (resized, saved again) wherever they lie."""

MAX_WINDOW = 60
MAX_NUMBER_STEP = 12
_LAST_NUMBER = re.compile(r"^(.*?)(\d{1,9})(\D*)$")


def join_bursts(
    items: Sequence[Item], clusters: Clusters, precision: Mapping[int, Precision]
) -> None:
    """Join the items of each burst in ``clusters``, the closest pairs first."""
    links = [
        *_dated_links(items, precision),
        *_numbered_links(items, precision),
        *_twin_links(items, precision),
    ]
    for _, first, second in sorted(links):
        clusters.join(first, second)


Link = tuple[int, int, int]
"""Bits apart and two item ids."""


def _dated_links(items: Sequence[Item], precision: Mapping[int, Precision]) -> Iterator[Link]:
    dated = sorted(
        (item for item in items if precision[item.id] is Precision.SECOND and item.lead.taken_at),
        key=lambda item: (item.lead.taken_at, item.id),
    )
    longest = timedelta(seconds=DATED[-1][0])
    for index, item in enumerate(dated):
        taken = item.lead.taken_at
        assert taken is not None
        for other in dated[index + 1 : index + 1 + MAX_WINDOW]:
            assert other.lead.taken_at is not None
            gap = other.lead.taken_at - taken
            if gap > longest:
                break
            if item.lead.camera != other.lead.camera:
                continue
            bits, with_face = next(
                (plain, face) for most, plain, face in DATED if gap.total_seconds() <= most
            )
            apart = likeness_within(item.lead, other.lead, bits, with_face)
            if apart is not None:
                yield apart, item.id, other.id


def _numbered_links(items: Sequence[Item], precision: Mapping[int, Precision]) -> Iterator[Link]:
    """Photos whose dates don't tell: neighbours in one numbered series of one folder.

    The modification time counts neither for nor against: it is that of copying.
    """
    series: dict[tuple[Path, str, str], list[tuple[int, Item]]] = {}
    for item in items:
        match = _LAST_NUMBER.match(item.lead.path.stem)
        if match:
            key = item.lead.path.parent, match[1].casefold(), match[3].casefold()
            series.setdefault(key, []).append((int(match[2]), item))
    for numbered in series.values():
        numbered.sort(key=lambda pair: (pair[0], pair[1].id))
        for index, (number, item) in enumerate(numbered):
            for later, other in numbered[index + 1 : index + 1 + MAX_NUMBER_STEP]:
                if later - number > MAX_NUMBER_STEP:
                    break
                if dates_decide(item.lead, other.lead, precision):
                    continue
                apart = likeness_within(item.lead, other.lead, UNDATED_BITS, UNDATED_BITS_WITH_FACE)
                if apart is not None:
                    yield apart, item.id, other.id


def _twin_links(items: Sequence[Item], precision: Mapping[int, Precision]) -> Iterator[Link]:
    """Pairs that differ in a few bits, found by hash parts: with at most five bits changed, one of
    six parts of the hash is unchanged."""
    parts = ((0, 11), (11, 11), (22, 11), (33, 11), (44, 10), (54, 10))
    seen: set[tuple[int, int]] = set()
    for start, length in parts:
        buckets: dict[int, list[Item]] = {}
        for item in items:
            if item.lead.likeness is not None:
                part = ((item.lead.likeness & (2**64 - 1)) >> start) & ((1 << length) - 1)
                buckets.setdefault(part, []).append(item)
        for bucket in buckets.values():
            for index, item in enumerate(bucket):
                for other in bucket[index + 1 :]:
                    pair = item.id, other.id
                    if pair in seen:
                        continue
                    apart = distance(item.lead, other.lead)
                    if apart is None or apart > TWIN_BITS:
                        continue
                    seen.add(pair)
                    if not dates_decide(item.lead, other.lead, precision) and _same_shape(
                        item.lead, other.lead
                    ):
                        found = likeness_within(item.lead, other.lead, TWIN_BITS, TWIN_BITS)
                        if found is not None:
                            yield found, item.id, other.id


def dates_decide(first: GroupPhoto, second: GroupPhoto, precision: Mapping[int, Precision]) -> bool:
    """Whether the two dates say enough: both to the second, or plainly far apart."""
    ours, theirs = precision[first.id], precision[second.id]
    if ours is Precision.NONE or theirs is Precision.NONE:
        return False
    if ours is Precision.SECOND and theirs is Precision.SECOND:
        return True
    assert first.taken_at is not None
    assert second.taken_at is not None
    day = Precision.DAY in (ours, theirs)
    slack = timedelta(days=1) if day else timedelta(minutes=2)
    return abs(first.taken_at - second.taken_at) > slack


def likeness_within(
    first: GroupPhoto, second: GroupPhoto, bits: int, bits_with_face: int
) -> int | None:
    """Bits between two photos if they are alike enough, else ``None``.

    The same person in both allows for more (the pose changes), two people for hardly anything.
    """
    apart = distance(first, second)
    if apart is None:
        return None
    same = face_likeness(first, second)
    if same is not None and same >= SAME_FACE:
        limit = bits_with_face
    elif same is not None and same < OTHER_FACE:
        limit = min(bits, 4)
    else:
        limit = bits
    return apart if apart <= limit else None


def _same_shape(first: GroupPhoto, second: GroupPhoto) -> bool:
    if not (first.width and first.height and second.width and second.height):
        return False
    ours, theirs = first.width / first.height, second.width / second.height
    return abs(ours - theirs) <= 0.03 * max(ours, theirs)
