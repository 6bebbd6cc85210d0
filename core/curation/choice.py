"""Which photos of a group stay: a pure function of what is known about them.

Order of preference: the user's word; then photos without a hard portrait fault, of one scene also
those that are not clearly softer than its sharpest; then the lower bound of the score, less what an
almost equal photo that already stays takes away; of exact copies the original. Whatever happens, N
stay, and what can't be judged stays besides.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from core.curation import phrases
from core.curation.faults import SCENE, Faults
from core.curation.phrases import Phrase
from core.curation.preference import Preference, likeness, lower_bound, uncertainty
from core.domain import Flag, Status
from core.grouping.groups import Group, GroupKind
from core.grouping.items import Item
from core.paths import display_name

SAME_SCENE_UNCERTAINTY = 0.11
"""Half-width, in score units, within which two shots of one scene can't be told apart.

A model's own uncertainty is mostly about what unlike pictures show, which two shots of one scene
share. What is left was measured by framing the same picture a little differently: the score of the
bundled model changes by 0.11 (root mean square) between a photo and its mirror image or its crops
that cut 2 to 4 in 100 off, over 49 portraits that the model never saw (up to 0.10 in two of three
cases). The model's own uncertainty for them is 0.39 on average.
"""


class Why(enum.StrEnum):
    """What decided about a photo."""

    USER = "user"
    BEST = "best"
    VARIETY = "variety"
    FEW = "few"  # no more than N are there
    UNJUDGED = "unjudged"
    WHOLE = "whole"
    ELSEWHERE = "elsewhere"  # it stays for another group (another person)
    FAULT = "fault"
    COPY = "copy"
    ALIKE = "alike"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one item in one group, and why.

    ``rival`` is the photo that it lost against or replaces, if one can be named. ``too_close``:
    the score does not tell it from a rival on the other side of the line.
    """

    item: Item
    kept: bool
    why: Why
    phrase: Phrase
    too_close: bool = False
    rival: int | None = None

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.phrase)


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A group with its choices, the best first; those that stay come before those that go."""

    group: Group
    choices: tuple[Choice, ...]

    @property
    def kept(self) -> tuple[Choice, ...]:
        """What stays."""
        return tuple(choice for choice in self.choices if choice.kept)

    @property
    def rejected(self) -> tuple[Choice, ...]:
        """What goes."""
        return tuple(choice for choice in self.choices if not choice.kept)

    @property
    def too_close(self) -> tuple[Choice, ...]:
        """What the user might want to decide."""
        return tuple(choice for choice in self.choices if choice.too_close)


def protected(item: Item, whole: frozenset[int], kind: GroupKind) -> tuple[Why, Phrase] | None:
    """Why an item can't be rejected by the program at all, or ``None``."""
    if not item.online:
        return Why.UNJUDGED, Phrase(phrases.AWAY)
    if item.lead.status is not Status.SCORED or item.lead.mean is None:
        words = {
            Status.UNREADABLE: phrases.UNREADABLE,
            Status.NOT_SCORED: phrases.NOT_SCORED,
            Status.PENDING: phrases.PENDING,
        }
        return Why.UNJUDGED, Phrase(words.get(item.lead.status, phrases.NO_SCORE))
    if kind is GroupKind.UNDATED:
        return Why.UNJUDGED, Phrase(phrases.NO_DAY)
    if kind is GroupKind.BRACKET:
        return Why.WHOLE, Phrase(phrases.BRACKET)
    if kind is GroupKind.PANORAMA or item.id in whole:
        return Why.WHOLE, Phrase(phrases.SERIES)
    return None


def choose(
    group: Group,
    n: int,
    *,
    whole: frozenset[int] = frozenset(),
    copies: Mapping[int, int] | None = None,
    worked_on: Collection[int] = frozenset(),
    overrides: Mapping[int, bool] | None = None,
) -> GroupChoice:
    """Decide about every item of a group.

    Args:
        group: its items.
        n: how many stay at least, 1 or more.
        whole: items that belong to a series that is never culled.
        copies: number of the set of exact copies that an item belongs to.
        worked_on: items with a sidecar or another companion, which are no mere copies.
        overrides: the user's clicks in the preview, by item id: True keeps, False rejects (and
            the next best moves up, so that N stay).
    """
    copies, overrides = copies or {}, overrides or {}
    kept: list[Choice] = []
    besides: list[Choice] = []
    open_items: list[Item] = []
    for item in group.items:
        safe = protected(item, whole, group.kind)
        word = _users_word(item, overrides)
        if word is not None:
            kept.append(Choice(item, True, Why.USER, word))
        elif safe is not None:
            besides.append(Choice(item, True, *safe))
        else:
            open_items.append(item)
    kept.sort(key=lambda choice: (-lower_bound(choice.item), choice.item.id))
    slots = max(0, n - len(kept))
    few = len(open_items) <= slots
    unwanted = {
        item.id
        for item in open_items
        if overrides.get(item.id) is False or (item.flag is Flag.REJECT)
    }
    faults = Faults(group)
    ranking = Preference(open_items, copies, worked_on, unwanted, faults)
    for choice in kept:
        ranking.keep(choice.item, open_items)
    while open_items and slots > 0:
        best = min(open_items, key=ranking.key)
        open_items.remove(best)
        ranking.keep(best, open_items)
        slots -= 1
        if few and not unwanted:
            kept.append(Choice(best, True, Why.FEW, Phrase(phrases.FEW, {"n": n})))
        else:
            kept.append(Choice(best, True, *_why_kept(best, kept, open_items, n, faults)))
    staying = [choice.item for choice in kept]
    gone = [
        _rejection(item, staying, copies, overrides, faults)
        for item in sorted(
            open_items, key=Preference(open_items, copies, worked_on, unwanted, faults).key
        )
    ]
    ties = _Ties(group.kind in SCENE, faults)
    return GroupChoice(group, (*ties.marked(kept, gone), *besides, *ties.marked(gone, kept)))


