"""Finds changes by looking again and again, where the system does not tell of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from core.files.scan import IgnoreRules, seen_below

_Seen = dict[str, tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Change:
    """A file that appeared, was written to, came from ``source``, or is gone."""

    path: Path
    source: Path | None = None
    gone: bool = False


class PolledFolder:
    """Compares a folder's files with the last look.

    Lighter than watchdog's polling observer, which keeps the state of every file and folder: only
    what may be a photo counts, and a part that can't be read for once is not taken for gone.
    """

    def __init__(self, root: Path, rules: IgnoreRules) -> None:
        self._root = root
        self._rules = rules
        self._seen: _Seen | None = None

    def look(self) -> list[Change]:
        """What differs from the last look; nothing at the first."""
        unread: list[str] = []
        now: _Seen = {
            path: (state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev)
            for path, state in seen_below(
                self._root,
                self._rules,
                on_problem=lambda folder, reason: unread.append(os.fspath(folder)),
            )
        }
        before, self._seen = self._seen, now
        if before is None:
            return []
        for folder in unread:
            for path, state in before.items():
                if path.startswith(folder.rstrip(os.sep) + os.sep):
                    now.setdefault(path, state)
        gone = {before[path]: path for path in before.keys() - now.keys()}
        changes = []
        for path in now.keys() - before.keys():
            source = gone.pop(now[path], None)
            changes.append(Change(Path(path), source=Path(source) if source else None))
        changes += [Change(Path(path), gone=True) for path in gone.values()]
        both = now.keys() & before.keys()
        return changes + [Change(Path(path)) for path in both if now[path] != before[path]]
