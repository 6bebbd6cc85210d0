"""What the window says of why a photo scored as it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.models.heatmap import MapChoice, heat_map
from app.session import Session
from app.theme import Theme
from app.translation import use_language
from app.views.main_window import MainWindow
from app.views.reason_list import ReasonList
from app.views.why_section import fragility_text
from app.wording import fault_text
from core.domain import Box, Photo, Reason, Score
from core.explaining.enhancing import Change, Fragility
from core.explaining.maps import Branch
from core.inference.saliency import Target
from core.library.library import Library
from core.library.reason_writes import MeasuredPhoto
from core.reasons.codes import Code, sentence
from tests.app.conftest import IdleWork
from tests.app.synthetic import MODEL, distribution, fill, scored

OpenWindow = Callable[[], MainWindow]

EYES = Box(0.2, 0.3, 0.2, 0.1)


def reason(code: Code, value: float, severity: float = 0.5, box: Box | None = None) -> Reason:
    return Reason(code.value, sentence(code, value), value, 1.0, severity, box)


FAULTS = (
    reason(Code.EYES_CLOSED, 90.0, box=EYES),
    reason(Code.FACE_BLURRED, 3.31),
    reason(Code.NOISE, 12.0),
    reason(Code.COMPRESSED, 80.0),
)


class Answers:
    """Stands in for the models: every map tells nothing, every score is moved by a hair."""

    def __init__(self) -> None:
        self.informative_for: list[tuple[int, Target, int | None, Branch]] = []
        self.truth = False

    def informative(self, photo: Photo, target: Target, rating: int | None, branch: Branch) -> bool:
        self.informative_for.append((photo.id, target, rating, branch))
        return self.truth

    def fragility(self, photo: Photo, level: float) -> Fragility:
        assert photo.score is not None
        nothing = np.zeros((1, 1, 3), np.uint8)
        return Fragility(level, True, Change(nothing, photo.score.mean, level + 0.01, 9, 1, 0.125))


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def session(
    qapp: QApplication, library: Library, work: IdleWork, answers: Answers
) -> Iterator[Session]:
    result = Session(library, work, MODEL, asking=lambda: answers)
    yield result
    result.stop()


@pytest.fixture
def window(
    library: Library, tmp_path: Path, open_window: OpenWindow, session: Session
) -> MainWindow:
    """Five photos, worst first: four faults, none, two unmeasured, none."""
    ids = fill(library, tmp_path / "album", 5, lambda n: scored(10 * n), thumbnails=True)
    library.writer.save_reasons(
        [
            MeasuredPhoto(ids[0], "1000:1", FAULTS),
            MeasuredPhoto(ids[1], "1001:1", ()),
            MeasuredPhoto(ids[4], "1004:1", ()),
        ]
    ).result()
    shown = open_window()
    session.browser.change(descending=False)
    return shown


def look_at(window: MainWindow, session: Session, qtbot: QtBot, position: int) -> Photo:
    with qtbot.waitSignal(session.browser.listed, timeout=20_000, raising=False):
        session.browser.refresh()
    wanted = session.browser.photos.id_at(position)
    session.browser.activate(position)
    qtbot.waitUntil(lambda: window.panel.photo is not None and window.panel.photo.id == wanted)
    assert window.panel.photo is not None
    return window.panel.photo


def test_the_three_gravest_reasons_are_said_and_the_rest_on_request(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 0)
    said = window.panel.reasons.sentences
    assert said == [
        "The eyes are closed.",
        "The face is not sharp: edges are 3.3 % of its width wide.",
        "The photo is noisy: by 12 of 255 grey levels.",
    ]
    window.panel.reasons._show_all()
    assert len(window.panel.reasons.sentences) == 4


def test_a_photo_without_a_fault_says_that_the_model_prefers_others(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 1)
    texts = [w.text() for w in window.panel.reasons.findChildren(type(window.panel.agreement))]
    assert any("simply prefers other photos" in text for text in texts)
    look_at(window, session, qtbot, 2)

    def says_it_is_unmeasured() -> bool:  # a new label is shown when the layout next runs
        labels = window.panel.reasons.findChildren(type(window.panel.agreement))
        return "Not measured yet" in [w.text() for w in labels if w.isVisibleTo(window)]

    qtbot.waitUntil(says_it_is_unmeasured)


def test_the_best_photo_without_a_fault_is_not_said_to_be_liked_less(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 4)
    texts = [w.text() for w in window.panel.reasons.findChildren(type(window.panel.agreement))]
    assert "No measurable fault." in texts
    assert not any("prefers" in text for text in texts)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Das Gesicht ist unscharf: Kanten sind 3,3 % seiner Breite breit."),
        ("es", "La cara no está nítida: los bordes miden el 3,3 % de su ancho."),
    ],
)
def test_reasons_are_said_in_the_users_language_and_numbers(
    qapp: QApplication, language: str, said: str
) -> None:
    use_language(language)
    assert fault_text(FAULTS[1]) == said
    use_language("en")
    unknown = Reason("of_a_newer_version", "Something new.", 1.0, 1.0, 0.5)
    assert fault_text(unknown) == "Something new."


def test_a_click_or_enter_on_a_reason_zooms_to_the_place(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 0)
    row, without_place, *_ = window.panel.reasons.rows
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    canvas = window.loupe.canvas
    assert window.pages.current_name == "loupe"
    qtbot.waitUntil(lambda: canvas.zoom is not None)
    assert canvas.center == QPointF(*EYES.center)
    canvas.set_zoom(None)
    QTest.keyClick(row, Qt.Key.Key_Return)
    assert canvas.zoom is not None
    assert without_place.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_a_map_that_tells_nothing_is_not_drawn_but_said(
    window: MainWindow, session: Session, qtbot: QtBot, answers: Answers
) -> None:
    photo = look_at(window, session, qtbot, 0)
    window.show_view("loupe")
    window.commands["heatmap"].setChecked(True)
    assert window.loupe.canvas.heat is not None, "drawn while it is being checked"
    qtbot.waitUntil(lambda: "not informative" in window.panel.why.verdict.text())
    assert window.loupe.canvas.heat is None
    assert "not informative" in window.loupe.no_heat.text()
    assert not window.loupe.meaning.isVisibleTo(window)
    assert answers.informative_for == [(photo.id, Target.MEAN, None, Branch.BOTH)]
    look_at(window, session, qtbot, 1)
    look_at(window, session, qtbot, 0)
    assert window.loupe.canvas.heat is None, "known already"
    assert len([a for a in answers.informative_for if a[0] == photo.id]) == 1


def test_a_true_map_stays_and_each_rating_has_its_own(
    window: MainWindow, session: Session, qtbot: QtBot, answers: Answers
) -> None:
    answers.truth = True
    look_at(window, session, qtbot, 0)
    window.show_view("loupe")
    window.commands["heatmap"].setChecked(True)
    why = window.panel.why
    qtbot.waitUntil(lambda: "Checked" in why.verdict.text())
    seen = [QImage(window.loupe.canvas.heat or QImage())]
    for rating in (9, 2):
        why.rating.setValue(rating)
        assert why.rating_text.text() == str(rating)
        assert why.targets.button(Target.PROBABILITY).isChecked()
        seen.append(QImage(window.loupe.canvas.heat or QImage()))
    assert seen[0] != seen[1] != seen[2]
    assert not any(image.isNull() for image in seen)
    qtbot.waitUntil(lambda: len(answers.informative_for) == 2)
    assert answers.informative_for[-1][1:3] == (Target.PROBABILITY, 2), "the one rested on"
    why.targets.button(Target.MEAN).click()
    assert window.loupe.canvas.heat == seen[0]
    assert why.rating_text.text() == "–"


def test_without_a_face_only_the_scene_can_be_looked_at(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 0)
    branches = window.panel.why.branches
    assert branches.button(Branch.SCENE).isChecked()
    assert not branches.button(Branch.FACE).isEnabled()
    assert window.panel.why.share.text() == "No face took part in this score"


def test_the_faces_map_lies_on_the_face_alone(theme: Theme) -> None:
    maps = np.random.default_rng(0).normal(size=(2, 10, 7, 7)).astype(np.float32)
    box = Box(0.5, 0.25, 0.25, 0.5)
    score = Score(MODEL, distribution(5), None, maps[0], maps[1], box)
    colors = theme.tokens.color("raises"), theme.tokens.color("lowers")
    found = heat_map(score, 1.0, *colors, MapChoice(branch=Branch.FACE))
    assert found is not None
    assert 0 < found.face_share < 1
    alpha = np.array(
        [[found.image.pixelColor(x, y).alpha() for x in range(0, 256, 8)] for y in range(0, 256, 8)]
    )
    inside = np.zeros_like(alpha, bool)
    inside[8:24, 16:24] = True
    assert alpha[inside].max() > 200
    assert alpha[~inside].max() == 0
    scene = heat_map(score, 1.0, *colors, MapChoice(branch=Branch.SCENE))
    assert scene is not None
    assert scene.image != found.image


def test_a_map_that_is_the_same_everywhere_is_blank(theme: Theme) -> None:
    score = Score(MODEL, distribution(5), None, np.ones((10, 7, 7), np.float32))
    colors = theme.tokens.color("raises"), theme.tokens.color("lowers")
    found = heat_map(score, 0.5, *colors)
    assert found is not None
    assert found.blank


def test_how_fragile_a_score_is_says_that_it_is_no_improvement(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 0)
    why = window.panel.why
    qtbot.waitUntil(lambda: why.fragile.isVisibleTo(window))
    why.fragile.click()
    qtbot.waitUntil(lambda: "no improvement of the photo" in why.fragility.text())
    assert "0.12 of 255" in why.fragility.text()
    assert not why.fragile.isVisibleTo(window)
    look_at(window, session, qtbot, 1)
    assert "no improvement" not in why.fragility.text(), "that was another photo"


def test_a_score_that_cannot_be_moved_is_said_so(qapp: QApplication) -> None:
    pixels = np.zeros((1, 1, 3), np.uint8)
    text = fragility_text(Fragility(4.5, False, Change(pixels, 3.0, 3.5, 40, 4, 2.0)))
    assert text.startswith("No change")
    assert "4.50" in text


def test_the_worst_first_say_more_of_what_is_wrong(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    look_at(window, session, qtbot, 0)
    row = session.browser.photos.row(0)
    assert row is not None
    assert row.reasons == ("eyes_closed", "face_blurred", "noise")
    window.show_view("grid")
    three = window.grid.grab().toImage()
    window.grid.show_faults(1)
    assert window.grid.grab().toImage() != three
    with qtbot.waitSignal(session.browser.listed):
        session.browser.change(descending=True)
    assert window.grid._delegate.faults_shown == 1


@pytest.mark.qt_log_ignore("This plugin does not support raise")
def test_half_a_second_on_a_thumbnail_tells_the_first_reason(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    photo = look_at(window, session, qtbot, 0)
    window.show_view("grid")
    index = session.browser.photos.index(0)
    spot = window.grid.visualRect(index).center()
    with qtbot.waitSignal(window.grid.rested, timeout=5_000) as rested:
        QTest.mouseMove(window.grid.viewport(), QPoint(2, 2))
        QTest.mouseMove(window.grid.viewport(), spot)
    assert rested.args == [photo.id]
    qtbot.waitUntil(lambda: "The eyes are closed." in QToolTip.text())
    assert photo.path.name in QToolTip.text()


def test_reasons_can_be_reached_by_keyboard_and_have_names(
    qtbot: QtBot, theme: Theme, window: MainWindow, session: Session
) -> None:
    photo = look_at(window, session, qtbot, 0)
    shown = ReasonList(theme)
    qtbot.addWidget(shown)
    shown.show_photo(photo)
    first = shown.rows[0]
    assert first.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert first.accessibleName() == "The eyes are closed."
