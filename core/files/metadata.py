"""Facts about a photo that its file states: when, with what, how."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from core.domain import PhotoMetadata
from core.files import exif as tags
from core.files.exif import Exif

_EXIF_DATE = re.compile(
    r"\s*(\d{4})\D(\d{1,2})\D(\d{1,2})(?:\D+(\d{1,2})\D(\d{1,2})(?:\D(\d{1,2}))?)?"
)
# 20190501_123456, 2019-05-01 12.34.56, IMG-20190501-WA0001, Screenshot_2019-05-01-12-34-56, ...
_NAME_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<sep>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=sep)"
    r"(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:(?:[-_ T.]{1,3}|\sat\s)(?P<hour>[01]\d|2[0-3])[-_.:h]?(?P<minute>[0-5]\d)"
    r"(?:[-_.:m]?(?P<second>[0-5]\d)(?P<milli>\d{3})?)?)?(?!\d)"
)
_FIRST_YEAR = 1826  # the oldest photograph there is
_AUTO_BRACKET = 2  # Exif 2.32, ExposureMode
_CLOCK_SLACK = timedelta(days=1)  # a camera set to another time zone is not in the future


def read_metadata(
    *,
    format: str,
    size: tuple[int, int],
    exif: Exif,
    name: str,
    mtime: float | None,
    animated: bool = False,
    orientation: int | None = None,
    now: datetime | None = None,
) -> PhotoMetadata:
    """Joins what a file says into a `PhotoMetadata`; never raises, leaves out nonsense.

    ``size`` is the stored (width, height) in pixels, before ``orientation`` (by default that of
    ``exif``) turns it. ``taken_at`` is the first credible date of: EXIF DateTimeOriginal,
    DateTimeDigitized, DateTime, a date in the file's ``name``, ``mtime`` (seconds since 1970,
    taken as local time). EXIF dates are the camera's wall clock and are not shifted.
    """
    turn = exif.orientation if orientation is None else orientation
    width, height = size if turn < 5 else size[::-1]
    taken_at, source = _taken(exif, name, mtime, now or datetime.now())
    iso = exif.number(tags.ISO)
    return PhotoMetadata(
        format=format,
        width=width,
        height=height,
        orientation=turn,
        animated=animated,
        taken_at=taken_at,
        taken_source=source,
        camera=_joined(exif.text(tags.MAKE), exif.text(tags.MODEL)),
        lens=_joined(exif.text(tags.LENS_MAKE), exif.text(tags.LENS_MODEL)),
        iso=int(iso) if iso is not None and 0 < iso < 10_000_000 else None,
        exposure_s=_exposure(exif),
        aperture=_aperture(exif),
        focal_mm=_within(exif.number(tags.FOCAL_LENGTH), 0.1, 10_000),
        exposure_bias=_within(exif.number(tags.EXPOSURE_BIAS), -20, 20),
        auto_bracket=exif.number(tags.EXPOSURE_MODE) == _AUTO_BRACKET,
    )


def date_in_name(name: str) -> datetime | None:
    """The date and time that a camera or phone wrote into a file name, if any."""
    for match in _NAME_DATE.finditer(name):
        found = match.groupdict(default="0")
        parts = ("year", "month", "day", "hour", "minute", "second")
        date = _datetime(*(int(found[part]) for part in parts))
        if date is not None:
            return date.replace(microsecond=1000 * int(found["milli"]))
    return None


def _taken(
    exif: Exif, name: str, mtime: float | None, now: datetime
) -> tuple[datetime | None, str | None]:
    latest = now + _CLOCK_SLACK
    for tag in (tags.DATETIME_ORIGINAL, tags.DATETIME_DIGITIZED, tags.DATETIME):
        date = _exif_date(exif.text(tag))
        if date is not None and date <= latest:
            if tag == tags.DATETIME_ORIGINAL:
                date = date.replace(microsecond=_microseconds(exif.tags.get(tags.SUBSEC_ORIGINAL)))
            return date, "exif"
    named = date_in_name(name)
    if named is not None and named <= latest:
        return named, "name"
    if mtime is not None:
        try:
            modified = datetime.fromtimestamp(mtime)
        except (OverflowError, ValueError, OSError):
            return None, None
        if modified.year >= _FIRST_YEAR and modified <= latest:
            return modified, "mtime"
    return None, None


def _exif_date(text: str | None) -> datetime | None:
    match = _EXIF_DATE.match(text) if text else None
    return _datetime(*(int(part or 0) for part in match.groups())) if match else None


def _datetime(
    year: int, month: int, day: int, hour: int, minute: int, second: int
) -> datetime | None:
    if year < _FIRST_YEAR:
        return None
    try:
        # A second of 60 is a leap second, which Python's datetime has no room for.
        return datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None


def _microseconds(subsec: object) -> int:
    digits = str(subsec).strip() if isinstance(subsec, str | int) else ""
    return int(digits[:6].ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0


def _joined(make: str | None, model: str | None) -> str | None:
    """ "Canon" + "Canon EOS 5D" -> "Canon EOS 5D"; "NIKON CORPORATION" + "NIKON D90" alike."""
    if not model or not make:
        return model or make
    if model.lower().startswith(make.split()[0].lower()):
        return model
    return f"{make} {model}"


def _exposure(exif: Exif) -> float | None:
    seconds = _within(exif.number(tags.EXPOSURE_TIME), 1e-7, 1e6)
    if seconds is None:
        apex = _within(exif.number(tags.SHUTTER_SPEED), -20, 24)
        seconds = None if apex is None else 2.0**-apex  # Exif 2.32, annex C
    return seconds


def _aperture(exif: Exif) -> float | None:
    f_number = _within(exif.number(tags.F_NUMBER), 0.1, 1000)
    if f_number is None:
        apex = _within(exif.number(tags.APERTURE), 0.01, 20)
        f_number = None if apex is None else round(2.0 ** (apex / 2), 1)
    return f_number


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None
