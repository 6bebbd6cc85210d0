"""People of a library: found by themselves, corrected by the user, and never corrected back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.curation.undo import history, undo
from core.grouping.identify import PeopleLoop, identify
from core.grouping.people import average_linkage
from core.library import people_queries, people_writes
from core.library.library import Library, open_library
from core.library.people_queries import Person, PersonFace
from tests.core.curation.made_album import MODEL, Shot, build


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def album(library: Library, folder: Path, *people: int, first: int = 0) -> list[int]:
    shots = [
        Shot(f"IMG_{first + n}.jpg", mean=4 + (n % 5), person=person)
        for n, person in enumerate(people)
    ]
    return build(library, folder, shots)


def everybody(library: Library) -> list[Person]:
    return people_queries.everybody(library.queries)


def faces(library: Library, person_id: int) -> list[PersonFace]:
    return people_queries.faces_of(library.queries, person_id, MODEL)


def photos(library: Library, person_id: int) -> set[int]:
    return {face.place.photo_id for face in faces(library, person_id)}


def do(library: Library, write: object) -> int:
    return library.writer.submit(write).result()  # type: ignore[arg-type]


def state(library: Library) -> set[tuple[str, frozenset[int]]]:
    return {(p.name, frozenset(photos(library, p.id))) for p in everybody(library)}


def test_who_is_in_two_photos_is_a_person_who_is_in_one_is_not_yet(
    library: Library, tmp_path: Path
) -> None:
    ids = album(library, tmp_path / "a", 1, 2, 1, 3, 2, 1)
    assert identify(library) == 5
    found = everybody(library)
    assert [photos(library, p.id) for p in found] == [{ids[0], ids[2], ids[5]}, {ids[1], ids[4]}]
    assert [p.photos for p in found] == [3, 2]
    assert found[0].cover is not None
    assert identify(library) == 0
    assert history(library) == []  # what the program finds is not an action of the user


def test_a_persons_photos_are_ranked(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1, 1, 1)
    identify(library)
    means = [face.mean for face in faces(library, everybody(library)[0].id)]
    assert means == sorted(means, key=lambda mean: -(mean or 0))
    assert len(set(means)) == 4


def test_new_photos_join_the_people_that_are_there(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1, 2, 2)
    identify(library)
    person = everybody(library)[0]
    do(library, lambda c: people_writes.name_person(c, person.id, "  Anna   Maria "))
    more = album(library, tmp_path / "b", 1, 3, 1, first=50)
    identify(library)
    anna = everybody(library)[0]
    assert (anna.id, anna.name, anna.photos) == (person.id, "Anna Maria", 4)
    assert {more[0], more[2]} <= photos(library, anna.id)


def test_not_this_person_stays_so(library: Library, tmp_path: Path) -> None:
    ids = album(library, tmp_path / "a", 1, 1, 1)
    identify(library)
    person = everybody(library)[0].id
    wrong = next(face for face in faces(library, person) if face.place.photo_id == ids[1])
    do(library, lambda c: people_writes.deny(c, person, [wrong.id]))
    assert photos(library, person) == {ids[0], ids[2]}
    identify(library)
    assert photos(library, person) == {ids[0], ids[2]}
    undo(library)
    assert photos(library, person) == set(ids)


def test_a_split_stays_split(library: Library, tmp_path: Path) -> None:
    ids = album(library, tmp_path / "a", 1, 1, 1, 1)
    identify(library)
    person = everybody(library)[0].id
    twins = [face.id for face in faces(library, person) if face.place.photo_id in ids[2:]]
    other = do(library, lambda c: people_writes.split(c, person, twins))
    identify(library)
    assert photos(library, person) == set(ids[:2])
    assert photos(library, other) == set(ids[2:])


def test_merging_can_be_taken_back_and_done_again(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1, 1, 2, 2)
    identify(library)
    first, second = everybody(library)
    do(library, lambda c: people_writes.name_person(c, second.id, "Bo"))
    before = state(library)
    do(library, lambda c: people_writes.merge(c, first.id, [second.id]))
    (merged,) = everybody(library)
    assert (merged.name, merged.photos) == ("Bo", 5)
    done = undo(library)
    assert done.repeatable
    assert state(library) == before
    assert library.writer.redo().result() == "Merge 2 people as Bo"
    assert [(p.name, p.photos) for p in everybody(library)] == [("Bo", 5)]


def test_the_same_name_makes_the_same_person(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1, 2, 2)
    identify(library)
    first, second = everybody(library)
    do(library, lambda c: people_writes.name_person(c, first.id, "Ada"))
    kept = do(library, lambda c: people_writes.name_person(c, second.id, "ada"))
    assert kept == first.id
    assert [(p.name, p.photos) for p in everybody(library)] == [("Ada", 4)]
    undo(library)
    assert sorted(p.name for p in everybody(library)) == ["", "Ada"]


def test_an_older_action_is_taken_back_without_what_was_told_anew_since(
    library: Library, tmp_path: Path
) -> None:
    ids = album(library, tmp_path / "a", 1, 1, 1, 2, 2)
    identify(library)
    first, second = everybody(library)
    do(library, lambda c: people_writes.merge(c, first.id, [second.id]))
    merge = history(library)[0].id
    moved = next(f.id for f in faces(library, first.id) if f.place.photo_id == ids[4])
    other = do(library, lambda c: people_writes.split(c, first.id, [moved], "Cleo"))
    done = undo(library, merge)
    assert tuple(map(str, done.notes)) == (
        "Faces in 1 photo were told anew since and are left so.",
    )
    assert photos(library, other) == {ids[4]}
    assert photos(library, second.id) == {ids[3]}
    assert photos(library, first.id) == set(ids[:3])


def test_people_told_apart_by_name_are_never_joined_by_the_program(
    library: Library, tmp_path: Path
) -> None:
    ids = album(library, tmp_path / "a", 1, 1, 1, 1)
    identify(library)
    person = everybody(library)[0].id
    half = [f.id for f in faces(library, person) if f.place.photo_id in ids[:2]]
    twin = do(library, lambda c: people_writes.split(c, person, half, "Twin"))
    do(library, lambda c: people_writes.name_person(c, person, "Other twin"))
    more = album(library, tmp_path / "b", 1, 1, first=9)
    identify(library)
    assert {p.name for p in everybody(library)} == {"Twin", "Other twin"}
    assert photos(library, twin) | photos(library, person) == {*ids, *more}


def test_a_hidden_stranger_stays_hidden_and_known(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1)
    identify(library)
    person = everybody(library)[0].id
    do(library, lambda c: people_writes.hide(c, person, True))
    album(library, tmp_path / "b", 1, first=9)
    identify(library)
    (found,) = everybody(library)
    assert (found.hidden, found.photos) == (True, 3)
    undo(library)
    assert not everybody(library)[0].hidden


def test_photos_that_are_gone_are_not_counted(library: Library, tmp_path: Path) -> None:
    album(library, tmp_path / "a", 1, 1)
    identify(library)
    library.writer.remove_album(library.queries.albums()[0].id).result()
    assert everybody(library) == []


def test_the_loop_finds_people_when_it_may_and_ends_at_once(
    library: Library, tmp_path: Path
) -> None:
    album(library, tmp_path / "a", 1, 1)
    told = threading.Event()
    unsubscribe = library.writer.subscribe(lambda change: told.set())
    loop = PeopleLoop(library, settle_s=0.01)
    loop.start()
    assert told.wait(20)
    loop.stop()
    unsubscribe()
    assert [p.photos for p in everybody(library)] == [2]


def test_thousands_of_faces_of_hundreds_of_people_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(200, 256))
    who = rng.integers(0, 200, 3000)
    vectors = base[who] + 0.5 * rng.normal(size=(3000, 256))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = average_linkage(vectors.astype(np.float32), range(3000), 0.72)
    assert len(clusters) == len(set(who.tolist()))
    assert all(len({int(who[i]) for i in cluster}) == 1 for cluster in clusters)
