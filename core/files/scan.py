"""Walks folders for files that may be photos: quickly, each real file once, never for ever."""

from __future__ import annotations

import fnmatch
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.domain import FileState
from core.files.formats import (
    SNIFF_BYTES,
    has_photo_extension,
    is_photo_content,
    worth_sniffing,
)
from core.paths import display_name

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir", "__macosx", "#recycle", "#snapshot", "$recycle.bin", "recycler", "recycled",
        "system volume information", "lost+found", "_rejected",
    }
)  # fmt: skip
"""Folders that systems, NAS boxes and this program make; lower case."""

NO_MEDIA = ".nomedia"
"""A folder below an album that holds a file of this name is passed over (Android's custom)."""

# What programs call a file while they write it, before it is moved into place.
_UNFINISHED_ENDINGS = (
    "~", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".!ut", ".filepart",
)  # fmt: skip
_UNFINISHED_BEGINNINGS = (".", "~$", "#")

Problem = Callable[[Path, str], None]
Seen = tuple[str, os.stat_result]
"""A file's path and what the system says of it."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Which names to pass over: hidden, system and unfinished ones always; then the user's.

    ``patterns`` are shell patterns without regard to case: ``*_small.jpg`` is matched against
    names, one with a slash, such as ``exports/*``, against the path below the album; one that
    ends in a slash, such as ``drafts/``, against folders only.
    """

    patterns: tuple[str, ...] = ()

    def ignores_folder(self, name: str, below: str = "") -> bool:
        """Whether a folder is passed over with all below it; ``below`` is its path in the album."""
        if name.startswith(".") or name.lower() in SYSTEM_FOLDERS:
            return True
        return bool(self.patterns) and self._matches(name, below, folder=True)

    def ignores_file(self, name: str, below: str = "") -> bool:
        """Whether a file is passed over; ``below`` is its path in the album."""
        lower = name.lower()
        if lower.startswith(_UNFINISHED_BEGINNINGS) or lower.endswith(_UNFINISHED_ENDINGS):
            return True
        return bool(self.patterns) and self._matches(name, below, folder=False)

    def ignores(self, path: Path, album: Path, *, folder: bool = False) -> bool:
        """Whether a path below ``album`` is passed over, by any of its parts.

        False for the album itself; true for what is not below it.
        """
        try:
            parts = path.relative_to(album).parts
        except ValueError:
            return True
        below = ""
        for index, name in enumerate(parts):
            below = f"{below}/{name}" if below else name
            is_folder = folder or index < len(parts) - 1
            if (self.ignores_folder if is_folder else self.ignores_file)(name, below):
                return True
        return False

    def _matches(self, name: str, below: str, *, folder: bool) -> bool:
        for pattern in self.patterns:
            lower = pattern.lower()
            if lower.endswith("/"):
                if not folder:
                    continue
                lower = lower[:-1]
            against = below if "/" in lower else name
            if fnmatch.fnmatchcase(against.lower(), lower):
                return True
        return False


def walk(
    root: Path,
    rules: IgnoreRules,
    *,
    on_problem: Problem = lambda path, reason: None,
    recursive: bool = True,
    album: Path | None = None,
) -> Iterator[FileState]:
    """Files below ``root`` that may be photos, with their state.

    Real folders come first, links after them: a link to something inside the album adds nothing,
    one to a file or folder outside adds that once, and one upwards is not followed. A folder that
    can't be read, and a link that leads to one, is told to ``on_problem`` and passed over; what
    vanishes meanwhile is left out in silence.

    Args:
        album: what ``rules`` and links are measured against, where ``root`` is a part of it.
    """
    for path, state in seen_below(
        root, rules, on_problem=on_problem, recursive=recursive, album=album
    ):
        yield state_of(path, state)


def seen_below(
    root: Path,
    rules: IgnoreRules,
    *,
    on_problem: Problem = lambda path, reason: None,
    recursive: bool = True,
    album: Path | None = None,
) -> Iterator[Seen]:
    """Like `walk`, for those to whom most files are nothing new: a ``Path`` for each would take
    half the time."""
    yield from _Walk(root, rules, on_problem, recursive, album or root).files()


def state_of(path: str, state: os.stat_result) -> FileState:
    """What the system says of a file, as the index keeps it."""
    return FileState(Path(path), state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev)


