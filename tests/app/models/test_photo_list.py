"""The photo list: ids in order, rows fetched by the page, places found by id."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from app.models.photo_list import ID_ROLE, PHOTO_ROLE, PhotoListModel
from app.models.row_cache import RowCache
from core.domain import ColorLabel, Flag, PhotoRow, Status


def row(photo_id: int, **changes: object) -> PhotoRow:
    values: dict[str, object] = {
        "id": photo_id, "file": f"/photos/{photo_id}.jpg", "name": f"{photo_id}.jpg",
        "status": Status.SCORED, "reason": None, "mean": 5.0, "uncertainty": None,
        "face_count": 1, "rating": 0, "flag": None, "color": None, "width": 3, "height": 2,
        "taken_at": None,
    }  # fmt: skip
    return PhotoRow(**(values | changes))  # type: ignore[arg-type]


class Shelf:
    """Hands out rows and counts how often it is asked."""

    def __init__(self, gone: frozenset[int] = frozenset()) -> None:
        self.asked: list[list[int]] = []
        self.gone = gone
        self.rating = 0

    def __call__(self, ids: Sequence[int]) -> dict[int, PhotoRow]:
        self.asked.append(list(ids))
        return {i: row(i, rating=self.rating) for i in ids if i not in self.gone}


def test_after_a_leap_only_what_is_seen_is_fetched_and_more_where_one_goes_on() -> None:
    shelf, ids = Shelf(), np.arange(1000, dtype=np.int64)
    cache = RowCache(shelf, page=10)
    cache.prepare(ids, range(500, 520))
    assert shelf.asked == [list(range(500, 520))]
    cache.prepare(ids, range(503, 523))
    assert shelf.asked[1:] == [[498, 499, *range(520, 528)]]
    cache.prepare(ids, range(505, 525))
    assert len(shelf.asked) == 2


def test_rows_are_fetched_by_the_page_and_once() -> None:
    shelf = Shelf()
    cache = RowCache(shelf, page=10)
    ids = np.arange(100, 200)
    assert cache.row(ids, 14).id == 114  # type: ignore[union-attr]
    assert cache.row(ids, 19).id == 119  # type: ignore[union-attr]
    assert shelf.asked == [list(range(110, 120))]


def test_a_photo_that_is_gone_is_asked_for_once() -> None:
    shelf = Shelf(gone=frozenset({3}))
    cache = RowCache(shelf, page=10)
    ids = np.arange(10)
    assert cache.row(ids, 3) is None
    assert cache.row(ids, 3) is None
    assert len(shelf.asked) == 1


def test_the_cache_is_bounded_and_keeps_what_was_used_last() -> None:
    shelf = Shelf()
    cache = RowCache(shelf, page=10, capacity=30)
    ids = np.arange(1000)
    for position in range(0, 1000, 10):
        cache.row(ids, position)
    assert len(cache) <= 30
    before = len(shelf.asked)
    cache.row(ids, 999)
    assert len(shelf.asked) == before


def test_the_model_keeps_qts_rules(qtmodeltester: ModelTester) -> None:
    model = PhotoListModel(Shelf())
    model.set_ids(np.array([5, 3, 9]))
    qtmodeltester.check(model)
    assert [model.data(model.index(n), ID_ROLE) for n in range(3)] == [5, 3, 9]
    assert model.data(model.index(1), PHOTO_ROLE).name == "3.jpg"


def test_places_are_found_by_id_in_any_order() -> None:
    model = PhotoListModel(Shelf())
    model.set_ids(np.array([50, 10, 40, 20]))
    assert model.position(40) == 2
    assert model.position(41) is None
    assert list(model.positions(np.array([20, 50, 7]))) == [0, 3]


def test_the_same_list_resets_nothing() -> None:
    model = PhotoListModel(Shelf())
    assert model.set_ids(np.array([1, 2]))
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    assert not model.set_ids(np.array([1, 2]))
    assert resets == []
    assert model.set_ids(np.array([2, 1]))
    assert resets == [1]


def test_a_changed_photo_is_fetched_anew() -> None:
    shelf = Shelf()
    model = PhotoListModel(shelf)
    model.set_ids(np.array([1, 2]))
    assert model.row(0).rating == 0  # type: ignore[union-attr]
    shelf.rating = 4
    model.refresh_rows([1])
    assert model.row(0).rating == 4  # type: ignore[union-attr]


def test_a_screen_reader_hears_everything_that_the_cell_shows() -> None:
    model = PhotoListModel(
        lambda ids: {
            i: row(i, mean=6.4, rating=3, flag=Flag.REJECT, color=ColorLabel.GREEN, face_count=2)
            for i in ids
        }
    )
    model.set_ids(np.array([1]))
    said = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for part in ("1.jpg", "6.40", "3 stars", "Reject", "Green", "2 faces"):
        assert part in said


def test_photos_are_dragged_out_as_files() -> None:
    model = PhotoListModel(Shelf())
    model.set_ids(np.array([1, 2]))
    mime = model.mimeData([model.index(0), model.index(1)])
    assert [url.toLocalFile() for url in mime.urls()] == ["/photos/1.jpg", "/photos/2.jpg"]
