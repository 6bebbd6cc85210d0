"""A photographer's first hour with the window: real photos, real models, a real library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.composition import make_window
from app.notifications import Message
from app.opening import open_session
from app.session import Session
from app.theme import Theme, ThemeChoice
from app.views.main_window import MainWindow
from core.domain import PhotoQuery, Status
from core.library.library import open_library
from core.settings import Settings

PATIENCE_MS = 120_000


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.fixture
def folder(corpus: Path, tmp_path: Path) -> Path:
    """A shoot of one woman, in a folder of its own so that it may be added to."""
    target = tmp_path / "shoot"
    target.mkdir()
    for photo in sorted((corpus / "portraits" / "P01").iterdir()):
        shutil.copy(photo, target / photo.name)
    return target


# The scan tells things too while she works: a message waited for is the one that it was asked of.
def is_undone(message: Message) -> bool:
    return message.text.startswith("Undone")


def can_be_taken_back(message: Message) -> bool:
    return message.action_label == "Undo"


class Sitting:
    """One run of the program, from opening the window to closing it."""

    def __init__(self, qtbot: QtBot, app: QApplication, library: Path) -> None:
        self.qtbot = qtbot
        settings = Settings(workers=1)
        self.session: Session = open_session(library, settings)
        self.window: MainWindow = make_window(self.session, Theme(app, ThemeChoice.DARK), settings)
        qtbot.addWidget(self.window)
        with qtbot.waitSignal(self.session.browser.listed, timeout=PATIENCE_MS):
            self.window.show()
            self.session.start()

    def wait(self, condition: object) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)  # type: ignore[arg-type]

    def all_scored(self, count: int) -> bool:
        statuses = self.session.browser.listing.statuses
        return statuses.get(Status.SCORED, 0) == count and Status.PENDING not in statuses

    def ask(self, query: str) -> list[int]:
        """Types a query and gives the ids that it finds."""
        box = self.window.filters.search
        self.window.commands["find"].trigger()
        self.qtbot.keyClicks(box, query)
        with self.qtbot.waitSignal(self.session.browser.listed, timeout=PATIENCE_MS):
            self.qtbot.keyClick(box, Qt.Key.Key_Return)
        return [int(i) for i in self.session.browser.photos.ids]

    def means(self) -> list[float]:
        photos = self.session.browser.photos
        rows = [photos.row(n) for n in range(photos.rowCount())]
        return [row.mean for row in rows if row is not None and row.mean is not None]


@pytest.fixture
def sit_down(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[object]:
    sittings: list[Sitting] = []

    def start() -> Sitting:
        sittings.append(Sitting(qtbot, qapp, tmp_path / "library"))
        return sittings[-1]

    yield start
    for sitting in sittings:
        sitting.session.stop()


def test_from_an_empty_window_to_rated_photos_and_back(
    qtbot: QtBot, sit_down: object, folder: Path, tmp_path: Path
) -> None:
    count = len(list(folder.iterdir()))
    first: Sitting = sit_down()  # type: ignore[operator]
    window, session = first.window, first.session
    assert window.pages.currentWidget() is window.pages.welcome

    # She adds a folder; its photos arrive scored, the best first.
    session.actions.add_albums([folder])
    first.wait(lambda: session.browser.photos.rowCount() == count)
    first.wait(lambda: first.all_scored(count))
    assert window.toolbar.title.text() == "shoot"
    first.wait(lambda: len(first.means()) == count)  # the window follows the library
    first.wait(lambda: first.means() == sorted(first.means(), reverse=True))

    # She opens the best one, looks at its faces and at what the score saw.
    best = session.browser.photos.id_at(0)
    with qtbot.waitSignal(session.details.loaded):
        session.browser.activate(0)
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.loupe
    first.wait(lambda: window.loupe.canvas.has_photo)
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_H)
    first.wait(lambda: window.loupe.canvas.heat is not None)
    first.wait(lambda: window.loupe.canvas.best_face() is not None)
    picture = window.grab().toImage()
    assert picture.width() >= 1280

    # She asks for the better half, and compares the best two of it; the other one gets a star.
    qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_G)
    found = first.ask(f"score>={first.means()[count // 2]:.2f} faces:1")
    assert 2 <= len(found) < count
    assert found[0] == best
    assert window.filters.chip.text().startswith(f"{count - len(found)} hidden by filters")
    qtbot.keyClick(window.grid, Qt.Key.Key_C)
    assert window.pages.currentWidget() is window.compare
    sides = [pane.row.id for pane in window.compare.panes if pane.row is not None]
    assert sides == found[:2]
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.compare, Qt.Key.Key_1)
    rated = session.library.queries.photo_rows(found, session.browser.query.model)
    assert [i for i in found if rated[i].rating == 1] == [found[1]]
    qtbot.keyClick(window.compare, Qt.Key.Key_Escape)

    # She will want to see these again: she keeps the search, and looks at everything once more.
    qtbot.mouseClick(window.filters.save, Qt.MouseButton.LeftButton)
    first.wait(lambda: window.sidebar.view.state() is window.sidebar.view.State.EditingState)
    name = window.sidebar.view.findChild(QLineEdit)
    assert name is not None
    name.setText("The better half")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    first.wait(lambda: window.toolbar.title.text() == "The better half")
    qtbot.mouseClick(window.filters.chip, Qt.MouseButton.LeftButton)
    first.wait(lambda: session.browser.photos.rowCount() == count)

    # She gives the best one five stars, picks it, thinks again about the pick.
    session.browser.activate(session.browser.photos.position(best or 0) or 0)
    qtbot.keyClick(window.grid, Qt.Key.Key_E)
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_5)
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_P)
    with qtbot.waitSignal(session.notifier.posted, check_params_cb=is_undone):
        qtbot.keyClick(window.loupe.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    model = session.browser.query.model
    assert best is not None
    row = session.library.queries.photo_rows([best], model)[best]
    assert (row.rating, row.flag) == (5, None)
    window.close()

    # The next day everything is there, nothing is scored again, and undo still works.
    second: Sitting = sit_down()  # type: ignore[operator]
    second.wait(lambda: second.session.browser.photos.rowCount() == count)
    assert second.all_scored(count)
    assert second.session.browser.photos.row(0).rating == 5  # type: ignore[union-attr]
    assert second.session.library.queries.pending_count(model) == 0
    with qtbot.waitSignal(second.session.notifier.posted, check_params_cb=is_undone):
        second.session.actions.undo()
    row = second.session.library.queries.photo_rows([best], model)[best]
    assert row.rating == 0

    # The search that she kept finds what it found, and is still there after a change of mind.
    albums = second.session.albums
    second.wait(lambda: [album.name for album in albums.smart_albums] == ["The better half"])
    kept = albums.smart_albums[0]
    second.window.sidebar.view.setCurrentIndex(albums.index(albums.row_of_smart(kept.id) or 0))
    second.wait(lambda: second.window.toolbar.title.text() == "The better half")
    second.wait(lambda: second.session.browser.photos.ids.tolist() == found)
    qtbot.keyClick(second.window.sidebar, Qt.Key.Key_Delete)
    second.wait(lambda: not albums.smart_albums)
    second.wait(lambda: second.session.browser.photos.rowCount() == count)
    second.session.actions.undo()
    second.wait(lambda: [album.name for album in albums.smart_albums] == ["The better half"])

    # A photo copied into the folder shows up by itself.
    extra = sorted(folder.iterdir())[0]
    shutil.copy(extra, folder / "one-more.jpg")
    second.wait(lambda: second.all_scored(count + 1))

    # It is a copy; she has such files ignored, and then thinks better of it.
    second.window.sidebar.ignoring_requested.emit(albums.albums[0])
    sheet = second.window.places.ignoring
    second.wait(sheet.isVisible)
    sheet.patterns.setPlainText("one-*")
    with qtbot.waitSignal(
        second.session.notifier.posted, timeout=PATIENCE_MS, check_params_cb=can_be_taken_back
    ) as told:
        qtbot.mouseClick(sheet.use, Qt.MouseButton.LeftButton)
    second.wait(lambda: second.session.browser.listing.total == count)
    told.args[0].action()
    second.wait(lambda: second.session.browser.listing.total == count + 1)
    second.window.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_closing_during_a_scan_ends_clean_and_goes_on_later(
    qtbot: QtBot, sit_down: object, folder: Path, tmp_path: Path, share: float
) -> None:
    count = len(list(folder.iterdir()))
    first: Sitting = sit_down()  # type: ignore[operator]
    model = first.session.browser.query.model
    first.session.actions.add_albums([folder])
    wanted = max(1, round(count * share))
    queries = first.session.library.queries
    first.wait(
        lambda: queries.count(PhotoQuery(model, statuses=frozenset({Status.SCORED}))) >= wanted
    )
    first.window.close()
    with open_library(tmp_path / "library") as library:
        done = library.queries.count(PhotoQuery(model, statuses=frozenset({Status.SCORED})))
    assert wanted <= done <= count
    second: Sitting = sit_down()  # type: ignore[operator]
    second.wait(lambda: second.all_scored(count))
    second.window.close()
