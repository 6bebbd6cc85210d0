"""Shots too close to call, side by side: one key decides a group and goes to the next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from core.domain import Flag
from core.library.library import Library
from tests.app.conftest import OpenWindow
from tests.core.curation.made_album import MODEL, PORTRAIT, START, Shot, build, flipped


def album(library: Library, folder: Path) -> list[int]:
    """Two bursts of three: of each, two are close and one is far below."""
    shots = [
        Shot(
            f"IMG_{burst}{n}.jpg",
            mean=(5.0, 5.05, 3.0)[n],
            likeness=flipped(flipped(PORTRAIT, 30, seed=burst), 9 * n, seed=n),
            taken_at=START + timedelta(minutes=10 * burst, seconds=n),
        )
        for burst in range(2)
        for n in range(3)
    ]
    return build(library, folder, shots)


def test_shift_p_keeps_one_rejects_the_rest_and_goes_on(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = album(library, tmp_path / "album")
    session.browser.change(model=MODEL)
    window = open_window()
    window.show_view("keep")
    page = window.keep
    qtbot.waitUntil(page.decide.isVisible)
    assert page.decide.text() == "Decide 2 ties"
    qtbot.mouseClick(page.decide, Qt.MouseButton.LeftButton)
    assert page.deciding
    first = page.ties.group
    assert first is not None
    assert [c.item.id for c in page.ties.choices] == [ids[1], ids[0]]
    assert page.ties.title.text().startswith("1 of 2")
    pane = page.ties.panes[0]
    qtbot.waitUntil(lambda: "%" in pane.score.text())
    assert pane.score.text() == "83 %  5.05/10"
    assert not pane.stars.isVisible()
    told = page.ties.accessibleDescription().splitlines()
    assert told[1:3] == ["Better than 83 % of this album", "score 5.05 of 10"]
    qtbot.keyClick(page.ties, Qt.Key.Key_Right)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(page.ties, Qt.Key.Key_P, shift)
    assert page.ties.group is not None
    assert page.ties.group.group.id != first.group.id
    assert page.ties.title.text().startswith("2 of 2")
    qtbot.keyClick(page.ties, Qt.Key.Key_Space)  # leave the second as it is
    assert not page.deciding
    plan = session.culling.plan
    assert plan is not None
    kept = {choice.item.id for group in plan.groups for choice in group.kept}
    assert kept == {ids[0], ids[4]}
    with qtbot.waitSignal(session.culling.applied):
        qtbot.mouseClick(page.go, Qt.MouseButton.LeftButton)
    rows = library.queries.photo_rows(ids, MODEL)
    assert [i for i in ids if rows[i].flag is not Flag.REJECT] == [ids[0], ids[4]]


def test_no_tie_no_button(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    shots = [Shot(f"IMG_{n}.jpg", mean=3.0 + n) for n in range(2)]
    build(library, tmp_path / "album", shots)
    session.browser.change(model=MODEL)
    window = open_window()
    window.show_view("keep")
    qtbot.waitUntil(lambda: session.culling.plan is not None)
    assert session.culling.plan is not None
    assert len(session.culling.plan.groups) == 1
    assert not window.keep.decide.isVisible()
