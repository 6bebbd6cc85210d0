"""Which pixels of a photo are shown, and what is decoded before anybody asks."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.models.pictures import FULL, PictureCache, fit_together, to_image
from app.session import Session
from core.domain import PhotoRow, Status
from core.files.decode import decode
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.models.test_photo_list import row
from tests.app.synthetic import fill


def test_colours_and_odd_widths_come_through() -> None:
    pixels = np.zeros((3, 5, 3), np.uint8)
    pixels[1, 4] = (200, 100, 50)
    image = to_image(pixels)
    assert QColor(image.pixel(4, 1)).getRgb() == (200, 100, 50, 255)
    assert QColor(image.pixel(0, 0)).getRgb() == (0, 0, 0, 255)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (3000, 2000), (10, 20, 30)).save(path)
    return path


def test_a_fitted_photo_is_painted_from_pixels_of_its_size(qtbot: QtBot, photo: Path) -> None:
    jobs = Jobs(1)
    cache = PictureCache(decode, jobs)
    try:
        for side in (FULL, 800):
            with qtbot.waitSignal(cache.ready, timeout=20_000):
                cache.want([(7, photo, 800), (7, photo, FULL)][:: 1 if side else -1])
        qtbot.waitUntil(lambda: cache.has(7, 800) and cache.has(7, FULL), timeout=20_000)
        fitted, whole = cache.get(7, 800), cache.get(7, FULL)
        assert fitted is not None
        assert whole is not None
        assert max(fitted.pixmap.width(), fitted.pixmap.height()) == 800
        assert whole.pixmap.width() == 3000
        enlarged = cache.get(7, 1600)  # the window grew: better all of it than too little
        assert enlarged is whole
    finally:
        jobs.stop()


def test_a_photo_that_is_looked_at_is_there_whole_before_one_zooms(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 4, thumbnails=True)
    window = open_window()
    session.browser.activate(0)
    window.show_view("loupe")
    active = session.browser.active_id
    assert active is not None
    qtbot.waitUntil(lambda: session.pictures.has(active, FULL), timeout=20_000)
    shown = session.pictures.get(active, window.loupe._side())
    assert shown is not None
    assert shown.side != FULL  # fitted, it is painted from few pixels
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_Right)
    follower = session.browser.active_id
    assert follower in ids
    qtbot.waitUntil(lambda: session.pictures.has(follower, FULL), timeout=20_000)
    assert not session.pictures.has(active, FULL)  # what lies behind is let go
    following = session.browser.photos.id_at(2)
    assert following is not None
    qtbot.waitUntil(lambda: session.pictures.has(following, FULL), timeout=20_000)
    assert session.pictures.has(follower, FULL)
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_Right)
    assert session.browser.active_id == following
    window.loupe.canvas.toggle_zoom()  # at once from what was decoded ahead
    assert session.pictures.has(following, FULL)
    shown = session.pictures.get(following, FULL)
    assert shown is not None
    assert shown.side == FULL


def test_whole_photos_leave_the_memory_when_the_loupe_was_left(
    qtbot: QtBot,
    session: Session,
    library: Library,
    open_window: OpenWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.views.loupe.LEFT_MS", 50)
    first, second, *_ = fill(library, tmp_path / "album", 4, thumbnails=True)
    window = open_window()
    session.browser.activate(0)
    window.show_view("loupe")
    active = session.browser.active_id
    assert active is not None
    qtbot.waitUntil(lambda: session.pictures.has(active, FULL), timeout=20_000)
    window.show_view("grid")
    qtbot.waitUntil(lambda: not session.pictures.has(active, FULL))
    assert not window.loupe.canvas.has_photo
    window.show_view("loupe")
    assert window.loupe.canvas.has_photo  # at once, from what is kept at the screen's size
    qtbot.waitUntil(lambda: session.pictures.has(active, FULL), timeout=20_000)
    # What somebody else has wished for meanwhile is not touched.
    session.pictures.want([(first, tmp_path / "gone.jpg", FULL), (active, Path(), FULL)])
    session.pictures.let_go([(second, tmp_path / "gone.jpg", FULL)])
    assert session.pictures.has(active, FULL)


def test_two_large_photos_are_not_whole_in_memory_together() -> None:
    def sized(width: int | None, height: int | None, **changes: object) -> PhotoRow:
        return row(1, width=width, height=height, **changes)

    assert fit_together(sized(6000, 4000), sized(4000, 6000))
    assert not fit_together(sized(6000, 4000), sized(8200, 5500))
    assert not fit_together(sized(6000, 4000), sized(None, None))
    assert not fit_together(sized(600, 400), sized(600, 400, status=Status.UNREADABLE))


def test_the_pixels_of_an_image_live_as_long_as_anybody_shows_them(qtbot: QtBot) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (30, 41, 3), np.uint8)
    pixmap = QPixmap.fromImage(to_image(pixels))
    gc.collect()
    others = [to_image(np.zeros_like(pixels)) for _ in range(20)]  # would take freed memory
    color = pixmap.toImage().pixelColor(40, 29)
    assert (color.red(), color.green(), color.blue()) == tuple(pixels[29, 40])
    assert len(others) == 20
