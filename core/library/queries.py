"""All reads of the library. Thread-safe; every method returns values of the domain."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Engine,
    LargeBinary,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy.engine import Connection

from core.domain import (
    Album,
    ColorLabel,
    Face,
    FileState,
    Flag,
    Photo,
    PhotoQuery,
    PhotoRow,
    Status,
)
from core.library.database import reading
from core.library.filters import (
    Selection,
    as_if_new,
    below,
    file_state,
    in_folders,
    joined,
    rating_column,
    selection,
    status_column,
)
from core.library.listing import MISSING, STATUSES, listing
from core.library.pages import Page, PageMark, all_ids, page
from core.library.reason_queries import main_reason, reason_counts, reasons_of, unmeasured
from core.library.rows import row_path, to_face, to_metadata, to_photo_row, to_score
from core.library.schema import albums, analyses, faces, journal, judgements, models, photos

CHUNK = 500
"""Ids handed to one statement; SQLite limits the number of parameters."""


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
        main_reason.label("main_reason"),
    )
    .select_from(joined(bindparam("model_id")))
    .where(photos.c.id.in_(bindparam("ids", expanding=True)))
)
"""Made once: putting the statement together takes longer than running it."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the index remembers of a file, to compare with the disk."""

    id: int
    path: Path
    size: int
    mtime_ns: int
    inode: str
    device: str
    fingerprint: bytes | None
    missing: bool
    album_id: int | None
    missing_since: datetime | None = None

    def matches(self, state: FileState) -> bool:
        """True while size and modification time are what the index saw."""
        return self.size == state.size and self.mtime_ns == state.mtime_ns and not self.missing


class KnownState(NamedTuple):
    """Just enough of a known file to see whether it changed."""

    id: int
    size: int
    mtime_ns: int
    missing: int


@dataclass(frozen=True, slots=True)
class PendingPhoto:
    """A photo that waits to be analyzed."""

    id: int
    path: Path
    source: str


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


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """Ids in lists short enough for one statement."""
    for start in range(0, len(ids), CHUNK):
        yield [int(value) for value in ids[start : start + CHUNK]]


