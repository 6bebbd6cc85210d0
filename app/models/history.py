"""The journal for showing: every action of the user in words, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
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
from app.wording import color_text, date_text, flag_text, phrase_text, stars_text
from core.curation.undo import HistoryEntry, history
from core.domain import ColorLabel, Flag
from core.library.library import Library

AnyIndex = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``HistoryEntry`` of a row."""
PAGE = 100


class HistoryModel(QAbstractListModel):
    """Entries of the journal, read page by page.

    Signals:
        refreshed(): the list was read anew.
    """

    refreshed = Signal()

    def __init__(self, library: Library, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._jobs = jobs
        self._entries: list[HistoryEntry] = []
        self._more = False
        self._asking = False

    def refresh(self) -> None:
        """Read again as much as is shown."""
        count, library = max(PAGE, len(self._entries)), self._library
        self._jobs.run(lambda: history(library, count), self._take)

    def _take(self, entries: Sequence[HistoryEntry]) -> None:
        same = [e.id for e in entries] == [e.id for e in self._entries]
        if same:
            self._entries = list(entries)
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
        else:
            self.beginResetModel()
            self._entries = list(entries)
            self._more = len(entries) >= PAGE
            self.endResetModel()
        self.refreshed.emit()

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether there may be older entries."""
        return self._more and not self._asking

    def fetchMore(self, parent: AnyIndex) -> None:
        """Read the next page of older entries."""
        if not self._entries:
            return
        oldest, library = self._entries[-1].id, self._library
        self._asking = True
        self._jobs.run(lambda: history(library, PAGE, oldest), lambda e: self._append(oldest, e))

    def _append(self, after: int, entries: Sequence[HistoryEntry]) -> None:
        self._asking = False
        if not self._entries or self._entries[-1].id != after:
            return
        self._more = len(entries) >= PAGE
        if entries:
            start = len(self._entries)
            self.beginInsertRows(QModelIndex(), start, start + len(entries) - 1)
            self._entries += entries
            self.endInsertRows()

    def entry(self, row: int) -> HistoryEntry | None:
        """The entry of a row."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def row_of(self, entry_id: int) -> int | None:
        """Where an entry stands."""
        return next((n for n, e in enumerate(self._entries) if e.id == entry_id), None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Entries read so far."""
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The entry, and all of it in words."""
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry_title(entry)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(
                [entry_title(entry), entry_facts(entry), *map(phrase_text, entry.problems)]
            )
        return None


def entry_title(entry: HistoryEntry) -> str:
    """What was done, in one line."""
    words = {
        "judgement": _judgement,
        "curation": _curation,
        "people": _people,
        "groups": _groups,
        "album": _album,
    }.get(entry.kind)
    if words is not None:
        return words(entry)
    if entry.kind == "smart_album":
        return _smart_album(entry.details.get("old"), entry.details.get("name"))
    return entry.description


def entry_facts(entry: HistoryEntry) -> str:
    """When, how much, and whether it is taken back."""
    parts = [date_text(entry.at.replace(tzinfo=UTC).astimezone().replace(tzinfo=None))]
    if entry.photos:
        parts.append(trn("{n} photo", "{n} photos", entry.photos))
    if entry.files:
        parts.append(trn("{n} file moved", "{n} files moved", entry.files))
    if entry.undone:
        parts.append(tr("taken back in part") if entry.files else tr("taken back"))
    return "  ·  ".join(parts)


def _judgement(entry: HistoryEntry) -> str:
    if ... in entry.details.values():
        return tr("Taken over from other programs")
    parts = []
    for field, value in entry.details.items():
        if field == "rating":
            parts.append(stars_text(int(value)))
        elif field == "flag":
            parts.append(flag_text(Flag(value) if value else None))
        elif field == "color":
            parts.append(color_text(ColorLabel(value) if value else None))
    return "  ·  ".join(parts) or entry.description


def _curation(entry: HistoryEntry) -> str:
    count = number(int(entry.details.get("n") or 1))
    what = {
        "person": tr("The best {n} of each person kept", n=count),
        "day": tr("The best {n} of each day kept", n=count),
        "album": tr("The best {n} of each album kept", n=count),
    }.get(str(entry.details.get("by")), tr("The best {n} of each burst kept", n=count))
    rest = {
        "move": tr("the rest moved to “_rejected”"),
        "trash": tr("the rest moved to the trash"),
    }.get(str(entry.details.get("rejects")), tr("the rest flagged"))
    return f"{what}, {rest}"


def _groups(entry: HistoryEntry) -> str:
    return {
        "merge": tr("Told to be one burst"),
        "split": tr("Split off a burst"),
        "apart": tr("Told to be no burst"),
        "forget": tr("Grouped by themselves again"),
    }.get(str(entry.details.get("action")), entry.description)


def _people(entry: HistoryEntry) -> str:
    details = entry.details
    name = str(details.get("name") or "") or tr("a person without a name")
    count = int(details.get("count") or 0)
    action = details.get("action")
    if action == "name" and not details.get("name"):
        return tr("Name taken away: {name}", name=details.get("old") or "")
    return {
        "name": tr("Named: {name}", name=name),
        "merge": trn("{n} person merged: {name}", "{n} people merged: {name}", count, name=name),
        "split": trn(
            "{n} face is somebody else than {name}",
            "{n} faces are somebody else than {name}",
            count,
            name=name,
        ),
        "move": trn("{n} face is {name}", "{n} faces are {name}", count, name=name),
        "deny": trn("{n} face is not {name}", "{n} faces are not {name}", count, name=name),
        "hide": tr("Hidden: {name}", name=name),
        "show": tr("Shown again: {name}", name=name),
    }.get(str(action), entry.description)


def _album(entry: HistoryEntry) -> str:
    name = str(entry.details.get("name") or "")
    return {
        "added": tr("Folder added: {name}", name=name),
        "removed": tr("No longer watched: {name}", name=name),
        "ignored": tr("What is ignored in {name}", name=name),
    }.get(str(entry.details.get("action")), entry.description)


def _smart_album(old: str | None, new: str | None) -> str:
    if new is None:
        return tr("Smart album removed: {name}", name=old or "")
    if old is not None and old != new:
        return tr("Smart album renamed: {name}", name=new)
    return tr("Smart album: {name}", name=new)
