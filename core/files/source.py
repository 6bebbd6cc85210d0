"""Opens a photo's file so that every way it can fail has a sentence for the user."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import PhotoChangedError, UnreadablePhotoError, UnsupportedFormatError
from core.files.formats import SNIFF_BYTES, describe_other, identify

CUT_OFF = "the file is cut off: only part of the picture is there"
DAMAGED = "the picture's data is damaged"
EMPTY = "the file is empty"
GONE = "the file is no longer there"
TOO_MUCH_MEMORY = "too large: it needs more memory than is allowed"
CHANGED = "the file changed while it was being read"


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """An open file that holds a photo.

    Attributes:
        head: the first `SNIFF_BYTES` bytes.
        kind: the format by content, see `core.files.formats`.
        state: the file's state when it was opened.
    """

    path: Path
    file: BinaryIO
    head: bytes
    kind: str
    state: os.stat_result

    def changed(self) -> bool:
        """True if somebody wrote, replaced or removed the file since it was opened."""
        try:
            now = os.stat(self.path)
        except OSError:
            return True
        return (now.st_size, now.st_mtime_ns, now.st_ino) != (
            self.state.st_size,
            self.state.st_mtime_ns,
            self.state.st_ino,
        )


@contextlib.contextmanager
def open_photo(path: Path) -> Iterator[PhotoSource]:
    """Opens ``path`` for reading and tells what kind of photo it is.

    Raises:
        PhotoChangedError: it is not there (any more).
        UnsupportedFormatError: it holds no photo.
        UnreadablePhotoError: it is empty, or the system refuses.
    """
    try:
        # A named pipe would block for ever on open, so look before opening.
        kind_of_file = os.stat(path).st_mode
        if stat.S_ISDIR(kind_of_file):
            raise UnsupportedFormatError("this is a folder, not a picture")
        if not stat.S_ISREG(kind_of_file):
            raise UnsupportedFormatError("this is not an ordinary file")
        file = open(path, "rb")  # noqa: SIM115 - closed below, outside this net
    except (OSError, ValueError) as error:
        raise access_error(error) from error
    with file:
        try:
            state = os.fstat(file.fileno())
            head = file.read(SNIFF_BYTES)
            if not head:
                raise UnreadablePhotoError(EMPTY)
            kind = identify(head, file, path.name)
            file.seek(0)
        except (OSError, ValueError) as error:
            raise access_error(error) from error
        if kind is None:
            raise UnsupportedFormatError(f"this is {describe_other(head)}")
        yield PhotoSource(path, file, head, kind, state)


def access_error(error: OSError | ValueError) -> UnreadablePhotoError:
    """The user's words for what the system said on opening or reading a file."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return PhotoChangedError(GONE)
    if isinstance(error, PermissionError):
        return UnreadablePhotoError("the file can't be opened: permission denied")
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.EHOSTDOWN):
        return PhotoChangedError("the drive that holds the file is away")
    if code == errno.EIO:
        return UnreadablePhotoError("the drive reports a read error on this file")
    if code == errno.ELOOP:
        return UnreadablePhotoError("the link leads nowhere but to itself")
    if code == errno.EINVAL:  # its offsets lead to where no file reaches
        return UnreadablePhotoError(DAMAGED)
    if code == errno.EMFILE:
        return PhotoChangedError("too many files are open at the moment")
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnreadablePhotoError(f"the file can't be read: {said}")
