"""The library keeps measured reasons as long as the file stays the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.domain import Box, PhotoQuery, Reason
from core.indexer import Indexer
from core.library.library import Library, open_library
from core.library.reason_writes import MeasuredPhoto
from core.reasons.codes import Code, sentence
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos


def reason(code: Code, value: float, box: Box | None = None) -> Reason:
    return Reason(code.value, sentence(code, value), value, 1.0, 0.5, box)


BLURRED = reason(Code.FACE_BLURRED, 3.25, Box(0.1, 0.2, 0.3, 0.4))
NOISY = reason(Code.NOISE, 12.0)


@pytest.fixture
def library(tmp_path: Path):
    album = tmp_path / "album"
    TinyPhotos().album(album, 3)
    with open_library(tmp_path / "library") as opened:
        opened.writer.add_album(album).result()
        scan(opened, album)
        yield opened


def scan(library: Library, album: Path) -> None:
    indexer = Indexer(library, QuickAnalyzer, model_id=MODEL)  # type: ignore[arg-type]
    indexer.start()
    indexer.scan(album)
    indexer.wait_until_idle(60)
    indexer.stop()


def ids(library: Library, **query: str) -> list[int]:
    return sorted(int(i) for i in library.queries.photo_ids(PhotoQuery(MODEL, **query)))


def save(library: Library, photo_id: int, *reasons: Reason) -> int:
    (pending,) = [p for p in library.queries.unmeasured(MODEL) if p.id == photo_id]
    return library.writer.save_reasons([MeasuredPhoto(photo_id, pending.source, reasons)]).result()


def test_reasons_come_back_in_order_with_their_words_and_places(library: Library) -> None:
    first, second, third = ids(library)
    assert save(library, first, BLURRED, NOISY) == 1
    assert save(library, second) == 1
    photo = library.queries.photo(first, MODEL)
    assert photo is not None
    assert photo.reasons == (BLURRED, NOISY)
    assert photo.reasons_measured
    clean, unknown = (library.queries.photo(i, MODEL) for i in (second, third))
    assert clean is not None
    assert unknown is not None
    assert (clean.reasons, clean.reasons_measured) == ((), True)
    assert (unknown.reasons, unknown.reasons_measured) == ((), False)


def test_rows_name_the_first_reason_and_queries_filter_by_any(library: Library) -> None:
    first, second, _ = ids(library)
    save(library, first, BLURRED, NOISY)
    save(library, second, NOISY)
    rows = library.queries.photo_rows(ids(library), MODEL)
    assert [rows[i].main_reason for i in ids(library)] == ["face_blurred", "noise", None]
    assert [rows[i].reasons for i in ids(library)] == [("face_blurred", "noise"), ("noise",), ()]
    assert ids(library, reason="noise") == [first, second]
    assert ids(library, reason="face_blurred") == [first]
    assert ids(library, reason="eyes_closed") == []
    assert library.queries.reason_counts() == {"noise": 2, "face_blurred": 1}


def test_measuring_again_replaces(library: Library) -> None:
    first = ids(library)[0]
    (source,) = [p.source for p in library.queries.unmeasured(MODEL) if p.id == first]
    for reasons in ((BLURRED, NOISY), (NOISY,)):
        library.writer.save_reasons([MeasuredPhoto(first, source, reasons)]).result()
    photo = library.queries.photo(first, MODEL)
    assert photo is not None
    assert photo.reasons == (NOISY,)


def test_reasons_of_a_changed_file_are_forgotten_until_measured_anew(library: Library) -> None:
    first = ids(library)[0]
    save(library, first, BLURRED)
    assert first not in [p.id for p in library.queries.unmeasured(MODEL)]
    photo = library.queries.photo(first, MODEL)
    assert photo is not None
    photo.path.write_bytes(TinyPhotos(first=1000).next())
    os.utime(photo.path, ns=(10**18, 10**18))
    scan(library, photo.path.parent)
    changed = library.queries.photo(first, MODEL)
    assert changed is not None
    assert (changed.reasons, changed.reasons_measured) == ((), False)
    assert library.queries.photo_rows([first], MODEL)[first].main_reason is None
    assert ids(library, reason="face_blurred") == []
    assert first in [p.id for p in library.queries.unmeasured(MODEL)]


def test_what_was_measured_on_another_state_of_the_file_is_not_stored(library: Library) -> None:
    first = ids(library)[0]
    stale = MeasuredPhoto(first, "1:1", (BLURRED,))
    assert library.writer.save_reasons([stale]).result() == 0
    photo = library.queries.photo(first, MODEL)
    assert photo is not None
    assert not photo.reasons_measured


def test_an_unknown_code_of_a_newer_version_is_shown_as_it_is(library: Library) -> None:
    first = ids(library)[0]
    save(library, first, Reason("halo_too_small", "", 1.0, 0.5, 0.2))
    photo = library.queries.photo(first, MODEL)
    assert photo is not None
    assert photo.reasons[0].text == "halo too small"
