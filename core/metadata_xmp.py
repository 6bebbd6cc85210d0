"""The user's judgements out to XMP, and those made in other programs back in.

Nothing here runs by itself: see `core.metadata_exchange` for the window's own coming and going.
"""

from __future__ import annotations

import enum
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from core.domain import ColorLabel, FileState, Flag
from core.files import xmp
from core.files.formats import RAW_FORMATS, extension, has_photo_extension
from core.files.identity import fingerprint
from core.files.xmp import XmpError, XmpJudgement
from core.grouping.items import stem
from core.library.library import Library
from core.library.reads import chunks
from core.library.rows import row_path
from core.library.schema import judgements, people, person_faces, photos
from core.paths import fits
from core.settings import Settings
from core.standing import state_at

log = logging.getLogger(__name__)


READABLE = xmp.EMBEDDABLE | {"tif", "tiff", "dng"}
"""Extensions of photos whose own metadata is read."""


class Place(enum.StrEnum):
    """Where judgements are written."""

    SIDECAR = "sidecar"
    EMBEDDED = "embedded"  # into the photo where its format takes it, else a sidecar


class Naming(enum.StrEnum):
    """How a new sidecar is called; one that is there keeps its name."""

    FULL = "full"  # IMG.jpg.xmp: darktable, digiKam
    STEM = "stem"  # IMG.xmp: Lightroom, Capture One


@dataclass(slots=True)
class Exchange:
    """What was written or ``read``: counts of photos, and every failure with its reason."""

    changed: int = 0
    unchanged: int = 0
    read: bool = False
    failed: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """A photo with what the library knows of the user's word on it."""

    id: int
    path: Path
    rating: int | None
    flag: Flag | None
    color: ColorLabel | None
    changed_at: datetime | None
    state: tuple[int, int]  # size and time of its file, as the library knows it
    people: tuple[str, ...] = ()


def write_out(
    library: Library,
    photo_ids: Sequence[int],
    place: Place = Place.SIDECAR,
    naming: Naming = Naming.FULL,
    *,
    with_people: bool = False,
    taken_back: bool = False,
) -> Exchange:
    """Write stars, flags, colours (and names) of photos that the user judged.

    A photo that was never judged gets nothing written; with ``taken_back``, one whose judgement
    is gone again has it taken out of where it stands. What a file says already is not written
    again in our own words. Failures are collected, never silent.
    """
    result = Exchange()
    for photo in _known(library, photo_ids, with_people=with_people):
        judged = photo.changed_at is not None
        if not (judged or photo.people or taken_back):
            continue
        stated = judged or taken_back
        said = XmpJudgement(
            rating=(photo.rating or 0) if stated else None,
            flag=photo.flag,
            flag_stated=stated,
            color=photo.color,
            people=photo.people,
            color_stated=stated,
        )
        try:
            targets = _targets(photo.path, place, naming)
            if not (judged or photo.people):
                targets = [path for path in targets if os.path.exists(path)]
            before = state_at(photo.path)
            written = [xmp.write(path, said) for path in targets if not _says(path, said)]
            if photo.path in targets and before is not None:
                _note_embedded(library, photo, before)
        except XmpError as error:
            log.warning("metadata not written: %s", error)
            result.failed[photo.path] = str(error)
            continue
        if any(written):
            result.changed += 1
        else:
            result.unchanged += 1
    return result


def write_if_wanted(
    library: Library,
    photo_ids: Sequence[int],
    settings: Settings,
    *,
    taken_back: bool = False,
) -> Exchange | None:
    """Write judgements out if the settings say so; ``None`` where they don't.

    ``taken_back``: they were just undone, so that what was written of them has to go, too.
    """
    if settings.metadata == "off" or not photo_ids:
        return None
    return write_out(
        library,
        photo_ids,
        Place(settings.metadata),
        Naming(settings.sidecar_names),
        with_people=settings.metadata_people,
        taken_back=taken_back,
    )


def _says(path: Path, said: XmpJudgement) -> bool:
    """Whether a file says the same in its own words, so that it is left to its program.

    Raises:
        XmpError: it can't be read.
    """
    if not os.path.exists(path):
        return False
    found = xmp.read(path)
    rejected = found.flag is Flag.REJECT and said.flag is Flag.REJECT  # -1 takes the stars' place
    return (
        (not said.flag_stated or found.flag is said.flag)
        and (said.rating is None or rejected or (found.rating or 0) == said.rating)
        and (found.color is said.color or not (said.color or said.color_stated))
        and set(said.people) <= set(found.people)
    )


def _note_embedded(library: Library, photo: _Known, before: FileState) -> None:
    """Its pixels are the same (that was checked), so all that is known of it holds."""
    state = state_at(photo.path)
    if state is None or state == before or (before.size, before.mtime_ns) != photo.state:
        return  # nothing was written; or others had changed it before, which a scan will see
    try:
        content = fingerprint(photo.path)
    except OSError as error:
        raise XmpError(f"{photo.path.name} can't be read: {error.strerror}.") from error
    library.writer.note_rewritten(photo.id, state, content).result()


