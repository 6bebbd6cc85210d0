"""Reads about people: who there is, in which photos, and which faces nobody was told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Connection

from core.domain import Box, FloatArray
from core.library.codec import unpack_floats
from core.library.group_queries import MIN_FACE_OVERLAP, overlap
from core.library.people_rows import PROGRAM, USER_NOT, FacePlace
from core.library.queries import Queries
from core.library.reads import chunks
from core.library.schema import analyses, faces, models, people, person_faces, photos


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, named or not. ``cover`` is the face to show: the largest."""

    id: int
    name: str
    hidden: bool
    faces: int
    photos: int
    cover: FacePlace | None


@dataclass(frozen=True, slots=True)
class PersonFace:
    """One face of a person. ``by_user``: the user said so, else the program thinks so."""

    id: int
    place: FacePlace
    by_user: bool
    mean: float | None
    album_id: int | None = None


@dataclass(frozen=True, slots=True)
class ToldFace:
    """A face as analysis found it, and who it is said to be: the row that says so, if any, the
    person, and those that the user says it is not."""

    place: FacePlace
    descriptor: FloatArray | None = field(repr=False, compare=False)
    person: int | None
    by_user: bool
    not_people: frozenset[int]


def everybody(queries: Queries) -> list[Person]:
    """All people with a face in a photo that is there: named ones first, then the commonest."""
    here = and_(
        person_faces.c.source != USER_NOT,
        photos.c.missing_since.is_(None),
        photos.c.lead_id.is_(None),
        photos.c.album_id.is_not(None),
    )
    joined = person_faces.join(photos, photos.c.id == person_faces.c.photo_id)
    counted = (
        select(
            person_faces.c.person_id,
            func.count().label("faces"),
            func.count(person_faces.c.photo_id.distinct()).label("photos"),
        )
        .select_from(joined)
        .where(here)
        .group_by(person_faces.c.person_id)
    )
    # SQLite gives the other columns of the row that has the maximum.
    covers = (
        select(
            person_faces.c.person_id,
            person_faces.c.photo_id,
            person_faces.c.x,
            person_faces.c.y,
            person_faces.c.w,
            person_faces.c.h,
            func.max(person_faces.c.w * person_faces.c.h),
        )
        .select_from(joined)
        .where(here)
        .group_by(person_faces.c.person_id)
    )
    with queries.reading() as connection:
        rows = connection.execute(select(people)).all()
        counts = {row.person_id: row for row in connection.execute(counted)}
        cover = {
            row.person_id: FacePlace(row.photo_id, Box(row.x, row.y, row.w, row.h))
            for row in connection.execute(covers)
        }
    found = [
        Person(
            row.id,
            row.name,
            bool(row.hidden),
            counts[row.id].faces if row.id in counts else 0,
            counts[row.id].photos if row.id in counts else 0,
            cover.get(row.id),
        )
        for row in rows
        if row.name or row.id in counts
    ]
    return sorted(found, key=lambda p: (not p.name, -p.photos, p.name.casefold(), p.id))


def named(queries: Queries) -> dict[int, str]:
    """Names by id, of those who have one and aren't hidden; in the order of the names."""
    with queries.reading() as connection:
        rows = connection.execute(
            select(people.c.id, people.c.name).where(people.c.name != "", ~people.c.hidden)
        ).all()
    return {row.id: row.name for row in sorted(rows, key=lambda row: row.name.casefold())}


def faces_of(queries: Queries, person_id: int, model: str) -> list[PersonFace]:
    """A person's faces in photos that are there, those in the best photos first."""
    with queries.reading() as connection:
        model_id = connection.scalar(select(models.c.id).where(models.c.key == model))
        scores = and_(analyses.c.photo_id == photos.c.id, analyses.c.model_id == (model_id or -1))
        rows = connection.execute(
            select(person_faces, analyses.c.mean, photos.c.album_id)
            .select_from(
                person_faces.join(photos, photos.c.id == person_faces.c.photo_id).outerjoin(
                    analyses, scores
                )
            )
            .where(
                person_faces.c.person_id == person_id,
                person_faces.c.source != USER_NOT,
                photos.c.missing_since.is_(None),
                photos.c.lead_id.is_(None),
                photos.c.album_id.is_not(None),
            )
        ).all()
    found = [
        PersonFace(
            row.id,
            FacePlace(row.photo_id, Box(row.x, row.y, row.w, row.h)),
            row.source != PROGRAM,
            row.mean,
            row.album_id,
        )
        for row in rows
    ]
    return sorted(found, key=lambda f: (-(f.mean or 0.0), f.place.photo_id, f.id))


