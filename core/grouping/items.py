"""What is grouped and culled: items. A raw file and the JPEG beside it are one item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core.domain import Flag, FloatArray, Status
from core.files.formats import RAW_FORMATS, extension

MIN_FACE_AREA = 0.003
"""Share of the frame below which a face says nothing about who is in the photo."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A measured fault, as the ``reasons`` table keeps it.

    ``severity`` is 0..1. ``on_main_face`` is False for a fault of a smaller face or elsewhere.
    """

    code: str
    severity: float
    on_main_face: bool = True


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """One face: its share of the frame, who it is and its descriptor scaled to length 1.

    ``person`` is a person that the user (or the program) has named or clustered, if any.
    """

    area: float
    descriptor: FloatArray | None = field(default=None, compare=False, repr=False)
    person: int | None = None


@dataclass(frozen=True, slots=True)
class GroupPhoto:
    """The facts of one indexed file that grouping and choosing need.

    ``faces`` come largest first; ``online`` is False while the album's drive is away;
    ``softness`` is the blur of the largest face in percent of its width, where it was measured.
    """

    id: int
    path: Path
    album_id: int | None
    status: Status
    size: int
    mtime_ns: int
    fingerprint: bytes | None = None
    online: bool = True
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    taken_source: str | None = None
    camera: str | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    iso: int | None = None
    focal_mm: float | None = None
    exposure_bias: float | None = None
    auto_bracket: bool = False
    likeness: int | None = None
    mean: float | None = None
    uncertainty: float | None = None
    rating: int = 0
    flag: Flag | None = None
    faces: tuple[FaceFacts, ...] = ()
    faults: tuple[Fault, ...] = ()
    softness: float | None = None

    @property
    def is_raw(self) -> bool:
        """Whether the name says that this is a camera's raw file."""
        return extension(self.path.name) in RAW_FORMATS


@dataclass(frozen=True, slots=True)
class Item:
    """One picture as the user thinks of it: the file that is shown, and its raw partners.

    ``lead`` is the rendered, scored file; everything the choice needs is read from it, except the
    user's judgements, which count from whichever file they were given to.
    """

    lead: GroupPhoto
    partners: tuple[GroupPhoto, ...] = ()

    @property
    def id(self) -> int:
        """Id of the photo shown."""
        return self.lead.id

    @property
    def photos(self) -> tuple[GroupPhoto, ...]:
        """Every indexed file of the item, the one shown first."""
        return (self.lead, *self.partners)

    @property
    def flag(self) -> Flag | None:
        """The user's verdict: a pick of any file outranks a reject of another."""
        flags = {photo.flag for photo in self.photos}
        return next((flag for flag in (Flag.PICK, Flag.REJECT) if flag in flags), None)

    @property
    def rating(self) -> int:
        """The most stars that any file of the item has."""
        return max(photo.rating for photo in self.photos)

    @property
    def online(self) -> bool:
        """Whether all its files can be reached, as far as the index knows."""
        return all(photo.online and photo.status is not Status.MISSING for photo in self.photos)


def stem(path: Path) -> str:
    """The name without its extension, as companions share it (case does not count)."""
    return path.stem.casefold()


def pair(photos: Iterable[GroupPhoto]) -> list[Item]:
    """Join raw files with the one rendered file of the same name beside them; order by id.

    Two rendered files of one name (``a.jpg``, ``a.png``) are two items: nothing says which of
    them a raw file belongs to, so it goes with the JPEG, else with the first.
    """
    beside: dict[tuple[Path, str], list[GroupPhoto]] = {}
    for photo in photos:
        beside.setdefault((photo.path.parent, stem(photo.path)), []).append(photo)
    items: list[Item] = []
    for files in beside.values():
        raws = [photo for photo in files if photo.is_raw]
        rendered = sorted(
            (photo for photo in files if not photo.is_raw),
            key=lambda photo: (extension(photo.path.name) not in ("jpg", "jpeg"), photo.id),
        )
        if not rendered:
            items += [Item(photo) for photo in raws]
            continue
        items.append(Item(rendered[0], tuple(sorted(raws, key=lambda photo: photo.id))))
        items += [Item(photo) for photo in rendered[1:]]
    return sorted(items, key=lambda item: item.id)


# --- likeness -------------------------------------------------------------------------------------


def distance(first: GroupPhoto, second: GroupPhoto) -> int | None:
    """Bits (0..64) by which the perceptual hashes differ; ``None`` where one says nothing.

    A hash of nearly all zeros or ones comes from a smooth gradient and would match any other.
    """
    if first.likeness is None or second.likeness is None:
        return None
    if not (_telling(first.likeness) and _telling(second.likeness)):
        return None
    return ((first.likeness ^ second.likeness) & (2**64 - 1)).bit_count()


def _telling(likeness: int) -> bool:
    return 6 <= (likeness & (2**64 - 1)).bit_count() <= 58


def main_descriptors(photo: GroupPhoto, most: int = 3) -> list[FloatArray]:
    """Descriptors of the largest faces that are large enough to tell people apart."""
    return [
        face.descriptor
        for face in photo.faces[:most]
        if face.descriptor is not None and face.area >= MIN_FACE_AREA
    ]


def face_likeness(first: GroupPhoto, second: GroupPhoto) -> float | None:
    """Cosine (-1..1) of the two most alike faces; ``None`` where one photo shows no face."""
    ours, theirs = main_descriptors(first), main_descriptors(second)
    if not ours or not theirs:
        return None
    return max(float(a @ b) for a in ours for b in theirs)


def partners_of(items: Sequence[Item]) -> dict[int, Item]:
    """The item of every photo id."""
    return {photo.id: item for item in items for photo in item.photos}
