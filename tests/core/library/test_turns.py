"""Two programs on one library: the second joins, sees what the first does, and takes over."""

from __future__ import annotations

import threading
from pathlib import Path

from core.domain import LibraryChange
from core.library.library import OPEN_MARK, open_library
from core.library.turns import Turn

PATIENCE = 30.0


def test_what_another_program_writes_is_told_like_a_write_of_our_own(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as first, open_library(tmp_path / "library") as second:
        heard = threading.Event()
        changes: list[LibraryChange] = []

        def hear(change: LibraryChange) -> None:
            changes.append(change)
            heard.set()

        second.writer.subscribe(hear)
        second.follow_other_programs(check_s=0.05)
        second.writer.add_album(tmp_path / "own").result()
        assert [change.albums for change in changes] == [True]
        heard.clear()
        first.writer.add_album(tmp_path / "album").result()
        assert heard.wait(PATIENCE)
        assert changes[-1].everything
        assert [album.name for album in second.queries.albums()] == ["album", "own"]


def test_the_second_program_takes_over_when_the_first_one_ends(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    first = open_library(directory)
    with open_library(directory) as second:
        begun = threading.Event()
        turn = Turn(second, begun.set, check_s=0.05)
        turn.start()
        assert not begun.wait(0.3)
        assert not second.presence.first
        first.close()
        assert begun.wait(PATIENCE)
        turn.stop()
        assert second.presence.first
        assert (directory / OPEN_MARK).exists()
        with open_library(directory) as third:
            assert not third.presence.first
    assert not (directory / OPEN_MARK).exists()


def test_a_program_that_ends_before_its_turn_never_begins(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as first, open_library(tmp_path / "library") as second:
        turn = Turn(second, lambda: None, check_s=60)
        turn.start()
        turn.stop()
        assert (first.presence.first, second.presence.first) == (True, False)