def _users_word(item: Item, overrides: Mapping[int, bool]) -> Phrase | None:
    if item.id in overrides:
        return Phrase(phrases.YOU_KEEP) if overrides[item.id] else None
    if item.flag is Flag.PICK:
        return Phrase(phrases.YOUR_PICK)
    if item.rating > 0 and item.flag is not Flag.REJECT:
        return (
            Phrase(phrases.ONE_STAR)
            if item.rating == 1
            else Phrase(phrases.STARS, {"stars": item.rating})
        )
    return None


def _why_kept(
    item: Item, kept: list[Choice], others: list[Item], n: int, faults: Faults
) -> tuple[Why, Phrase]:
    found = faults(item)
    if found:
        return Why.FEW, Phrase(phrases.FAULTY_BUT, {"fault": found[0], "n": n})
    if item.flag is Flag.REJECT:
        return Why.FEW, Phrase(phrases.REJECTED_BUT, {"n": n})
    better = [
        other for other in others if not faults(other) and lower_bound(other) > lower_bound(item)
    ]
    if kept and better:
        return Why.VARIETY, Phrase(phrases.DIFFERS)
    return Why.BEST, Phrase(phrases.AMONG_BEST if kept else phrases.BEST)


def _rejection(
    item: Item,
    kept: list[Item],
    copies: Mapping[int, int],
    overrides: Mapping[int, bool],
    faults: Faults,
) -> Choice:
    if overrides.get(item.id) is False or item.flag is Flag.REJECT:
        return Choice(item, False, Why.USER, Phrase(phrases.YOU_REJECTED))
    for other in kept:
        if item.id in copies and copies.get(other.id) == copies[item.id]:
            name = display_name(other.lead.path.name)
            said = Phrase(phrases.COPY, {"name": name})
            return Choice(item, False, Why.COPY, said, rival=other.id)
    found = faults(item)
    if found and any(not faults(other) for other in kept):
        return Choice(item, False, Why.FAULT, Phrase(found[0]))
    twin = max(kept, key=lambda other: (likeness(item, other), -other.id), default=None)
    if twin is not None and likeness(item, twin) >= 0.5:
        gap = (twin.lead.mean or 0) - (item.lead.mean or 0)
        name = display_name(twin.lead.path.name)
        said = (
            Phrase(phrases.ALIKE_HIGHER, {"name": name, "gap": gap})
            if gap >= 0.005
            else Phrase(phrases.ALIKE_STAYS, {"name": name})
        )
        return Choice(item, False, Why.ALIKE, said, rival=twin.id)
    judged = [other for other in kept if other.lead.mean is not None]
    mean = item.lead.mean or 0.0
    if not judged:
        return Choice(item, False, Why.SCORE, Phrase(phrases.YOUR_CHOICES, {"mean": mean}))
    last = min(judged, key=lambda other: (other.lead.mean or 0.0, other.id))
    lowest = last.lead.mean or 0.0
    if mean > lowest:
        said = Phrase(phrases.SHOW_MORE, {"mean": mean})
    else:
        said = Phrase(phrases.BELOW, {"mean": mean, "lowest": lowest})
    return Choice(item, False, Why.SCORE, said, rival=last.id)


_SETTLED = frozenset({Why.USER, Why.COPY, Why.FAULT})


@dataclass(frozen=True, slots=True)
class _Ties:
    """Tells scores that can't be told apart; ``scene``: the photos show one scene."""

    scene: bool
    faults: Faults

    def marked(self, ours: list[Choice], theirs: list[Choice]) -> list[Choice]:
        """``ours`` with those marked whose score can't be told from one across the line."""
        return [
            replace(
                choice,
                too_close=choice.why not in _SETTLED
                and any(
                    other.why not in _SETTLED and self._tie(choice.item, other.item)
                    for other in theirs
                ),
            )
            for choice in ours
        ]

    def _tie(self, first: Item, second: Item) -> bool:
        if first.lead.mean is None or second.lead.mean is None:
            return False
        if bool(self.faults(first)) != bool(self.faults(second)):
            return False
        within = max(uncertainty(first), uncertainty(second))
        if self.scene:
            within = min(within, SAME_SCENE_UNCERTAINTY)
        return abs(first.lead.mean - second.lead.mean) <= within
