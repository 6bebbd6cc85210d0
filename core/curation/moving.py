"""Moves a file so that nothing is ever overwritten and nothing is ever lost.

On one disk a move is one step of the file system. Between disks it is copy, verify, remove, in
that order; a copy that was not finished lies under a name of its own until the next start clears
it away.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import logging
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from core.files.identity import content_hash
from core.paths import fits

log = logging.getLogger(__name__)

PART_SUFFIX = ".albumen-part"
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4
_UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK, errno.ENOTSUP}
)


def move(source: Path, target: Path) -> None:
    """Move a file to a path where nothing is; bytes and times stay as they are.

    Raises:
        FileExistsError: something is at ``target``; nothing was done.
        OSError: it can't be moved (a full or read-only disk, no permission); the file is where
            it was.
    """
    try:
        _rename_without_replacing(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_verify_remove(source, target)
    _sync_folder(target.parent)
    if source.parent != target.parent:
        _sync_folder(source.parent)


def part_path(target: Path) -> Path:
    """Where a copy to ``target`` lies until it is whole and verified."""
    name = f".{target.name}{PART_SUFFIX}"
    if not fits(name):
        mark = hashlib.blake2b(os.fsencode(target.name), digest_size=16).hexdigest()
        name = f".{mark}{PART_SUFFIX}"
    return target.with_name(name)


def _rename_without_replacing(source: Path, target: Path) -> None:
    rename = _exclusive_rename()
    if rename is not None:
        try:
            rename(source, target)
            return
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
    if sys.platform == "win32":
        os.rename(source, target)  # refuses to replace, by itself
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _rename_onto_placeholder(source, target)
        return
    try:
        os.unlink(source)
    except OSError:
        os.unlink(target)  # both names are one file: taking the new one off loses nothing
        raise


def _rename_onto_placeholder(source: Path, target: Path) -> None:
    """For file systems without links (FAT): claim the name with an empty file, then replace it."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        os.replace(source, target)
    except OSError:
        with contextlib.suppress(OSError):
            if target.stat().st_size == 0 and source.exists():
                target.unlink()
        raise


@functools.cache
def _exclusive_rename() -> Callable[[Path, Path], None] | None:
    """The system's rename that fails where the target exists, if it has one."""
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None, use_errno=True)

    def checked(result: int, source: Path, target: Path) -> None:
        if result != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(source), None, str(target))

    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        return lambda source, target: checked(
            library.renamex_np(os.fsencode(source), os.fsencode(target), _RENAME_EXCL),
            source,
            target,
        )
    if hasattr(library, "renameat2"):
        return lambda source, target: checked(
            library.renameat2(
                _AT_FDCWD,
                os.fsencode(source),
                _AT_FDCWD,
                os.fsencode(target),
                _RENAME_NOREPLACE,
            ),
            source,
            target,
        )
    return None


def _copy_verify_remove(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    part = part_path(target)
    before = source.stat()
    with contextlib.suppress(FileNotFoundError):
        part.unlink()  # left by a crash; the name is ours alone
    try:
        with source.open("rb") as reading, part.open("xb") as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
            writing.flush()
            os.fsync(writing.fileno())
        shutil.copystat(source, part)
        if content_hash(part) != content_hash(source) or _changed(source, before):
            raise OSError(errno.EIO, "the copy differs from the file", str(source))
        _rename_without_replacing(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_folder(target.parent)
    try:
        os.unlink(source)
    except OSError:
        os.unlink(target)  # the original is still there; the copy would make two
        raise


def _changed(path: Path, before: os.stat_result) -> bool:
    now = path.stat()
    return (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


def same_file(first: Path, second: Path) -> bool:
    """Whether two existing paths are one file, or one a whole and equal copy of the other."""
    ours, theirs = first.stat(), second.stat()
    if (ours.st_ino, ours.st_dev) == (theirs.st_ino, theirs.st_dev):
        return True
    if ours.st_size != theirs.st_size:
        return False
    return content_hash(first) == content_hash(second)


def is_ordinary(path: Path) -> bool:
    """Whether an ordinary file (no link, no folder) is at ``path``."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    """Have the folder's entries written, so that a power cut can't undo half a move."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # a folder that can be written but not read: the system syncs it in its own time
    try:
        os.fsync(descriptor)
    except OSError as error:
        log.debug("a folder can't be synced: %s", error.strerror)
    finally:
        os.close(descriptor)
