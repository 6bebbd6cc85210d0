"""Photos under headings: by album, day, burst and person, in the real window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.views.main_window import MainWindow
from core.curation.marks import split
from core.domain import Analysis, Box, SortKey
from core.grouping.groups import Grouping
from core.library import people_queries
from core.library.library import Library
from core.library.people_rows import FacePlace
from core.library.people_writes import Found, save_found
from core.people import name_person
from tests.app.conftest import OpenWindow
from tests.app.synthetic import fill, scored

START = datetime(2024, 6, 1, 10, 0, 7)


def shot(number: int) -> Analysis:
    """Three photos a day, a second apart; those of a day look alike, those of two days don't."""
    day, second = divmod(number, 3)
    taken = START + timedelta(days=day, seconds=second)
    analysis = scored(number)
    assert analysis.metadata is not None
    metadata = replace(analysis.metadata, taken_at=taken, taken_source="exif", camera="C")
    look = int("0110" * 16, 2) ^ (0xFFFF_FFFF << (7 * day)) ^ second
    likeness = look & (2**64 - 1)
    return replace(analysis, metadata=metadata, likeness=likeness - (likeness >> 63 << 64))


def headers(window: MainWindow) -> list[tuple[str, list[str]]]:
    """What the grid shows: each header with the names below it."""
    photos = window.grid.model()
    sections = photos.sections
    if sections is None:
        return []
    found = []
    for group in range(len(sections.starts)):
        places = sections.positions(group, photos.rowCount())
        found.append((sections.title(group), [photos.row(p).name[6:11] for p in places]))
    return found


def group(qtbot: QtBot, session: Session, window: MainWindow, by: Grouping | None) -> None:
    with qtbot.waitSignal(session.browser.listed, timeout=10_000):
        window.options.set_grouping(by)


def test_days_stand_newest_first_and_keep_the_best_first_within(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6, shot)
    window = open_window()
    group(qtbot, session, window, Grouping.DAY)
    assert headers(window) == [
        ("Sunday, June 2, 2024", ["00005", "00004", "00003"]),
        ("Saturday, June 1, 2024", ["00002", "00001", "00000"]),
    ]
    with qtbot.waitSignal(session.browser.listed):
        session.browser.change(sort=SortKey.TAKEN, descending=False)
    assert headers(window)[0][0] == "Saturday, June 1, 2024"
    group(qtbot, session, window, None)
    assert headers(window) == []


def test_photos_without_a_date_of_their_own_stand_last(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    def dated(number: int) -> Analysis:
        analysis = shot(number)
        assert analysis.metadata is not None
        source = "mtime" if number == 5 else "exif"
        return replace(analysis, metadata=replace(analysis.metadata, taken_source=source))

    fill(library, tmp_path / "album", 6, dated)
    window = open_window()
    group(qtbot, session, window, Grouping.DAY)
    assert headers(window)[-1] == ("Without a date", ["00005"])


def test_albums_stand_by_name(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    for name in ("winter", "Autumn"):
        fill(library, tmp_path / name, 2)
    window = open_window()
    group(qtbot, session, window, Grouping.ALBUM)
    assert [title for title, _ in headers(window)] == ["Autumn", "winter"]


def test_bursts_stand_by_their_best_and_cells_tell_how_many(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 7, shot)
    window = open_window()
    group(qtbot, session, window, Grouping.BURST)
    assert headers(window) == [
        ("Burst", ["00005", "00004", "00003"]),
        ("Burst", ["00002", "00001", "00000"]),
        ("Single shots", ["00006"]),
    ]
    assert [session.bursts.size_of(i) for i in ids] == [3] * 6 + [0]
    # A burst that loses a photo is told anew, without anybody asking.
    split(library, ids[:1], ids[1:3])
    qtbot.waitUntil(lambda: session.bursts.size_of(ids[0]) == 0, timeout=20_000)
    qtbot.waitUntil(lambda: "00000" in headers(window)[-1][1], timeout=10_000)
    assert session.bursts.size_of(ids[1]) == 2


def test_people_stand_by_name_each_photo_under_its_largest_face(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    ids = fill(library, tmp_path / "album", 5)
    places = [FacePlace(i, Box(0.1, 0.2, 0.15, 0.2)) for i in ids]
    second = FacePlace(ids[0], Box(0.5, 0.2, 0.05, 0.05))
    library.writer.submit(
        lambda c: save_found(c, Found({}, [places[:2], [*places[2:4], second]], {}, []))
    ).result()
    people = {p.cover.photo_id: p.id for p in people_queries.everybody(library.queries) if p.cover}
    of_first = next(i for photo, i in people.items() if photo in ids[:2])
    of_second = next(i for photo, i in people.items() if photo in ids[2:4])
    name_person(library, of_first, "Zoe").result()
    name_person(library, of_second, "Anna").result()
    window = open_window()
    group(qtbot, session, window, Grouping.PERSON)
    assert headers(window) == [
        ("Anna", ["00003", "00002"]),
        ("Zoe", ["00001", "00000"]),
        ("Nobody known", ["00004"]),
    ]


def test_a_click_on_a_header_chooses_its_photos_and_keys_walk_over_it(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 9, shot)
    window = open_window()
    group(qtbot, session, window, Grouping.DAY)
    grid = window.grid
    second = grid.visualRect(grid.model().index(3))
    above = QPoint(second.x() + 30, second.y() - 15)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=above)
    assert [int(p) for p in session.browser.photos.positions(session.browser.chosen_ids())] == [
        3, 4, 5,
    ]  # fmt: skip
    session.browser.activate(1)
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert session.browser.active_position == 4
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    assert session.browser.active_position == 1


def test_headers_are_painted(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path
) -> None:
    fill(library, tmp_path / "album", 6, shot)
    window = open_window()
    flat = window.grid.visualRect(window.grid.model().index(0))
    group(qtbot, session, window, Grouping.DAY)
    first = window.grid.visualRect(window.grid.model().index(0))
    assert first.y() >= flat.y() + 40
    image = window.grid.viewport().grab().toImage()
    strip = image.copy(0, 0, image.width() // 2, first.y() - 2)
    colors = {strip.pixel(x, y) for x in range(strip.width()) for y in range(strip.height())}
    assert len(colors) > 5  # letters, not an empty band


@pytest.mark.parametrize("by", list(Grouping))
def test_the_way_of_grouping_is_remembered(
    qtbot: QtBot, session: Session, library: Library, open_window: OpenWindow, tmp_path: Path,
    by: Grouping,
) -> None:  # fmt: skip
    fill(library, tmp_path / "album", 3, shot)
    window = open_window()
    group(qtbot, session, window, by)
    window._keep_state()
    from app.window_state import WindowState

    assert WindowState().grouping() is by
