"""What the user says about groups is remembered, journaled, and taken back entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.curation import marks
from core.curation.plan import preview, rest_of_group
from core.curation.undo import history, undo
from core.errors import UsageError
from core.library import group_queries
from core.library.library import Library, open_library
from tests.core.curation.made_album import MODEL, PORTRAIT, START, Shot, build, flipped


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def shots(count: int, scene: int = 0) -> list[Shot]:
    """A burst: alike, a second apart, ten minutes after the scene before."""
    return [
        Shot(
            f"{scene}{n}.jpg",
            5.0 + n / 10,
            flipped(flipped(PORTRAIT, 30 * scene, seed=scene), n, seed=n),
            START + timedelta(minutes=10 * scene, seconds=n),
        )
        for n in range(count)
    ]


def groups(library: Library, album: Path) -> list[list[str]]:
    plan = preview(library, MODEL, 1, folder=album)
    return sorted(
        sorted(item.lead.path.stem for item in group.group.items) for group in plan.groups
    )


def test_splitting_merging_and_taking_apart_are_remembered_and_undone(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, [*shots(4), *shots(2, scene=1)])
    first, second = ["00", "01", "02", "03"], ["10", "11"]
    assert groups(library, album) == [first, second]

    entry = marks.split(library, ids[:1], rest_of_group(library, ids[:1]))
    assert groups(library, album) == [["01", "02", "03"], second]
    marks.merge(library, [ids[0], *ids[4:]])
    assert groups(library, album) == [["00", "10", "11"], ["01", "02", "03"]]
    marks.not_a_group(library, ids[1:4])
    assert groups(library, album) == [["00", "10", "11"]]

    undo(library)
    assert groups(library, album) == [["00", "10", "11"], ["01", "02", "03"]]
    undo(library, entry)  # an older one, by its number
    assert undo(library).repeatable
    assert groups(library, album) == [first, second]
    assert group_queries.marks(library.queries) == {}
    assert [e.kind for e in history(library)] == ["groups"] * 3
    assert all(e.undone for e in history(library))

    library.writer.redo().result()
    assert groups(library, album) != [first, second]


def test_a_merge_holds_what_looks_unlike_and_a_split_of_it_keeps_both_parts_whole(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, [*shots(1), *shots(1, scene=1), *shots(1, scene=2)])
    assert groups(library, album) == []
    marks.merge(library, ids)
    assert groups(library, album) == [["00", "10", "20"]]
    marks.split(library, ids[1:2], [ids[0], ids[2]])
    assert groups(library, album) == [["00", "20"]]
    marks.forget(library, ids)
    assert groups(library, album) == []


def test_what_was_said_anew_since_is_left_by_an_undo(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(3))
    entry = marks.not_a_group(library, ids)
    marks.merge(library, ids[:2])
    done = undo(library, entry)
    assert done.notes
    assert groups(library, album) == [["00", "01", "02"]]
    assert group_queries.marks(library.queries) == {(ids[0], ids[1]): True}


def test_what_was_said_already_is_no_entry_and_one_photo_no_group(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(2))
    assert marks.not_a_group(library, ids) is not None
    assert marks.not_a_group(library, ids) is None
    with pytest.raises(UsageError):
        marks.merge(library, ids[:1])
    with pytest.raises(UsageError):
        marks.split(library, ids, ids)
    assert len(history(library)) == 1


def test_marks_outlive_the_program(tmp_path: Path) -> None:
    album = tmp_path / "album"
    with open_library(tmp_path / "library") as library:
        ids = build(library, album, shots(3))
        marks.split(library, ids[:1], ids[1:])
    with open_library(tmp_path / "library") as library:
        assert groups(library, album) == [["01", "02"]]
