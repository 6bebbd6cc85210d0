"""Which pixels of a photo are shown, and what is decoded before anybody asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.models.pictures import FULL, PictureCache, to_image
from app.session import Session
from core.files.decode import decode
from core.library.library import Library
from tests.app.conftest import OpenWindow
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
    assert not session.pictures.has(active, FULL)  # one at a time
