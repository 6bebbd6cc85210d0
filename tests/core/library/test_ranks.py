"""Where scores stand within their albums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import PhotoQuery
from core.library.library import Library, open_library
from tests.app.synthetic import MODEL, fill, unreadable


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def test_a_percentile_is_the_one_that_the_photo_itself_tells(
    library: Library, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 30)
    fill(library, tmp_path / "album" / "inner", 7)
    fill(library, tmp_path / "other", 3)
    fill(library, tmp_path / "single", 1)
    ranks = library.queries.album_ranks(MODEL)
    ids = [int(i) for i in library.queries.photo_ids(PhotoQuery(MODEL))]
    rows = library.queries.photo_rows(ids, MODEL)
    whole = library.queries.photos(ids, MODEL)
    assert len(whole) == 41
    assert next(p for p in whole if p.path.parent.name == "single").percentile is None
    for photo in whole:
        row = rows[photo.id]
        found = ranks.percentile(row.album_id, row.mean)
        assert found == (photo.percentile and pytest.approx(photo.percentile))
    by_path = {album.path: album.id for album in library.queries.albums()}
    assert ranks.size(by_path[tmp_path / "album"]) == 37
    assert ranks.size(by_path[tmp_path / "album" / "inner"]) == 7


def test_without_a_score_or_an_album_there_is_no_percentile(
    library: Library, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 4, lambda n: unreadable())
    album = library.queries.albums()[0].id
    ranks = library.queries.album_ranks(MODEL)
    assert ranks.percentile(album, None) is None
    assert ranks.percentile(album, 5.0) is None
    assert ranks.percentile(None, 5.0) is None
    assert library.queries.album_ranks("never used").size(album) == 0


def test_a_photo_alone_in_its_album_has_no_place_in_it(library: Library, tmp_path: Path) -> None:
    (alone,) = fill(library, tmp_path / "album", 1)
    (photo,) = library.queries.photos([alone], MODEL)
    row = library.queries.photo_rows([alone], MODEL)[alone]
    assert photo.score is not None
    assert photo.percentile is None
    assert library.queries.album_ranks(MODEL).percentile(row.album_id, row.mean) is None