def loose_faces(
    queries: Queries, model: str, least_area: float, most: int = 1000
) -> list[PersonFace]:
    """Faces in photos that are there of whom nobody said who it is, those in the best photos
    first; their ids are those of the table of faces. Faces smaller than ``least_area`` (a share of
    the photo) are left out."""
    with queries.reading() as connection:
        model_id = connection.scalar(select(models.c.id).where(models.c.key == model))
        told: dict[int, list[Box]] = {}
        for row in connection.execute(
            select(person_faces).where(person_faces.c.source != USER_NOT)
        ):
            told.setdefault(row.photo_id, []).append(Box(row.x, row.y, row.w, row.h))
        scores = and_(analyses.c.photo_id == photos.c.id, analyses.c.model_id == (model_id or -1))
        rows = connection.execute(
            select(
                faces.c.id, faces.c.photo_id, faces.c.x, faces.c.y, faces.c.w, faces.c.h,
                analyses.c.mean, photos.c.album_id,
            )
            .select_from(
                faces.join(photos, photos.c.id == faces.c.photo_id).outerjoin(analyses, scores)
            )
            .where(
                photos.c.missing_since.is_(None),
                photos.c.lead_id.is_(None),
                photos.c.album_id.is_not(None),
                faces.c.w * faces.c.h >= least_area,
            )
            .order_by(analyses.c.mean.desc(), faces.c.photo_id, faces.c.id)
        )  # fmt: skip
        found: list[PersonFace] = []
        for row in rows:
            box = Box(row.x, row.y, row.w, row.h)
            if any(overlap(box, one) >= MIN_FACE_OVERLAP for one in told.get(row.photo_id, ())):
                continue
            place = FacePlace(row.photo_id, box)
            found.append(PersonFace(row.id, place, False, row.mean, row.album_id))
            if len(found) >= most:
                break
    return found


def faces_stamp(queries: Queries) -> tuple[int, ...]:
    """Numbers that change whenever a face is found or a word on one is said."""
    with queries.reading() as connection:
        newest = connection.execute(select(func.max(faces.c.id), func.count(faces.c.id))).one()
        told = connection.execute(
            select(
                func.max(person_faces.c.id),
                func.count(person_faces.c.id),
                func.sum(person_faces.c.source == USER_NOT),
            )
        ).one()
        number = connection.scalar(select(func.count()).select_from(people))
    return tuple(int(value or 0) for value in (*newest, *told, number))


def told_faces(queries: Queries, least_area: float) -> tuple[list[ToldFace], list[int]]:
    """All faces of present photos from a size on, with what is said of each.

    Gives also the program's own rows that name a face which is not there any more, of photos that
    were looked at since.
    """
    found: list[ToldFace] = []
    stale: list[int] = []
    with queries.reading() as connection:
        ids = list(
            connection.scalars(
                select(photos.c.id)
                .where(
                    photos.c.missing_since.is_(None),
                    photos.c.lead_id.is_(None),
                    photos.c.album_id.is_not(None),
                    or_(
                        photos.c.face_count > 0,
                        photos.c.id.in_(select(person_faces.c.photo_id)),
                    ),
                )
                .order_by(photos.c.id)
            )
        )
        for chunk in chunks(ids):
            fresh, gone = _told_chunk(connection, chunk, least_area)
            found += fresh
            stale += gone
    return found, stale


def _told_chunk(
    connection: Connection, ids: Sequence[int], least_area: float
) -> tuple[list[ToldFace], list[int]]:
    said: dict[int, list[tuple[Box, int, int, str]]] = {}
    for row in connection.execute(select(person_faces).where(person_faces.c.photo_id.in_(ids))):
        box = Box(row.x, row.y, row.w, row.h)
        said.setdefault(row.photo_id, []).append((box, row.id, row.person_id, row.source))
    found: list[ToldFace] = []
    seen: set[int] = set()
    for row in connection.execute(
        select(faces.c.photo_id, faces.c.x, faces.c.y, faces.c.w, faces.c.h, faces.c.descriptor)
        .where(faces.c.photo_id.in_(ids))
        .order_by(faces.c.id)
    ):
        box = Box(row.x, row.y, row.w, row.h)
        words = [w for w in said.get(row.photo_id, ()) if overlap(box, w[0]) >= MIN_FACE_OVERLAP]
        yes = [word for word in words if word[3] != USER_NOT]
        best = max(yes, key=lambda word: (word[3] != PROGRAM, overlap(box, word[0])), default=None)
        seen.update(word[1] for word in words)
        if box.area < least_area:
            continue
        found.append(
            ToldFace(
                FacePlace(row.photo_id, box),
                _unit(row.descriptor),
                None if best is None else best[2],
                best is not None and best[3] != PROGRAM,
                frozenset(word[2] for word in words if word[3] == USER_NOT),
            )
        )
    gone = [
        word[1]
        for words in said.values()
        for word in words
        if word[3] == PROGRAM and word[1] not in seen
    ]
    return found, gone


def _unit(blob: bytes | None) -> FloatArray | None:
    vector = unpack_floats(blob, "<f2")
    if vector is None:
        return None
    values = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(values))
    return values / length if length > 0 else None
