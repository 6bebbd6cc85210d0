"""Raw files: shown by the preview that the camera put in, developed only where there is none."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

from core.files.exif import Exif, parse_tiff_file
from core.files.source import PhotoSource

log = logging.getLogger(__name__)

MIN_PREVIEW_SIDE = 512
"""A preview smaller than this is a mere thumbnail: the raw data itself is developed instead."""

_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's flip -> EXIF orientation
_SAME_SHAPE = 0.02


@dataclass(frozen=True, slots=True)
class RawPicture:
    """What to show for a raw file.

    Attributes:
        image: loaded or ready to load.
        size: the full (width, height), in the image's own direction.
        orientation: how to turn the image, EXIF orientation 1..8.
    """

    image: Image.Image
    size: tuple[int, int]
    orientation: int
    exif: Exif


def open_raw(source: PhotoSource, max_side: int | None) -> RawPicture:
    """Finds the picture to show for a raw file.

    Raises whatever LibRaw and Pillow raise; meant to run in a process of its own.
    """
    import rawpy

    with rawpy.RawPy() as raw:
        raw.open_buffer(source.file)
        full = raw.sizes.width, raw.sizes.height
        orientation = _FLIPS.get(raw.sizes.flip, 1)
        exif = _exif(source)
        image = _preview(raw, min(MIN_PREVIEW_SIDE, max_side or MIN_PREVIEW_SIDE))
        if image is None:
            raw.unpack()
            image = Image.fromarray(
                raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0, output_bps=8)
            )
    if orientation >= 5 and _shape_matches(image.size, full[::-1]):
        # The camera has stored the preview upright already.
        return RawPicture(image, full[::-1], 1, exif)
    size = full if _shape_matches(image.size, full) else image.size
    return RawPicture(image, size, orientation, exif)


def _preview(raw: object, min_side: int) -> Image.Image | None:
    import rawpy

    try:
        thumbnail = raw.extract_thumb()  # type: ignore[attr-defined]
    except rawpy.LibRawError as error:
        log.info("no preview in a raw file: %s", error)
        return None
    if thumbnail.format == rawpy.ThumbFormat.JPEG:
        image: Image.Image = JpegImagePlugin.JpegImageFile(io.BytesIO(thumbnail.data))
    else:
        image = Image.fromarray(thumbnail.data)
    return image if max(image.size) >= min_side else None


def _shape_matches(size: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(size[0] * other[1] / (size[1] * other[0]) - 1) < _SAME_SHAPE


def _exif(source: PhotoSource) -> Exif:
    """Where each maker keeps EXIF: most are TIFF inside, RAF holds a JPEG, CR3 has boxes."""
    if source.kind not in ("raf", "cr3"):
        return parse_tiff_file(source.file)
    source.file.seek(0)
    beginning = source.file.read(1 << 18)
    if source.kind == "raf":
        start = beginning.find(b"Exif\x00\x00")
        return parse_tiff_file(source.file, start + 6) if start >= 0 else Exif()
    camera, shot = beginning.find(b"CMT1"), beginning.find(b"CMT2")
    facts = parse_tiff_file(source.file, camera + 4) if camera >= 0 else Exif()
    if shot < 0:
        return facts
    return Exif(parse_tiff_file(source.file, shot + 4).tags | facts.tags, facts.problems)
