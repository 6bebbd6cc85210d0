"""Groups as the user sees them: the one entry to this room."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.files.identity import content_hash
from core.grouping.bursts import join_bursts
from core.grouping.clusters import Clusters, Marks, marked_pairs
from core.grouping.copies import exact_copies
from core.grouping.items import GroupPhoto, Item, pair, partners_of
from core.grouping.people import people
from core.grouping.series import Thumbnails, brackets, is_wide, panoramas
from core.grouping.times import Precision, precisions


class GroupKind(enum.StrEnum):
    """Why the items of a group belong together."""

    BURST = "burst"
    COPIES = "copies"  # all of them equal byte for byte
    BRACKET = "bracket"
    PANORAMA = "panorama"
    PERSON = "person"
    DAY = "day"
    ALBUM = "album"
    UNDATED = "undated"  # by day: photos whose day nobody knows


WHOLE = frozenset({GroupKind.BRACKET, GroupKind.PANORAMA, GroupKind.UNDATED})
"""Kinds that are never culled."""


class Grouping(enum.StrEnum):
    """What the user asks for."""

    BURST = "burst"
    PERSON = "person"
    DAY = "day"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together, by name. ``id`` stays the same while its first item does."""

    id: str
    kind: GroupKind
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """The outcome of grouping.

    Attributes:
        groups: those of two or more items (of one or more, by person, day or album).
        items: every item, grouped or not.
        whole: ids of items in brackets and panoramas, which are kept under every grouping.
        copies: for each item with exact copies, the number of its set.
    """

    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    whole: frozenset[int]
    copies: Mapping[int, int]


def _no_thumbnails(_ids: Sequence[int]) -> Mapping[int, bytes]:
    return {}


def group_photos(
    photos: Iterable[GroupPhoto],
    by: Grouping = Grouping.BURST,
    *,
    marks: Marks | None = None,
    thumbnails: Thumbnails = _no_thumbnails,
    hash_of: Callable[[Path], bytes] = content_hash,
) -> Groups:
    """Group photos.

    Args:
        photos: those to look at; missing ones are not among them.
        by: how.
        marks: what the user said of pairs.
        thumbnails: gives JPEGs by photo id, for telling panoramas.
        hash_of: SHA-256 of a whole file, for proving exact copies.
    """
    items = pair(photos)
    item_of = partners_of(items)
    together, apart = marked_pairs(marks or {}, item_of)
    precision = precisions(item.lead for item in items)
    copies = exact_copies(items, hash_of)
    series = _series(items, precision, thumbnails, {frozenset(pair) for pair in apart})
    in_series = {item.id for _, members in series for item in members}
    whole = in_series | {item.id for item in items if is_wide(item.lead)}
    copy_sets = {item.id: number for number, same in enumerate(copies) for item in same}
    if by is Grouping.BURST:
        loose = [item for item in items if item.id not in in_series]
        groups = [_group(kind, members) for kind, members in series]
        groups += _bursts(loose, precision, copies, copy_sets, together, apart)
    elif by is Grouping.PERSON:
        groups = [
            Group(key, GroupKind.PERSON, _ordered(members))
            for key, members in people(items).items()
        ]
    elif by is Grouping.DAY:
        groups = _days(items, precision)
    else:
        groups = _albums(items)
    groups.sort(key=lambda group: _place(group.items[0]))
    return Groups(tuple(groups), tuple(items), frozenset(whole), copy_sets)


def _series(
    items: Sequence[Item],
    precision: Mapping[int, Precision],
    thumbnails: Thumbnails,
    apart: set[frozenset[int]],
) -> list[tuple[GroupKind, list[Item]]]:
    """Brackets, then panoramas among the rest, less those that the user took apart."""
    found = [(GroupKind.BRACKET, members) for members in brackets(items, precision)]
    taken = {item.id for _, members in found for item in members}
    rest = [item for item in items if item.id not in taken]
    found += [(GroupKind.PANORAMA, m) for m in panoramas(rest, precision, thumbnails)]
    return [
        (kind, members)
        for kind, members in found
        if not any(pair <= {item.id for item in members} for pair in apart)
    ]


def _bursts(
    items: Sequence[Item],
    precision: Mapping[int, Precision],
    copies: Sequence[Sequence[Item]],
    copy_sets: Mapping[int, int],
    together: Sequence[tuple[int, int]],
    apart: Sequence[tuple[int, int]],
) -> list[Group]:
    clusters = Clusters(items, apart)
    inside = {item.id: item for item in items}
    for first, second in together:
        if first in inside and second in inside:
            clusters.join(first, second, certain=True)
    for same in copies:
        for item in same[1:]:
            if same[0].id in inside and item.id in inside:
                clusters.join(same[0].id, item.id, certain=True)
    join_bursts(items, clusters, precision)
    groups = []
    for members in clusters.members.values():
        if len(members) > 1:
            sets = {copy_sets.get(member, -1 - member) for member in members}
            kind = GroupKind.COPIES if len(sets) == 1 else GroupKind.BURST
            groups.append(_group(kind, [inside[member] for member in members]))
    return groups


def _group(kind: GroupKind, members: Iterable[Item]) -> Group:
    ordered = _ordered(members)
    return Group(f"{kind}-{min(item.id for item in ordered)}", kind, ordered)


def _days(items: Sequence[Item], precision: Mapping[int, Precision]) -> list[Group]:
    by_day: dict[str, list[Item]] = {}
    undated: list[Item] = []
    for item in items:
        if precision[item.id] is Precision.NONE or item.lead.taken_at is None:
            undated.append(item)
        else:
            by_day.setdefault(f"day-{item.lead.taken_at.date().isoformat()}", []).append(item)
    groups = [Group(day, GroupKind.DAY, _ordered(members)) for day, members in by_day.items()]
    if undated:
        groups.append(Group("day-unknown", GroupKind.UNDATED, _ordered(undated)))
    return groups


def _albums(items: Sequence[Item]) -> list[Group]:
    by_album: dict[int | None, list[Item]] = {}
    for item in items:
        by_album.setdefault(item.lead.album_id, []).append(item)
    return [
        Group(f"album-{album_id or 'none'}", GroupKind.ALBUM, _ordered(members))
        for album_id, members in by_album.items()
    ]


def _ordered(members: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(members, key=_place))


def _place(item: Item) -> tuple[str, str, int]:
    """Folder, then name, then id: an order that does not change with scores."""
    return str(item.lead.path.parent), item.lead.path.name, item.id
