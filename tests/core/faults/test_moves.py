"""Renames and moves, live and while the program is closed: one photo, one record."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from core import recognition
from core.domain import Status
from core.library.library import Library
from core.moves import Moves
from core.reconcile import reconcile, reconcile_together
from tests.core.faults.indexed import PATIENCE, Watched, photos, rate, scan, statuses, watched
from tests.quick import MODEL, TinyPhotos


def rated(home: Watched, path: Path, stars: int) -> int:
    home.until_scored(path)
    return rate(home.library, path, stars)


def test_moves_within_and_across_watched_albums_keep_record_and_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B22, live."""
    first, second = tmp_path / "first", tmp_path / "second"
    paths = tiny.album(first, 3)
    tiny.album(second, 1)
    with watched(library) as home:
        for folder in (first, second):
            library.writer.add_album(folder).result()
        ids = [rated(home, path, stars) for stars, path in enumerate(paths, start=3)]
        targets = [first / "renamed.jpg", first / "deeper" / "moved.jpg", second / "across.jpg"]
        (first / "deeper").mkdir()
        for path, target in zip(paths, targets, strict=True):
            path.rename(target)
        found = [home.until_scored(target) for target in targets]
        assert [(photo.id, photo.rating) for photo in found] == list(
            zip(ids, [3, 4, 5], strict=True)
        )
        assert home.indexer.wait_until_idle(PATIENCE)
        assert home.indexer.progress().done == 4  # nothing was scored again
    assert len(photos(library)) == 4


def test_moves_while_the_program_is_closed_keep_record_and_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B22, closed: renamed, moved within, moved to another album, moved across disks."""
    first, second = tmp_path / "first", tmp_path / "second"
    paths = tiny.album(first, 4)
    tiny.album(second, 1)
    scan(library, first)
    scan(library, second)
    ids = [rate(library, path, stars) for stars, path in enumerate(paths, start=2)]
    (first / "deeper").mkdir()
    paths[0].rename(first / "renamed.jpg")
    paths[1].rename(first / "deeper" / paths[1].name)
    paths[2].rename(second / "across.jpg")
    shutil.copy(paths[3], second / "other-disk.jpg")
    paths[3].unlink()
    assert scan(library, second).progress().done == 0
    scan(library, first)
    found = photos(library)
    names = ["renamed.jpg", paths[1].name, "across.jpg", "other-disk.jpg"]
    assert [(found[name].id, found[name].rating) for name in names] == list(
        zip(ids, [2, 3, 4, 5], strict=True)
    )
    assert len(found) == 5
    assert set(statuses(library).values()) == {Status.SCORED}


@pytest.mark.parametrize("order", ["old place first", "new place first", "together"])
def test_a_photo_whose_place_another_takes_at_once_keeps_its_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path, order: str
) -> None:
    """B22's kind: a.jpg goes to another folder, and a new file is a.jpg now."""
    album = tmp_path / "album"
    old, other = album / "one" / "a.jpg", album / "two" / "b.jpg"
    tiny.save(old)
    tiny.save(album / "two" / "c.jpg")
    scan(library, album)
    photo_id = rate(library, old, 5)
    old.rename(other)
    tiny.save(old)
    if order == "together":
        reconcile_together(library, [(old.parent, False), (other.parent, False)])
        moved = library.queries.photo_by_path(other, MODEL)
        assert moved is not None
        assert (moved.id, moved.rating) == (photo_id, 5)
        return
    folders = [old.parent, other.parent]
    for folder in folders if order == "old place first" else reversed(folders):
        reconcile(library, folder, recursive=False)
    # Looked at alone, the old folder shows a file that was saved over: then it keeps the stars.
    holder = library.queries.photo_by_path(old if order == "old place first" else other, MODEL)
    assert holder is not None
    assert (holder.id, holder.rating) == (photo_id, 5)


def test_two_photos_that_swap_places_live_keep_their_own_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    first, second = tiny.save(album / "one" / "a.jpg"), tiny.save(album / "two" / "b.jpg")
    with watched(library) as home:
        library.writer.add_album(album).result()
        ids = rated(home, first, 1), rated(home, second, 5)
        first.rename(album / "one" / "between.jpg")
        second.rename(first)
        (album / "one" / "between.jpg").rename(second)
        home.until(lambda: (p := home.photo(first)) and (q := home.photo(second))
                   and (p.id, q.id) == (ids[1], ids[0]))  # fmt: skip
    found = photos(library)
    assert (found["a.jpg"].rating, found["b.jpg"].rating) == (5, 1)
    assert len(found) == 2


