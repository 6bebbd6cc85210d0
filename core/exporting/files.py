"""Photos out to a folder or an archive, named by rank, so that any program shows them in order."""

from __future__ import annotations

import contextlib
import enum
import errno
import io
import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.curation.moving import is_ordinary
from core.errors import AlbumenError, UnreadablePhotoError, UsageError
from core.exporting.selection import Ranked
from core.files.identity import content_hash
from core.paths import display_name, shortened

log = logging.getLogger(__name__)

JPEG_QUALITY = 92


class How(enum.StrEnum):
    """In what way files are exported."""

    COPY = "copy"
    LINK = "link"  # a second name for the same file, where the disk allows it; else a copy
    ZIP = "zip"


class ExportError(AlbumenError):
    """The export can't be written; the text says where and why."""


@dataclass(slots=True)
class Exported:
    """What was exported: files in rank order, bytes written, and what could not be."""

    files: list[Path] = field(default_factory=list)
    bytes: int = 0
    linked: int = 0
    failed: dict[Path, str] = field(default_factory=dict)


Progress = Callable[[int, int], None]


def export_files(
    photos: Sequence[Ranked],
    out: Path,
    how: How = How.COPY,
    *,
    longest_side: int | None = None,
    on_progress: Progress | None = None,
) -> Exported:
    """Export photos as ``001_NAME``, ``002_NAME``...; originals are only read.

    Args:
        out: a folder (made if missing), or the archive to write with ``How.ZIP``.
        longest_side: resize to at most so many pixels, as JPEG; ``None`` exports the files.

    Raises:
        UsageError: links to resized photos make no sense, or ``out`` exists already.
        ExportError: the place can't be written.
    """
    if longest_side is not None and how is How.LINK:
        raise UsageError("A resized photo is a new file and can't be a link; export copies.")
    if longest_side is not None and longest_side < 16:
        raise UsageError("Resize to 16 pixels at least.")
    try:
        if how is How.ZIP:
            return _zip(photos, out, longest_side, on_progress)
        out.mkdir(parents=True, exist_ok=True)
        return _folder(photos, out, how, longest_side, on_progress)
    except OSError as error:
        raise ExportError(
            f"{display_name(out)} can't be written: {error.strerror or error}."
        ) from error


def export_name(photo: Ranked, count: int, *, resized: bool = False) -> str:
    """``007_IMG_1.jpg``: as many digits as the count needs, three at least."""
    path = photo.photo.path
    name = f"{path.stem}.jpg" if resized else path.name
    return shortened(f"{photo.rank:0{max(3, len(str(count)))}}_{name}")


def _folder(
    photos: Sequence[Ranked],
    out: Path,
    how: How,
    longest_side: int | None,
    on_progress: Progress | None,
) -> Exported:
    done = Exported()
    for index, ranked in enumerate(photos):
        target = out / export_name(ranked, len(photos), resized=longest_side is not None)
        source = ranked.photo.path
        try:
            if longest_side is not None:
                _write_new(target, resized_jpeg(source, longest_side))
            elif how is How.LINK and _link(source, target):
                done.linked += 1
            else:
                _copy(source, target)
        except FileExistsError:
            done.failed[source] = f"{display_name(target.name)} is in the folder already"
        except UnreadablePhotoError as error:
            done.failed[source] = str(error)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
                raise
            done.failed[source] = error.strerror or str(error)
        else:
            done.files.append(target)
            done.bytes += target.stat().st_size
        if on_progress is not None:
            on_progress(index + 1, len(photos))
    return done


def _link(source: Path, target: Path) -> bool:
    """Give a file a second name; False where the disks don't allow it."""
    if not is_ordinary(source):
        return False
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        log.info("no link, so a copy: %s", error.strerror)
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    """Copy with times, under a temporary name until it is whole."""
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=".albumen-", suffix=".tmp", delete=False
    ) as temporary:
        part = Path(temporary.name)
        try:
            with source.open("rb") as reading:
                shutil.copyfileobj(reading, temporary, 1 << 20)
            temporary.flush()
            os.fsync(temporary.fileno())
            shutil.copystat(source, part)
            if part.stat().st_size != source.stat().st_size or (
                content_hash(part) != content_hash(source)
            ):
                raise OSError(errno.EIO, "the copy differs from the file")
            _place(part, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()


def _write_new(target: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=".albumen-", suffix=".tmp", delete=False
    ) as temporary:
        part = Path(temporary.name)
        try:
            temporary.write(content)
            temporary.flush()
            part.chmod(0o644)
            _place(part, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()


def _place(part: Path, target: Path) -> None:
    """Give a finished file its name without replacing another."""
    from core.curation.moving import move

    move(part, target)


def resized_jpeg(source: Path, longest_side: int) -> bytes:
    """A photo as an upright sRGB JPEG whose longer side is at most so many pixels.

    Raises:
        UnreadablePhotoError: it can't be decoded.
    """
    from PIL import Image

    from core.files.decode import decode

    pixels = decode(source, longest_side, exact=False).pixels
    image = Image.fromarray(pixels)
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return content.getvalue()


def _zip(
    photos: Sequence[Ranked], out: Path, longest_side: int | None, on_progress: Progress | None
) -> Exported:
    if out.exists():
        raise UsageError(f"{display_name(out)} exists already; choose another name.")
    out.parent.mkdir(parents=True, exist_ok=True)
    done = Exported()
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".albumen-", suffix=".tmp")
    part = Path(name)
    try:
        # Photos are compressed already: packing them again would only take time.
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            for index, ranked in enumerate(photos):
                source = ranked.photo.path
                entry = export_name(ranked, len(photos), resized=longest_side is not None)
                try:
                    if longest_side is not None:
                        archive.writestr(display_name(entry), resized_jpeg(source, longest_side))
                    else:
                        _add(archive, source, display_name(entry))
                except (UnreadablePhotoError, FileNotFoundError, PermissionError) as error:
                    done.failed[source] = str(getattr(error, "strerror", None) or error)
                else:
                    done.files.append(Path(display_name(entry)))
                if on_progress is not None:
                    on_progress(index + 1, len(photos))
        with zipfile.ZipFile(part) as written:
            broken = written.testzip()
        if broken is not None:
            raise OSError(errno.EIO, f"{broken} reads back differently")
        part.chmod(0o644)
        _place(part, out)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    done.bytes = out.stat().st_size
    return done


def _add(archive: zipfile.ZipFile, source: Path, entry: str) -> None:
    with source.open("rb") as reading:  # opened first: a file that can't be read adds nothing
        info = zipfile.ZipInfo.from_file(source, entry, strict_timestamps=False)
        with archive.open(info, "w", force_zip64=True) as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
