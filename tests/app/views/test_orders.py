"""Every order that the toolbar offers puts the photos as it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.views.toolbar import ORDERS
from app.wording import sort_text
from core.domain import Analysis, Photo, PhotoMetadata, Score, SortKey
from core.library.analysis_writes import AnalyzedPhoto
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, distribution, fill, scored
from tests.app.test_window import answered

OFFERED = [order for order in ORDERS if order is not None]


def mixed(number: int) -> Analysis:
    """Photos of which no two orders agree."""
    taken = datetime(2024, 6, 1) + timedelta(hours=(number * 7) % 24)
    mean = 3.0 + (number * 5 % 12) * 0.3
    score = Score(MODEL, distribution(mean), uncertainty=0.1 + (number * 11 % 7) * 0.3)
    facts = PhotoMetadata("jpeg", 600, 400, taken_at=taken)
    return replace(scored(number, faces=number * 3 % 4), metadata=facts, score=score)


def before(number: int) -> Analysis:
    """What an earlier model said of them."""
    score = Score("made-up-0", distribution(4.0 + (number % 5) * 0.4))
    return replace(mixed(number), score=score)


def mean(photo: Photo) -> float:
    assert photo.score is not None
    return photo.score.mean


def low(photo: Photo) -> float:
    assert photo.score is not None
    assert photo.score.uncertainty is not None
    return photo.score.mean - photo.score.uncertainty


def taken(photo: Photo) -> datetime:
    assert photo.metadata is not None
    assert photo.metadata.taken_at is not None
    return photo.metadata.taken_at


VALUES: dict[SortKey, Callable[[Photo], Any]] = {
    SortKey.SCORE: mean,
    SortKey.LOW: low,
    SortKey.PERCENTILE: lambda photo: photo.percentile,
    SortKey.TAKEN: taken,
    SortKey.NAME: lambda photo: photo.path.name,
    SortKey.RATING: lambda photo: photo.rating,
    SortKey.FACES: lambda photo: len(photo.faces),
    SortKey.SIZE: lambda photo: photo.size,
    SortKey.ADDED: lambda photo: photo.id,
}


def test_every_order_that_is_asked_for_is_offered() -> None:
    assert {key for key, _ in OFFERED} == set(SortKey)


def test_an_order_is_what_it_says(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "one", 12, mixed)
    ids += fill(library, tmp_path / "two", 5, lambda n: mixed(n + 3))
    for n, photo_id in enumerate(ids):
        library.writer.set_rating([photo_id], n * 7 % 6).result()
    earlier = [AnalyzedPhoto(i, f"{1000 + n}:1", before(n)) for n, i in enumerate(ids[:12])]
    library.writer.save_analyses("made-up-0", earlier).result()
    window = open_window()
    for key, descending in reversed(OFFERED):  # the first one is in force already
        with answered(qtbot, session):
            window.toolbar.order_chosen.emit((key, descending))
        shown = [int(i) for i in session.browser.photos.ids]
        assert sorted(shown) == sorted(ids)
        assert window.toolbar.order.text() == sort_text(key, descending)
        if key is SortKey.MOVED:
            moved = library.queries.movements(shown, MODEL)
            assert len(moved) == 12
            first = session.browser.photos.row(0)
            assert first is not None
            assert first.moved == moved[first.id].change
            spoken = session.browser.photos.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
            assert "than by the model before" in spoken
            values = [abs(moved[i].change) if i in moved else -1.0 for i in shown]
        else:
            values = [VALUES[key](photo) for photo in library.queries.photos(shown, MODEL)]
        assert values == sorted(values, reverse=descending), key
        assert len(set(values)) > 1, key
    rows = [session.browser.photos.row(n) for n in range(len(ids))]
    assert [row.moved for row in rows if row is not None] == [None] * len(ids)
