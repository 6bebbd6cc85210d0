"""A photo's measured reasons for commands: from the library, or measured now."""

from __future__ import annotations

import dataclasses

from core.domain import Photo, Status
from core.library.library import Library
from core.library.reason_writes import MeasuredPhoto


def with_reasons(library: Library, photo: Photo) -> Photo:
    """The photo with its reasons; measured, and stored where the library knows it, if need be.

    Raises:
        UnreadablePhotoError: the photo can't be read any more.
    """
    from core.reasons.measuring import Measurer

    if photo.reasons_measured or photo.status is not Status.SCORED or not photo.path.exists():
        return photo
    state = photo.path.stat()
    found = Measurer().measure_all(photo.path, photo.faces)
    if photo.id:
        source = f"{state.st_size}:{state.st_mtime_ns}"
        library.writer.save_reasons(
            [MeasuredPhoto(photo.id, source, found.reasons, found.softness)]
        ).result()
    return dataclasses.replace(photo, reasons=found.reasons, reasons_measured=True)
