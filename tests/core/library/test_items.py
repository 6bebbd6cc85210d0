"""A raw file and the picture of its name beside it are one item, wherever photos are listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.curation.undo import history, undo
from core.domain import ColorLabel, Flag, PhotoQuery
from core.files import xmp
from core.files.xmp import XmpJudgement
from core.library import people_queries
from core.library.library import Library, open_library
from core.metadata_xmp import read_in
from core.reconcile import reconcile
from core.searching.parsing import parse
from tests.core.curation.made_album import Shot, build

MODEL = "made-up"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def album(library: Library, tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    library.writer.add_album(folder).result()
    return folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 30)


def listed(library: Library, query: PhotoQuery = PhotoQuery(MODEL)) -> list[str]:
    ids = [int(i) for i in library.queries.photo_ids(query)]
    assert library.queries.count(query) == len(ids)
    return sorted(row.name for row in library.queries.photo_rows(ids, MODEL).values())


def photo_id(library: Library, path: Path) -> int:
    found = library.queries.photo_by_path(path, MODEL)
    assert found is not None
    return found.id


def test_they_are_listed_counted_and_analyzed_as_one(library: Library, album: Path) -> None:
    put(album, "a.jpg", "a.CR2", "b.CR2", "c.png", "c.jpg", "c.nef", "sub/a.arw", "a.1.jpg")
    reconcile(library, album)
    assert listed(library) == ["a.1.jpg", "a.arw", "a.jpg", "b.CR2", "c.jpg", "c.png"]
    assert [a.photo_count for a in library.queries.albums()] == [6]
    assert library.queries.pending_count(MODEL) == 6
    assert len(library.queries.pending(MODEL)) == 6
    ids = [photo_id(library, album / name) for name in ("a.jpg", "c.jpg", "c.png", "b.CR2")]
    rows = library.queries.photo_rows(ids, MODEL)
    assert [rows[i].partners for i in ids] == [1, 1, 0, 0]


@pytest.mark.parametrize("order", [("a.jpg", "a.CR2"), ("a.CR2", "a.jpg")])
def test_whichever_comes_first(library: Library, album: Path, order: tuple[str, str]) -> None:
    for name in order:
        put(album, name)
        reconcile(library, album)
    assert listed(library) == ["a.jpg"]


def test_a_raw_file_that_is_left_alone_is_a_photo_again(library: Library, album: Path) -> None:
    put(album, "a.jpg", "a.CR2")
    reconcile(library, album)
    (album / "a.jpg").rename(album / "other.jpg")
    reconcile(library, album)
    assert listed(library) == ["a.CR2", "other.jpg"]
    (album / "other.jpg").rename(album / "a.jpg")
    reconcile(library, album)
    assert listed(library) == ["a.jpg"]
    (album / "a.jpg").unlink()
    reconcile(library, album)
    assert listed(library) == ["a.CR2"]
    assert library.queries.pending_count(MODEL) == 1


def test_stars_flags_and_colours_are_of_both_and_undone_for_both(
    library: Library, album: Path
) -> None:
    put(album, "a.jpg", "a.CR2")
    reconcile(library, album)
    lead, raw = photo_id(library, album / "a.jpg"), photo_id(library, album / "a.CR2")

    def judged() -> list[tuple[int, Flag | None, ColorLabel | None]]:
        rows = library.queries.photo_rows([lead, raw], MODEL)
        return [(rows[i].rating, rows[i].flag, rows[i].color) for i in (lead, raw)]

    library.writer.set_rating([lead], 4).result()
    library.writer.set_flag([raw], Flag.PICK).result()
    library.writer.set_color([lead], ColorLabel.RED).result()
    assert judged() == [(4, Flag.PICK, ColorLabel.RED)] * 2
    assert [(e.photos, e.description) for e in history(library)] == [
        (1, "Colour red: 1 photo"),
        (1, "Pick: 1 photo"),
        (1, "4 stars: 1 photo"),
    ]
    for _ in range(3):
        assert undo(library).photos == 1
    assert judged() == [(0, None, None)] * 2


def test_what_a_raw_files_own_sidecar_says_counts_for_the_picture(
    library: Library, album: Path
) -> None:
    put(album, "a.jpg", "a.CR2")
    reconcile(library, album)
    lead, raw = photo_id(library, album / "a.jpg"), photo_id(library, album / "a.CR2")
    xmp.write(album / "a.CR2.xmp", XmpJudgement(rating=3))
    read_in(library, [raw])
    assert library.queries.photo_rows([lead], MODEL)[lead].rating == 3


def test_what_was_seen_in_a_raw_file_before_its_picture_came_counts_no_more(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "made"
    build(library, album, [Shot("a.CR2", 5.0, person=1), Shot("b.jpg", 5.0, person=1)])
    assert len(people_queries.told_faces(library.queries, 0.0)[0]) == 2
    put(album, "a.jpg")
    reconcile(library, album)
    assert listed(library) == ["a.jpg", "b.jpg"]
    assert len(people_queries.told_faces(library.queries, 0.0)[0]) == 1
    assert library.queries.partner_count([album]) == 1


def test_moved_together_they_are_still_one(library: Library, album: Path) -> None:
    put(album, "a.jpg", "a.CR2", "b.jpg")
    reconcile(library, album)
    library.writer.set_rating([photo_id(library, album / "a.jpg")], 5).result()
    target = album / "sub"
    target.mkdir()
    for name in ("a.jpg", "a.CR2"):
        os.rename(album / name, target / name)
    reconcile(library, album)
    assert listed(library) == ["a.jpg", "b.jpg"]
    assert library.queries.photo_by_path(target / "a.CR2", MODEL).rating == 5  # type: ignore[union-attr]


def test_a_search_for_raw_finds_the_pictures_that_have_one(library: Library, album: Path) -> None:
    put(album, "a.jpg", "a.CR2", "b.jpg", "c.jpg", "c.NEF")
    reconcile(library, album)
    assert listed(library, PhotoQuery(MODEL, terms=parse("format:raw"))) == ["a.jpg", "c.jpg"]
    assert listed(library, PhotoQuery(MODEL, terms=parse("format:nef"))) == ["c.jpg"]
