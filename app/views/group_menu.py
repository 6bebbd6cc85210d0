"""The menu of a group on the preview page: what belongs together, by the user's word."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.group_words import GroupWords
from app.translation import tr
from core.curation.choice import Choice, GroupChoice
from core.grouping.groups import GroupKind

BY_HAND = frozenset({GroupKind.BURST, GroupKind.COPIES, GroupKind.BRACKET, GroupKind.PANORAMA})
"""Kinds that the user may change; people, days and albums are what they are."""


def group_menu(
    words: GroupWords,
    group: GroupChoice,
    choice: Choice | None,
    above: GroupChoice | None,
    parent: QWidget,
) -> QMenu | None:
    """The menu for a photo or for the heading of its group; ``None`` where there is nothing to say.

    ``above`` is the group before this one.
    """
    if group.group.kind not in BY_HAND:
        return None
    ids = photo_ids(group)
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if choice is not None:
        own = [photo.id for photo in choice.item.photos]
        rest = [photo_id for photo_id in ids if photo_id not in own]
        menu.addAction(tr("This photo is not of this burst"), lambda: words.split(own, rest))
        before = ids_until(group, choice)
        after = [photo_id for photo_id in ids if photo_id not in before]
        if after and len(before) > len(own):
            menu.addAction(
                tr("Split the burst after this photo"), lambda: words.split(after, before)
            )
        menu.addSeparator()
    if above is not None and above.group.kind in BY_HAND:
        joined = [*photo_ids(above), *ids]
        menu.addAction(tr("One burst with the group above"), lambda: words.merge(joined))
    menu.addAction(tr("These photos are no burst"), lambda: words.take_apart(ids))
    menu.addAction(tr("Group by itself again"), lambda: words.forget(ids))
    return menu


def photo_ids(group: GroupChoice) -> list[int]:
    """Ids of all photos of a group."""
    return [photo.id for item in group.group.items for photo in item.photos]


def ids_until(group: GroupChoice, choice: Choice) -> list[int]:
    """Ids of the photos of a group up to this one, in the order they were taken."""
    items = sorted(
        group.group.items,
        key=lambda item: (item.lead.taken_at or datetime.max, item.lead.path.name),
    )
    found: list[int] = []
    for item in items:
        found += [photo.id for photo in item.photos]
        if item.id == choice.item.id:
            break
    return found