def _targets(photo: Path, place: Place, naming: Naming) -> list[Path]:
    """Files to write to: every sidecar that is there (so that they agree), else one place."""
    there = [path for path in xmp.existing_sidecars(photo) if _belongs(path, photo)]
    embed = place is Place.EMBEDDED and extension(photo.name) in xmp.EMBEDDABLE
    if embed:
        return [photo, *there]
    if there:
        return there
    full, short = xmp.sidecar_paths(photo)
    wanted = naming is Naming.STEM or not fits(full.name)
    return [short if wanted and _belongs(short, photo) else full]


def _belongs(sidecar: Path, photo: Path) -> bool:
    """Whether a sidecar speaks of this photo alone (and its raw partner), not of a namesake."""
    if sidecar.name.casefold() == (photo.name + ".xmp").casefold():
        return True
    rendered = {
        path.name
        for path in photo.parent.glob("*")
        if stem(path) == stem(photo) and has_photo_extension(path.name)
    }
    others = {name for name in rendered if not _is_raw(name)} - {photo.name}
    return not others or _is_raw(photo.name)


def _is_raw(name: str) -> bool:
    return extension(name) in RAW_FORMATS


def read_in(library: Library, photo_ids: Sequence[int]) -> Exchange:
    """Take over what other programs wrote since the user judged here; undoable like any judgement.

    A sidecar counts before the photo's own metadata, and of two sidecars the newer. What is older
    than the judgement in the library is passed over: the library's is then the newer word.
    """
    result = Exchange(read=True)
    values: dict[int, dict[str, object]] = {}
    for photo in _known(library, photo_ids):
        try:
            found = _newest(photo)
        except XmpError as error:
            result.failed[photo.path] = str(error)
            continue
        said: dict[str, object] = {}
        if found is not None:
            if found.rating is not None and found.rating != (photo.rating or 0):
                said["rating"] = found.rating
            if found.flag_stated and found.flag is not photo.flag:
                said["flag"] = found.flag.value if found.flag else None
            if found.color is not None and found.color is not photo.color:
                said["color"] = found.color.value
        if said:
            values[photo.id] = said
        result.changed += bool(said)
        result.unchanged += not said
    if values:
        library.writer.take_over(values).result()
    return result


def _newest(photo: _Known) -> XmpJudgement | None:
    """The newest word of another program on a photo, if it is newer than the library's."""
    sources = [path for path in xmp.existing_sidecars(photo.path) if _belongs(path, photo.path)]
    if not sources and photo.path.exists():
        sources = [photo.path]
    dated = []
    for path in sources:
        try:
            dated.append((path.stat().st_mtime, path))
        except OSError as error:
            raise XmpError(f"{path.name} can't be reached: {error.strerror}.") from error
    for mtime, path in sorted(dated, reverse=True):
        written = datetime.fromtimestamp(mtime, UTC).replace(tzinfo=None)
        if photo.changed_at is not None and written <= photo.changed_at:
            return None
        if path != photo.path:
            return xmp.read(path)
        if extension(path.name) in READABLE:
            try:
                return xmp.read(path)
            except XmpError as error:  # a damaged photo says nothing; its status tells the user
                log.info("no metadata: %s", error)
    return None


def _known(
    library: Library, photo_ids: Sequence[int], *, with_people: bool = False
) -> list[_Known]:
    found: list[_Known] = []
    with library.queries.reading() as connection:
        for chunk in chunks(photo_ids):
            names: dict[int, list[str]] = {}
            if with_people:
                statement = (
                    select(person_faces.c.photo_id, people.c.name)
                    .join(people, people.c.id == person_faces.c.person_id)
                    .where(
                        person_faces.c.photo_id.in_(chunk),
                        person_faces.c.source != "user_not",
                        people.c.name != "",
                    )
                    .distinct()
                )
                for row in connection.execute(statement):
                    names.setdefault(row.photo_id, []).append(row.name)
            rows = connection.execute(
                select(
                    photos.c.id,
                    photos.c.folder,
                    photos.c.name,
                    photos.c.size,
                    photos.c.mtime_ns,
                    judgements,
                )
                .select_from(photos.outerjoin(judgements, judgements.c.photo_id == photos.c.id))
                .where(photos.c.id.in_(chunk), photos.c.missing_since.is_(None))
            )
            found += [
                _Known(
                    id=row.id,
                    path=row_path(row),
                    rating=row.rating,
                    flag=Flag(row.flag) if row.flag else None,
                    color=ColorLabel(row.color) if row.color else None,
                    changed_at=row.changed_at,
                    state=(row.size, row.mtime_ns),
                    people=tuple(sorted(names.get(row.id, ()))),
                )
                for row in rows
            ]
    return found
