"""What is being looked at: the query, the list it gives, and the active photo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QTimer,
    Signal,
)

from app.jobs import Jobs
from app.listing import (
    AlbumFacts,
    FirstPage,
    HeadingsOf,
    Listing,
    ask_all,
    ask_first_page,
    ask_rows,
    without_filters,
)
from app.models.photo_list import PhotoListModel
from app.ranking import Ranking
from core.domain import LibraryChange, PhotoQuery, SortKey, Term
from core.grouping.groups import Grouping
from core.library.heading_queries import headings
from core.library.queries import Queries

LIVE_REFRESH_MS = 500
"""While photos stream in, the list is asked for again at most this often."""

Command = QItemSelectionModel.SelectionFlag


MANY = 2000
"""From this many photos on, a new query shows its first page before the whole list is there."""


@dataclass(frozen=True)
class Place:
    """Where the user is in the list: the active photo, its position, and what is chosen."""

    active: int | None
    position: int
    chosen: NDArray[np.int64] | None


class Browser(QObject):
    """Holds the query and keeps the photo list, the choice and the active photo in step with it.

    Signals:
        query_changed(object): the new ``PhotoQuery``; its answer is still on the way.
        grouping_changed(object): a ``Grouping`` or None; the new list is still on the way.
        opened(): the first question was answered (or failed); what else the program does may begin.
        previewed(): the first photos of a new query are shown, the rest is on its way.
        listed(object): the ``Listing`` that is now shown.
        active_changed(object): id of the active photo, or None.
        chosen_changed(int): how many photos are chosen.
    """

    query_changed = Signal(object)
    grouping_changed = Signal(object)
    opened = Signal()
    previewed = Signal()
    listed = Signal(object)
    active_changed = Signal(object)
    chosen_changed = Signal(int)

    def __init__(
        self, queries: Queries, jobs: Jobs, model: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queries = queries
        self._jobs = jobs
        self.query = PhotoQuery(model=model)
        self.grouping: Grouping | None = None
        self.headings_of: HeadingsOf = lambda by: headings(queries, by)
        """Gives the headings of photos; the session adds the bursts."""
        self.listing = Listing()
        self._shown_query: PhotoQuery | None = None  # whose whole list was shown last
        self._begun_query: PhotoQuery | None = None  # whose photos, or the first of them, are shown
        self.photos = PhotoListModel(self._fetch_rows, self)
        self.selection = QItemSelectionModel(self.photos, self)
        self.selection.currentChanged.connect(self._on_current)
        self.selection.selectionChanged.connect(
            lambda *_: self.chosen_changed.emit(self.chosen_count)
        )
        self._active: int | None = None
        self._restoring = False
        self._facts: dict[tuple[int | None, str], AlbumFacts] = {}
        self._place: Place | None = None
        self._changes = 0  # of the library, so far
        self._asking = False
        self._ask_again = False
        self._live = QTimer(self)
        self._live.setSingleShot(True)
        self._live.setInterval(LIVE_REFRESH_MS)
        self._live.timeout.connect(self.refresh)
        self._ranking = Ranking(queries, jobs, lambda: self.query.model, self)
        self._ranking.found.connect(self.photos.set_ranks)

    def _fetch_rows(self, ids: Any) -> dict[int, Any]:
        return ask_rows(self._queries, self.query, ids)

    # --- the query -------------------------------------------------------------------------------

    def open(self) -> None:
        """Ask for the first time: for what one sees at once, and only then for the rest."""
        query, queries, changes = self.query, self._queries, self._changes
        self._jobs.run(
            lambda: ask_first_page(queries, query),
            lambda page: self._opened(query, page, changes),
            self._not_opened,
        )

    def _opened(self, query: PhotoQuery, page: FirstPage, changes: int) -> None:
        self._show_first(query, page, changes)
        self.opened.emit()
        QTimer.singleShot(0, self, self.refresh)  # once they are painted
        QTimer.singleShot(0, self, self._ranking.ask)

    def _not_opened(self, error: BaseException) -> None:
        self._jobs.failed.emit(error)
        self.opened.emit()

    def change(self, **fields: Any) -> None:
        """Ask for other photos or another order; unchanged fields stay."""
        wanted = replace(self.query, **fields)
        if wanted == self.query:
            return
        other_model = wanted.model != self.query.model
        moves = SortKey.MOVED in (wanted.sort, self.query.sort) and wanted.sort != self.query.sort
        self.query = wanted
        if other_model or moves:  # rows tell how far a score moved in that order alone
            self.photos.forget_rows()
        if other_model:
            self._ranking.ask()
        self.query_changed.emit(wanted)
        self._ask()

    def only(self, terms: tuple[Term, ...]) -> None:
        """Ask for what these terms say and nothing else, wherever it is."""
        query = replace(without_filters(self.query), album_id=None, folder=None, terms=terms)
        self.change(**{field.name: getattr(query, field.name) for field in fields(query)})

    def group(self, by: Grouping | None) -> None:
        """Put the list under headings of this kind, or under none."""
        if by is not self.grouping:
            self.grouping = by
            self.grouping_changed.emit(by)
            self.refresh()

    def find_names(self, text: str, then: Callable[[NDArray[np.int64]], object]) -> None:
        """Positions in the list, ascending, of the photos whose names contain ``text``."""
        query, queries = replace(without_filters(self.query), text=text), self._queries
        self._jobs.run(
            lambda: queries.photo_ids(query), lambda ids: then(self.photos.positions(ids))
        )

    def show_all(self) -> None:
        """Take every filter off."""
        self.query = without_filters(self.query)
        self.query_changed.emit(self.query)
        self._ask()

    def ask_search_values(self, then: Callable[[dict[str, list[str]]], object]) -> None:
        """Ask what the library holds of each key of the query language."""
        self._jobs.run(self._queries.search_values, then)

    @property
    def filtered(self) -> bool:
        """Whether any filter is on."""
        return self.query != without_filters(self.query)

    def refresh(self) -> None:
        """Ask the library again; one question at a time, the last one counts."""
        self._live.stop()
        if self._asking:
            self._ask_again = True
            return
        self._asking = True
        query, queries = self.query, self._queries
        by, headings_of = self.grouping, self.headings_of
        facts = self._facts.get((query.album_id, query.model))
        self._jobs.run(
            lambda: ask_all(queries, query, facts, by, headings_of),
            lambda listing: self._answered(query, by, listing),
            self._failed,
        )

    def _ask(self) -> None:
        """Ask for a new query. Where the whole list takes its time, its first photos come alone,
        and the rest is asked for once they are painted: side by side, each would wait for the
        other."""
        if self.listing.total < MANY or self.grouping is not None:
            self.refresh()
            return
        query, queries, changes = self.query, self._queries, self._changes

        def go_on() -> None:
            if query == self.query:  # else a newer question is on its way
                self.refresh()

        def show(page: FirstPage) -> None:
            self._show_first(query, page, changes)
            QTimer.singleShot(0, self, go_on)

        self._jobs.run(lambda: ask_first_page(queries, query), show, lambda _: go_on())

    def library_changed(self, change: LibraryChange) -> None:
        """Take note of writes: repaint what changed now, ask for the list again soon."""
        self._facts.clear()
        self._changes += 1
        if change.everything:
            self.photos.forget_rows()
        else:
            self.photos.refresh_rows(change.updated | change.added)
        if not self._live.isActive():
            self._live.start()
        self._ranking.later()

    def _answered(self, query: PhotoQuery, by: Grouping | None, listing: Listing) -> None:
        self._asking = False
        if self._ask_again:
            self._ask_again = False
            self.refresh()
        if query == self.query and by is self.grouping:  # answers to older questions are dropped
            self._facts[query.album_id, query.model] = listing.facts
            anew = self._begun_query not in (None, query)
            self._shown_query = self._begun_query = query
            self._show(listing, anew=anew)

    def _failed(self, error: BaseException) -> None:
        self._asking = self._ask_again = False
        self._jobs.failed.emit(error)

    def _show_first(self, query: PhotoQuery, page: FirstPage, changes: int) -> None:
        if query != self.query or self._shown_query == query or not len(page.ids):
            return
        if self.grouping is not None:  # the first photos of the list are others
            return
        self._place = self._place or self._here()
        self._restoring = True
        try:
            if changes == self._changes:  # else some may be out of date already
                self.photos.take_rows(page.rows)
            self._begun_query = query
            self.photos.set_ids(page.ids, anew=True)
        finally:
            self._restoring = False
        self.previewed.emit()

    def _here(self) -> Place:
        chosen = self.chosen_ids() if self.selection.hasSelection() else None
        return Place(self._active, self.active_position, chosen)

    def _show(self, listing: Listing, *, anew: bool) -> None:
        # What was chosen while only the first page was there counts, not what was before.
        before = None if self.active_position >= 0 else self._place
        place = before or self._here()
        self._place = None
        self.listing = listing
        self._restoring = True
        try:
            other = self.photos.set_ids(listing.ids, listing.by_id, listing.sections, anew=anew)
            if other or place.position != self.active_position:
                self._restore(place)
        finally:
            self._restoring = False
        self._announce_active()
        self.listed.emit(listing)

    def _restore(self, place: Place) -> None:
        """Choose the same photos in the new list; an active photo that left hands over to the one
        that took its place."""
        selected = QItemSelection()
        if place.chosen is not None:
            for run in _runs(self.photos.positions(place.chosen)):
                selected.select(self.photos.index(run.start), self.photos.index(run.stop - 1))
        count = len(self.listing.ids)
        if place.active is None or not count:
            self.selection.select(selected, Command.ClearAndSelect)
            return
        found = self.photos.position(place.active)
        if found is None:
            found = min(max(place.position, 0), count - 1)
        index = self.photos.index(found)
        self.selection.setCurrentIndex(index, Command.NoUpdate)
        if selected.isEmpty():
            selected.select(index, index)
        self.selection.select(selected, Command.ClearAndSelect)

    # --- the active photo and the choice ---------------------------------------------------------

    @property
    def active_id(self) -> int | None:
        """The photo that keys act on."""
        return self._active

    @property
    def active_position(self) -> int:
        """Where it stands in the list; -1 for none."""
        return self.selection.currentIndex().row()

    def activate(self, position: int, choose: bool = True) -> None:
        """Make the photo at a position the active one (and the only chosen one)."""
        if 0 <= position < self.photos.rowCount():
            command = Command.ClearAndSelect if choose else Command.NoUpdate
            self.selection.setCurrentIndex(self.photos.index(position), command)

    def choose(self, positions: NDArray[np.int64]) -> None:
        """Choose the photos at these ascending positions, beside whichever is active."""
        chosen = QItemSelection()
        for run in _runs(positions):
            chosen.select(self.photos.index(run.start), self.photos.index(run.stop - 1))
        self.selection.select(chosen, Command.ClearAndSelect)

    def step(self, by: int) -> bool:
        """Go to a neighbour; False at either end."""
        target = self.active_position + by
        if not 0 <= target < self.photos.rowCount():
            return False
        self.activate(target)
        return True

    @property
    def chosen_count(self) -> int:
        """How many photos are chosen."""
        return sum(r.bottom() - r.top() + 1 for r in self.selection.selection())

    def chosen_ids(self) -> NDArray[np.int64]:
        """Ids of the chosen photos, in list order."""
        parts = [
            self.photos.ids[r.top() : r.bottom() + 1]
            for r in sorted(self.selection.selection(), key=lambda r: r.top())
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _on_current(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._restoring:
            self._announce_active()

    def _announce_active(self) -> None:
        active = self.photos.id_at(self.active_position)
        if active != self._active:
            self._active = active
            self.active_changed.emit(active)


def _runs(positions: NDArray[np.int64]) -> Iterator[range]:
    """Runs of neighbouring positions of an ascending array."""
    if not len(positions):
        return
    breaks = np.flatnonzero(np.diff(positions) > 1) + 1
    for run in np.split(positions, breaks):
        yield range(int(run[0]), int(run[-1]) + 1)
