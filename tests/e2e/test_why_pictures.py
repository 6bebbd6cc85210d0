"""Pictures of the window with its "why" panel, to be looked at: faults, a fine photo, a group.

    pytest tests/e2e/test_why_pictures.py --basetemp=DIR

Pictures lie in DIR/pictures*/; without --basetemp in pytest's own folder below the system's
temporary one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.composition import make_window
from app.opening import open_session
from app.session import Session
from app.theme import Theme, ThemeChoice
from app.views.main_window import MainWindow
from core.domain import ImageArray, Photo, Status
from core.files.decode import decode
from core.inference.faces import FaceDetector
from core.reasons.codes import NO_FAULT
from core.settings import Settings
from tests.benchmarks.portrait_faults import FAULTS, random_of

PATIENCE_MS = 180_000
FINE, GROUP = "P01/stock-emotions-a-1.jpg", "P10/group-3.jpg"
EXPECTED = {
    "blurred": {"face_blurred"},
    "dark": {"face_dark"},
    "closed": {"eyes_closed"},
    "fine": set(),
    "group": None,
    "scene": None,
}
"""By picture, a reason that must be told; ``None``: whatever is measured."""

MAPPED = ("blurred", "group", "scene")
"""Pictures of which the map is looked at too."""

CLOSED_EYES = 2
"""Of the photos with closed eyes, the one in this place."""


@pytest.fixture(scope="module", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALBUMEN_CONFIG", str(tmp_path_factory.mktemp("config")))
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
        yield


def with_fault(pixels: ImageArray, fault: str) -> ImageArray:
    """A known fault on the largest face."""
    face = FaceDetector().detect(pixels)[0]
    return FAULTS[fault][0](pixels, face, random_of("picture", fault))


@pytest.fixture(scope="module")
def album(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One photo of each kind, named by it."""
    folder = tmp_path_factory.mktemp("album")
    fine = corpus / "portraits" / FINE
    pixels = decode(fine).pixels
    shutil.copy(fine, folder / "fine.jpg")
    shutil.copy(corpus / "portraits" / GROUP, folder / "group.jpg")
    for name, fault in (("blurred", "face_blur"), ("dark", "dark_face")):
        Image.fromarray(with_fault(pixels, fault)).save(folder / f"{name}.jpg", quality=92)
    closed = sorted((corpus.parent / "data" / "closed_eyes").glob("*.jpg"))
    if len(closed) > CLOSED_EYES:
        shutil.copy(closed[CLOSED_EYES], folder / "closed.jpg")
    rows = np.linspace(0, 1, 900)[:, None, None]
    scene = np.where(rows < 0.55, (120, 165, 215), (70, 105, 60)) * (0.6 + 0.4 * rows)
    waves = 12 * np.sin(np.arange(1400)[None, :, None] / 23 + 40 * rows)
    Image.fromarray(np.clip(scene + waves, 0, 255).astype(np.uint8)).save(folder / "scene.jpg")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures are written."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def session(qapp: QApplication, album: Path, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The album, scored and measured by the real program."""
    return open_session(tmp_path_factory.mktemp("library"), Settings(workers=1))


@pytest.fixture(scope="module")
def window(qapp: QApplication, session: Session, album: Path) -> Iterator[MainWindow]:
    """The real window on it."""
    shown = make_window(session, Theme(qapp, ThemeChoice.DARK), Settings(workers=1))
    shown.resize(1280, 860)
    shown.show()
    session.start()
    session.actions.add_albums([album])
    yield shown
    shown.close()


