"""Stars, flags, colours and names in XMP: read, and merged into what others wrote.

XMP is read and written by Exiv2, so every property that it can parse survives as it was (a
darktable history, say). A file is replaced as a whole, after the new one was read back and found to
hold what it should; the picture in it is never touched.

Properties: ``xmp:Rating`` (-1 means rejected, 0..5 stars; XMP specification part 1, 8.4) and
``xmp:Label``; for picks, which that has no room for, ``xmpDM:pick`` (1, 0, -1) and
``digiKam:PickLabel`` (3 accepted, 1 rejected); ``Iptc4xmpExt:PersonInImage`` for names.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain import ColorLabel, Flag
from core.errors import AlbumenError
from core.files.formats import extension
from core.paths import display_name

log = logging.getLogger(__name__)

RATING = "Xmp.xmp.Rating"
LABEL = "Xmp.xmp.Label"
DM_PICK = "Xmp.xmpDM.pick"
PICK_LABEL = "Xmp.digiKam.PickLabel"
PEOPLE = "Xmp.iptcExt.PersonInImage"

EMBEDDABLE = frozenset({"jpg", "jpeg", "jpe", "png", "webp"})
"""Extensions of files that Exiv2 can write into without rewriting the picture."""

_exiv2_lock = threading.RLock()


_MAX_BYTES = 512 << 20
"""Files are read whole: one that claims to be larger (sparse files take no room) is left alone."""


class XmpError(AlbumenError):
    """Metadata can't be read or written; the file is as it was."""


@dataclass(frozen=True, slots=True)
class XmpJudgement:
    """What a file says of a photo; ``None`` where it says nothing.

    ``rating`` is 0..5 stars. ``flag`` counts only if ``flag_stated``: a file without any word on
    flags is no order to clear one. ``color`` of ``None`` is written, by taking our labels off, only
    if ``color_stated``; a file never states that.
    """

    rating: int | None = None
    flag: Flag | None = None
    flag_stated: bool = False
    color: ColorLabel | None = None
    people: tuple[str, ...] = ()
    color_stated: bool = False


def sidecar_paths(photo: Path) -> tuple[Path, Path]:
    """The two names a sidecar may have: ``IMG.jpg.xmp`` (darktable, digiKam) and ``IMG.xmp``
    (Lightroom, Capture One)."""
    return photo.with_name(photo.name + ".xmp"), photo.with_name(photo.stem + ".xmp")


def existing_sidecars(photo: Path) -> list[Path]:
    """Sidecars that are there, under either name and in any case of the extension."""
    wanted = {path.name.casefold() for path in sidecar_paths(photo)}
    found = [path for path in sidecar_paths(photo) if os.path.isfile(path)]
    if len(found) < 2:
        with contextlib.suppress(OSError), os.scandir(photo.parent) as entries:
            found = [Path(e.path) for e in entries if e.name.casefold() in wanted and e.is_file()]
    return sorted(found, key=lambda path: (-len(path.name), path.name))


def read(path: Path) -> XmpJudgement:
    """What a sidecar or a photo file says.

    Raises:
        XmpError: it can't be read, or holds no metadata that can be parsed.
    """
    return _to_judgement(_properties(_load(path)[1]))


def write(path: Path, judgement: XmpJudgement) -> bool:
    """Merge a judgement into a sidecar (made if missing) or into a photo; False if all was there.

    ``flag`` is written if ``flag_stated``, as ``rating`` -1 or as a pick; other values if not
    ``None``. Names are added to those there.

    Raises:
        XmpError: it can't be written, or reading it back gave something else; it is as it was.
    """
    target = Path(os.path.realpath(path))
    for _attempt in range(3):
        before = _state(target)
        if before is None and extension(target.name) != "xmp":
            raise XmpError(f"{display_name(path)} is not there.")
        old, image = (b"", None) if before is None else _load(target)
        known = {} if image is None else _properties(image)
        new, wanted = _merged(old, judgement)
        if wanted == known:
            return False
        if extension(target.name) != "xmp":
            _check_picture(old, new, path)
        if _replace(target, new, wanted, before):
            return True
    raise XmpError(f"{display_name(path)} is being written by another program; try again.")


