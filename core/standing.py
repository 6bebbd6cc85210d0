"""Asks the disk whether a file still stands where it was seen, and is the very file it was."""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path
from typing import Protocol

from core.domain import FileState


class SeenFile(Protocol):
    """A file as it was seen: by a scan just now, or by the index once."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def inode(self) -> int | str: ...
    @property
    def device(self) -> int | str: ...


Identity = tuple[int, int, str, str]
"""Size, time, inode and device: what stays while a file is only renamed."""


def identity(file: SeenFile) -> Identity:
    """What tells a file from all others, whatever its name."""
    return file.size, file.mtime_ns, str(file.inode), str(file.device)


def state_at(path: Path) -> FileState | None:
    """An ordinary file's state now; ``None`` where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileState(path, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def stands(file: SeenFile) -> bool:
    """Whether the file at this place is still the one that was seen there."""
    try:
        state = os.stat(file.path)
    except OSError:
        return False
    now = state.st_size, state.st_mtime_ns, str(state.st_ino), str(state.st_dev)
    return now == identity(file)


def names(path: Path) -> int:
    """How many hard links a file has; 0 where it can't be seen."""
    try:
        return os.stat(path).st_nlink
    except OSError:
        return 0


def differ_by_case(first: Path, second: Path) -> bool:
    """Whether two paths differ, but only in their spelling (case, composed accents)."""
    return first != second and _folded(first) == _folded(second)


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
