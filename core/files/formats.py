"""What a file is, by its content; its name only decides whether it is worth a look.

Formats are short lower-case names: ``jpeg`` (MPO too), ``png`` (APNG too), ``webp``, ``tiff``,
``gif``, ``bmp``, ``heic`` (all of HEIF), ``avif``, ``jxl``, and the raw kinds of `RAW_FORMATS`.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

SNIFF_BYTES = 64
"""How much of a file's beginning `sniff` wants."""

RAW_FORMATS = frozenset({"cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"})

_EXTENSIONS = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "mpo": "jpeg",
    "png": "png",
    "apng": "png",
    "webp": "webp",
    "tif": "tiff",
    "tiff": "tiff",
    "gif": "gif",
    "bmp": "bmp",
    "dib": "bmp",
    "heic": "heic",
    "heif": "heic",
    "hif": "heic",
    "avif": "avif",
    "jxl": "jxl",
} | {kind: kind for kind in RAW_FORMATS}

PHOTO_EXTENSIONS = frozenset(_EXTENSIONS)
"""Extensions, lower case and without the dot, that make a file a candidate by name alone."""

# Names that never hold a photo of the kinds above: not worth opening to find out.
_OTHER_NAMES = """
    txt md rst log csv tsv json jsonl xml yaml yml toml ini cfg conf html htm css js ts py pyc
    c h cpp hpp rs go java class sh bat ps1 lua rb pl php sql
    pdf doc docx xls xlsx ppt pptx odt ods odp rtf epub mobi tex
    zip gz bz2 xz zst 7z rar tar tgz iso img dmg deb rpm apk jar whl
    mp4 mov m4v avi mkv webm mpg mpeg mts m2ts 3gp wmv flv lrv thm
    mp3 wav flac ogg opus m4a aac wma aiff mid
    xmp pp3 dop cos xmpbak aae on1 lrcat lrprev lrdata cocatalog
    db sqlite sqlite3 db-wal db-shm db-journal lock pid cache dat bin
    exe dll so dylib o a lib obj msi app desktop lnk url webloc
    psd psb xcf kra ai eps svg svgz indd sketch blend obj stl ttf otf woff woff2
    onnx pt pth h5 npy npz pb tflite part crdownload tmp bak torrent
"""
_OTHER_EXTENSIONS = frozenset(_OTHER_NAMES.split())

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_CONTAINERS = frozenset({b"mif1", b"msf1", b"mif2", b"miaf", b"MiHB"})
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

# Content that people do put among photos, and the words to turn it down with.
_OTHER_CONTENT: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<!doctype html", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a compressed archive"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture, which isn't supported"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture, which isn't supported"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture, which isn't supported"),
    (0, b"#?RADIANCE", "a Radiance HDR picture, which isn't supported"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"FLV", "a video"),
    (0, b"version https://git-lfs", "a Git LFS pointer; the real file was never downloaded"),
)
_VIDEO_BRANDS = (b"isom", b"iso2", b"mp4", b"avc1", b"qt  ", b"M4V", b"3gp", b"MSNV", b"dash")


def extension(name: str) -> str:
    """The file name's extension, lower case, without the dot; empty where there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def has_photo_extension(name: str) -> bool:
    """True for names that are candidates whatever the file holds."""
    return extension(name) in PHOTO_EXTENSIONS


def worth_sniffing(name: str) -> bool:
    """True for names that say nothing, so that only the content can tell (see `is_photo_content`).

    Such as ``image``, ``image.jpg%23something`` or ``IMG_1.jpg.1``.
    """
    return extension(name) not in PHOTO_EXTENSIONS | _OTHER_EXTENSIONS


def sniff(head: bytes) -> str | None:
    """The format that the first `SNIFF_BYTES` of a file announce; ``None`` for anything else.

    Raw files that are TIFF inside (NEF, ARW, DNG) are ``tiff`` here; `identify` tells them apart.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")):
        return "jxl"
    if head[4:8] == b"ftyp":
        return _sniff_ftyp(head)
    if head.startswith(b"BM"):
        return "bmp"
    return _sniff_tiff(head)


def is_photo_content(head: bytes) -> bool:
    """True if the bytes are surely a photo's: weak two-byte signs alone don't count."""
    kind = sniff(head)
    if kind == "bmp":
        return len(head) >= 18 and struct.unpack_from("<I", head, 14)[0] in _BMP_HEADERS
    if kind == "jxl":
        return head.startswith(b"\x00\x00\x00\x0c")
    return kind is not None