# --- Exiv2 ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _exiv2() -> Iterator[Any]:
    """The library, for one thread at a time: its XMP parser keeps global state."""
    import exiv2

    with _exiv2_lock:
        exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)  # problems come as exceptions
        yield exiv2


def _load(path: Path) -> tuple[bytes, Any]:
    """A file's bytes and the image that Exiv2 makes of them.

    Bytes, not the path: names need not be text, and what is checked must be what is replaced.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise XmpError(f"{display_name(path)} is too large to look for metadata in.")
        content = path.read_bytes()
    except OSError as error:
        raise XmpError(f"{display_name(path)} can't be read: {error.strerror}.") from error
    return content, _parse(content, path)


def _parse(content: bytes, path: Path | str) -> Any:
    with _exiv2() as exiv2:
        try:
            image = exiv2.ImageFactory.open(content)
            image.readMetadata()
        except exiv2.Exiv2Error as error:
            raise XmpError(f"{display_name(path)} holds no metadata that can be read.") from error
        return image


Properties = dict[str, tuple[str, ...]]


def _properties(image: Any) -> Properties:
    """Every XMP property with its values, as text."""
    with _exiv2():
        return {datum.key(): (datum.typeName(), *_texts(datum)) for datum in image.xmpData()}


def _texts(datum: Any) -> tuple[str, ...]:
    """Values of an array, or the one value of anything else (whose count is its length)."""
    if datum.typeName() in ("XmpBag", "XmpSeq", "XmpAlt"):
        return tuple(datum.toString(index) for index in range(datum.count()))
    return (datum.toString(),)


def _merged(old: bytes, judgement: XmpJudgement) -> tuple[bytes, Properties]:
    """New content with a judgement merged in, and all the properties that it must hold."""
    with _exiv2() as exiv2:
        if old:
            image = exiv2.ImageFactory.open(old)
            image.readMetadata()
        else:
            image = exiv2.ImageFactory.create(exiv2.ImageType.xmp)
        wanted = _properties(image)
        properties = image.xmpData()
        for key, value in _values(judgement, wanted).items():
            properties[key] = value
            wanted[key] = ("XmpText", value)
        if judgement.color is None and judgement.color_stated and _color(wanted) is not None:
            properties.erase(properties.findKey(exiv2.XmpKey(LABEL)))
            del wanted[LABEL]
            if not wanted:  # Exiv2 leaves a file as it is where nothing is left to write
                properties[RATING] = "0"
                wanted[RATING] = ("XmpText", "0")
        fresh = [name for name in judgement.people if name not in wanted.get(PEOPLE, ())[1:]]
        if fresh:
            names = [*wanted.get(PEOPLE, ())[1:], *fresh]
            bag = exiv2.XmpArrayValue(exiv2.TypeId.xmpBag)
            for name in names:
                bag.read(name)
            properties[PEOPLE] = bag
            wanted[PEOPLE] = ("XmpBag", *names)
        try:
            image.writeMetadata()
        except exiv2.Exiv2Error as error:
            raise XmpError(f"The metadata can't be written: {error}.") from error
        with image.io().mmap() as mapped:
            return bytes(mapped), wanted


def _values(judgement: XmpJudgement, there: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Properties to set; what already says the same, and zeros where nothing was, are left out."""
    values: dict[str, str] = {}
    if judgement.flag_stated and judgement.flag is Flag.REJECT:
        values[RATING] = "-1"
    elif judgement.rating is not None:
        values[RATING] = str(judgement.rating)
    elif judgement.flag_stated and there.get(RATING, ("", ""))[1] == "-1":
        values[RATING] = "0"
    if judgement.flag_stated:
        values[DM_PICK] = {Flag.PICK: "1", Flag.REJECT: "-1", None: "0"}[judgement.flag]
        values[PICK_LABEL] = {Flag.PICK: "3", Flag.REJECT: "1", None: "0"}[judgement.flag]
    if judgement.color is not None:
        values[LABEL] = judgement.color.value.capitalize()
    return {
        key: value
        for key, value in values.items()
        if not (value == "0" and key not in there) and there.get(key, ("", None))[1:] != (value,)
    }


