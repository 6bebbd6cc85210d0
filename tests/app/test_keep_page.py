"""The preview page as its user meets it: reasons in their language, and where rejects go kept."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.models.culling import choice_reason
from app.session import Session
from app.theme import Theme
from app.translation import use_language
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.curation.apply import Rejects
from core.curation.choice import Choice, Why
from core.curation.phrases import EYES_CLOSED, FAULTY_BUT, Phrase
from core.domain import Flag, Status
from core.grouping.groups import Grouping
from core.grouping.items import GroupPhoto, Item
from core.library.library import Library
from core.settings import Settings
from tests.app.conftest import OpenWindow
from tests.core.curation.made_album import MODEL, Shot, build


def test_reasons_are_told_in_the_users_language(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    shots = [
        Shot("best.jpg", 6.0, 0x1234_5678_9ABC_DEF0),
        Shot("pick.jpg", 3.0, 0x0F1E_2D3C_4B5A_6978, flag=Flag.PICK),
        Shot("low.jpg", 4.256, 0x7777_1111_2222_8888),
    ]
    build(library, tmp_path / "album", shots)
    session.browser.change(model=MODEL)
    use_language("de")
    window = open_window()
    window.show_view("keep")
    window.keep.by.chosen.emit(Grouping.ALBUM)
    qtbot.waitUntil(lambda: session.culling.plan is not None and session.culling.plan.rejected > 0)
    plan = session.culling.plan
    assert plan is not None
    told = {c.item.lead.path.name: choice_reason(c) for g in plan.groups for c in g.choices}
    assert told["pick.jpg"] == "Ihre Auswahl"
    assert told["best.jpg"].startswith("Bewertung 6,00")
    assert told["low.jpg"].startswith("Bewertung 4,26")
    in_english = {c.item.lead.path.name: c.reason for g in plan.groups for c in g.choices}
    assert in_english["low.jpg"].startswith("scores 4.26")


def test_a_fault_inside_a_reason_is_translated_too() -> None:
    photo = GroupPhoto(1, Path("/album/1.jpg"), 1, Status.SCORED, 1, 1, mean=5.0)
    said = Phrase(FAULTY_BUT, {"fault": EYES_CLOSED, "n": 2})
    choice = Choice(Item(photo), True, Why.FEW, said)
    assert choice.reason == "closed eyes, but at least 2 stay"
    use_language("de")
    assert choice_reason(choice) == "geschlossene Augen, aber mindestens 2 bleiben"


def test_where_rejects_go_is_remembered(
    qtbot: QtBot, session: Session, theme: Theme, tmp_path: Path
) -> None:
    saved: list[Settings] = []
    window = MainWindow(session, theme, WindowState(), Settings(rejects="trash"), saved.append)
    qtbot.addWidget(window)
    assert window.keep.rejects.text() == "move the rest to the trash"
    window.keep.rejects.chosen.emit(Rejects.MOVE)
    assert [settings.rejects for settings in saved] == ["move"]
    assert window.keep.rejects.text() == "move the rest to “_rejected”"
