"""The preview page as its user meets it: reasons in their language, and where rejects go kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.models.culling import CHOICE_ROLE, GROUP_ROLE, PERCENTILE_ROLE, choice_reason
from app.session import Session
from app.theme import Theme
from app.translation import use_language
from app.views.group_menu import group_menu
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.curation.apply import Rejects
from core.curation.choice import Choice, Why
from core.curation.marks import Said
from core.curation.phrases import EYES_CLOSED, FAULTY_BUT, Phrase
from core.domain import Flag, Status
from core.grouping.groups import Grouping
from core.grouping.items import GroupPhoto, Item
from core.library import group_queries
from core.library.library import Library
from core.settings import Settings
from tests.app import synthetic
from tests.app.conftest import OpenWindow
from tests.core.curation.made_album import MODEL, Shot, build
from tests.core.curation.test_marks import shots


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


def test_a_photo_is_told_its_place_in_the_album_before_its_score(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    build(library, tmp_path / "album", shots(4))
    session.browser.change(model=MODEL)
    window = open_window()
    window.show_view("keep")
    model = window.keep.view.model()
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    best = model.index(1, 0)
    qtbot.waitUntil(lambda: best.data(PERCENTILE_ROLE) is not None)
    name, place, score = best.data(Qt.ItemDataRole.AccessibleTextRole).splitlines()[:3]
    assert name == best.data()
    assert place == "Better than 88 % of this album"
    assert score.startswith("score ")


def test_a_fault_inside_a_reason_is_translated_too() -> None:
    photo = GroupPhoto(1, Path("/album/1.jpg"), 1, Status.SCORED, 1, 1, mean=5.0)
    said = Phrase(FAULTY_BUT, {"fault": EYES_CLOSED, "n": 2})
    choice = Choice(Item(photo), True, Why.FEW, said)
    assert choice.reason == "closed eyes, but at least 2 stay"
    use_language("de")
    assert choice_reason(choice) == "geschlossene Augen, aber mindestens 2 bleiben"


def entries(window: MainWindow, name: str) -> dict[str, QAction]:
    """What the menu of a photo on the preview page offers."""
    page = window.keep
    index = next(
        i
        for i in map(page.view.model().index, range(page.view.model().rowCount()))
        if i.data() == name
    )
    group, choice = index.data(GROUP_ROLE), index.data(CHOICE_ROLE)
    above = page.view.model().group_above(group.group.id)  # type: ignore[attr-defined]
    menu = group_menu(window.keep._words, group, choice, above, page)
    assert menu is not None
    return {action.text(): action for action in menu.actions()}


def test_groups_are_split_and_joined_on_the_page_and_undone(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    build(library, tmp_path / "album", [*shots(4), *shots(2, scene=1)])
    session.browser.change(model=MODEL)
    window = open_window()
    window.show_view("keep")

    def grouped() -> list[list[str]]:
        plan = session.culling.plan
        return [] if plan is None else sorted(
            sorted(item.lead.path.stem for item in group.group.items) for group in plan.groups
        )  # fmt: skip

    first, second = ["00", "01", "02", "03"], ["10", "11"]
    qtbot.waitUntil(lambda: grouped() == [first, second])
    entries(window, "00.jpg")["This photo is not of this burst"].trigger()
    qtbot.waitUntil(lambda: grouped() == [first[1:], second])
    entries(window, "10.jpg")["One burst with the group above"].trigger()
    qtbot.waitUntil(lambda: grouped() == [[*first[1:], *second]])
    entries(window, "02.jpg")["Split the burst after this photo"].trigger()
    qtbot.waitUntil(lambda: grouped() == [["01", "02"], ["03", "10", "11"]])
    entries(window, "02.jpg")["These photos are no burst"].trigger()
    qtbot.waitUntil(lambda: grouped() == [["03", "10", "11"]])
    for left in ([["01", "02"], ["03", "10", "11"]], [[*first[1:], *second]],
                 [first[1:], second], [first, second]):  # fmt: skip
        session.actions.undo()
        qtbot.waitUntil(lambda left=left: grouped() == left)


def test_clicks_on_the_page_outlive_a_split(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = build(library, tmp_path / "album", [*shots(3), *shots(3, scene=1)])
    session.browser.change(model=MODEL)
    window = open_window()
    window.show_view("keep")
    qtbot.waitUntil(lambda: session.culling.plan is not None)
    plan = session.culling.plan
    assert plan is not None
    group = plan.groups[0]
    worst = group.rejected[-1]
    session.culling.toggle(group, worst)
    entries(window, "10.jpg")["This photo is not of this burst"].trigger()
    qtbot.waitUntil(lambda: len(session.culling.plan.groups[1].choices) == 2)  # type: ignore[union-attr]
    now = session.culling.plan
    assert now is not None
    assert worst.item.id in {choice.item.id for choice in now.groups[0].kept}
    assert ids[3] not in {item.id for group in now.groups for item in group.group.items}


def test_chosen_photos_of_the_grid_become_one_burst(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = build(library, tmp_path / "album", [*shots(1), *shots(1, scene=1)])
    session.browser.change(model=MODEL)
    window = open_window()
    window.grid.selectAll()
    with qtbot.waitSignal(session.groups.said):
        window.menus.group_said.emit(Said.MERGE)
    assert group_queries.marks(library.queries) == {(ids[0], ids[1]): True}


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


def test_an_album_without_bursts_offers_to_choose_among_all_of_it(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    synthetic.fill(library, tmp_path / "album", 6)
    window = open_window()
    window.show_view("keep")
    page = window.keep
    qtbot.waitUntil(lambda: page.instead.isVisible())
    qtbot.mouseClick(page.instead, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.body.currentWidget() is page.view)
    page.count.setValue(3)
    qtbot.waitUntil(lambda: page.summary.text().startswith("3 stay, 3 go"))
