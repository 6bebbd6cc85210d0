"""All reads of the library. Thread-safe; every method returns values of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Engine,
    LargeBinary,
    Select,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.engine import Connection

from core.domain import (
    Album,
    PhotoQuery,
    PhotoRow,
    SortKey,
    Status,
)
from core.library.computed_orders import ComputedOrders, Order
from core.library.database import reading
from core.library.file_queries import FileQueries
from core.library.filters import (
    Selection,
    as_if_new,
    joined,
    rating_column,
    selection,
    status_column,
)
from core.library.listing import MISSING, ORDERS, STATUSES, listing
from core.library.movements import Movement, movements
from core.library.pages import Page, PageMark, all_ids, count, page, page_of
from core.library.photo_queries import PhotoQueries
from core.library.ranks import AlbumRanks
from core.library.reads import chunks
from core.library.reason_queries import reason_counts, row_reasons
from core.library.rows import to_photo_row
from core.library.schema import albums, analyses, journal, judgements, models, photos
from core.library.search_queries import SearchQueries
from core.library.term_filters import common_texts
from core.library.versions import LibraryVersion

_partners = photos.alias()
row_partners = (
    select(func.count())
    .select_from(_partners)
    .where(_partners.c.lead_id == photos.c.id, _partners.c.missing_since.is_(None))
    .correlate(photos)
    .scalar_subquery()
)

GRID_ROWS = (
    select(
        photos.c.id,
        type_coerce(photos.c.folder, LargeBinary).label("folder"),
        type_coerce(photos.c.name, LargeBinary).label("name"),
        photos.c.label,
        status_column.label("status"),
        analyses.c.reason,
        analyses.c.mean,
        analyses.c.uncertainty,
        photos.c.face_count,
        rating_column.label("rating"),
        judgements.c.flag,
        judgements.c.color,
        photos.c.width,
        photos.c.height,
        photos.c.taken_at,
        row_reasons.label("reasons"),
        photos.c.album_id,
        row_partners.label("partners"),
    )
    .select_from(joined(bindparam("model_id")))
    .where(photos.c.id.in_(bindparam("ids", expanding=True)))
)
"""Made once: putting the statement together takes longer than running it."""


def _present(*columns: Any) -> Select[Any]:
    """Photos that are there, whatever their model says: from the listing under any model, whose
    index by album holds all that is asked for."""
    any_model = select(func.min(models.c.id)).scalar_subquery()
    return (
        select(*columns)
        .where(listing.c.model_id == any_model, listing.c.status != MISSING)
        .with_hint(listing, "INDEXED BY ix_listing_album", "sqlite")
    )


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One action of the user that can be taken back."""

    id: int
    at: Any
    kind: str
    description: str
    before: Any
    after: Any
    undone: bool


