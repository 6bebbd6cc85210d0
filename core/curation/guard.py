"""What must hold before an item may go: asked before anything is done, and again at each move."""

from __future__ import annotations

import os
from collections.abc import Sequence

from core.curation import phrases
from core.curation.moving import is_ordinary
from core.curation.phrases import Phrase
from core.curation.plan import Plan, PlannedFile, PlannedReject, list_folder
from core.domain import Flag
from core.files.companions import companions
from core.files.identity import fingerprint
from core.grouping.items import GroupPhoto
from core.library import group_queries
from core.library.library import Library
from core.paths import display_name


def sort_out(
    library: Library, plan: Plan
) -> tuple[list[PlannedReject], list[tuple[PlannedReject, Phrase]]]:
    """The rejects that may go now, and those that may not with the reason."""
    ids = [photo.id for reject in plan.rejects for photo in reject.item.photos]
    # Only what the user said meanwhile is wanted, so the model is of no matter.
    now = {p.id: p for p in group_queries.group_photos(library.queries, "", ids=ids)}
    going: list[PlannedReject] = []
    staying: list[tuple[PlannedReject, Phrase]] = []
    for reject in plan.rejects:
        problem = _users_objection(plan, reject, now) or disk_objection(reject)
        if problem is None:
            going.append(reject)
        else:
            staying.append((reject, problem))
    spared = _make_up_numbers(plan, going)
    staying += [(reject, Phrase(phrases.TOO_FEW)) for reject in going if reject.item.id in spared]
    return [reject for reject in going if reject.item.id not in spared], staying


def _users_objection(
    plan: Plan, reject: PlannedReject, now: dict[int, GroupPhoto]
) -> Phrase | None:
    for photo in reject.item.photos:
        current = now.get(photo.id)
        if current is None:
            return Phrase(phrases.NOT_IN_ALBUM)
        wanted = current.flag is Flag.PICK or (
            current.rating > 0 and current.flag is not Flag.REJECT
        )
        if wanted and plan.overrides.get(reject.item.id) is not False:
            return Phrase(phrases.WANTED_NOW)
    return None


def disk_objection(reject: PlannedReject) -> Phrase | None:
    """What on the disk keeps an item from going, or ``None``."""
    if not reject.files:
        return Phrase(phrases.FILES_UNKNOWN)
    for file in reject.files:
        problem = changed(file)
        if problem is not None:
            return problem
    known = {file.path.name for file in reject.files}
    photos = [photo.path.name for photo in reject.item.photos]
    if set(companions(photos, list_folder(reject.item.lead.path.parent))) - known:
        return Phrase(phrases.NEW_COMPANION)
    return None


def changed(file: PlannedFile) -> Phrase | None:
    """How a file is no longer what it was in the preview, or ``None``."""
    name = display_name(file.path.name)
    try:
        state = file.path.lstat()
        if not is_ordinary(file.path):
            return Phrase(phrases.NOT_ORDINARY, {"name": name})
        if (state.st_size, state.st_mtime_ns) != (file.size, file.mtime_ns):
            return Phrase(phrases.CHANGED, {"name": name})
        if file.fingerprint is not None and fingerprint(file.path) != file.fingerprint:
            return Phrase(phrases.CHANGED, {"name": name})
    except FileNotFoundError:
        return Phrase(phrases.GONE, {"name": name})
    except OSError as error:
        return Phrase(phrases.CANT_READ, {"name": name, "error": error.strerror or str(error)})
    return None


def _make_up_numbers(plan: Plan, going: Sequence[PlannedReject]) -> set[int]:
    """Items to spare, the best first, where some that were to stay have vanished meanwhile."""
    leaving = {reject.item.id for reject in going}
    spared: set[int] = set()
    for group in plan.groups:
        staying = sum(
            os.path.lexists(choice.item.lead.path)
            for choice in group.choices
            if choice.item.id not in leaving - spared
        )
        missing = min(plan.n, len(group.choices)) - staying
        ranked = [c.item.id for c in group.choices if c.item.id in leaving - spared]
        spared |= set(ranked[: max(0, missing)])
    return spared


def too_few_left(plan: Plan, leaving: set[int], item_id: int) -> bool:
    """Whether a group of the item would fall below what it keeps, as the disk stands now."""
    for group in plan.groups:
        if all(choice.item.id != item_id for choice in group.choices):
            continue
        staying = sum(
            os.path.lexists(choice.item.lead.path)
            for choice in group.choices
            if choice.item.id not in leaving
        )
        if staying < min(plan.n, len(group.choices)):
            return True
    return False
