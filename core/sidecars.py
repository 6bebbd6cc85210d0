"""Which photos a sidecar speaks of, and which sidecars changed while nobody watched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.files.formats import extension, has_photo_extension
from core.files.scan import IgnoreRules
from core.library.queries import Queries

_RULES = IgnoreRules()


def is_sidecar(path: Path) -> bool:
    """Whether the name is that of an XMP sidecar."""
    return extension(path.name) == "xmp"


class SidecarIndex:
    """Finds photos by what changed on disk; remembers which sidecars it has seen in which state.

    Not thread-safe.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._seen: dict[str, tuple[int, int]] = {}

    def photos_of(self, paths: Iterable[Path]) -> list[int]:
        """Ids of photos that these sidecars belong to, that these files are, or whose sidecars in
        these folders are new or changed since the last look."""
        by_folder: dict[Path, list[str]] = {}
        for path in paths:
            found = self._changed_below(path) if path.is_dir() else [path]
            for file in found:
                by_folder.setdefault(file.parent, []).append(file.name)
        ids: dict[int, None] = {}
        for folder, names in by_folder.items():
            ids |= dict.fromkeys(self._in_folder(folder, names))
        return list(ids)

    def _in_folder(self, folder: Path, names: Sequence[str]) -> Iterator[int]:
        by_name: dict[str, int] = {}
        by_stem: dict[str, list[int]] = {}
        for path, known in self._queries.known_states(folder, recursive=False).items():
            name = os.path.basename(path).casefold()
            by_name[name] = known.id
            by_stem.setdefault(os.path.splitext(name)[0], []).append(known.id)
        for name in names:
            folded = name.casefold()
            if has_photo_extension(folded):
                yield from [by_name[folded]] if folded in by_name else []
                continue
            front = os.path.splitext(folded)[0]
            if front in by_name:  # IMG.jpg.xmp
                yield by_name[front]
            yield from by_stem.get(front, [])  # IMG.xmp

    def _changed_below(self, folder: Path) -> Iterator[Path]:
        waiting = [os.fspath(folder)]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as entries:
                    listed = list(entries)
            except OSError:
                continue  # gone, or not to be read: the scan tells the user
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    if not _RULES.ignores_folder(entry.name):
                        waiting.append(entry.path)
                elif extension(entry.name) == "xmp" and self._is_new(entry):
                    yield Path(entry.path)

    def _is_new(self, entry: os.DirEntry[str]) -> bool:
        try:
            state = entry.stat()
        except OSError:
            return False
        now = state.st_size, state.st_mtime_ns
        known = self._seen.get(entry.path)
        self._seen[entry.path] = now
        return known != now