def _to_judgement(properties: Mapping[str, tuple[str, ...]]) -> XmpJudgement:
    rating = _number(properties, RATING)
    pick, label = _number(properties, DM_PICK), _number(properties, PICK_LABEL)
    flag: Flag | None = None
    # Both words for a reject come from here alone, and with them -1: who gave stars since then
    # (darktable and Lightroom know no other word) took the reject back.
    taken_back = pick == -1 and label == 1 and rating is not None and rating >= 0
    if rating == -1 or ((pick == -1 or label == 1) and not taken_back):
        flag = Flag.REJECT
    elif pick == 1 or label == 3:
        flag = Flag.PICK
    return XmpJudgement(
        rating=int(min(rating, 5)) if rating is not None and rating >= 0 else None,
        flag=flag,
        flag_stated=rating == -1 or pick is not None or label is not None,
        color=_color(properties),
        people=properties.get(PEOPLE, ())[1:],
    )


def _color(properties: Mapping[str, tuple[str, ...]]) -> ColorLabel | None:
    """The label, if it is one of ours and no word of the user's own."""
    text = properties.get(LABEL, ("", ""))[1].strip().casefold()
    return ColorLabel(text) if text in set(ColorLabel) else None


def _number(properties: Mapping[str, tuple[str, ...]], key: str) -> float | None:
    try:
        return float(properties[key][1])
    except (KeyError, IndexError, ValueError):
        return None


# --- replacing ------------------------------------------------------------------------------------


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise XmpError(f"{display_name(path)} can't be reached: {error.strerror}.") from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _replace(
    target: Path, content: bytes, wanted: Properties, before: tuple[int, int, int] | None
) -> bool:
    """Put new content in a file's place, once it was read back; False if somebody was faster."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".albumen-", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if _properties(_parse(temporary.read_bytes(), target)) != wanted:
            raise XmpError(f"{display_name(target)} was not written: it reads back differently.")
        if before is not None:
            shutil.copymode(target, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
        if _state(target) != before:
            return False
        if before is None:
            os.link(temporary, target) if hasattr(os, "link") else os.rename(temporary, target)
        else:
            os.replace(temporary, target)
    except FileExistsError:
        return False
    except OSError as error:
        raise XmpError(
            f"{display_name(target)} can't be written: {error.strerror or error}."
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    return True


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _check_picture(old: bytes, new: bytes, path: Path) -> None:
    """Make sure that nothing but metadata differs.

    Raises:
        XmpError: the coded picture differs.
    """
    if _coded_picture(old) != _coded_picture(new):
        raise XmpError(f"{display_name(path)} was not written: its picture would have changed.")


def _coded_picture(content: bytes) -> bytes:
    """The file's bytes without its metadata: a JPEG from its tables on, PNG and WebP chunks of
    the picture."""
    if content.startswith(b"\xff\xd8"):
        return _jpeg_without_applications(content)
    if content.startswith(b"\x89PNG"):
        return b"".join(_png_chunks(content))
    return b"".join(_riff_chunks(content))


def _jpeg_without_applications(content: bytes) -> bytes:
    kept, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xDA:  # from the scan on, all of it is picture
            kept.append(content[at:])
            break
        length = 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(content[at : at + length])
        at += length
    return b"".join(kept)


def _png_chunks(content: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind not in (b"iTXt", b"tEXt", b"zTXt", b"eXIf", b"tIME"):
            yield content[at : at + 12 + length]
        at += 12 + length


def _riff_chunks(content: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(content):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        kind = content[at : at + 4]
        if kind not in (b"XMP ", b"EXIF", b"VP8X"):
            yield content[at : at + 8 + length]
        at += 8 + length + length % 2
