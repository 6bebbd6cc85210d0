"""How far a photo's date can be trusted.

Files without a date of their own carry the time of copying; some programs and scanners write dates
without seconds. Both put strangers into one second, so both count for less.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import timedelta

from core.grouping.items import GroupPhoto

NEARBY = timedelta(seconds=90)


class Precision(enum.IntEnum):
    """What a date is good for."""

    NONE = 0  # no date, or only the file's time of writing
    DAY = 1
    MINUTE = 2
    SECOND = 3


def precisions(photos: Iterable[GroupPhoto]) -> dict[int, Precision]:
    """Precision of each photo's date by photo id.

    A date on a full minute is taken to lack its seconds, unless another photo of the same camera
    within 90 s has them.
    """
    found: dict[int, Precision] = {}
    doubtful: list[GroupPhoto] = []
    exact: dict[str | None, list[GroupPhoto]] = {}
    for photo in photos:
        taken = photo.taken_at
        if taken is None or photo.taken_source == "mtime":
            found[photo.id] = Precision.NONE
        elif taken.second or taken.microsecond:
            found[photo.id] = Precision.SECOND
            exact.setdefault(photo.camera, []).append(photo)
        else:
            doubtful.append(photo)
    times = {
        camera: sorted(photo.taken_at for photo in known if photo.taken_at)
        for camera, known in exact.items()
    }
    for photo in doubtful:
        taken = photo.taken_at
        assert taken is not None
        if photo.camera is not None and any(
            abs(taken - other) <= NEARBY for other in times.get(photo.camera, [])
        ):
            found[photo.id] = Precision.SECOND
        elif taken.hour == 0 and taken.minute == 0:
            found[photo.id] = Precision.DAY
        else:
            found[photo.id] = Precision.MINUTE
    return found
