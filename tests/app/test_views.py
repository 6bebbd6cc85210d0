"""Compare, survey, overview, keeping the best, settings: each on a real library."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.keymap import PRESETS, commands, conflicts, keys_in_force
from app.models.culling import CHOICE_ROLE
from app.session import Session
from app.views.compare import gap_text
from app.views.photo_canvas import PhotoCanvas
from app.views.photo_pane import carried
from core.domain import Box, Face, Flag, PhotoQuery
from core.library.library import Library
from core.settings import Settings, load_settings, save_settings
from tests.app.conftest import OpenWindow
from tests.app.models.test_photo_list import row
from tests.app.synthetic import MODEL, fill


def test_compare_keeps_the_champion_and_changes_the_challenger(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 4, thumbnails=True)
    window = open_window()
    ids = [int(i) for i in session.browser.photos.ids]
    session.browser.activate(0)
    qtbot.keyClick(window.grid, Qt.Key.Key_C)
    compare = window.compare
    assert (compare.champion.row.id, compare.challenger.row.id) == (ids[0], ids[1])  # type: ignore[union-attr]
    qtbot.keyClick(compare, Qt.Key.Key_Right)
    assert (compare.champion.row.id, compare.challenger.row.id) == (ids[0], ids[2])  # type: ignore[union-attr]
    qtbot.keyClick(compare, Qt.Key.Key_Return)
    assert (compare.champion.row.id, compare.challenger.row.id) == (ids[2], ids[3])  # type: ignore[union-attr]
    with qtbot.waitSignal(session.actions.judged):
        qtbot.keyClick(compare, Qt.Key.Key_X)  # keys act on the challenger alone
    rows = library.queries.photo_rows(ids, MODEL)
    assert [i for i in ids if rows[i].flag is Flag.REJECT] == [ids[3]]
    qtbot.keyClick(compare, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.grid


def test_zoom_is_carried_from_face_to_face(qtbot: QtBot, theme: object) -> None:
    canvases = [PhotoCanvas(theme), PhotoCanvas(theme)]  # type: ignore[arg-type]
    for canvas, box in zip(canvases, (Box(0.1, 0.1, 0.2, 0.2), Box(0.6, 0.5, 0.2, 0.2)),
                           strict=True):  # fmt: skip
        qtbot.addWidget(canvas)
        canvas.set_photo(None, 1000, 500)
        canvas.set_faces([Face(box, 0.9)])
    carried_to = carried(QPointF(0.2, 0.2), *canvases)
    assert (carried_to.x(), carried_to.y()) == pytest.approx((0.7, 0.6))
    beside = carried(QPointF(0.25, 0.2), *canvases)
    assert (beside.x(), beside.y()) == pytest.approx((0.75, 0.6))


@pytest.mark.parametrize(
    ("champion", "challenger", "said"),
    [
        ({"mean": 5.0}, {"mean": 5.4}, "+0.40"),
        ({"mean": 5.0}, {"mean": 4.4}, "−0.60"),
        ({"mean": 5.0, "uncertainty": 0.5}, {"mean": 5.4}, "too close to call"),
        ({"mean": None}, {"mean": 5.4}, ""),
    ],
)
def test_no_order_is_claimed_within_the_models_own_error(
    champion: dict[str, object], challenger: dict[str, object], said: str
) -> None:
    assert gap_text(row(1, **champion), row(2, **challenger)) == said


def test_survey_shows_the_chosen_and_lets_one_go(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 20, thumbnails=True)
    window = open_window()
    window.grid.selectAll()
    qtbot.keyClick(window.grid, Qt.Key.Key_N)
    assert len(window.survey.photo_ids) == 12
    session.browser.activate(1, choose=False)
    gone = session.browser.active_id
    qtbot.keyClick(window.survey, Qt.Key.Key_Delete)
    assert gone not in window.survey.photo_ids
    assert len(window.survey.photo_ids) == 11
    assert session.browser.active_id in window.survey.photo_ids
    assert session.browser.photos.rowCount() == 20


def test_the_overview_shows_both_ends_of_an_album(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 30)
    window = open_window()
    qtbot.keyClick(window.grid, Qt.Key.Key_O)
    overview = window.overview
    qtbot.waitUntil(lambda: len(overview.summary.best) == 10)
    assert overview.summary.best[0].name == "photo-00029.jpg"
    assert overview.summary.worst[0].name == "photo-00000.jpg"
    assert "Scored: 30" in overview.counts.text()
    qtbot.keyClick(overview.worst, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.loupe
    assert window.loupe.photo_id == overview.summary.worst[0].id


def test_keeping_the_best_is_previewed_changed_done_and_taken_back(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    folder = tmp_path / "album"
    ids = fill(library, folder, 6)
    for n, _ in enumerate(ids):
        file = folder / f"photo-{n:05}.jpg"
        file.write_bytes(b"x" * (1000 + n))
        os.utime(file, ns=(1, 1))
    window = open_window()
    qtbot.keyClick(window.grid, Qt.Key.Key_K)
    with qtbot.waitSignal(session.culling.planned, check_params_cb=lambda plan: plan is not None):
        window.keep.by.chosen.emit(type(window.keep._grouping).ALBUM)
    plan = session.culling.plan
    assert plan is not None
    assert (plan.kept, plan.rejected) == (1, 5)
    assert "1 stay, 5 go" in window.keep.summary.text()
    model = window.keep.view.model()
    choices = [model.index(n, 0).data(CHOICE_ROLE) for n in range(model.rowCount())]
    assert choices[0] is None  # the heading
    assert [c.kept for c in choices[1:]] == [True] + [False] * 5
    window.keep.view.toggled.emit(plan.groups[0], choices[2])  # she wants that one too
    assert session.culling.plan is not None
    assert session.culling.plan.rejected == 4
    assert library.queries.count(PhotoQuery(MODEL, flag=Flag.REJECT)) == 0
    with qtbot.waitSignal(session.culling.applied):
        qtbot.mouseClick(window.keep.go, Qt.MouseButton.LeftButton)
    assert library.queries.count(PhotoQuery(MODEL, flag=Flag.REJECT)) == 4
    assert window.pages.currentWidget() is window.grid
    message = window.messages.message
    assert message is not None
    assert message.action is not None
    with qtbot.waitSignal(session.notifier.posted):
        message.action()
    assert library.queries.count(PhotoQuery(MODEL, flag=Flag.REJECT)) == 0
    assert len(list(folder.iterdir())) == 6


def test_settings_change_at_once_or_say_that_they_wait(
    qtbot: QtBot, session: Session, open_window: OpenWindow
) -> None:
    window = open_window()
    window.commands["settings"].trigger()
    sheet = window.preferences.sheet
    assert sheet.isVisible()
    assert sheet.footer.isHidden()
    sheet.preset.chosen.emit("darktable")
    assert window.commands["reject"].shortcut().toString() == "R"
    sheet.language.chosen.emit("de")
    assert not sheet.footer.isHidden()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


@pytest.mark.parametrize("preset", ["lightroom", *PRESETS])
def test_no_preset_gives_one_key_to_two_commands(preset: str) -> None:
    assert conflicts(keys_in_force(preset, None)) == []


def test_own_keys_replace_the_presets() -> None:
    keys = keys_in_force("lightroom", {"pick": "Y", "no such command": "Z", "reject": ""})
    assert keys["pick"] == ("Y",)
    assert keys["reject"] == ()
    assert keys.keys() == {command.name for command in commands()}


def test_settings_survive_and_forgive(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    save_settings(Settings(theme="light", workers=3), path)
    assert load_settings(path) == Settings(theme="light", workers=3)
    content = json.loads(path.read_text()) | {"theme": 7, "workers": "many", "of tomorrow": [1]}
    path.write_text(json.dumps(content))
    loaded = load_settings(path)
    assert (loaded.theme, loaded.workers) == ("system", 0)
    save_settings(loaded, path)
    assert json.loads(path.read_text())["of tomorrow"] == [1]
    path.write_text("{ no json")
    assert load_settings(path) == Settings()
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]
