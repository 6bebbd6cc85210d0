"""Faults that go before any score: what spoils a portrait whatever else is good about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.curation.phrases import (
    EYES_CLOSED,
    FACE_BLURRED,
    FACE_COVERED,
    FACE_CUT,
    MOTION_BLUR,
    SOFTER,
)
from core.grouping.groups import Group, GroupKind
from core.grouping.items import Item


@dataclass(frozen=True, slots=True)
class HardFault:
    """A measured fault that goes before any score: its words, and the severity (0..1) from which
    it counts; one just noticed is left to the score."""

    words: str
    severity: float


HARD_FAULTS: Mapping[str, HardFault] = {
    "eyes_closed": HardFault(EYES_CLOSED, 0.2),
    "motion_blur": HardFault(MOTION_BLUR, 0.2),
    "face_blurred": HardFault(FACE_BLURRED, 0.2),
    "face_covered": HardFault(FACE_COVERED, 0.3),  # half of it: not a hand at the chin
    "face_cut": HardFault(FACE_CUT, 0.2),
}
"""By code."""

_BLURS = frozenset(HARD_FAULTS[code].words for code in ("motion_blur", "face_blurred"))

SCENE = frozenset({GroupKind.BURST, GroupKind.COPIES})
"""Kinds of groups whose photos show one scene, so that they can be compared closely."""

SOFTER_TIMES, SOFTER_BY = 1.5, 0.5
"""A shot is clearly softer than the sharpest of its scene from so many times its softness, and so
many percent of the face's width more.

Of eleven series of portraits by several cameras, the softest shot had up to 1.7 times the softness
of the sharpest; one shot of one series, at 3.3 times, lies beyond. A face out of focus by 1 in 40
of its width does.
"""


def hard_faults(item: Item) -> list[str]:
    """Words of the hard faults of the item's main face, the gravest first.

    In a group, one of many blinking is no reason to drop the photo; its main face is.
    """
    return [
        HARD_FAULTS[fault.code].words
        for fault in item.lead.faults
        if fault.code in HARD_FAULTS
        and fault.on_main_face
        and fault.severity >= HARD_FAULTS[fault.code].severity
    ]


def soft_shots(group: Group) -> frozenset[int]:
    """Items of a scene that are clearly softer than its sharpest shot.

    Shots that are all equally soft are none of them: there is nothing sharper to prefer.
    """
    if group.kind not in SCENE:
        return frozenset()
    known = {item.id: item.lead.softness for item in group.items}
    measured = {item_id: value for item_id, value in known.items() if value is not None}
    if not measured:
        return frozenset()
    limit = SOFTER_TIMES * min(measured.values()) + SOFTER_BY
    return frozenset(item_id for item_id, value in measured.items() if value > limit)


class Faults:
    """Hard faults of a group's items, being softer than the others among them."""

    def __init__(self, group: Group) -> None:
        self._soft = soft_shots(group)

    def __call__(self, item: Item) -> list[str]:
        found = hard_faults(item)
        if item.id in self._soft and not _BLURS.intersection(found):
            found.append(SOFTER)
        return found