@pytest.fixture
def look_at(qtbot: QtBot, window: MainWindow, session: Session) -> Callable[[str], Photo]:
    """Shows a photo in the loupe once everything is known of it."""

    def show(name: str) -> Photo:
        def row_of() -> int | None:
            photos = session.browser.photos
            rows = (photos.row(n) for n in range(photos.rowCount()))
            return next((n for n, row in enumerate(rows) if row and row.path.stem == name), None)

        def known() -> bool:
            position = row_of()
            if position is None:
                return False
            if session.browser.active_position != position:
                session.browser.activate(position)
            photo = window.panel.photo
            return photo is not None and photo.path.stem == name and (
                photo.reasons_measured or photo.status is Status.NOT_SCORED
            )  # fmt: skip

        qtbot.waitUntil(known, timeout=PATIENCE_MS)
        window.show_view("loupe")
        qtbot.waitUntil(lambda: window.loupe.canvas.has_photo, timeout=PATIENCE_MS)
        photo = window.panel.photo
        assert photo is not None
        return photo

    return show


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_panel_of_each_kind_of_photo(
    name: str,
    window: MainWindow,
    session: Session,
    look_at: Callable[[str], Photo],
    album: Path,
    pictures: Path,
    qtbot: QtBot,
) -> None:
    if not (album / f"{name}.jpg").exists():
        pytest.skip("there is no photo of that kind beside the checkout")
    photo = look_at(name)
    expected = EXPECTED[name]
    codes = {reason.code for reason in photo.reasons}
    if expected is not None:
        assert expected <= codes
    said = window.panel.reasons.sentences
    assert len(said) == min(3, len(photo.reasons))
    if expected == set():
        assert codes == set(), NO_FAULT
    why = window.panel.why
    for heat in (False, True) if name in MAPPED else (False,):
        window.commands["heatmap"].setChecked(heat)
        if heat:
            qtbot.waitUntil(
                lambda: bool(why.verdict.text()) and "…" not in why.verdict.text(),
                timeout=PATIENCE_MS,
            )
            told_nothing = "not informative" in why.verdict.text()
            assert (window.loupe.canvas.heat is None) == told_nothing
            assert window.loupe.no_heat.isVisibleTo(window) == told_nothing
        for theme in (ThemeChoice.DARK, ThemeChoice.LIGHT):
            window.preferences.choose_theme(theme)
            qtbot.wait(50)  # the next paint
            picture = window.grab()
            assert picture.save(str(pictures / f"{name}-{'map-' if heat else ''}{theme.value}.png"))
    window.commands["heatmap"].setChecked(False)
    window.preferences.choose_theme(ThemeChoice.DARK)


def test_how_fragile_a_score_is_can_be_asked(
    window: MainWindow, look_at: Callable[[str], Photo], pictures: Path, qtbot: QtBot
) -> None:
    look_at("blurred")
    why = window.panel.why
    qtbot.waitUntil(lambda: why.fragile.isVisibleTo(window), timeout=PATIENCE_MS)
    why.fragile.click()
    qtbot.waitUntil(lambda: "median" in why.fragility.text(), timeout=PATIENCE_MS)
    assert "no improvement" in why.fragility.text()
    assert not why.fragile.isVisibleTo(window)
    told = why.fragility
    qtbot.waitUntil(lambda: told.height() >= told.heightForWidth(told.width()))
    assert window.grab().save(str(pictures / "fragile.png"))


def test_a_worse_shot_is_compared_with_the_best_of_its_burst(
    window: MainWindow, look_at: Callable[[str], Photo], qtbot: QtBot
) -> None:
    shot = look_at("dark")
    panel = window.panel
    qtbot.waitUntil(lambda: panel.compare.isVisibleTo(window), timeout=PATIENCE_MS)
    assert "of 3 in its burst" in panel.place.text()
    panel.compare.click()
    assert window.pages.current_name == "compare"
    champion, challenger = window.compare.champion.row, window.compare.challenger.row
    assert champion is not None
    assert challenger is not None
    assert challenger.id == shot.id
    assert (champion.mean or 0) > (challenger.mean or 0)


def test_the_worst_shots_with_their_reasons(
    window: MainWindow, session: Session, pictures: Path, qtbot: QtBot
) -> None:
    window.show_view("grid")
    session.browser.change(descending=False)
    qtbot.wait(200)  # the list and its thumbnails
    assert window.grab().save(str(pictures / "worst.png"))
    photos = session.browser.photos
    rows = [photos.row(n) for n in range(photos.rowCount())]
    means = [row.mean for row in rows if row is not None and row.mean is not None]
    assert means == sorted(means)
    assert any(len(row.reasons) > 1 for row in rows if row is not None)


def test_a_click_on_a_reason_goes_to_the_place(
    window: MainWindow, look_at: Callable[[str], Photo], qtbot: QtBot
) -> None:
    photo = look_at("blurred")
    (row, *_) = window.panel.reasons.rows
    box = photo.reasons[0].box
    assert box is not None
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    canvas = window.loupe.canvas
    assert canvas.zoom is not None
    assert canvas.zoom > canvas.fit_zoom()
    assert (canvas.center.x(), canvas.center.y()) == pytest.approx(box.center)
    canvas.toggle_zoom()