class Queries(FileQueries, PhotoQueries, SearchQueries):
    """All reads, for whoever has the library."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._computed = ComputedOrders()
        self._version = LibraryVersion(engine)

    def close(self) -> None:
        """Let go of what is kept, before the engine is disposed of."""
        self._version.close()

    # --- albums ----------------------------------------------------------------------------------

    def albums(self) -> list[Album]:
        """All albums by name, each with the number of its photos (nested albums' included)."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(albums).order_by(albums.c.name)).all()
            counted = {
                row.album_id: row.n
                for row in connection.execute(
                    _present(listing.c.album_id, func.count().label("n"))
                    .where(listing.c.album_id.is_not(None))
                    .group_by(listing.c.album_id)
                )
            }
        return [
            Album(
                id=row.id,
                path=row.path,
                name=row.name,
                online=row.offline_since is None,
                photo_count=sum(
                    counted.get(other.id, 0)
                    for other in rows
                    if other.path == row.path or row.path in other.path.parents
                ),
            )
            for row in rows
        ]

    def album_of(self, folder: Path) -> Album | None:
        """The deepest album that is ``folder`` or contains it."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(albums)).all()
            holders = [row for row in rows if row.path == folder or row.path in folder.parents]
            if not holders:
                return None
            deepest = max(holders, key=lambda row: len(row.path.parts))
            nested = [row.id for row in rows if deepest.path in (row.path, *row.path.parents)]
            count = connection.execute(
                _present(func.count()).where(listing.c.album_id.in_(nested))
            ).scalar_one()
        online = deepest.offline_since is None
        return Album(deepest.id, deepest.path, deepest.name, online, int(count))

    def ignore_patterns(self, album_id: int) -> list[str]:
        """The user's own ignore patterns of an album."""
        with reading(self._engine) as connection:
            found = connection.scalar(
                select(albums.c.ignore_patterns).where(albums.c.id == album_id)
            )
        return list(found or [])

    # --- lists of photos -------------------------------------------------------------------------

    def _selection(
        self, connection: Connection, query: PhotoQuery, *, by_name: bool = False
    ) -> tuple[PhotoQuery, Selection]:
        """A query as it is meant under its model, and the rows of the listing it asks for.

        ``by_name`` looks for common texts in name after name.
        """
        model_id = self._model_id(connection, query.model)
        if model_id < 0:
            query = as_if_new(query)
            model_id = connection.scalar(select(func.min(models.c.id))) or -1
        common = common_texts(connection, query) if by_name else frozenset()
        return query, selection(query, model_id, self._folders(connection), common)

    def photo_ids(self, query: PhotoQuery) -> NDArray[np.int64]:
        """Ids of the photos that a query asks for, in its order."""
        version = None if query.sort in ORDERS else self._version.now()
        with reading(self._engine) as connection:
            asked, chosen = self._selection(connection, query)
            if asked.sort in ORDERS:
                return all_ids(connection, asked, chosen)
            return self._order(connection, asked, chosen, version).ids[: asked.limit].copy()

    def page(self, query: PhotoQuery, after: PageMark | None = None, size: int = 200) -> Page:
        """The next ``size`` photos of a query in its order (its limit aside), whatever lies
        before them: ``after`` is what the page before gave, ``None`` asks for the first."""
        version = None if query.sort in ORDERS else self._version.now()
        with reading(self._engine) as connection:
            asked, chosen = self._selection(connection, query, by_name=True)
            if asked.sort in ORDERS:
                return page(connection, asked, chosen, after, size)
            return page_of(self._order(connection, asked, chosen, version), asked, after, size)

    def _order(
        self, connection: Connection, query: PhotoQuery, chosen: Selection, version: int | None
    ) -> Order:
        """The computed order of a query."""
        by_id = replace(query, sort=SortKey.ADDED, descending=False, limit=None)
        return self._computed.order(
            connection,
            query,
            chosen.model_id,
            self._folders(connection),
            version,
            lambda: all_ids(connection, by_id, chosen),
        )

    def count(self, query: PhotoQuery) -> int:
        """How many photos a query asks for (its limit aside)."""
        with reading(self._engine) as connection:
            _, chosen = self._selection(connection, query, by_name=True)
            return count(connection, chosen)

    def photo_rows(self, ids: Sequence[int], model: str) -> dict[int, PhotoRow]:
        """Grid rows by id; ids that don't exist are left out."""
        found: dict[int, PhotoRow] = {}
        with reading(self._engine) as connection:
            model_id = self._model_id(connection, model)
            for chunk in chunks(ids):
                rows = connection.execute(GRID_ROWS, {"model_id": model_id, "ids": chunk})
                found.update((row[0], to_photo_row(row)) for row in rows.all())
        return found

    def movements(self, ids: Sequence[int], model: str) -> dict[int, Movement]:
        """How far photos' scores moved from the model before, by id; photos that only one of the
        two scored are left out."""
        found: dict[int, Movement] = {}
        with reading(self._engine) as connection:
            model_id = self._model_id(connection, model)
            for chunk in chunks(ids):
                found.update(movements(connection, model_id, chunk))
        return found

    def album_ranks(self, model: str) -> AlbumRanks:
        """Where scores stand within their albums, as of now."""
        version = self._version.now()
        with reading(self._engine) as connection:
            model_id, folders = self._model_id(connection, model), self._folders(connection)
            return self._computed.standing(connection, model_id, folders, version).ranks

    def score_histogram(self, query: PhotoQuery, bins: int = 36) -> NDArray[np.int64]:
        """Numbers of photos per mean-score bin; ``bins`` equal bins over 1..10."""
        width = 9.0 / bins
        bucket = func.min(func.cast((listing.c.mean - 1.0) / width, listing.c.size.type), bins - 1)
        counts = np.zeros(bins, np.int64)
        with reading(self._engine) as connection:
            if self._model_id(connection, query.model) < 0:
                return counts
            _, chosen = self._selection(connection, query)
            statement = (
                select(bucket.label("bin"), func.count().label("n"))
                .where(chosen.rows, listing.c.mean.is_not(None))
                .group_by("bin")
            )
            for row in connection.execute(statement):
                counts[max(0, int(row.bin))] += row.n
        return counts

    def status_counts(self, album_id: int | None, model: str) -> dict[Status, int]:
        """How many photos of an album (or of all) are in each state."""
        with reading(self._engine) as connection:
            query = PhotoQuery(model, album_id=album_id, statuses=frozenset(Status))
            _, chosen = self._selection(connection, query)
            statement = (
                select(listing.c.status, func.count().label("n"))
                .where(chosen.rows)
                .group_by(listing.c.status)
            )
            found = {STATUSES[row.status]: row.n for row in connection.execute(statement)}
            if self._model_id(connection, model) < 0:
                missing = found.pop(Status.MISSING, 0)
                counts = {Status.PENDING: sum(found.values()), Status.MISSING: missing}
                found = {status: n for status, n in counts.items() if n}
            return found

    # --- what was found and done ------------------------------------------------------------------

    def reason_counts(self, album_id: int | None = None) -> dict[str, int]:
        """How many photos of an album (or of all) have each measured fault, the commonest first."""
        with reading(self._engine) as connection:
            return reason_counts(connection, self._album_ids(connection, album_id))

    def journal_entries(self, limit: int = 100) -> list[JournalEntry]:
        """The newest actions first."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(journal).order_by(journal.c.id.desc()).limit(limit)
            ).all()
        return [
            JournalEntry(
                id=row.id,
                at=row.at,
                kind=row.kind,
                description=row.description,
                before=row.before,
                after=row.after,
                undone=row.undone_at is not None,
            )
            for row in rows
        ]
