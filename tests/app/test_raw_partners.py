"""A raw file that goes with a picture shows as a badge, not as a photo of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.wording import spoken_row
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.core.curation.made_album import MODEL, Shot, build


def test_one_cell_for_both_and_stars_for_both(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    first, raw, second = build(
        library, tmp_path / "album", [Shot("a.jpg", 6.0), Shot("a.CR2"), Shot("b.jpg", 4.0)]
    )
    session.browser.change(model=MODEL)
    window = open_window()
    assert [int(i) for i in session.browser.photos.ids] == [first, second]
    session.browser.activate(0)
    qtbot.waitUntil(lambda: session.browser.photos.row(0) is not None)
    row = session.browser.photos.row(0)
    assert row is not None
    assert "with its raw file" in spoken_row(row)
    assert not session.browser.photos.row(1).partners  # type: ignore[union-attr]
    qtbot.keyClick(window, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: library.queries.photo_rows([raw], MODEL)[raw].rating == 4)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: library.queries.photo_rows([raw], MODEL)[raw].rating == 0)
