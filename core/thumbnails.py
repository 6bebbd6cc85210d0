"""Thumbnails that were lost, or deleted to make room, are made again when they are wanted."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from core.errors import LibraryError, UnreadablePhotoError
from core.files.decode import decode
from core.files.thumbnails import THUMBNAIL_SIDE, make_thumbnail
from core.library.library import Library
from core.recognition import is_there

log = logging.getLogger(__name__)


def thumbnail(library: Library, photo_id: int) -> bytes | None:
    """A photo's thumbnail as JPEG; ``None`` where its file was not read yet, or can't be now."""
    found = library.thumbnails.get(photo_id)
    return _remade(library, [photo_id]).get(photo_id) if found is None else found


def thumbnails(library: Library, photo_ids: Sequence[int]) -> dict[int, bytes]:
    """Thumbnails by id, without those of photos that were not read yet or can't be now."""
    found = library.thumbnails.get_many(photo_ids)
    lacking = [photo_id for photo_id in photo_ids if photo_id not in found]
    return found | _remade(library, lacking) if lacking else found


def _remade(library: Library, photo_ids: Sequence[int]) -> dict[int, bytes]:
    """About a tenth of a second each. A photo that waits for its analysis gets its own by that."""
    made: dict[int, bytes] = {}
    for photo_id, path in library.queries.read_files(photo_ids).items():
        try:
            made[photo_id] = make_thumbnail(decode(path, THUMBNAIL_SIDE).pixels)
        except (UnreadablePhotoError, OSError) as error:
            log.info("no thumbnail: %s", error)
    if made:
        try:
            library.thumbnails.put_many(made.items())
        except LibraryError as error:
            log.warning("thumbnails that were made again can't be kept: %s", error)
    return made


def delete_thumbnails(library: Library) -> int:
    """Make room on the disk; gives how many bytes.

    Thumbnails of photos whose drive is away stay, since they can't be made again now.

    Raises:
        LibraryError: the disk is full or can't be written.
    """
    before = library.thumbnails.total_bytes()
    away = [album.path for album in library.queries.albums() if not is_there(album)]
    keep = {state.id for path in away for state in library.queries.known_states(path).values()}
    library.thumbnails.delete_all(keep=keep)
    return max(0, before - library.thumbnails.total_bytes())
