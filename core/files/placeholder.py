"""The tiny picture that a camera put into a JPEG's EXIF: something to show within a millisecond."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from PIL import Image, JpegImagePlugin

from core.errors import UnreadablePhotoError
from core.files.codecs import codec_errors, silence_pillow
from core.files.exif import parse_exif
from core.files.raster import render
from core.files.source import open_photo

log = logging.getLogger(__name__)

_MAX_BYTES = 1 << 16


def embedded_thumbnail(path: Path) -> bytes | None:
    """The photo's own EXIF thumbnail as an upright JPEG, about 160 pixels; ``None`` if it has none.

    Only for JPEG. Black bars that cameras add to fit 4:3 are cut off. Not colour-converted, and
    perhaps older than the photo's last edit: good for the moment until the real one is there.
    """
    try:
        with open_photo(path) as source:
            if source.kind != "jpeg":
                return None
            silence_pillow()
            with codec_errors(source), JpegImagePlugin.JpegImageFile(source.file) as photo:
                block = photo.info.get("exif")
                exif = parse_exif(block) if isinstance(block, bytes) else None
                if not isinstance(block, bytes) or exif is None or exif.thumbnail_at is None:
                    return None
                tiff = block[block.index(b"Exif\0\0") + 6 :] if b"Exif\0\0" in block else block
                start, length = exif.thumbnail_at
                content = tiff[start : start + min(length, _MAX_BYTES)]
                with JpegImagePlugin.JpegImageFile(io.BytesIO(content)) as tiny:
                    if max(tiny.size) > max(photo.size) or max(tiny.size) > 1024:
                        return None
                    tiny.load()
                    image = _without_bars(tiny, photo.size)
                pixels = render(image, image.size, exif.orientation, None)
    except UnreadablePhotoError as error:
        log.debug("no embedded thumbnail: %s", error)
        return None
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


def _without_bars(tiny: Image.Image, full: tuple[int, int]) -> Image.Image:
    """The middle of the thumbnail that has the photo's shape."""
    width = min(tiny.width, round(tiny.height * full[0] / full[1]))
    height = min(tiny.height, round(tiny.width * full[1] / full[0]))
    left, top = (tiny.width - width) // 2, (tiny.height - height) // 2
    return tiny.crop((left, top, left + max(1, width), top + max(1, height)))
