"""The system's trash: putting files there, and finding again what was put.

On Linux the trash says where each file came from (freedesktop.org Trash specification 1.0), so it
can be taken back. Windows and macOS keep that to themselves: there the user restores from the
trash by hand, and the journal says so.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

log = logging.getLogger(__name__)


class NoTrashError(Exception):
    """The drive has no trash that can be used; the caller falls back to a folder."""


@dataclass(frozen=True, slots=True)
class Trashed:
    """A file in the trash, and the note beside it that says where it came from."""

    file: Path
    info: Path


def put(path: Path) -> Trashed | None:
    """Put a file into its drive's trash; says where it lies, if the system tells.

    Raises:
        NoTrashError: there is no trash for it; the file is where it was.
        OSError: it can't be moved.
    """
    from send2trash import TrashPermissionError, send2trash

    try:
        send2trash(os.fspath(path))
    except (TrashPermissionError, OSError) as error:
        if not os.path.lexists(path):
            raise
        raise NoTrashError(str(error)) from error
    return find(path)


def find(source: Path, *, size: int | None = None, mtime_ns: int | None = None) -> Trashed | None:
    """The newest file in the trash that came from ``source`` (and has this size and time)."""
    if sys.platform in ("win32", "darwin"):
        return None
    found: list[tuple[str, Trashed]] = []
    for directory, top in trash_directories(source):
        for info in _infos(directory, source):
            origin, date = _read(info, top)
            file = directory / "files" / info.name.removesuffix(".trashinfo")
            if origin != source or not os.path.lexists(file):
                continue
            state = file.lstat()
            if size is not None and state.st_size != size:
                continue
            if mtime_ns is not None and state.st_mtime_ns != mtime_ns:
                continue
            found.append((date, Trashed(file, info)))
    return max(found, key=lambda dated: dated[0], default=("", None))[1]


def clear_strays(source: Path) -> None:
    """Remove notes about ``source`` whose file never arrived (the program died in between)."""
    if sys.platform in ("win32", "darwin") or not os.path.lexists(source):
        return
    for directory, top in trash_directories(source):
        for info in _infos(directory, source):
            file = directory / "files" / info.name.removesuffix(".trashinfo")
            if not os.path.lexists(file) and _read(info, top)[0] == source:
                with contextlib.suppress(OSError):
                    info.unlink()


def forget(trashed_file: Path) -> None:
    """Remove the note of a file that was taken out of the trash."""
    info = trashed_file.parent.parent / "info" / f"{trashed_file.name}.trashinfo"
    with contextlib.suppress(FileNotFoundError):
        info.unlink()


def trash_directories(source: Path) -> Iterator[tuple[Path, Path]]:
    """Trash directories that may hold a file from ``source``, each with the folder that relative
    origins in it count from."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    yield Path(data) / "Trash", Path(data)
    top = source.parent
    while not os.path.ismount(top) and top != top.parent:
        top = top.parent
    user = os.getuid() if hasattr(os, "getuid") else 0
    yield top / ".Trash" / str(user), top
    yield top / f".Trash-{user}", top


def _infos(directory: Path, source: Path) -> Iterator[Path]:
    try:
        with os.scandir(directory / "info") as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return
    for name in names:
        if name.startswith(source.stem) and name.endswith(".trashinfo"):
            yield directory / "info" / name


def _read(info: Path, top: Path) -> tuple[Path | None, str]:
    """Origin and date of a note; no origin where it is damaged."""
    origin: Path | None = None
    date = ""
    try:
        for line in info.read_text("utf-8", "surrogateescape").splitlines():
            key, _, value = line.partition("=")
            if key == "Path":
                origin = top / Path(os.fsdecode(unquote_to_bytes(value)))
            elif key == "DeletionDate":
                date = value
    except OSError as error:
        log.debug("a note in the trash can't be read: %s", error)
    return origin, date
