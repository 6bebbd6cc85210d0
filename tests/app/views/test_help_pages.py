"""The first start, the model's card, and what a fault looks like to the user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.card_facts import measures
from app.models.card_tables import size_lines
from app.session import Session
from core.crashes import crash_of
from core.inference.cards import bundled_models, find_model
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.app.synthetic import fill


def shown_text(widget: QWidget) -> str:
    return "\n".join(part.text() for part in widget.findChildren(QLabel) if part.isVisible())


def failed_on(photo: Path) -> OSError:
    try:
        photo.read_bytes()
    except OSError as error:
        return error
    raise AssertionError("the photo is there")


# --- welcome -------------------------------------------------------------------------------------


def test_the_first_start_asks_for_a_folder_and_for_nothing_else(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    monkeypatch.setattr("app.views.welcome_page.pictures_dir", lambda: pictures)
    window = open_window()
    page = window.pages.welcome
    assert window.pages.currentWidget() is page
    visible = [button for button in page.findChildren(QPushButton) if button.isVisible()]
    assert visible == [page.add, page.pictures, page.demo]
    assert page.hasFocus() or page.add.hasFocus() or page.focusProxy() is page.add
    assert "Nothing is sent" in shown_text(page)


def test_without_a_pictures_folder_none_is_offered(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.welcome_page.pictures_dir", lambda: tmp_path / "none")
    page = open_window().pages.welcome
    assert page.add.isVisible()
    assert not page.pictures.isVisible()


def test_the_pictures_folder_becomes_an_album(
    qtbot: QtBot,
    session: Session,
    open_window: OpenWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    monkeypatch.setattr("app.views.welcome_page.pictures_dir", lambda: pictures)
    window = open_window()
    with qtbot.waitSignal(session.actions.album_added) as added:
        qtbot.mouseClick(window.pages.welcome.pictures, Qt.MouseButton.LeftButton)
    assert added.args[0].path == pictures
    qtbot.waitUntil(lambda: window.pages.currentWidget() is not window.pages.welcome)


def test_the_demo_album_is_made_in_the_pictures_and_added(
    qtbot: QtBot,
    session: Session,
    open_window: OpenWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "Albumen demo"
    monkeypatch.setattr("app.actions.demo_dir", lambda: target)
    window = open_window()
    with qtbot.waitSignal(session.actions.album_added, timeout=60_000) as added:
        qtbot.mouseClick(window.pages.welcome.demo, Qt.MouseButton.LeftButton)
    assert added.args[0].path == target
    assert len(list(target.glob("demo-*.jpg"))) == 23


def test_a_folder_with_other_files_is_not_taken_for_the_demo(
    qtbot: QtBot,
    session: Session,
    open_window: OpenWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.jpg").touch()
    monkeypatch.setattr("app.actions.demo_dir", lambda: folder)
    window = open_window()
    window.commands["demo"].trigger()
    qtbot.waitUntil(lambda: "mine.jpg" in window.messages.text.text(), timeout=60_000)
    assert [file.name for file in folder.iterdir()] == ["mine.jpg"]


# --- the model -----------------------------------------------------------------------------------


def test_the_model_page_tells_what_the_card_says(open_window: OpenWindow) -> None:
    window = open_window()
    for card in bundled_models():
        window.help.show_model(card.name)
        assert window.help.model.isVisible()
        said = shown_text(window.help.model)
        for part in (card.training_data, card.licence, card.credit, card.sha256[:16], *card.limits):
            assert part in said
        for measure in measures(card):
            assert measure.meaning in said
        for line in size_lines(card):
            assert line in said


def test_the_model_page_tells_size_speed_folders_and_what_the_face_adds(
    open_window: OpenWindow,
) -> None:
    window = open_window()
    window.help.show_model("fused")
    said = shown_text(window.help.model)
    facts = find_model("fused").facts
    assert f"{facts['speed']['ms_per_photo']:.1f} ms per photo" in said
    assert f"{find_model('fused').bytes / 1e6:.1f} MB" in said
    for kind in ("published", "scene", "fused"):
        assert f"difference {abs(facts['folders'][f'{kind}_difference']):.2f}" in said
    for row in facts["ablation"]:
        assert f"{row['srcc']:.3f} · portraits {row['portraits_srcc']:.3f}" in said


def test_every_figure_with_an_interval_is_shown_with_it(open_window: OpenWindow) -> None:
    card = next(card for card in bundled_models() if card.name == "fused")
    row = measures(card)[0].rows[0]
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.value < row.high
    window = open_window()
    window.help.show_model("fused")
    assert f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})" in shown_text(window.help.model)


def test_the_settings_lead_to_the_card_of_the_model_that_is_chosen(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window()
    window.commands["settings"].trigger()
    window.preferences.sheet.model.chosen.emit("nima")
    qtbot.mouseClick(window.preferences.sheet.about_model, Qt.MouseButton.LeftButton)
    nima = next(card for card in bundled_models() if card.name == "nima")
    assert nima.training_data in shown_text(window.help.model)
    qtbot.keyClick(window.help.model, Qt.Key.Key_Escape)
    assert not window.help.model.isVisible()


# --- faults --------------------------------------------------------------------------------------


def test_an_unexpected_fault_leads_to_a_report_and_the_work_goes_on(
    qtbot: QtBot,
    session: Session,
    library: Library,
    open_window: OpenWindow,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = fill(library, tmp_path / "album", 3)
    window = open_window()
    session.notifier.install_hooks()
    try:
        error = failed_on(tmp_path / "Ann and Bob" / "kiss.jpg")
        sys.excepthook(type(error), error, error.__traceback__)  # as Qt does for a failing slot
    finally:
        session.notifier.remove_hooks()
    page = window.help.crash
    qtbot.waitUntil(page.isVisible)
    assert "Traceback" in caplog.text
    qtbot.mouseClick(page.report.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "FileNotFoundError" in copied
    assert "failed_on" in copied
    assert "Ann and Bob" not in copied
    qtbot.mouseClick(page.go_on, Qt.MouseButton.LeftButton)
    assert not page.isVisible()
    session.browser.activate(0)
    with qtbot.waitSignal(session.actions.judged):
        session.actions.rate(4)
    assert 4 in [row.rating for row in library.queries.photo_rows(ids, "").values()]


def test_the_same_fault_again_does_not_cover_the_window_again(
    qtbot: QtBot, session: Session, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = window.help.crash
    session.notifier.report(failed_on(tmp_path / "a"))
    qtbot.waitUntil(page.isVisible)
    page.dismiss()
    for _ in range(2):
        with qtbot.waitSignal(session.notifier.posted):
            session.notifier.report(failed_on(tmp_path / "b"))
    assert not page.isVisible()
    assert window.messages.message is not None
    qtbot.mouseClick(window.messages.action, Qt.MouseButton.LeftButton)
    assert page.isVisible()
    assert not window.messages.isVisible(), "two of the same are one message"


def test_what_ended_the_last_run_is_told(open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    window.help.show_earlier_crash(crash_of(failed_on(tmp_path / "a")))
    assert "ended unexpectedly" in shown_text(window.help.crash)


def test_a_report_can_be_had_without_a_fault(open_window: OpenWindow) -> None:
    window = open_window()
    window.commands["report"].trigger()
    assert "No fault is known" in window.help.crash.report.text.toPlainText()