def _sniff_ftyp(head: bytes) -> str | None:
    size = struct.unpack_from(">I", head)[0]
    box = head[8 : min(size, len(head))] if size >= 16 else head[8:]
    brands = [box[:4], *(box[i : i + 4] for i in range(8, len(box) - 3, 4))]
    major = brands[0]
    if major == b"crx ":
        return "cr3"
    if major in (b"avif", b"avis"):
        return "avif"
    if major in _HEIF_BRANDS:
        return "heic"
    if major in _HEIF_CONTAINERS:
        return "avif" if b"avif" in brands else "heic"
    if b"avif" in brands:
        return "avif"
    return "heic" if any(brand in _HEIF_BRANDS for brand in brands) else None


def _sniff_tiff(head: bytes) -> str | None:
    if head.startswith(b"FUJIFILMCCD-RAW"):
        return "raf"
    if head.startswith((b"IIRO", b"IIRS", b"MMOR")):
        return "orf"
    if head.startswith(b"IIU\x00"):
        return "rw2"
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "cr2" if head[8:10] == b"CR" else "tiff"
    if head.startswith((b"II+\x00", b"MM\x00+")):  # BigTIFF
        return "tiff"
    return None


def identify(head: bytes, file: BinaryIO, name: str) -> str | None:
    """Like `sniff`, but also tells raw files apart that are TIFF inside.

    ``file`` is at any position and is left at any position. The name's extension is believed only
    among kinds that share the same beginning; a DNG that calls itself ``.tif`` is still a DNG.
    """
    kind = sniff(head)
    if kind != "tiff":
        return kind
    claimed = _EXTENSIONS.get(extension(name))
    if claimed in ("nef", "arw", "dng", "cr2"):
        return claimed
    return _raw_kind_of_tiff(head, file) or "tiff"


_TAG_MAKE, _TAG_SUBFILE, _TAG_SUB_IFDS, _TAG_DNG_VERSION = 271, 254, 330, 50706


def _raw_kind_of_tiff(head: bytes, file: BinaryIO) -> str | None:
    """Looks into the first directory: DNG says so; NEF and ARW keep a small preview there."""
    order = "<" if head[:1] == b"I" else ">"
    if len(head) < 8 or head[2:4] not in (b"*\x00", b"\x00*"):
        return None
    file.seek(struct.unpack_from(order + "I", head, 4)[0])
    directory = file.read(2 + 12 * 200)
    if len(directory) < 2:
        return None
    count = min(struct.unpack_from(order + "H", directory)[0], (len(directory) - 2) // 12)
    tags = {}
    for index in range(count):
        tag, _type, length = struct.unpack_from(order + "HHI", directory, 2 + 12 * index)
        tags[tag] = (length, directory[10 + 12 * index : 14 + 12 * index])
    if _TAG_DNG_VERSION in tags:
        return "dng"
    if _TAG_SUB_IFDS not in tags or _TAG_MAKE not in tags:
        return None
    subfile = struct.unpack(order + "I", tags[_TAG_SUBFILE][1])[0] if _TAG_SUBFILE in tags else 0
    length, value = tags[_TAG_MAKE]
    if not subfile & 1 or length <= 4:
        return None
    file.seek(struct.unpack(order + "I", value)[0])
    make = file.read(8).upper()
    if make.startswith(b"NIKON"):
        return "nef"
    return "arw" if make.startswith(b"SONY") else None


def describe_other(head: bytes) -> str:
    """Plain words for content that is no photo, as the ending of "this is ..."."""
    if not head.strip(b"\x00"):
        return "only empty bytes, not a picture (the file was probably never written completely)"
    if head[4:8] == b"ftyp" and head[8:12].startswith(_VIDEO_BRANDS):
        return "a video, not a photo"
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t") if head[:1] in b"\xef <\r\n\t" else head
    for offset, magic, words in _OTHER_CONTENT:
        if start[offset : offset + len(magic)] == magic:
            return words
    return "not a picture"


FORMATS = tuple(dict.fromkeys(_EXTENSIONS.values()))
"""All formats by name, each once."""


def format_named(word: str) -> str:
    """The format that a word names, by itself or by an extension; other words stay as they are."""
    return _EXTENSIONS.get(word, word)