class Queries:
    """Reads over pooled read-only connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._model_ids: dict[str, int] = {}

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection on one consistent snapshot, for the other modules of reads here."""
        return reading(self._engine)

    # --- albums ----------------------------------------------------------------------------------

    def albums(self) -> list[Album]:
        """All albums by name, each with the number of its photos (nested albums' included)."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(albums).order_by(albums.c.name)).all()
            counted = {
                row.album_id: row.n
                for row in connection.execute(
                    select(photos.c.album_id, func.count().label("n"))
                    .where(photos.c.missing_since.is_(None), photos.c.album_id.is_not(None))
                    .group_by(photos.c.album_id)
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
                select(func.count())
                .select_from(photos)
                .where(photos.c.album_id.in_(nested), photos.c.missing_since.is_(None))
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

    def _album_ids(self, connection: Connection, album_id: int | None) -> list[int] | None:
        """An album's id with those of the albums nested in it; None for the whole library."""
        if album_id is None:
            return None
        rows = connection.execute(select(albums.c.id, albums.c.path)).all()
        top = next((row.path for row in rows if row.id == album_id), None)
        if top is None:
            return [album_id]
        return [row.id for row in rows if row.path == top or top in row.path.parents]

    # --- lists of photos -------------------------------------------------------------------------

    def _model_id(self, connection: Connection, model: str) -> int:
        if model not in self._model_ids:
            found = connection.scalar(select(models.c.id).where(models.c.key == model))
            if found is None:
                return -1  # nothing was analyzed under this model yet
            self._model_ids[model] = found
        return self._model_ids[model]

    def _selection(self, connection: Connection, query: PhotoQuery) -> tuple[PhotoQuery, Selection]:
        """A query as it is meant under its model, and the rows of the listing it asks for."""
        model_id = self._model_id(connection, query.model)
        if model_id < 0:
            query = as_if_new(query)
            model_id = connection.scalar(select(func.min(models.c.id))) or -1
        return query, selection(query, model_id, self._folders(connection))

    def _folders(self, connection: Connection) -> dict[int, Path]:
        """The folders of all albums by id."""
        rows = connection.execute(select(albums.c.id, albums.c.path))
        return {row.id: row.path for row in rows}

    def photo_ids(self, query: PhotoQuery) -> NDArray[np.int64]:
        """Ids of the photos that a query asks for, in its order."""
        with reading(self._engine) as connection:
            return all_ids(connection, *self._selection(connection, query))

    def page(self, query: PhotoQuery, after: PageMark | None = None, size: int = 200) -> Page:
        """The next ``size`` photos of a query in its order (its limit aside), whatever lies
        before them: ``after`` is what the page before gave, ``None`` asks for the first."""
        with reading(self._engine) as connection:
            return page(connection, *self._selection(connection, query), after, size)

    def count(self, query: PhotoQuery) -> int:
        """How many photos a query asks for (its limit aside)."""
        with reading(self._engine) as connection:
            _, chosen = self._selection(connection, query)
            statement = select(func.count()).select_from(listing).where(chosen.rows)
            return int(connection.execute(statement).scalar_one())

    def photo_rows(self, ids: Sequence[int], model: str) -> dict[int, PhotoRow]:
        """Grid rows by id; ids that don't exist are left out."""
        found: dict[int, PhotoRow] = {}
        with reading(self._engine) as connection:
            model_id = self._model_id(connection, model)
            for chunk in chunks(ids):
                rows = connection.execute(GRID_ROWS, {"model_id": model_id, "ids": chunk})
                found.update((row[0], to_photo_row(row)) for row in rows.all())
        return found

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

    # --- whole photos ----------------------------------------------------------------------------

    def photo(self, photo_id: int, model: str) -> Photo | None:
        """Everything about one photo, saliency maps included."""
        return next(iter(self.photos([photo_id], model, maps=True)), None)

    def photo_by_path(self, path: Path, model: str) -> Photo | None:
        """The photo whose file is (or was last) at ``path``."""
        with reading(self._engine) as connection:
            photo_id = connection.scalar(
                select(photos.c.id).where(
                    photos.c.folder == path.parent, photos.c.name == Path(path.name)
                )
            )
        return None if photo_id is None else self.photo(photo_id, model)

    def photos(self, ids: Sequence[int], model: str, *, maps: bool = False) -> list[Photo]:
        """Whole photos in the order of ``ids``; maps and descriptors only where asked for."""
        found: dict[int, Photo] = {}
        with reading(self._engine) as connection:
            model_id = self._model_id(connection, model)
            album_paths = {
                row.id: row.path for row in connection.execute(select(albums.c.id, albums.c.path))
            }
            ranks: dict[int, NDArray[np.float64]] = {}
            for chunk in chunks(ids):
                by_photo = _faces_of(connection, chunk)
                by_reason = reasons_of(connection, chunk)
                statement = (
                    select(
                        photos,
                        status_column.label("status"),
                        analyses.c.reason,
                        analyses.c.distribution,
                        analyses.c.uncertainty,
                        analyses.c.scene_maps,
                        analyses.c.face_maps,
                        analyses.c.face_map_box,
                        rating_column.label("rating"),
                        judgements.c.flag,
                        judgements.c.color,
                    )
                    .select_from(joined(model_id))
                    .where(photos.c.id.in_(chunk))
                )
                for row in connection.execute(statement):
                    score = to_score(row, model)
                    measured = row.reasons_source == f"{row.size}:{row.mtime_ns}"
                    percentile = None
                    if score is not None and row.album_id is not None:
                        if row.album_id not in ranks:
                            ranks[row.album_id] = self._means(connection, row.album_id, model_id)
                        percentile = percentile_of(score.mean, ranks[row.album_id])
                    found[row.id] = Photo(
                        id=row.id,
                        path=row_path(row),
                        album=album_paths.get(row.album_id),
                        status=Status(row.status),
                        reason=row.reason,
                        metadata=to_metadata(row),
                        size=row.size,
                        model=model if score is not None else None,
                        score=score,
                        percentile=percentile,
                        faces=tuple(by_photo.get(row.id, ())),
                        rating=row.rating,
                        flag=Flag(row.flag) if row.flag else None,
                        color=ColorLabel(row.color) if row.color else None,
                        content_hash=row.fingerprint.hex() if row.fingerprint else None,
                        reasons=tuple(by_reason.get(row.id, ())) if measured else (),
                        reasons_measured=measured,
                    )
        return [found[photo_id] for photo_id in map(int, ids) if photo_id in found]

    def _means(self, connection: Connection, album_id: int, model_id: int) -> NDArray[np.float64]:
        """Sorted mean scores of an album's present photos."""
        statement = (
            select(listing.c.mean)
            .where(
                listing.c.model_id == model_id,
                listing.c.mean.is_not(None),
                listing.c.album_id.in_(self._album_ids(connection, album_id) or []),
                listing.c.status != MISSING,
            )
            .order_by(listing.c.mean)
        )
        return np.asarray(connection.scalars(statement).all(), np.float64)

    # --- what the indexer asks -------------------------------------------------------------------

    def known_files(self, folder: Path, *, recursive: bool = True) -> dict[Path, KnownFile]:
        """The index's memory of a folder (and all below it), by path."""
        where = below(folder) if recursive else photos.c.folder == folder
        return {known.path: known for known in self._known(where)}

    def known_states(self, folder: Path, *, recursive: bool = True) -> dict[str, KnownState]:
        """What is needed to see that nothing changed in a folder, by path; made for 100,000s.

        Plain rows and text paths: building values of the domain would cost most of a rescan.
        """
        where = below(folder) if recursive else photos.c.folder == folder
        columns = [
            type_coerce(photos.c.folder, LargeBinary),
            type_coerce(photos.c.name, LargeBinary),
            photos.c.id,
            photos.c.size,
            photos.c.mtime_ns,
            photos.c.missing_since.is_not(None),
        ]
        with reading(self._engine) as connection:
            cursor = connection.execute(select(*columns).where(where)).cursor
            assert cursor is not None
            separator = os.fsencode(os.sep)
            return {
                os.fsdecode(holder + separator + name): KnownState(photo_id, size, mtime, missing)
                for holder, name, photo_id, size, mtime, missing in cursor.fetchall()
            }

    def lookalikes(self, states: Iterable[FileState]) -> dict[tuple[str, str], list[KnownFile]]:
        """Known files with the same inode and device as one of ``states``, by that pair."""
        found: dict[tuple[str, str], list[KnownFile]] = {}
        inodes = sorted({str(state.inode) for state in states if state.inode})
        for start in range(0, len(inodes), CHUNK):
            for known in self._known(photos.c.inode.in_(inodes[start : start + CHUNK])):
                found.setdefault((known.inode, known.device), []).append(known)
        return found

    def files_of_sizes(self, sizes: Iterable[int]) -> dict[int, list[KnownFile]]:
        """Known files of these sizes that have a fingerprint: where a move may come from."""
        found: dict[int, list[KnownFile]] = {}
        for chunk in chunks(sorted(sizes)):
            where = and_(photos.c.size.in_(chunk), photos.c.fingerprint.is_not(None))
            for known in self._known(where):
                found.setdefault(known.size, []).append(known)
        return found

    def files_by_id(self, ids: Sequence[int]) -> dict[int, KnownFile]:
        """Known files by their photos' ids."""
        return {
            known.id: known
            for chunk in chunks(ids)
            for known in self._known(photos.c.id.in_(chunk))
        }

    def files_at(self, paths: Sequence[Path]) -> dict[Path, KnownFile]:
        """Known files at particular places."""
        found: dict[Path, KnownFile] = {}
        for start in range(0, len(paths), CHUNK // 5):
            places = [
                and_(photos.c.folder == path.parent, photos.c.name == Path(path.name))
                for path in paths[start : start + CHUNK // 5]
            ]
            found.update((known.path, known) for known in self._known(or_(*places)))
        return found

    def _known(self, where: Any) -> list[KnownFile]:
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(
                    photos.c.id,
                    photos.c.folder,
                    photos.c.name,
                    photos.c.size,
                    photos.c.mtime_ns,
                    photos.c.inode,
                    photos.c.device,
                    photos.c.fingerprint,
                    photos.c.missing_since,
                    photos.c.album_id,
                ).where(where)
            ).all()
        return [
            KnownFile(
                id=row.id,
                path=row_path(row),
                size=row.size,
                mtime_ns=row.mtime_ns,
                inode=row.inode,
                device=row.device,
                fingerprint=row.fingerprint,
                missing=row.missing_since is not None,
                album_id=row.album_id,
                missing_since=row.missing_since,
            )
            for row in rows
        ]

    def _unfinished(
        self, connection: Connection, model: str, folders: Sequence[Path] | None
    ) -> Select[tuple[int]]:
        """Ids, in order, of photos whose file or model is newer than their analysis."""
        model_id = self._model_id(connection, model)
        listed = listing.c
        online = select(albums.c.id).where(albums.c.offline_since.is_(None))
        statement = select(listed.photo_id).where(
            listed.status != MISSING, listed.album_id.in_(online)
        )
        if model_id < 0:  # never used: all are unfinished, as listed under any other model
            statement = statement.where(
                listed.model_id == select(func.min(models.c.id)).scalar_subquery()
            )
        else:
            statement = statement.where(listed.model_id == model_id, text("stale = 1"))
            statement = statement.with_hint(listing, "INDEXED BY ix_listing_stale", "sqlite")
        if folders is not None:
            statement = statement.where(in_folders(folders, self._folders(connection)))
        return statement.order_by(listed.photo_id)

    def pending(
        self,
        model: str,
        *,
        after_id: int = 0,
        limit: int = 64,
        ids: Sequence[int] | None = None,
        folders: Sequence[Path] | None = None,
    ) -> list[PendingPhoto]:
        """Photos whose file or model is newer than their analysis, by id.

        The database itself is the work queue, so that a restart or a new model needs no special
        code. ``ids`` asks about particular photos, ``folders`` keeps to parts of the library.
        """
        with reading(self._engine) as connection:
            wanted = self._unfinished(connection, model, folders)
            wanted = wanted.where(listing.c.photo_id > after_id).limit(limit)
            if ids is not None:
                wanted = wanted.where(listing.c.photo_id.in_([int(value) for value in ids]))
            rows = connection.execute(
                select(photos.c.id, photos.c.folder, photos.c.name, file_state.label("source"))
                .where(photos.c.id.in_(wanted))
                .order_by(photos.c.id)
            ).all()
        return [PendingPhoto(id=row.id, path=row_path(row), source=row.source) for row in rows]

    def pending_count(self, model: str, folders: Sequence[Path] | None = None) -> int:
        """How many photos wait to be analyzed."""
        with reading(self._engine) as connection:
            wanted = self._unfinished(connection, model, folders).order_by(None)
            statement = wanted.with_only_columns(func.count())
            return int(connection.execute(statement).scalar_one())

    def unmeasured(
        self,
        model: str,
        *,
        after_id: int = 0,
        limit: int = 64,
        folders: Sequence[Path] | None = None,
    ) -> list[PendingPhoto]:
        """Scored photos whose reasons were not measured on the file as it is now, by id."""
        with reading(self._engine) as connection:
            source, where = unmeasured(self._model_id(connection, model))
            statement = (
                select(photos.c.id, photos.c.folder, photos.c.name, file_state.label("source"))
                .select_from(source)
                .where(where, photos.c.id > after_id)
                .order_by(photos.c.id)
                .limit(limit)
            )
            if folders is not None:
                statement = statement.where(or_(*(below(folder) for folder in folders)))
            rows = connection.execute(statement).all()
        return [PendingPhoto(id=row.id, path=row_path(row), source=row.source) for row in rows]

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


def _faces_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Face]]:
    found: dict[int, list[Face]] = {}
    statement = select(faces).where(faces.c.photo_id.in_(ids)).order_by(faces.c.id)
    for row in connection.execute(statement):
        found.setdefault(row.photo_id, []).append(to_face(row))
    return found


def percentile_of(mean: float, sorted_means: NDArray[np.float64]) -> float | None:
    """Share (0..100) of ``sorted_means`` below ``mean``, ties counted half."""
    if len(sorted_means) == 0:
        return None
    # Stored means and recomputed ones may differ in the last bits.
    lower = np.searchsorted(sorted_means, mean - 1e-6, side="left")
    upper = np.searchsorted(sorted_means, mean + 1e-6, side="right")
    return float(50.0 * (lower + upper) / len(sorted_means))
