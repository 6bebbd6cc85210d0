"""What grouping and choosing get to know of a photo, as it stands in the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from core.domain import FileState, LibraryChange, Status
from core.library.file_writes import FileChanges
from core.library.filters import file_state
from core.library.group_queries import group_photos
from core.library.library import Library, open_library
from core.library.schema import people, person_faces, photos, reasons
from tests.core.curation.made_album import MODEL, Shot, build, state_of


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def store(library: Library, *statements: object) -> None:
    def write(connection):  # type: ignore[no-untyped-def]
        for statement in statements:
            connection.execute(statement)
        return None, LibraryChange()

    library.writer.submit(write).result()


def reason(photo_id: int, rank: int, code: str, x: float) -> dict[str, object]:
    return {
        "photo_id": photo_id, "rank": rank, "code": code, "value": 0.1, "threshold": 0.2,
        "severity": 0.8, "x": x, "y": 0.3, "w": 0.05, "h": 0.05,
    }  # fmt: skip


def test_a_fault_is_told_to_be_on_the_main_face_by_its_place(
    library: Library, tmp_path: Path
) -> None:
    (photo,) = build(library, tmp_path / "album", [Shot("a.jpg", person=1)])
    store(
        library,
        insert(reasons).values([reason(photo, 1, "eyes_closed", 0.4)]),
        insert(reasons).values([reason(photo, 2, "eyes_closed", 0.9)]),
        update(photos).values(reasons_source=file_state),
    )
    (found,) = group_photos(library.queries, MODEL, ids=[photo])
    assert [fault.on_main_face for fault in found.faults] == [True, False]


def test_what_was_measured_on_an_older_file_does_not_count(
    library: Library, tmp_path: Path
) -> None:
    (photo,) = build(library, tmp_path / "album", [Shot("a.jpg", 7.0, person=1)])
    store(library, update(photos).values(reasons_source=file_state))
    store(library, insert(reasons).values([reason(photo, 1, "eyes_closed", 0.4)]))
    path = tmp_path / "album" / "a.jpg"
    path.write_bytes(b"edited")
    state: FileState = state_of(path)
    library.writer.apply_files(FileChanges(None, changed=[(photo, state)])).result()
    (found,) = group_photos(library.queries, MODEL, ids=[photo])
    assert (found.mean, found.status) == (None, Status.PENDING)
    assert (found.faces, found.faults, found.likeness) == ((), (), None)


def test_a_face_told_to_be_somebody_keeps_the_name(library: Library, tmp_path: Path) -> None:
    (photo,) = build(library, tmp_path / "album", [Shot("a.jpg", person=1)])
    place = {"x": 0.31, "y": 0.21, "w": 0.3, "h": 0.4}
    store(
        library,
        insert(people).values(id=5, name="Anna", changed_at=photos_time()),
        insert(person_faces).values(person_id=5, photo_id=photo, source="user", **place),
    )
    (found,) = group_photos(library.queries, MODEL, folder=tmp_path / "album")
    assert [face.person for face in found.faces] == [5]


def test_an_album_whose_drive_is_away_is_known_to_be(library: Library, tmp_path: Path) -> None:
    build(library, tmp_path / "album", [Shot("a.jpg")])
    (album,) = library.queries.albums()
    library.writer.set_album_online(album.id, False).result()
    (found,) = group_photos(library.queries, MODEL, album_id=album.id)
    assert not found.online


def photos_time():  # type: ignore[no-untyped-def]
    from core.library.schema import now

    return now()
