"""Moves, renames, edits and drives that go away: history stays with the photo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain import Analysis, FileState, PhotoQuery, Status
from core.files.identity import fingerprint
from core.files.scan import Seen, seen_below
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library
from core.moves import Moves
from core.reconcile import Reconciled, reconcile, reconcile_together
from tests.making import save_album, save_photo

MODEL = "made-up"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def album(tmp_path: Path, library: Library) -> Path:
    folder = tmp_path / "album"
    save_album(folder, 4)
    library.writer.add_album(folder).result()
    see(library, folder)
    return folder


def see(library: Library, folder: Path, **options: bool) -> Reconciled:
    """Reconcile, and note every photo as analyzed, as the indexer would."""
    result = reconcile(library, folder, **options)
    analyzed = [
        AnalyzedPhoto(
            photo.id,
            photo.source,
            Analysis(None, Status.NOT_SCORED, "for the test", None, ()),
            fingerprint(photo.path),
        )
        for photo in library.queries.pending(MODEL, limit=1000)
    ]
    library.writer.save_analyses(MODEL, analyzed).result()
    return result


def names(library: Library, status: Status | None = None) -> dict[str, int]:
    statuses = None if status is None else frozenset({status})
    ids = library.queries.photo_ids(PhotoQuery(MODEL, statuses=statuses))
    return {
        row.path.name: row.id
        for row in library.queries.photo_rows([int(i) for i in ids], MODEL).values()
    }


def rate(library: Library, path: Path, stars: int) -> int:
    photo = library.queries.photo_by_path(path, MODEL)
    assert photo is not None
    library.writer.set_rating([photo.id], stars).result()
    return photo.id


def rating_at(library: Library, path: Path) -> int | None:
    photo = library.queries.photo_by_path(path, MODEL)
    return None if photo is None or photo.status is Status.MISSING else photo.rating


def test_a_second_look_finds_nothing_to_do(library: Library, album: Path) -> None:
    result = reconcile(library, album)
    assert (result.found, result.new, result.changed, result.missing) == (4, 0, 0, 0)
    assert library.queries.pending(MODEL) == []


def test_a_renamed_photo_keeps_its_record(library: Library, album: Path) -> None:
    photo_id = rate(library, album / "photo-0001.jpg", 5)
    (album / "photo-0001.jpg").rename(album / "grandma.jpg")
    result = see(library, album)
    assert (result.moved, result.new, result.missing) == (1, 0, 0)
    assert names(library)["grandma.jpg"] == photo_id
    assert rating_at(library, album / "grandma.jpg") == 5


def test_a_photo_moved_to_another_album_keeps_its_record(
    library: Library, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    save_photo(other / "own.jpg", seed=99)
    library.writer.add_album(other).result()
    see(library, other)
    rate(library, album / "photo-0002.jpg", 4)
    shutil.move(album / "photo-0002.jpg", other / "photo-0002.jpg")
    see(library, other)  # the new place is looked at first
    see(library, album)
    assert rating_at(library, other / "photo-0002.jpg") == 4
    assert len(names(library)) == 5
    assert names(library, Status.MISSING) == {}


def test_a_photo_moved_across_disks_is_known_by_its_content(library: Library, album: Path) -> None:
    rate(library, album / "photo-0000.jpg", 3)
    copy = album / "trip" / "beach.jpg"
    copy.parent.mkdir()
    copy.write_bytes((album / "photo-0000.jpg").read_bytes())  # new inode, new time
    (album / "photo-0000.jpg").unlink()
    result = see(library, album)
    assert result.moved == 1
    assert rating_at(library, copy) == 3


def test_a_copy_is_a_photo_of_its_own(library: Library, album: Path) -> None:
    rate(library, album / "photo-0000.jpg", 3)
    shutil.copy2(album / "photo-0000.jpg", album / "copy.jpg")
    result = see(library, album)
    assert (result.new, result.moved) == (1, 0)
    assert rating_at(library, album / "copy.jpg") == 0
    assert rating_at(library, album / "photo-0000.jpg") == 3


def test_an_edited_photo_keeps_its_rating_and_is_analyzed_again(
    library: Library, album: Path
) -> None:
    photo_id = rate(library, album / "photo-0003.jpg", 2)
    save_photo(album / ".saving.jpg.tmp.jpg", seed=50)
    os.replace(album / ".saving.jpg.tmp.jpg", album / "photo-0003.jpg")
    result = reconcile(library, album)
    assert (result.changed, result.new, result.missing) == (1, 0, 0)
    assert [photo.id for photo in library.queries.pending(MODEL)] == [photo_id]
    assert rating_at(library, album / "photo-0003.jpg") == 2


def test_two_photos_that_swap_names_swap_records(library: Library, album: Path) -> None:
    first, second = album / "photo-0000.jpg", album / "photo-0001.jpg"
    rate(library, first, 1)
    rate(library, second, 5)
    first.rename(album / "x.jpg")
    second.rename(first)
    (album / "x.jpg").rename(second)
    see(library, album)
    assert rating_at(library, first) == 5
    assert rating_at(library, second) == 1
    assert len(names(library)) == 4


def test_a_photo_moved_over_another_keeps_its_own_history(library: Library, album: Path) -> None:
    rate(library, album / "photo-0000.jpg", 5)
    rate(library, album / "photo-0001.jpg", 1)
    os.replace(album / "photo-0000.jpg", album / "photo-0001.jpg")
    see(library, album)
    assert rating_at(library, album / "photo-0001.jpg") == 5
    assert len(names(library)) == 3


def test_a_deleted_photo_is_missing_and_comes_back_with_its_history(
    library: Library, album: Path, tmp_path: Path
) -> None:
    photo_id = rate(library, album / "photo-0002.jpg", 4)
    shutil.move(album / "photo-0002.jpg", tmp_path / "aside.jpg")
    assert see(library, album).missing == 1
    assert names(library, Status.MISSING) == {"photo-0002.jpg": photo_id}
    shutil.move(tmp_path / "aside.jpg", album / "photo-0002.jpg")
    reconcile(library, album)
    assert names(library)["photo-0002.jpg"] == photo_id
    assert library.queries.pending(MODEL) == []  # nothing is analyzed again
    assert rating_at(library, album / "photo-0002.jpg") == 4


@pytest.mark.parametrize("mount_point_stays", [False, True])
def test_a_drive_that_goes_away_loses_nothing(
    library: Library, album: Path, tmp_path: Path, mount_point_stays: bool
) -> None:
    album.rename(tmp_path / "drive")
    if mount_point_stays:
        album.mkdir()
    assert reconcile(library, album).offline
    (found,) = library.queries.albums()
    assert not found.online
    assert len(names(library)) == 4
    if mount_point_stays:
        album.rmdir()
    (tmp_path / "drive").rename(album)
    assert not reconcile(library, album).offline
    assert library.queries.albums()[0].online
    assert library.queries.pending(MODEL) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_an_unreadable_folder_costs_only_itself(library: Library, album: Path) -> None:
    closed = album / "closed"
    save_album(closed, 2, start=20)
    see(library, album)
    closed.chmod(0)
    try:
        result = see(library, album)
        assert result.missing == 0
        assert list(result.problems) == [closed]
    finally:
        closed.chmod(0o700)


def test_nested_albums_show_each_photo_once(library: Library, album: Path) -> None:
    inner = album / "inner"
    save_album(inner, 2, start=30)
    library.writer.add_album(inner).result()
    see(library, album)
    see(library, inner)
    assert len(names(library)) == 6
    counts = {found.path: found.photo_count for found in library.queries.albums()}
    assert counts == {album: 6, inner: 2}


def test_a_name_that_is_no_text_is_indexed_and_found_again(library: Library, album: Path) -> None:
    raw = os.fsencode(album) + b"/caf\xe9.jpg"
    with open(raw, "wb") as file:
        file.write((album / "photo-0000.jpg").read_bytes())
    see(library, album)
    found = library.queries.photo_by_path(Path(os.fsdecode(raw)), MODEL)
    assert found is not None
    assert os.fsencode(found.path) == raw
    row = library.queries.photo_rows([found.id], MODEL)[found.id]
    assert row.name == "caf\N{REPLACEMENT CHARACTER}.jpg"


def test_one_folder_can_be_looked_at_alone(library: Library, album: Path) -> None:
    deeper = album / "deeper"
    save_album(deeper, 2, start=40)
    see(library, album)
    (deeper / "photo-0040.jpg").unlink()
    save_photo(album / "new.jpg", seed=77)
    result = see(library, album, recursive=False)
    assert (result.new, result.missing) == (1, 0)
    assert see(library, deeper, recursive=False).missing == 1


def test_a_photo_that_is_renamed_and_back_during_the_look_keeps_its_record(
    library: Library, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sorted(album.iterdir())[0]
    photo_id = rate(library, place, 4)
    away = place.with_name("away.jpg")

    def walk_meanwhile(*args: Any, **options: Any) -> Iterator[Seen]:
        place.rename(away)
        listed = list(seen_below(*args, **options))
        away.rename(place)
        yield from listed

    monkeypatch.setattr("core.reconcile.seen_below", walk_meanwhile)
    reconcile(library, album)
    monkeypatch.undo()
    assert names(library)[place.name] == photo_id
    assert rating_at(library, place) == 4
    see(library, album)
    assert names(library)[place.name] == photo_id
    assert away.name not in names(library)


def test_of_two_records_of_one_file_the_one_with_stars_goes_on(
    library: Library, album: Path
) -> None:
    """Wherever a file was seen twice on its way, what the user made decides."""
    place = sorted(album.iterdir())[0]
    photo_id = rate(library, place, 4)
    library.writer.apply_files(FileChanges(None, missing=[(photo_id, place)])).result()
    between, target = place.with_name("between.jpg"), place.with_name("target.jpg")
    state = os.stat(place)
    seen = FileState(between, state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev)
    library.writer.apply_files(FileChanges(None, new=[seen])).result()
    place.rename(target)
    see(library, album)
    assert names(library)["target.jpg"] == photo_id
    assert rating_at(library, target) == 4


@pytest.mark.parametrize("judged_since", [False, True])
def test_a_photo_whose_place_was_taken_before_its_move_was_seen_keeps_its_stars(
    library: Library, album: Path, judged_since: bool
) -> None:
    """Its folder is looked at before its new one, and no event has told where it went."""
    moves = Moves()
    place = sorted(album.iterdir())[0]
    target = album / "sub" / "moved.jpg"
    photo_id = rate(library, place, 4)
    target.parent.mkdir()
    place.rename(target)
    save_photo(place, seed=77)
    reconcile_together(library, [(album, False)], moves=moves)
    assert names(library)[place.name] == photo_id  # as it must seem: the photo was saved anew
    if judged_since:
        rate(library, place, 2)
    reconcile_together(library, [(target.parent, False)], moves=moves)
    if judged_since:
        assert (rating_at(library, place), rating_at(library, target)) == (2, 0)
    else:
        assert (rating_at(library, place), rating_at(library, target)) == (0, 4)
        assert names(library)["moved.jpg"] == photo_id
    see(library, album)
    assert len(names(library)) == 5
