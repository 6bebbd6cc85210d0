"""What scans and workers ask of the library: which files it knows, and which of them wait."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, Select, and_, func, or_, select, text, type_coerce
from sqlalchemy.engine import Connection

from core.domain import FileState, Status
from core.library.database import reading
from core.library.filters import below, file_state, in_folders
from core.library.listing import MISSING, listing
from core.library.reads import CHUNK, Reads, chunks
from core.library.reason_queries import unmeasured
from core.library.rows import row_path
from core.library.schema import albums, analyses, judgements, models, photos


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


class FileQueries(Reads):
    """Reads for the indexer."""

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

    def judged(self, ids: Iterable[int]) -> set[int]:
        """Which of these photos the user gave stars, a flag or a colour."""
        with reading(self._engine) as connection:
            return {
                photo_id
                for chunk in chunks(list(ids))
                for photo_id in connection.scalars(
                    select(judgements.c.photo_id).where(
                        judgements.c.photo_id.in_(chunk),
                        or_(
                            judgements.c.rating > 0,
                            judgements.c.flag.is_not(None),
                            judgements.c.color.is_not(None),
                        ),
                    )
                )
            }

    def partner_count(self, folders: Sequence[Path]) -> int:
        """How many raw files in these folders go with a picture, and are no photos of their own."""
        with reading(self._engine) as connection:
            statement = select(func.count()).where(
                photos.c.lead_id.is_not(None),
                photos.c.missing_since.is_(None),
                or_(*(below(folder) for folder in folders)),
            )
            return int(connection.scalar(statement) or 0)

    def judged_at(self, photo_id: int) -> datetime | None:
        """When the user last judged a photo (UTC); ``None`` for never."""
        with reading(self._engine) as connection:
            return connection.scalar(
                select(judgements.c.changed_at).where(judgements.c.photo_id == photo_id)
            )

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

    def read_files(self, ids: Sequence[int]) -> dict[int, Path]:
        """Paths, by id, of those of these photos whose pictures were read as their files are."""
        read = analyses.c.status.in_([Status.SCORED.value, Status.NOT_SCORED.value])
        analysed = (
            select(analyses.c.photo_id)
            .where(analyses.c.photo_id == photos.c.id, read, analyses.c.source == file_state)
            .exists()
        )
        with reading(self._engine) as connection:
            return {
                row.id: row_path(row)
                for chunk in chunks(ids)
                for row in connection.execute(
                    select(photos.c.id, photos.c.folder, photos.c.name).where(
                        photos.c.id.in_(chunk), photos.c.missing_since.is_(None), analysed
                    )
                )
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
