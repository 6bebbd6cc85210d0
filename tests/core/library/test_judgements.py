"""What the user decides is kept, can be taken back, and survives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain import ColorLabel, FileState, Flag, PhotoQuery
from core.errors import UsageError
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library


def add_photos(library: Library, folder: Path, count: int) -> list[int]:
    library.writer.add_album(folder).result()
    states = [
        FileState(folder / f"{number}.jpg", 1000 + number, 1, 50 + number, 1)
        for number in range(count)
    ]
    return library.writer.apply_files(FileChanges(None, new=states)).result()


def judgement(library: Library, photo_id: int) -> tuple[int, Flag | None, ColorLabel | None]:
    row = library.queries.photo_rows([photo_id], "any")[photo_id]
    return row.rating, row.flag, row.color


def test_rating_flag_and_color_are_independent(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        first, second = add_photos(library, tmp_path / "album", 2)
        library.writer.set_rating([first, second], 4).result()
        library.writer.set_flag([first], Flag.PICK).result()
        library.writer.set_color([second], ColorLabel.GREEN).result()
        assert judgement(library, first) == (4, Flag.PICK, None)
        assert judgement(library, second) == (4, None, ColorLabel.GREEN)


def test_undo_and_redo_step_through_actions_also_after_a_restart(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        (photo,) = add_photos(library, tmp_path / "album", 1)
        library.writer.set_rating([photo], 2).result()
        library.writer.set_rating([photo], 5).result()
        library.writer.set_flag([photo], Flag.REJECT).result()
    with open_library(tmp_path / "library") as library:
        assert library.writer.undo().result() == "Reject: 1 photo"
        assert judgement(library, photo) == (5, None, None)
        assert library.writer.undo().result() == "5 stars: 1 photo"
        assert judgement(library, photo) == (2, None, None)
    with open_library(tmp_path / "library") as library:
        assert library.writer.redo().result() == "5 stars: 1 photo"
        assert judgement(library, photo) == (5, None, None)
        assert library.writer.redo().result() == "Reject: 1 photo"
        assert library.writer.redo().result() is None
        assert judgement(library, photo) == (5, Flag.REJECT, None)


def test_a_new_action_ends_redo_but_not_history(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        (photo,) = add_photos(library, tmp_path / "album", 1)
        library.writer.set_rating([photo], 1).result()
        library.writer.undo().result()
        library.writer.set_rating([photo], 3).result()
        assert library.writer.redo().result() is None
        assert judgement(library, photo)[0] == 3
        done = [(entry.description, entry.undone) for entry in library.queries.journal_entries()]
        assert done == [("3 stars: 1 photo", False), ("1 star: 1 photo", True)]


def test_an_action_that_changes_nothing_leaves_no_entry(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        (photo,) = add_photos(library, tmp_path / "album", 1)
        library.writer.set_flag([photo], None).result()
        assert library.queries.journal_entries() == []
        assert library.writer.undo().result() is None


@pytest.mark.parametrize("stars", [-1, 6])
def test_impossible_stars_are_refused(tmp_path: Path, stars: int) -> None:
    with open_library(tmp_path / "library") as library:
        (photo,) = add_photos(library, tmp_path / "album", 1)
        with pytest.raises(UsageError, match="0 to 5 stars"):
            library.writer.set_rating([photo], stars).result()
        assert judgement(library, photo)[0] == 0


def test_removing_and_adding_an_album_again_keeps_ratings(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        (photo,) = add_photos(library, tmp_path / "album", 1)
        library.writer.set_rating([photo], 5).result()
        (album,) = library.queries.albums()
        library.writer.remove_album(album.id).result()
        assert library.queries.count(PhotoQuery("any")) == 0
        library.writer.add_album(tmp_path / "album").result()
        assert library.queries.count(PhotoQuery("any", min_rating=5)) == 1
