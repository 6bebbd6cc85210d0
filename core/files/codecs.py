"""Opens and loads pictures with the codec that their content calls for."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from core.errors import (
    AlbumenError,
    PhotoChangedError,
    PhotoTooLargeError,
    UnreadablePhotoError,
)
from core.files import limits
from core.files.cut_off import is_cut_off
from core.files.deep_tiff import open_deep_tiff
from core.files.exif import Exif, parse_exif, parse_tiff_file
from core.files.formats import RAW_FORMATS
from core.files.jpeg_tail import ends_in_zeros
from core.files.jxl import CodestreamHeader, read_codestream_header
from core.files.limits import check_size, header_size
from core.files.raster import fit
from core.files.raw import RawPicture, open_raw
from core.files.source import (
    CHANGED,
    CUT_OFF,
    DAMAGED,
    TOO_MUCH_MEMORY,
    PhotoSource,
    access_error,
)

log = logging.getLogger(__name__)

# `check_size` is what guards us; this only makes Pillow's own alarm agree with it.
Image.MAX_IMAGE_PIXELS = limits.MAX_JPEG_PIXELS // 2

_PILLOW_FORMATS = {
    "png": ["PNG"],
    "webp": ["WEBP"],
    "tiff": ["TIFF"],
    "gif": ["GIF"],
    "bmp": ["BMP"],
    "heic": ["HEIF"],
    "avif": ["AVIF"],
    "jxl": ["JXL"],
}
_BIG_PIXELS = 30_000_000
_AT_A_TIME = 16 << 20
"""Bytes handed to the JPEG decoder at once. With Pillow's 64 KB, a photo's decoding stops seventy
times to wait for the interpreter's lock, which the other workers hold."""
_one_big_picture = threading.Lock()
_PILLOW_MODULES = r"PIL\.|pillow_heif|pillow_jxl"


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """A picture in the codec's own words: not turned, not colour-converted yet.

    Attributes:
        image: loaded; perhaps already reduced by the codec.
        size: the full stored (width, height).
        orientation: how to turn ``image``, 1..8.
        exif: what the file says; its orientation may be obsolete (see ``orientation``).
        icc: the embedded colour profile.
    """

    image: Image.Image
    size: tuple[int, int]
    orientation: int
    exif: Exif
    icc: bytes | None
    animated: bool = False


@contextlib.contextmanager
def load_picture(source: PhotoSource, max_side: int | None) -> Iterator[LoadedPicture]:
    """Loads the picture; one large one at a time in this process, to bound its memory.

    Raises:
        UnreadablePhotoError: or one of its kinds, with the reason.
    """
    silence_pillow()
    claimed = header_size(source.kind, source.head)
    codestream = read_codestream_header(source.file) if source.kind == "jxl" else None
    if codestream is not None:
        claimed = codestream.size
    source.file.seek(0)
    if claimed is not None:
        check_size(source.kind, claimed)
    raw: RawPicture | None = None
    with codec_errors(source):
        if source.kind in RAW_FORMATS:
            raw = open_raw(source, max_side)
            image = raw.image
        else:
            image = _open(source)
    with image:
        size = image.size
        if min(size) < 1:
            raise UnreadablePhotoError(DAMAGED)
        check_size(source.kind, size, _coefficient_bytes(image))
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            _reduce_while_decoding(image, max_side)
        big = image.width * image.height > _BIG_PIXELS
        with _one_big_picture if big else contextlib.nullcontext():
            with codec_errors(source):
                image.load()
            if _is_silently_cut_off(source):
                raise UnreadablePhotoError(CUT_OFF)
            if source.kind != "jpeg" and raw is None:
                size = image.size
            exif = _exif(source, image)
            orientation = 1 if _is_turned(source, image, codestream) else exif.orientation
            if raw is not None:
                size, orientation, exif = raw.size, raw.orientation, raw.exif
            if exif.problems:
                log.info("odd EXIF in %s: %s", source.path, "; ".join(exif.problems[:3]))
            yield LoadedPicture(
                image=image,
                size=size,
                orientation=orientation,
                exif=exif,
                icc=image.info.get("icc_profile"),
                animated=_is_animated(source, image),
            )


def silence_pillow() -> None:
    """Keeps Pillow's warnings (odd EXIF, large pictures) off the console.

    ``warnings.catch_warnings`` would change the state of all threads and then put back what
    another thread has changed; one permanent filter that is put in front again where somebody
    has covered it has no such trouble.
    """
    first = warnings.filters[0][3] if warnings.filters else None
    if not isinstance(first, re.Pattern) or first.pattern != _PILLOW_MODULES:
        warnings.filterwarnings("ignore", module=_PILLOW_MODULES)


