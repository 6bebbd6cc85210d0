"""Bursts of a whole library: found by folder, and again where something changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.marks import merge
from core.domain import FileState, Flag
from core.library import burst_book
from core.library.burst_book import AT_ONCE, BurstBook, _pieces
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library
from tests.app.synthetic import fill
from tests.app.test_grouping import shot


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def test_bursts_are_found_and_only_looked_for_where_something_changed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fill(library, tmp_path / "first", 6, shot)
    looked: list[int] = []
    real = burst_book.group_photos

    def counted(photos: object, *rest: object, **named: object) -> object:
        listed = list(photos)  # type: ignore[call-overload]
        looked.append(len(listed))
        return real(listed, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(burst_book, "group_photos", counted)
    book = BurstBook(library.queries)
    assert book.refresh()
    assert book.bursts.with_photo(first[1]) == first[:3]
    assert looked == [6]
    library.writer.set_flag(first, Flag.PICK).result()  # judging makes no burst
    assert not book.refresh()
    second = fill(library, tmp_path / "second", 3, shot)
    assert book.refresh()
    assert looked == [6, 3]
    assert book.bursts.with_photo(second[0]) == second
    assert [book.bursts.size_of(i) for i in (*first, *second, 10**6)] == [3] * 9 + [0]
    merge(library, [first[0], first[4]])  # the user's word goes before all looks
    assert book.refresh()
    assert book.bursts.size_of(first[0]) == 6


def test_looking_ends_when_it_is_told_to(library: Library, tmp_path: Path) -> None:
    fill(library, tmp_path / "album", 3, shot)
    book = BurstBook(library.queries)
    assert not book.refresh(lambda: True)
    assert not book.looked
    assert book.refresh()


@given(seconds=st.lists(st.integers(0, 10**6), max_size=4000))
def test_a_large_folder_is_cut_where_time_passes(seconds: list[int]) -> None:
    photos = [(n, second) for n, second in enumerate(sorted(seconds))]
    pieces = list(_pieces(photos))
    assert [i for piece in pieces for i in piece] == list(range(len(photos)))
    assert all(0 < len(piece) <= AT_ONCE for piece in pieces)


def test_a_burst_near_the_cut_stays_whole() -> None:
    gaps = np.full(2000, 100)
    gaps[AT_ONCE - 5 : AT_ONCE + 5] = 1  # ten shots, a second apart, around the last place to cut
    photos = list(enumerate(np.cumsum(gaps).tolist()))
    burst = set(range(AT_ONCE - 5, AT_ONCE + 5))
    assert any(burst <= set(piece) for piece in _pieces(photos))


def test_a_picture_and_its_raw_file_are_one_shot_of_a_burst(
    library: Library, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 3, shot)
    raw = FileState(tmp_path / "album" / "photo-00000.nef", 5, 1, 99, 1)
    album = library.queries.albums()[0]
    (raw_id,) = library.writer.apply_files(FileChanges(album.id, new=[raw])).result()
    book = BurstBook(library.queries)
    book.refresh()
    assert book.bursts.size_of(ids[0]) == 3
    assert raw_id not in book.bursts.with_photo(ids[0])