class _Walk:
    def __init__(
        self, root: Path, rules: IgnoreRules, on_problem: Problem, recursive: bool, album: Path
    ) -> None:
        self._root = os.fspath(root)
        self._rules = rules
        self._on_problem = on_problem
        self._recursive = recursive
        self._album = os.fspath(album)
        self._real_album = os.path.realpath(album)
        self._links: list[str] = []
        self._visited: set[tuple[int, int]] = set()
        self._linked_files: set[tuple[int, int]] = set()

    def files(self) -> Iterator[Seen]:
        yield from self._below(self._root)
        while self._links:
            links, self._links = sorted(self._links), []
            for link in links:
                yield from self._through(link)

    def _below(self, start: str) -> Iterator[Seen]:
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            try:
                state = os.stat(folder)
                if (state.st_dev, state.st_ino) in self._visited:
                    continue
                self._visited.add((state.st_dev, state.st_ino))
                with os.scandir(folder) as entries:
                    listed = list(entries)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._tell(folder, error)
                continue
            if folder != self._root and any(entry.name == NO_MEDIA for entry in listed):
                continue
            for entry in listed:
                if entry.is_symlink():
                    self._links.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    if self._recursive and not self._ignores_folder(entry):
                        waiting.append(entry.path)
                else:
                    found = self._file(entry)
                    if found is not None:
                        yield found

    def _file(self, entry: os.DirEntry[str]) -> Seen | None:
        below = self._path_below(entry.path) if self._rules.patterns else ""
        if self._rules.ignores_file(entry.name, below):
            return None
        by_name = has_photo_extension(entry.name)
        if not by_name and not worth_sniffing(entry.name):
            return None
        try:
            state = entry.stat(follow_symlinks=False)
        except OSError:
            return None  # it vanished after it was listed
        return self._candidate(entry.path, state, by_name)

    def _candidate(self, path: str, state: os.stat_result, by_name: bool) -> Seen | None:
        if not stat.S_ISREG(state.st_mode) or _hidden_by_attribute(state):
            return None
        if not by_name and (state.st_size == 0 or not _holds_photo(path)):
            return None
        return path, state

    def _through(self, link: str) -> Iterator[Seen]:
        name = os.path.basename(link)
        below = self._path_below(link)
        try:
            state = os.stat(link)
            target = os.path.realpath(link)
        except OSError:
            return  # it leads nowhere, or round in a circle
        if _is_within(target, self._real_album):
            return  # reached by its own path, or not meant to be
        if stat.S_ISDIR(state.st_mode):
            upwards = _is_within(self._real_album, target) or _is_within(
                os.path.realpath(os.path.dirname(link)), target
            )
            if self._recursive and not upwards and not self._rules.ignores_folder(name, below):
                yield from self._below(link)
            return
        by_name = has_photo_extension(name)
        key = state.st_dev, state.st_ino
        if key in self._linked_files or self._rules.ignores_file(name, below):
            return
        if by_name or worth_sniffing(name):
            found = self._candidate(link, state, by_name)
            if found is not None:
                self._linked_files.add(key)
                yield found

    def _ignores_folder(self, entry: os.DirEntry[str]) -> bool:
        below = self._path_below(entry.path) if self._rules.patterns else ""
        if self._rules.ignores_folder(entry.name, below):
            return True
        return sys.platform == "win32" and _hidden_by_attribute(entry.stat(follow_symlinks=False))

    def _path_below(self, path: str) -> str:
        """The path inside the album, with slashes."""
        return path[len(self._album) :].replace(os.sep, "/").lstrip("/")

    def _tell(self, folder: str, error: OSError) -> None:
        reason = (
            "permission denied" if isinstance(error, PermissionError) else error.strerror or "error"
        )
        self._on_problem(Path(folder), f"{display_name(folder)} can't be read: {reason}")


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _hidden_by_attribute(state: os.stat_result) -> bool:
    """Windows' hidden and system attributes, macOS's hidden flag."""
    if sys.platform == "win32":
        hidden = stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM
        return bool(state.st_file_attributes & hidden)
    if sys.platform == "darwin":
        return bool(state.st_flags & stat.UF_HIDDEN)
    return False


def _holds_photo(path: str) -> bool:
    """Looks at a file whose name does not tell; one that can't be opened counts as no photo."""
    try:
        with open(path, "rb") as file:
            return is_photo_content(file.read(SNIFF_BYTES))
    except OSError:
        return False
