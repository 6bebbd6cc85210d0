"""What the user can say about people; every word is journaled and can be taken back.

Each function gives a future with the id of the person that holds the faces now; from it come
``UsageError`` (the person is gone, nothing was chosen) and ``LibraryError`` (it can't be written).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from core.library import people_writes
from core.library.library import Library
from core.library.people_rows import FacePlace


def name_person(library: Library, person_id: int, name: str) -> Future[int]:
    """Name a person; one who has that name already becomes the same person."""
    return library.writer.submit(lambda c: people_writes.name_person(c, person_id, name))


def merge_people(library: Library, person_id: int, others: Sequence[int]) -> Future[int]:
    """Let people be one."""
    ids = list(others)
    return library.writer.submit(lambda c: people_writes.merge(c, person_id, ids))


def split_person(
    library: Library, person_id: int, face_ids: Sequence[int], name: str = ""
) -> Future[int]:
    """Make these faces of a person another person."""
    ids = list(face_ids)
    return library.writer.submit(lambda c: people_writes.split(c, person_id, ids, name))


def move_faces(
    library: Library, person_id: int, face_ids: Sequence[int], target: int
) -> Future[int]:
    """Say that these faces of a person are another, known one."""
    ids = list(face_ids)
    return library.writer.submit(lambda c: people_writes.move(c, person_id, ids, target))


def not_this_person(library: Library, person_id: int, face_ids: Sequence[int]) -> Future[int]:
    """Say that these faces are not this person, whoever they are."""
    ids = list(face_ids)
    return library.writer.submit(lambda c: people_writes.deny(c, person_id, ids))


def name_faces(library: Library, places: Sequence[FacePlace], name: str) -> Future[int]:
    """Say of faces that were nobody's who they are; gives the person's id."""
    chosen = list(places)
    return library.writer.submit(lambda c: people_writes.name_faces(c, chosen, name))


def hide_person(library: Library, person_id: int, hidden: bool) -> Future[int]:
    """Leave a person out of the list of people, or show them again."""
    return library.writer.submit(lambda c: people_writes.hide(c, person_id, hidden))
