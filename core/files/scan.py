"""Walks folders for files that may be photos: quickly, each real file once, never for ever."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.domain import FileState
from core.files.formats import has_photo_extension, is_photo_content, worth_sniffing

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir", "__macosx", "#recycle", "$recycle.bin", "system volume information",
        "lost+found", "_rejected",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Which names to pass over: hidden and system ones always, ``patterns`` as the user says."""

    patterns: tuple[str, ...] = ()

    def ignores_folder(self, name: str) -> bool:
        """Whether a folder of this name is passed over with all below it."""
        return name.startswith(".") or name.lower() in SYSTEM_FOLDERS or self._matches(name)

    def ignores_file(self, name: str) -> bool:
        """Whether a file of this name is passed over."""
        return name.startswith(".") or name.endswith(("~", ".tmp", ".part")) or self._matches(name)

    def _matches(self, name: str) -> bool:
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.patterns)


def walk(
    root: Path,
    rules: IgnoreRules,
    *,
    on_problem: Callable[[Path, str], None] = lambda path, reason: None,
    recursive: bool = True,
) -> Iterator[FileState]:
    """Files below ``root`` that may be photos, with their state."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as error:
            on_problem(folder, f"{folder} can't be read: {error.strerror}")
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if recursive and not rules.ignores_folder(entry.name):
                    waiting.append(Path(entry.path))
            elif not rules.ignores_file(entry.name) and entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                if _may_be_photo(path):
                    stat = entry.stat(follow_symlinks=False)
                    yield FileState(path, stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_dev)


def _may_be_photo(path: Path) -> bool:
    if has_photo_extension(path.name):
        return True
    if not worth_sniffing(path.name):
        return False
    try:
        with path.open("rb") as file:
            return is_photo_content(file.read(64))
    except OSError:
        return False
