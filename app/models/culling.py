"""Keeping the best N: asks for a preview, takes the user's clicks, carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.jobs import Jobs
from app.translation import number, tr, trn
from app.wording import phrase_text, spoken_standing
from core.curation.apply import Applied, Rejects, apply
from core.curation.choice import Choice, GroupChoice
from core.curation.plan import Plan, keep_only, preview, revise
from core.grouping.groups import Grouping, GroupKind
from core.library.library import Library
from core.paths import display_name
from core.taste import load as load_taste

AnyIndex = QModelIndex | QPersistentModelIndex

CHOICE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``Choice`` of a cell, None for a group's heading."""
GROUP_ROLE = Qt.ItemDataRole.UserRole + 2
"""Gives the ``GroupChoice`` that a row belongs to."""
PERCENTILE_ROLE = Qt.ItemDataRole.UserRole + 3
"""Gives the share (0..100) of its album that scored lower than a photo, where that is known."""

Percentile = Callable[[int | None, float | None], float | None]
"""Gives it of an album's id and a mean score."""


@dataclass(frozen=True)
class Scope:
    """Which photos: an album, or these."""

    album_id: int | None
    ids: Sequence[int] | None


class PlanModel(QAbstractListModel):
    """The preview as one list: a heading per group, then its photos, the ones that stay first."""

    def __init__(self, percentile: Percentile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._percentile = percentile
        self._rows: list[tuple[GroupChoice, Choice | None]] = []

    def set_plan(self, plan: Plan | None) -> None:
        """Show a preview; rows are only repainted where the same photos stay in the same places."""
        rows: list[tuple[GroupChoice, Choice | None]] = []
        for group in plan.groups if plan is not None else ():
            rows.append((group, None))
            rows += [(group, choice) for choice in group.choices]
        if [_identity(row) for row in rows] == [_identity(row) for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def group_above(self, group_id: str) -> GroupChoice | None:
        """The group before one."""
        groups = [group for group, choice in self._rows if choice is None]
        place = next((n for n, group in enumerate(groups) if group.group.id == group_id), 0)
        return groups[place - 1] if place else None

    def row_of(self, item_id: int, group_id: str) -> int | None:
        """Where an item of a group stands."""
        for row, (group, choice) in enumerate(self._rows):
            if choice is not None and group.group.id == group_id and choice.item.id == item_id:
                return row
        return None

    def heading_after(self, row: int) -> int | None:
        """The next group's first photo."""
        for later in range(row + 1, len(self._rows)):
            if self._rows[later][1] is None and later + 1 < len(self._rows):
                return later + 1
        return None

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Headings and photos."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Only photos can be chosen."""
        flags = super().flags(index)
        if index.isValid() and self._rows[index.row()][1] is None:
            return flags & ~Qt.ItemFlag.ItemIsSelectable & ~Qt.ItemFlag.ItemIsEnabled
        return flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The choice, its group, and everything in words."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        group, choice = self._rows[index.row()]
        if role == CHOICE_ROLE:
            return choice
        if role == GROUP_ROLE:
            return group
        told = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        if choice is None:
            said = role == Qt.ItemDataRole.DisplayRole or role in told
            return group_text(group) if said else None
        lead = choice.item.lead
        if role == Qt.ItemDataRole.DisplayRole:
            return display_name(lead.path.name)
        if role == PERCENTILE_ROLE:
            return self._percentile(lead.album_id, lead.mean)
        if role in told:
            return choice_text(choice, self._percentile(lead.album_id, lead.mean))
        return None


def _identity(row: tuple[GroupChoice, Choice | None]) -> tuple[str, int | None]:
    group, choice = row
    return group.group.id, None if choice is None else choice.item.id


def group_text(group: GroupChoice) -> str:
    """A group's heading: what it is and what stays."""
    kind = {
        GroupKind.BURST: tr("Burst"),
        GroupKind.COPIES: tr("Exact copies"),
        GroupKind.BRACKET: tr("Exposure bracket"),
        GroupKind.PANORAMA: tr("Panorama"),
        GroupKind.PERSON: tr("Person"),
        GroupKind.DAY: tr("Day"),
        GroupKind.ALBUM: tr("Album"),
        GroupKind.UNDATED: tr("Without a date"),
    }[group.group.kind]
    leads = [item.lead for item in group.group.items]
    # A file's own time is that of copying: no date to show.
    dated = [p.taken_at for p in leads if p.taken_at and p.taken_source != "mtime"]
    when = f"  {min(dated):%Y-%m-%d}" if dated else ""
    count = trn("{n} photo", "{n} photos", len(group.choices))
    stay = tr("{n} stay", n=number(len(group.kept)))
    return f"{kind}{when}  ·  {count}  ·  {stay}"


def choice_reason(choice: Choice) -> str:
    """Why a photo stays or goes, in the user's language."""
    return phrase_text(choice.phrase)


def choice_text(choice: Choice, percentile: float | None = None) -> str:
    """What becomes of a photo and why, in a few lines."""
    lead = choice.item.lead
    lines = [display_name(lead.path.name), *spoken_standing(lead.mean, percentile)]
    lines.append(f"{tr('Stays') if choice.kept else tr('Goes')}: {choice_reason(choice)}")
    if choice.too_close:
        lines.append(tr("too close to call"))
    return "\n".join(lines)


class Culling(QObject):
    """Holds the preview that is looked at.

    Signals:
        planned(object): the ``Plan`` to show, after asking or after a click; None while asking.
        applied(object): the ``Applied`` outcome.
    """

    planned = Signal(object)
    applied = Signal(object)
    failed = Signal(object)

    def __init__(self, library: Library, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._jobs = jobs
        self._asked = 0
        self._question: tuple[Scope, str, int, Grouping] | None = None
        self.settle: Callable[[], object] = lambda: None
        """Waits until files of the user's judgements are written, before a preview notes them."""
        self.applying: Callable[[Callable[[], Applied]], Applied] = lambda work: work()
        """What files are moved in."""
        self.percentile: Percentile = lambda *_: None
        """Where a score stands in an album; the session sets it."""
        self.with_taste = True
        """Whether a learned taste counts, once it has earned to."""
        self.plan: Plan | None = None

    def ask_again(self) -> None:
        """Photos are grouped differently now: the same question, with the clicks made so far."""
        if self._question is not None and self.plan is not None:
            self.ask(*self._question, clicks=self.plan.overrides)

    def ask(
        self,
        scope: Scope,
        model: str,
        n: int,
        by: Grouping,
        *,
        clicks: Mapping[int, bool] | None = None,
    ) -> None:
        """Ask for a preview; an earlier question's answer is dropped."""
        self._asked += 1
        number, library = self._asked, self._library
        self._question = (scope, model, n, by)
        if clicks is None:
            self.plan = None
            self.planned.emit(None)

        def work() -> Plan:
            self.settle()
            taste = load_taste(library, model) if self.with_taste else None
            plan = preview(
                library, model, n, by, album_id=scope.album_id, ids=scope.ids, taste=taste
            )
            return revise(plan, clicks) if clicks else plan

        self._jobs.run(work, lambda plan: self._take(number, plan), self.failed.emit)

    def _take(self, number: int, plan: Plan) -> None:
        if number == self._asked:
            self.plan = plan
            self.planned.emit(plan)

    def toggle(self, group: GroupChoice, choice: Choice) -> None:
        """Change one photo's fate; what stays of its group goes on staying beside it.

        N always stay: where one of the last N is rejected, the next best takes its place.
        """
        if self.plan is None:
            return
        clicks: dict[int, bool | None] = {choice.item.id: not choice.kept}
        if not choice.kept:
            clicks |= {other.item.id: True for other in group.kept}
        self.plan = revise(self.plan, clicks)
        self.planned.emit(self.plan)

    def keep_only(self, group: GroupChoice, choice: Choice) -> None:
        """Keep this one, reject the rest of its group as far as N allows."""
        if self.plan is not None:
            self.plan = keep_only(self.plan, group.group.id, choice.item.id)
            self.planned.emit(self.plan)

    def carry_out(self, rejects: Rejects) -> None:
        """Do what the preview says; one undo takes it back."""
        plan, library, applying = self.plan, self._library, self.applying
        if plan is None or not plan.rejected:
            return
        self.plan = None
        self._jobs.run(
            lambda: applying(lambda: apply(library, plan, rejects)), self._done, self.failed.emit
        )

    def _done(self, outcome: Applied) -> None:
        self.applied.emit(outcome)
