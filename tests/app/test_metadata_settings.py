"""Other programs, as the user of the window meets them: switched on, written to, read, undone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.notifications import Message
from app.session import Session
from app.views.main_window import MainWindow
from app.views.view_set import scope_of
from core.curation.apply import Rejects
from core.curation.plan import Plan
from core.domain import Flag
from core.files import xmp
from core.files.xmp import XmpJudgement
from core.grouping.groups import Grouping
from core.library.library import Library
from core.settings import Settings
from tests.app.conftest import OpenWindow
from tests.app.synthetic import MODEL, fill
from tests.core.curation.made_album import MODEL as MADE
from tests.core.curation.made_album import Shot, build


def switch_on(window: MainWindow, **choices: str) -> None:
    sheet = window.preferences.sheet
    sheet.show_settings(Settings())
    for field, value in choices.items():
        button = {"metadata": sheet.metadata.place, "names": sheet.metadata.names}[field]
        button.chosen.emit(value)
    sheet.dismiss()


def test_it_is_off_until_it_is_switched_on(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = fill(library, album, 2, thumbnails=True)
    window = open_window()
    sheet = window.preferences.sheet
    sheet.show_settings(Settings())
    assert not sheet.metadata.names.isEnabled()
    sheet.metadata.place.chosen.emit("sidecar")
    assert sheet.metadata.names.isEnabled()
    sheet.metadata.names.chosen.emit("stem")
    sheet.dismiss()
    session.browser.activate(0)
    active = session.browser.active_id
    assert active in ids
    qtbot.keyClick(window, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: library.queries.photo_rows([active], MODEL)[active].rating == 4)
    assert session.metadata.wait_until_idle(20)
    (sidecar,) = album.glob("*.xmp")
    assert sidecar.suffix == ".xmp"
    assert sidecar.with_suffix(".jpg").exists()
    assert xmp.read(sidecar).rating == 4
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not xmp.read(sidecar).rating)


@pytest.mark.parametrize("rejects", [Rejects.FLAG, Rejects.MOVE])
def test_keeping_the_best_writes_rejects_and_undo_takes_them_out_again(
    qtbot: QtBot,
    session: Session,
    library: Library,
    open_window: OpenWindow,
    tmp_path: Path,
    rejects: Rejects,
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, [Shot(f"IMG_{n}.jpg", mean=3 + n) for n in range(3)])
    window = open_window()
    switch_on(window, metadata="sidecar")
    with qtbot.waitSignal(session.culling.planned, check_params_cb=lambda p: isinstance(p, Plan)):
        session.culling.ask(scope_of(session.browser), MADE, 1, Grouping.ALBUM)
    with qtbot.waitSignal(session.culling.applied):
        session.culling.carry_out(rejects)
    assert session.metadata.wait_until_idle(20)
    rejected = sorted(path.name for path in album.glob("*.xmp"))
    moved = rejects is Rejects.MOVE
    assert rejected == ([] if moved else ["IMG_0.jpg.xmp", "IMG_1.jpg.xmp"])
    assert (album / "IMG_0.jpg").exists() is not moved
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: all(r.flag is None for r in library.queries.photo_rows(ids, MADE).values())
    )
    assert session.metadata.wait_until_idle(20)
    assert [xmp.read(path).flag for path in album.glob("*.xmp")] == [None] * len(rejected)
    assert (album / "IMG_0.jpg").exists()


def test_what_another_program_says_shows_and_can_be_undone(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    (photo,) = build(library, album, [Shot("a.jpg")])
    window = open_window()
    sheet = window.preferences.sheet
    sheet.show_settings(Settings())
    sheet.metadata.read.click()
    sheet.dismiss()
    xmp.write(album / "a.xmp", XmpJudgement(rating=3, flag=Flag.PICK, flag_stated=True))
    os.utime(album / "a.xmp", (time.time() + 60, time.time() + 60))

    def is_told(message: Message) -> bool:
        return message.text == "1 photo was judged in another program" and bool(message.action)

    with qtbot.waitSignal(session.notifier.posted, check_params_cb=is_told):
        session.metadata.look_at(album / "a.xmp")
    row = library.queries.photo_rows([photo], MADE)[photo]
    assert (row.rating, row.flag) == (3, Flag.PICK)
    session.actions.undo()
    qtbot.waitUntil(lambda: library.queries.photo_rows([photo], MADE)[photo].rating == 0)


def test_where_it_cannot_be_written_the_user_is_told_once(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    (photo,) = build(library, album, [Shot("a.jpg")])
    (album / "a.xmp").write_bytes(b"junk")
    window = open_window()
    switch_on(window, metadata="sidecar")
    told: list[str] = []
    session.notifier.posted.connect(lambda message: told.append(message.text))
    with qtbot.waitSignal(session.notifier.posted):
        session.actions.rate(4, [photo])
    assert session.metadata.wait_until_idle(20)
    session.actions.rate(5, [photo])
    qtbot.waitUntil(lambda: library.queries.photo_rows([photo], MADE)[photo].rating == 5)
    assert session.metadata.wait_until_idle(20)
    QApplication.processEvents()  # what was told on the way is delivered
    assert ["a.xmp holds no metadata" in text for text in told] == [True]
