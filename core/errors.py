"""What the user may be told. Anything that is not an ``AlbumenError`` is a bug and gets logged."""

from __future__ import annotations


class AlbumenError(Exception):
    """Base of the errors whose text is one sentence that a user can act on."""


class UnreadablePhotoError(AlbumenError):
    """A file that can't be turned into pixels; the text says why in the user's words."""


class UnsupportedFormatError(UnreadablePhotoError):
    """The content is not a picture, or a kind of picture that isn't read."""


class PhotoTooLargeError(UnreadablePhotoError):
    """More pixels than the program is willing to decode."""


class PhotoChangedError(UnreadablePhotoError):
    """The file vanished or changed while it was being read; it is tried again later."""


class ModelError(AlbumenError):
    """A model file is missing, damaged, or not what its card says; the text names the file."""


class LibraryError(AlbumenError):
    """The library can't be opened or written; the text says what to do."""


class NewerLibraryError(LibraryError):
    """The library was written by a newer version of the program; it is left untouched."""


class UsageError(AlbumenError):
    """What was asked for makes no sense (exit code 2 on the command line)."""
