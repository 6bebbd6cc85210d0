"""The preview: what would stay and what would go, frozen as values before anything is done."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.curation.choice import Choice, GroupChoice, Why, choose
from core.curation.phrases import ELSEWHERE, Phrase
from core.errors import UsageError
from core.files.companions import companions
from core.grouping.groups import Grouping, Groups, group_photos
from core.grouping.items import Item
from core.library import group_queries
from core.library.library import Library
from core.taste import Taste
from core.thumbnails import thumbnails

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file as it was when the preview was made; it moves only while it still is that.

    ``photo_id`` is ``None`` for a companion, ``fingerprint`` where the content was never read.
    """

    path: Path
    size: int
    mtime_ns: int
    photo_id: int | None = None
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class PlannedReject:
    """An item that goes: its photos and everything that goes along, and why."""

    item: Item
    reason: str
    files: tuple[PlannedFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen preview. Make it with ``preview``, change it with ``revise``, give it to ``apply``.

    Attributes:
        n: how many stay in each group at least.
        by: how photos were grouped.
        groups: every group with the choice in it; an item may stand in several (two people).
        rejects: what goes, each item once.
        kept: number of items that stay, grouped or not.
        overrides: the user's clicks, by item id.
        source: what the plan was made from, for ``revise``.
    """

    n: int
    by: Grouping
    groups: tuple[GroupChoice, ...]
    rejects: tuple[PlannedReject, ...]
    kept: int
    source: Groups = field(repr=False)
    files: Mapping[int, tuple[PlannedFile, ...]] = field(repr=False)
    overrides: Mapping[int, bool] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Number of items that go."""
        return len(self.rejects)

    @property
    def bytes(self) -> int:
        """Bytes of everything that goes."""
        return sum(reject.bytes for reject in self.rejects)


def preview(
    library: Library,
    model: str,
    n: int,
    by: Grouping = Grouping.BURST,
    *,
    folder: Path | None = None,
    album_id: int | None = None,
    ids: Sequence[int] | None = None,
    taste: Taste | None = None,
) -> Plan:
    """What keeping the best ``n`` of each group would do. Reads only.

    Args:
        model: id of the model whose scores count.
        n: how many stay in each group, 1 or more.
        by: how to group.
        folder: only photos in it and below.
        album_id: only photos of this album.
        ids: only these photos.
        taste: a learned correction of the scores; counts only if it has earned to.

    Raises:
        UsageError: ``n`` is less than 1, or no scope is given.
    """
    check_n(n)
    if folder is None and album_id is None and ids is None:
        raise UsageError("Say which photos: a folder, an album or a selection.")
    photos = group_queries.group_photos(
        library.queries, model, folder=folder, album_id=album_id, ids=ids
    )
    if taste is not None and taste.on:
        known = library.queries.photos([photo.id for photo in photos], model)
        added = taste.corrections(known)
        photos = [
            photo
            if photo.mean is None
            else dataclasses.replace(photo, mean=photo.mean + added.get(photo.id, 0.0))
            for photo in photos
        ]
    groups = group_photos(
        photos,
        by,
        marks=group_queries.marks(library.queries),
        thumbnails=partial(thumbnails, library),
    )
    return plan_groups(groups, n, by, freeze(groups.items))


def rest_of_group(library: Library, photo_ids: Sequence[int]) -> list[int]:
    """The other photos of the groups (bursts, brackets, panoramas) that these are in now."""
    known = library.queries.files_by_id(photo_ids)
    wanted = set(photo_ids)
    rest: dict[int, None] = {}
    for folder in {file.path.parent for file in known.values()}:
        groups = group_photos(
            group_queries.group_photos(library.queries, "", folder=folder),
            marks=group_queries.marks(library.queries),
            thumbnails=partial(thumbnails, library),
        )
        for group in groups.groups:
            ids = [photo.id for item in group.items for photo in item.photos]
            if wanted.intersection(ids):
                rest |= dict.fromkeys(photo_id for photo_id in ids if photo_id not in wanted)
    return list(rest)


def check_n(n: int) -> None:
    """Refuse to keep nothing.

    Raises:
        UsageError: ``n`` is less than 1.
    """
    if n < 1:
        raise UsageError("Keep at least 1 photo of each group.")


def plan_groups(
    groups: Groups,
    n: int,
    by: Grouping,
    files: Mapping[int, tuple[PlannedFile, ...]],
    overrides: Mapping[int, bool] | None = None,
) -> Plan:
    """The choice in every group, brought into one: what stays anywhere stays everywhere."""
    check_n(n)
    clicks = dict(overrides or {})
    worked_on = {
        item_id for item_id, own in files.items() if any(file.photo_id is None for file in own)
    }
    chosen = [
        choose(
            group,
            n,
            whole=groups.whole,
            copies=groups.copies,
            worked_on=worked_on,
            overrides=clicks,
        )
        for group in groups.groups
    ]
    staying = {choice.item.id for group in chosen for choice in group.kept}
    settled = tuple(_settle(group, staying) for group in chosen)
    rejects: dict[int, PlannedReject] = {}
    for group in settled:
        for choice in group.rejected:
            rejects.setdefault(
                choice.item.id,
                PlannedReject(choice.item, choice.reason, files.get(choice.item.id, ())),
            )
    return Plan(
        n=n,
        by=by,
        groups=settled,
        rejects=tuple(rejects.values()),
        kept=len(groups.items) - len(rejects),
        source=groups,
        files=files,
        overrides=clicks,
    )


def revise(plan: Plan, overrides: Mapping[int, bool | None]) -> Plan:
    """The plan with the user's clicks: True keeps an item, False rejects it, ``None`` forgets.

    N still stay in each group: where one of them is rejected, the next best moves up.
    """
    clicks = {**plan.overrides}
    for item_id, keep in overrides.items():
        if keep is None:
            clicks.pop(item_id, None)
        else:
            clicks[item_id] = keep
    return plan_groups(plan.source, plan.n, plan.by, plan.files, clicks)


def keep_only(plan: Plan, group_id: str, item_id: int) -> Plan:
    """The plan in which one item of a group stays and the rest of it goes, as far as N allows.

    Raises:
        UsageError: the plan has no such group, or the item is not in it.
    """
    group = next((found for found in plan.groups if found.group.id == group_id), None)
    if group is None or item_id not in {item.id for item in group.group.items}:
        raise UsageError("That photo is not in this group any more.")
    return revise(plan, {item.id: item.id == item_id for item in group.group.items})


def _settle(group: GroupChoice, staying: set[int]) -> GroupChoice:
    choices = [
        dataclasses.replace(
            choice, kept=True, why=Why.ELSEWHERE, phrase=Phrase(ELSEWHERE), too_close=False
        )
        if not choice.kept and choice.item.id in staying
        else choice
        for choice in group.choices
    ]
    choices.sort(key=lambda choice: not choice.kept)  # stable: the order of each side stays
    return GroupChoice(group.group, tuple(choices))


def freeze(items: Sequence[Item]) -> dict[int, tuple[PlannedFile, ...]]:
    """The files of each item with all that go along, as they are now."""
    listings: dict[Path, list[str]] = {}
    frozen: dict[int, tuple[PlannedFile, ...]] = {}
    for item in items:
        folder = item.lead.path.parent
        if folder not in listings:
            listings[folder] = list_folder(folder)
    by_stem = {folder: _by_stem(names) for folder, names in listings.items()}
    for item in items:
        folder = item.lead.path.parent
        files = [
            PlannedFile(photo.path, photo.size, photo.mtime_ns, photo.id, photo.fingerprint)
            for photo in item.photos
        ]
        near = by_stem[folder].get(_key(item.lead.path.name), [])
        for name in companions([photo.path.name for photo in item.photos], near):
            try:
                state = (folder / name).lstat()
            except OSError:
                continue  # gone since it was listed
            files.append(PlannedFile(folder / name, state.st_size, state.st_mtime_ns))
        frozen[item.id] = tuple(files)
    return frozen


def _key(name: str) -> str:
    """A few characters that a photo shares with all its companions."""
    return name.partition(".")[0].casefold()


def _by_stem(names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        key = _key(name)
        found.setdefault(key, []).append(name)
        if key[-3:-2] == "_" and key[-2:].isdigit():
            found.setdefault(key[:-3], []).append(name)  # darktable's IMG_1_02.CR2.xmp
    return found


def list_folder(folder: Path) -> list[str]:
    """Names in a folder; none where it can't be read."""
    try:
        return os.listdir(folder)
    except OSError as error:
        log.warning("a folder can't be listed: %s", error.strerror)
        return []


def choice_of(plan: Plan, item_id: int) -> Choice | None:
    """What the plan says of an item, in the first group that holds it."""
    for group in plan.groups:
        for choice in group.choices:
            if choice.item.id == item_id:
                return choice
    return None