def test_a_new_spelling_of_a_name_is_the_same_photo(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B28, where the file system tells cases apart; once with a change of content."""
    album = tmp_path / "album"
    path = tiny.save(album / "IMG.JPG")
    scan(library, album)
    photo_id = rate(library, path, 4)
    path.rename(album / "img.jpg")
    scan(library, album)
    assert {n: (p.id, p.rating) for n, p in photos(library).items()} == {"img.jpg": (photo_id, 4)}


def test_a_new_spelling_is_the_same_photo_where_cases_are_one(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B28 on a disk where the old spelling still opens the file, as on FAT, NTFS and APFS."""
    album = tmp_path / "album"
    path = tiny.save(album / "IMG.JPG")
    scan(library, album)
    photo_id = rate(library, path, 4)
    path.rename(album / "img.jpg")
    real = os.stat

    def without_case(name: Any, *rest: Any, **options: Any) -> os.stat_result:
        try:
            return real(name, *rest, **options)
        except FileNotFoundError:
            return real(Path(name).with_name(Path(name).name.lower()), *rest, **options)

    monkeypatch.setattr(recognition.os, "stat", without_case)
    scan(library, album)
    monkeypatch.undo()
    assert {n: (p.id, p.rating) for n, p in photos(library).items()} == {"img.jpg": (photo_id, 4)}


def test_two_names_that_differ_in_case_only_are_two_photos_here(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B28's other side: hard links in both cases stay two, whatever is looked at."""
    album = tmp_path / "album"
    path = tiny.save(album / "IMG.JPG")
    scan(library, album)
    photo_id = rate(library, path, 4)
    try:
        os.link(path, album / "img.jpg")
    except FileExistsError:
        pytest.skip("this disk does not tell cases apart")
    for _ in range(2):
        scan(library, album)
        found = photos(library)
        assert found["IMG.JPG"].id == photo_id
        assert (found["IMG.JPG"].rating, found["img.jpg"].rating) == (4, 0)


def test_a_hard_link_in_another_folder_takes_nothing_over(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    path = tiny.save(album / "one" / "a.jpg")
    scan(library, album)
    photo_id = rate(library, path, 4)
    (album / "two").mkdir()
    os.link(path, album / "two" / "b.jpg")
    scan(library, album / "two")
    scan(library, album)
    found = photos(library)
    assert (found["a.jpg"].id, found["a.jpg"].rating) == (photo_id, 4)
    assert found["b.jpg"].rating == 0


def test_a_backup_made_before_editing_leaves_the_stars_with_the_edited_photo(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    path = tiny.save(album / "a.jpg")
    scan(library, album)
    photo_id = rate(library, path, 5)
    shutil.copy2(path, album / "a-before.jpg")
    tiny.save(path)
    scan(library, album)
    found = photos(library)
    assert (found["a.jpg"].id, found["a.jpg"].rating) == (photo_id, 5)
    assert found["a-before.jpg"].rating == 0


def test_touched_photos_are_not_scored_again(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """A drive read in another time zone, a copy without times: the content says what a photo is."""
    album = tmp_path / "album"
    paths = tiny.album(album, 3)
    scan(library, album)
    for path in paths:
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert scan(library, album).progress().done == 0
    assert set(statuses(library).values()) == {Status.SCORED}
    tiny.save(paths[0])
    assert scan(library, album).progress().done == 1


def test_a_photo_renamed_and_saved_over_before_anybody_looked_is_followed(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """Nothing of the file is as it was but that it was seen to move."""
    album = tmp_path / "album"
    path = tiny.save(album / "a.jpg")
    tiny.save(album / "other.jpg")
    scan(library, album)
    photo_id = rate(library, path, 5)
    moves = Moves()
    path.rename(album / "between.jpg")
    moves.note(path, album / "between.jpg")
    (album / "between.jpg").rename(album / "b.jpg")
    moves.note(album / "between.jpg", album / "b.jpg")
    tiny.save(album / "b.jpg")
    tiny.save(path)  # and its old name is taken
    reconcile_together(library, [(album, True)], moves=moves)
    scan(library, album)
    found = photos(library)
    assert (found["b.jpg"].id, found["b.jpg"].rating) == (photo_id, 5)
    assert found["a.jpg"].rating == 0
    assert moves.origins() == {}


def test_moves_that_the_index_knows_of_lead_nobody_astray(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """What was watched may be told late: by then another photo may have the old name."""
    album = tmp_path / "album"
    path = tiny.save(album / "a.jpg")
    scan(library, album)
    photo_id = rate(library, path, 5)
    path.rename(album / "b.jpg")
    scan(library, album)
    tiny.save(path)
    scan(library, album)
    other_id = rate(library, path, 1)
    moves = Moves()
    moves.note(path, album / "b.jpg")
    path.unlink()
    reconcile_together(library, [(album, True)], moves=moves)
    found = photos(library)
    assert (found["b.jpg"].id, found["b.jpg"].rating) == (photo_id, 5)
    assert (found["a.jpg"].id, found["a.jpg"].status) == (other_id, Status.MISSING)


def test_watched_moves_are_chained_and_forgotten_once_looked_at() -> None:
    one, two, three = Path("/x/1"), Path("/x/2"), Path("/y/3")
    moves = Moves()
    moves.note(one, two)
    moves.note(one, two)  # by a second watch
    moves.note(two, three)
    assert moves.origins() == {three: one}
    before = moves.origins()
    moves.note(three, two)  # during the look, which saw it at its third place
    moves.settle(before, {three.parent})
    assert moves.origins() == {two: three}
    moves.note(two, three)
    assert moves.origins() == {}
