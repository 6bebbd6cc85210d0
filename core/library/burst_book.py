"""Which photos of the library are bursts: found folder by folder, found again where one changed.

Nothing is stored: bursts follow from dates, hashes, faces and the user's own marks within seconds,
and would have to be kept in step with all of these.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from core.grouping.clusters import Marks
from core.grouping.groups import WHOLE, Grouping, group_photos
from core.library import group_queries
from core.library.heading_queries import Headings, Ids
from core.library.queries import Queries

AT_ONCE = 1500
"""Photos looked at together: with their faces' descriptors, about 10 MB."""

_FOLDERS = text(
    "SELECT folder, count(*), count(likeness), total(likeness % 1000003), total(face_count), "
    "max(id), total(CAST(strftime('%s', taken_at) AS INTEGER) % 1000003) "
    "FROM photos WHERE missing_since IS NULL AND lead_id IS NULL AND album_id IS NOT NULL "
    "GROUP BY folder"
)
_MARKS = text("SELECT count(*), max(changed_at), total(together) FROM group_marks")
_PHOTOS = text(
    "SELECT id, CAST(strftime('%s', taken_at) AS INTEGER) FROM photos WHERE folder = :folder "
    "AND missing_since IS NULL AND lead_id IS NULL AND album_id IS NOT NULL "
    "AND likeness IS NOT NULL "
    "ORDER BY taken_at, name, id"
)


@dataclass(frozen=True, slots=True)
class Bursts:
    """Photos in bursts: ids ascending, the number of each one's burst, and the photos of it. A
    picture and its raw file are one photo."""

    photo_ids: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    sizes: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def headings(self) -> Headings:
        """The bursts as headings of a list."""
        return Headings(self.photo_ids, self.numbers)

    def size_of(self, photo_id: int) -> int:
        """How many photos the burst of a photo has; 0 for a photo in none."""
        at = int(np.searchsorted(self.photo_ids, photo_id))
        found = at < len(self.photo_ids) and self.photo_ids[at] == photo_id
        return int(self.sizes[at]) if found else 0

    def with_photo(self, photo_id: int) -> list[int]:
        """All photos of a photo's burst, itself included; empty for a photo in none."""
        if not self.size_of(photo_id):
            return []
        number = self.numbers[np.searchsorted(self.photo_ids, photo_id)]
        return [int(i) for i in self.photo_ids[self.numbers == number]]


class BurstBook:
    """Finds the bursts of a library and remembers them by folder; any thread."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._lock = threading.Lock()
        self._stamps: dict[bytes, tuple[Any, ...]] = {}
        self._found: dict[bytes, list[list[int]]] = {}
        self._marked: tuple[Any, ...] = ()
        self.bursts = Bursts()
        self.looked = False
        """Whether the whole library was looked at once."""

    def refresh(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Look at the folders that changed; says whether anything is grouped differently now."""
        with self._lock:
            with self._queries.reading() as connection:
                rows = connection.execute(_FOLDERS).all()
                marked = tuple(connection.execute(_MARKS).one())
            stamps = {row[0]: tuple(row[1:]) for row in rows}
            if marked != self._marked:
                self._stamps.clear()
            marks = group_queries.marks(self._queries)
            before = self._found
            self._found = {k: v for k, v in self._found.items() if k in stamps}
            for folder, stamp in stamps.items():
                if self._stamps.get(folder) == stamp:
                    continue
                if stopped():
                    return False
                found = self._look(folder, marks) if stamp[1] else []
                if found:
                    self._found[folder] = found
                else:
                    self._found.pop(folder, None)
                self._stamps[folder] = stamp
            self._stamps = {k: v for k, v in self._stamps.items() if k in stamps}
            self._marked = marked
            self.looked = True
            if self._found == before:
                return False
            self.bursts = _numbered(self._found)
            return True

    def _look(self, folder: bytes, marks: Marks) -> list[list[int]]:
        with self._queries.reading() as connection:
            rows = connection.execute(_PHOTOS, {"folder": folder}).all()
        found: list[list[int]] = []
        for ids in _pieces([(row[0], row[1] or 0) for row in rows]):
            facts = group_queries.group_photos(self._queries, "", ids=ids)
            groups = group_photos(facts, Grouping.BURST, marks=marks, hash_of=_unread)
            found += [
                sorted(item.id for item in group.items)
                for group in groups.groups
                if group.kind not in WHOLE
            ]
        return found


def _pieces(photos: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Ids of (id, second) in order of time, cut where most time passes once there are too many."""
    start = 0
    while start < len(photos):
        stop = min(len(photos), start + AT_ONCE)
        if stop < len(photos):
            late = range(start + AT_ONCE * 2 // 3, stop)
            stop = max(late, key=lambda n: photos[n][1] - photos[n - 1][1])
        yield [photo_id for photo_id, _ in photos[start:stop]]
        start = stop


def _numbered(found: dict[bytes, list[list[int]]]) -> Bursts:
    groups = [group for groups in found.values() for group in groups]
    photo_ids = np.asarray([i for group in groups for i in group], np.int64)
    lengths = np.asarray([len(group) for group in groups], np.int64)
    numbers = np.repeat(np.arange(len(groups)), lengths)
    order = np.argsort(photo_ids)
    sizes = np.repeat(lengths, lengths).astype(np.int32)
    return Bursts(photo_ids[order], numbers[order], sizes[order])


def _unread(path: Path) -> bytes:
    """Whether two files are equal to the byte is of no matter here: reads none."""
    return str(path).encode("utf-8", "surrogateescape")
