"""Remembers which file the watcher saw move where, until the index has looked at the place.

Inode and content tell where a file went while it stays as it was. Where it was moved *and* saved
over, or another file took its old place before anybody looked, only having watched it helps.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.library.file_queries import KnownFile
from core.library.schema import now
from core.standing import Identity, identity

REPLACED_FOR = timedelta(minutes=1)
"""How long a file that another took the place of is waited for at a new place."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A photo whose file seemed replaced at its place, and when that was seen."""

    photo_id: int
    at: datetime


class Moves:
    """For places of files: where the index knows these files from. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._origins: dict[Path, Path] = {}
        self._last: dict[Path, Path] = {}
        self._replaced: dict[Identity, Replaced] = {}

    def note(self, source: Path, target: Path) -> None:
        """A file was renamed; whatever stood at ``target`` is gone."""
        with self._lock:
            if source not in self._origins and self._last.get(target) == source:
                return  # told twice, by the watches of two albums
            self._last[target] = source
            self._last.pop(source, None)
            origin = self._origins.pop(source, source)
            if origin == target:
                self._origins.pop(target, None)  # back where it was
            else:
                self._origins[target] = origin

    def origins(self) -> dict[Path, Path]:
        """Origin by place, as far as the index has not looked there yet."""
        with self._lock:
            return dict(self._origins)

    def replaced(self) -> dict[Identity, Replaced]:
        """Files whose place another file was just seen to have taken.

        They may be saved over and gone, or may have gone elsewhere without anybody's word.
        """
        with self._lock:
            oldest = now() - REPLACED_FOR
            self._replaced = {seen: r for seen, r in self._replaced.items() if r.at > oldest}
            return dict(self._replaced)

    def note_replaced(self, files: Iterable[KnownFile]) -> None:
        """Another file stands where the index knew these."""
        with self._lock:
            for known in files:
                self._replaced[identity(known)] = Replaced(known.id, now())

    def settle(self, looked_at: Mapping[Path, Path], folders: Collection[Path]) -> None:
        """The index has looked at ``folders`` and knows now what ``looked_at`` told of them.

        Args:
            looked_at: what `origins` gave before the look.
            folders: the folders that were looked at, by themselves.
        """
        with self._lock:
            known = {
                origin: place for place, origin in looked_at.items() if place.parent in folders
            }
            for origin, place in known.items():
                self._last.pop(place, None)
                if self._origins.get(place) == origin:
                    del self._origins[place]
            for place, origin in self._origins.items():
                if origin in known and known[origin] != place:
                    self._origins[place] = known[origin]  # it went on during the look
