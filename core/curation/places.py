"""Where rejected files go inside their album: every name free, every folder on the same disk."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.curation.plan import PlannedReject
from core.errors import AlbumenError
from core.grouping.items import GroupPhoto
from core.paths import NAME_BYTES, display_name

log = logging.getLogger(__name__)

REJECTS_FOLDER = "_rejected"
"""Passed over by the scan, see ``core.files.scan.SYSTEM_FOLDERS``."""
_ENDING_BYTES = 24
"""Room for what follows the shared part of an item's names: ``.jpg``, ``.jpeg.xmp``."""


class CurationError(AlbumenError):
    """Nothing was moved, for the reason given."""


class Placer:
    """Finds places for rejects; remembers those it has given away."""

    def __init__(self, albums: Mapping[int, Path]) -> None:
        self._albums = albums
        self._taken: set[tuple[Path, str]] = set()

    def folder_for(self, photo: GroupPhoto) -> Path:
        """The folder for a photo: in its album, at the same place below it as the photo.

        A photo on another disk than its album's folder (something is mounted inside it) stays on
        its disk: the rejects then lie beside it.
        """
        home = photo.path.parent
        album = self._albums.get(photo.album_id) if photo.album_id is not None else None
        if album is None or not (album == home or album in home.parents):
            return home / REJECTS_FOLDER
        try:
            if album.stat().st_dev != home.stat().st_dev:
                return home / REJECTS_FOLDER
        except OSError:
            return home / REJECTS_FOLDER
        return album / REJECTS_FOLDER / home.relative_to(album)

    def places(self, reject: PlannedReject) -> dict[Path, Path]:
        """A free place for each file of an item, all under one name, so that they stay a set."""
        folder = self.folder_for(reject.item.lead)
        length = len(reject.item.lead.path.stem)
        number = 1
        while True:
            found = {
                file.path: folder / _numbered(file.path.name, length, number)
                for file in reject.files
            }
            if all(self._is_free(path) for path in found.values()):
                self._taken |= {_key(path) for path in found.values()}
                return found
            number += 1

    def free(self, target: Path) -> Path:
        """Another free place near one that turned out to be taken."""
        number = 2
        while True:
            path = target.with_name(_numbered(target.name, len(target.stem), number))
            if self._is_free(path):
                self._taken.add(_key(path))
                return path
            number += 1

    def _is_free(self, path: Path) -> bool:
        return _key(path) not in self._taken and not os.path.lexists(path)

    def check_writable(self, photos: Sequence[GroupPhoto]) -> None:
        """Make sure, before anything is moved, that files can leave and arrive.

        Raises:
            CurationError: a folder can't be written to.
        """
        for folder in sorted({photo.path.parent for photo in photos}):
            _try_writing(folder)
        for folder in sorted({self.folder_for(photo) for photo in photos}):
            standing = folder
            while not standing.exists() and standing != standing.parent:
                standing = standing.parent
            _try_writing(standing)


def _numbered(name: str, length: int, number: int) -> str:
    """``IMG_1 (2).jpg``: the number stands after the part that the item's files share, which gives
    way where the name would be too long."""
    if number == 1:
        return name
    rest, tail = name[length:], f" ({number})"
    # The same for all files of an item, though their endings differ.
    room = NAME_BYTES - len(tail) - max(_ENDING_BYTES, len(os.fsencode(rest)))
    shared = name[:length]
    while shared and len(os.fsencode(shared)) > room:
        shared = shared[:-1]
    return f"{shared}{tail}{rest}"


def _key(path: Path) -> tuple[Path, str]:
    return path.parent, path.name.casefold()


def _try_writing(folder: Path) -> None:
    """Make a file: permissions alone don't tell of read-only drives and full disks.

    It has no name where the system can make such files, so that a crash leaves nothing behind.
    """
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".albumen-", suffix=".tmp"):
            pass
    except OSError as error:
        raise CurationError(
            f"Nothing was moved: the folder {display_name(folder)} can't be written to "
            f"({error.strerror}). Flag the rejects instead, or make the folder writable."
        ) from error


def remove_empty(folder: Path) -> None:
    """Remove a folder inside the rejects folder, and that one, as far as they are empty."""
    while REJECTS_FOLDER in folder.parts:
        try:
            folder.rmdir()
        except OSError:
            return  # not empty, or gone, or not ours to remove
        folder = folder.parent


def sync(path: Path) -> None:
    """Have a file's content on the disk, so that a power cut can't forget what it says."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        os.fsync(file.fileno())
