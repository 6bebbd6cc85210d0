"""The history as its user meets it: every action in words, and the way back from any."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.models.history import ENTRY_ROLE, entry_facts
from app.session import Session
from app.theme import Theme
from app.translation import use_language
from app.views.main_window import MainWindow
from app.window_state import WindowState
from app.wording import phrase_text
from core.curation.apply import Rejects, apply
from core.curation.phrases import BLOCKED, Phrase, read_phrase
from core.curation.plan import preview
from core.curation.undo import undo
from core.domain import Flag
from core.grouping.groups import Grouping
from core.library.library import Library, open_library
from core.settings import Settings
from tests.app.conftest import IdleWork, OpenWindow
from tests.app.synthetic import MODEL, fill
from tests.core.curation.made_album import MODEL as MADE
from tests.core.curation.made_album import Shot, build


def titles(window: MainWindow) -> list[str]:
    entries = window.history.entries
    return [entries.index(row).data() for row in range(entries.rowCount())]


def open_history(qtbot: QtBot, window: MainWindow, count: int) -> None:
    window.show_view("history")
    qtbot.waitUntil(lambda: window.history.entries.rowCount() == count)


def test_nothing_was_done_yet(qtbot: QtBot, session: Session, open_window: OpenWindow) -> None:
    window = open_window()
    window.show_view("history")
    qtbot.waitUntil(window.history.empty.isVisible)
    assert not window.history.back.isEnabled()
    assert window.pages.currentWidget() is window.history  # although there is no photo


def test_an_older_judgement_is_taken_back_and_the_newer_stays(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 4)
    library.writer.set_rating(ids[:3], 4).result()
    library.writer.set_flag(ids[3:], Flag.PICK).result()
    window = open_window()
    open_history(qtbot, window, 2)
    assert titles(window) == ["Pick", "4 stars"]
    entry = window.history.entries.index(1).data(ENTRY_ROLE)
    assert "3 photos" in entry_facts(entry)
    window.history.view.setCurrentIndex(window.history.entries.index(1))
    qtbot.mouseClick(window.history.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.history.entries.entry(1).undone)  # type: ignore[union-attr]
    rows = library.queries.photo_rows(ids, MODEL)
    assert [rows[i].rating for i in ids] == [0, 0, 0, 0]
    assert rows[ids[3]].flag is Flag.PICK
    qtbot.waitUntil(lambda: not window.history.back.isEnabled())


def test_moved_files_come_back_after_a_restart_and_what_cannot_is_named(
    qtbot: QtBot, qapp: QApplication, theme: Theme, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    with open_library(tmp_path / "library") as library:
        build(library, album, [Shot(f"IMG_{n}.jpg", mean=3 + n) for n in range(3)])
        plan = preview(library, MADE, 1, Grouping.ALBUM, folder=album)
        assert apply(library, plan, Rejects.MOVE).moved == 2
    (album / "IMG_0.jpg").write_bytes(b"somebody else's")
    session = Session(open_library(tmp_path / "library"), IdleWork(), MADE)
    try:
        window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
        qtbot.addWidget(window)
        window.show()
        session.start()
        open_history(qtbot, window, 1)
        assert titles(window) == ["The best 1 of each album kept, the rest moved to “_rejected”"]
        assert "2 files moved" in entry_facts(window.history.entries.entry(0))  # type: ignore[arg-type]
        qtbot.keyClick(window.history.view, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(window.history.entries.entry(0).problems))  # type: ignore[union-attr]
        entry = window.history.entries.entry(0)
        assert entry is not None
        assert "IMG_0.jpg can't be restored" in str(entry.problems[0])
        assert (album / "IMG_1.jpg").exists()
        assert (album / "IMG_0.jpg").read_bytes() == b"somebody else's"
        (album / "IMG_0.jpg").unlink()
        qtbot.waitUntil(window.history.back.isEnabled)
        qtbot.mouseClick(window.history.back, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: (album / "IMG_0.jpg").exists())
        qtbot.waitUntil(lambda: not window.history.entries.entry(0).files)  # type: ignore[union-attr]
    finally:
        session.stop()


def test_what_could_not_be_taken_back_is_told_in_the_users_language(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    build(library, album, [Shot(f"IMG_{n}.jpg", mean=3 + n) for n in range(2)])
    apply(library, preview(library, MADE, 1, Grouping.ALBUM, folder=album), Rejects.MOVE)
    (album / "IMG_0.jpg").write_bytes(b"somebody else's")
    use_language("de")
    window = open_window()
    window.commands["undo"].trigger()
    said = (
        "IMG_0.jpg lässt sich nicht wiederherstellen: Eine andere Datei trägt jetzt seinen Namen."
    )
    qtbot.waitUntil(lambda: said in window.messages.text.text())
    open_history(qtbot, window, 1)
    entry = window.history.entries.index(0)
    assert said in entry.data(Qt.ItemDataRole.AccessibleTextRole)


def test_an_older_programs_plain_note_is_shown_as_it_is() -> None:
    assert phrase_text(read_phrase("it was {odd}")) == "it was {odd}"
    stored = Phrase(BLOCKED, {"name": "a{b}.jpg", "where": "/x"}).stored()
    assert phrase_text(read_phrase(stored)).startswith("a{b}.jpg can't be restored")


def test_undo_by_key_reaches_a_curation(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, [Shot(f"IMG_{n}.jpg", mean=3 + n) for n in range(3)])
    plan = preview(library, MADE, 1, Grouping.ALBUM, folder=album)
    apply(library, plan, Rejects.MOVE)
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: (album / "IMG_0.jpg").exists() and (album / "IMG_1.jpg").exists())
    qtbot.waitUntil(
        lambda: all(r.flag is None for r in library.queries.photo_rows(ids, MADE).values())
    )


def test_what_an_album_ignores_is_taken_back_after_a_restart_and_done_again(
    qtbot: QtBot, qapp: QApplication, theme: Theme, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    with open_library(tmp_path / "library") as library:
        fill(library, album, 2)
        known = library.queries.albums()[0]
        library.writer.set_ignore_patterns(known.id, ["*_small.jpg"]).result()
    work = IdleWork()
    session = Session(open_library(tmp_path / "library"), work, MODEL)
    queries = session.library.queries
    try:
        window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
        qtbot.addWidget(window)
        window.show()
        session.start()
        open_history(qtbot, window, 1)
        assert titles(window) == ["What is ignored in album"]
        window.commands["undo"].trigger()
        qtbot.waitUntil(lambda: queries.ignore_patterns(known.id) == [])
        qtbot.waitUntil(lambda: f"rescan {known.id}" in work.asked)
        work.asked.clear()
        window.commands["redo"].trigger()
        qtbot.waitUntil(lambda: queries.ignore_patterns(known.id) == ["*_small.jpg"])
        qtbot.waitUntil(lambda: f"rescan {known.id}" in work.asked)
    finally:
        session.stop()


def test_an_album_that_was_removed_comes_back_with_its_rules_and_stars(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 2)
    library.writer.set_rating(ids[:1], 4).result()
    window = open_window()
    album = session.albums.albums[0]
    library.writer.set_ignore_patterns(album.id, ["exports/*"]).result()
    window.sidebar.remove_requested.emit(album)
    qtbot.waitUntil(lambda: not session.albums.albums)
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: [a.name for a in session.albums.albums] == ["album"])
    assert library.queries.ignore_patterns(session.albums.albums[0].id) == ["exports/*"]
    qtbot.waitUntil(lambda: session.browser.photos.rowCount() == 2)
    assert library.queries.photo_rows(ids, MODEL)[ids[0]].rating == 4


def test_a_folder_that_was_added_is_taken_out_again(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    (tmp_path / "party").mkdir()
    window = open_window()
    session.actions.add_albums([tmp_path / "party"])
    qtbot.waitUntil(lambda: len(session.albums.albums) == 1)
    open_history(qtbot, window, 1)
    assert titles(window) == ["Folder added: party"]
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: not session.albums.albums)
    assert (tmp_path / "party").is_dir()


def test_an_older_change_of_rules_does_not_undo_a_newer_one(library: Library) -> None:
    album = library.writer.add_album(Path("/photos")).result()
    first = library.writer.set_ignore_patterns(album.id, ["a*"]).result()
    library.writer.set_ignore_patterns(album.id, ["b*"]).result()
    done = undo(library, first)
    assert library.queries.ignore_patterns(album.id) == ["b*"]
    assert done.notes
    library.close()


def test_hundreds_of_entries_are_read_page_by_page(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 1)
    for number in range(250):
        library.writer.set_rating(ids, 1 + number % 5)
    library.writer.set_flag(ids, Flag.PICK).result()
    window = open_window()
    open_history(qtbot, window, 100)
    view = window.history.view
    while window.history.entries.rowCount() < 251:
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
        count = window.history.entries.rowCount()
        qtbot.waitUntil(lambda count=count: window.history.entries.rowCount() > count)
    assert titles(window)[0] == "Pick"
    assert titles(window)[-1] == "1 star"
