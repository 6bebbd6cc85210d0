"""The one way from a file to pixels: upright, sRGB, 8-bit, of bounded size."""

from __future__ import annotations

from pathlib import Path

from core.domain import Picture
from core.errors import PhotoChangedError, PhotoTooLargeError
from core.files.codecs import LoadedPicture, load_picture
from core.files.isolate import decoder_pool
from core.files.metadata import read_metadata
from core.files.raster import fit, render, whole_step
from core.files.source import CHANGED, TOO_MUCH_MEMORY, PhotoSource, access_error, open_photo

HERE = frozenset({"jpeg", "png", "webp", "gif", "bmp"})
"""Formats whose codecs are sturdy enough, and asked for often enough, to run in this process."""


def decode(path: Path, max_side: int | None = None, *, exact: bool = True) -> Picture:
    """Decodes a photo.

    JPEG, PNG, WebP, GIF and BMP are decoded right here; the codecs that are known to crash or to
    hang work in a process of their own (see `core.files.isolate`), so that a bad file costs
    that one file. Thread-safe.

    Args:
        path: any name the system allows; the content alone decides the format.
        max_side: the pixels' long side is at most this (never enlarged); ``None`` gives the full
            resolution, up to `core.files.limits.MAX_PIXELS`.
        exact: False stops at a whole-number reduction: the long side is then at least
            ``max_side`` and less than twice that, and nothing is resampled.

    Raises:
        PhotoChangedError: the file vanished or was written to meanwhile: try again later.
        UnsupportedFormatError: it holds no photo of a kind that is read.
        PhotoTooLargeError: it has more pixels than the program is willing to decode.
        UnreadablePhotoError: anything else that keeps the file from becoming pixels.
    """
    with open_photo(path) as source:
        if source.kind in HERE:
            try:
                return decode_here(source, max_side, exact)
            except MemoryError as error:
                raise PhotoTooLargeError(TOO_MUCH_MEMORY) from error
    return decoder_pool().decode(path, max_side, exact)


def decode_here(source: PhotoSource, max_side: int | None, exact: bool = True) -> Picture:
    """Decodes an open photo in this process, whatever its codec."""
    try:
        with load_picture(source, max_side) as loaded:
            picture = _upright(source, loaded, max_side, exact)
    except OSError as error:  # the drive failed while we looked around in the file
        raise access_error(error) from error
    if source.changed():
        raise PhotoChangedError(CHANGED)
    return picture


def _upright(
    source: PhotoSource, loaded: LoadedPicture, max_side: int | None, exact: bool
) -> Picture:
    size = (fit if exact else whole_step)(loaded.image.size, max_side)
    pixels = render(loaded.image, size, loaded.orientation, loaded.icc)
    metadata = read_metadata(
        format=source.kind,
        size=loaded.size,
        exif=loaded.exif,
        name=source.path.name,
        mtime=source.state.st_mtime,
        animated=loaded.animated,
        orientation=loaded.orientation,
    )
    return Picture(pixels, metadata)