@contextlib.contextmanager
def codec_errors(source: PhotoSource) -> Iterator[None]:
    """Gives whatever a codec throws at a broken file a sentence for the user."""
    try:
        yield
    except AlbumenError:
        raise
    except MemoryError as error:
        raise PhotoTooLargeError(TOO_MUCH_MEMORY) from error
    except Image.DecompressionBombError as error:
        claimed = re.search(r"\d+ pixels", str(error))
        words = claimed[0] if claimed else "more pixels than are allowed"
        raise PhotoTooLargeError(f"too large: {words}") from error
    except Exception as error:
        if source.changed():
            raise PhotoChangedError(CHANGED) from error
        log.debug("%s can't be decoded: %s: %s", source.path, type(error).__name__, error)
        raise UnreadablePhotoError(_reason(source, error)) from error


def _reason(source: PhotoSource, error: Exception) -> str:
    said = str(error).lower()
    if isinstance(error, OSError) and error.errno is not None:
        return str(access_error(error))
    if isinstance(error, EOFError) or "truncated" in said or is_cut_off(source):
        return CUT_OFF
    if source.kind in RAW_FORMATS and "input/output error" in said:
        return CUT_OFF  # LibRaw's words for an end that comes too early
    return DAMAGED


def _is_silently_cut_off(source: PhotoSource) -> bool:
    """True if parts are missing that the codec has filled with grey without a word."""
    if source.kind == "jpeg":
        return ends_in_zeros(source.file)
    return source.kind in ("heic", "avif", "webp") and is_cut_off(source)


def _open(source: PhotoSource) -> Image.Image:
    if source.kind == "jpeg":
        # Not through `Image.open`, which would make an MPO of it where a second view follows.
        jpeg = JpegImagePlugin.JpegImageFile(source.file)
        jpeg.decodermaxblock = _AT_A_TIME
        return jpeg
    _register(source.kind)
    try:
        return Image.open(source.file, formats=_PILLOW_FORMATS[source.kind])
    except UnidentifiedImageError:
        if source.kind != "tiff":
            raise
        return open_deep_tiff(source.file)


@functools.cache
def _register(kind: str) -> None:
    """Loads the codecs that Pillow does not bring along, one thread each."""
    if kind == "heic":
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener()
    elif kind == "avif":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    elif kind == "jxl":
        from pillow_jxl import JpegXLImagePlugin

        JpegXLImagePlugin.DECODE_THREADS = 0


def _coefficient_bytes(image: Image.Image) -> float:
    """Bytes per pixel that libjpeg holds at any scale: all coefficients of a progressive file."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or not image.info.get("progressive"):
        return 0.0
    largest = max((h * v for _, h, v, _ in image.layer), default=1) or 1
    return sum(2.0 * h * v / largest for _, h, v, _ in image.layer)


def _reduce_while_decoding(image: Image.Image, max_side: int | None) -> None:
    """Has libjpeg decode at 1/2, 1/4 or 1/8, not smaller than wanted where that is enough."""
    wanted = fit(image.size, max_side)
    if wanted != image.size:
        image.draft(None, wanted)
    width, height = image.size
    divisor = 2
    while max_side is None and width * height // divisor**2 > limits.MAX_PIXELS:
        divisor *= 2
    if max_side is None and width * height > limits.MAX_PIXELS:
        image.draft(None, (width // divisor, height // divisor))


def _exif(source: PhotoSource, image: Image.Image) -> Exif:
    if source.kind == "tiff":
        return parse_tiff_file(source.file)
    block = image.info.get("exif")
    if isinstance(block, bytes):
        return parse_exif(block)
    profile = image.info.get("Raw profile type exif")  # ImageMagick's way in PNG
    if isinstance(profile, str):
        with contextlib.suppress(ValueError):
            return parse_exif(bytes.fromhex("".join(profile.split("\n")[3:])))
    return Exif()


def _is_turned(
    source: PhotoSource, image: Image.Image, codestream: CodestreamHeader | None
) -> bool:
    """True if the codec has turned the picture upright by itself.

    AVIF's has not: there, Pillow's EXIF tells the turn that the container asks for. In JPEG XL,
    EXIF only counts with writers that leave the codestream's own orientation unset, and in
    repacked JPEGs, which come as they were stored.
    """
    if codestream is not None:
        return codestream.orientation != 1 and not getattr(image, "jpeg", False)
    return source.kind in ("heic", "tiff")


def _is_animated(source: PhotoSource, image: Image.Image) -> bool:
    if source.kind not in ("gif", "png", "webp", "avif"):
        return False
    if source.kind == "gif":
        return _gif_has_second_frame(source)
    return bool(getattr(image, "is_animated", False))


def _gif_has_second_frame(source: PhotoSource) -> bool:
    """Walks the blocks (GIF89a, appendix A); Pillow would move the image to tell."""
    file = source.file
    file.seek(10)
    flags = file.read(3)[:1]
    file.seek(13 + _gif_palette_bytes(flags))
    frames = 0
    while True:
        introducer = file.read(1)
        if introducer == b"!":
            file.seek(1, os.SEEK_CUR)
        elif introducer == b",":
            frames += 1
            if frames == 2:
                return True
            flags = file.read(9)[8:]
            file.seek(_gif_palette_bytes(flags) + 1, os.SEEK_CUR)
        else:
            return False
        while length := file.read(1):
            if length == b"\x00":
                break
            file.seek(length[0], os.SEEK_CUR)


def _gif_palette_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0
