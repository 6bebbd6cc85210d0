"""Files and drives that go away in the middle of everything: missing is not deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.domain import Analysis, Status
from core.indexer import Indexer
from core.library.library import Library
from tests.core.faults.indexed import (
    PATIENCE,
    make_indexer,
    photos,
    rate,
    scan,
    statuses,
    watched,
)
from tests.mounts import drive
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos


class DeletingAnalyzer(QuickAnalyzer):
    """Somebody deletes photos while the first ones are analyzed."""

    def __init__(self, doomed: list[Path]) -> None:
        self._doomed = doomed

    def analyze(self, path: Path) -> Analysis:
        while self._doomed:
            try:
                self._doomed.pop().unlink()
            except IndexError:
                break
        return super().analyze(path)


def test_photos_deleted_during_the_scan_go_missing_and_the_rest_is_scored(
    library: Library, tiny: TinyPhotos, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """B15: 50 of 200 are deleted once the scan has found them all."""
    album = tmp_path / "album"
    paths = tiny.album(album, 200)
    indexer = scan(library, album, DeletingAnalyzer(paths[::4]))
    assert indexer.progress().scored + indexer.progress().unreadable <= 200
    scan(library, album)
    found = list(statuses(library).values())
    assert (found.count(Status.SCORED), found.count(Status.MISSING)) == (150, 50)
    assert "Traceback" not in caplog.text
    assert not indexer.progress().notes


def test_a_file_that_another_took_the_place_of_gets_no_wrong_score(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B15's kind: two files swap names between being found and being read."""
    album = tmp_path / "album"
    first, second = tiny.album(album, 2)
    library.writer.add_album(album).result()

    class Swapping(QuickAnalyzer):
        swapped = False

        def analyze(self, path: Path) -> Analysis:
            if not self.swapped:
                self.swapped = True
                first.rename(album / "between.jpg")
                second.rename(first)
                (album / "between.jpg").rename(second)
            return super().analyze(path)

    indexer = make_indexer(library, Swapping(), workers=1)
    indexer.start()
    indexer.scan(album)
    assert indexer.wait_until_idle(PATIENCE)
    indexer.scan(album)
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    for path in (first, second):
        photo = library.queries.photo_by_path(path, MODEL)
        assert photo is not None
        assert photo.score is not None
        fresh = QuickAnalyzer().analyze(path)
        assert fresh.score is not None
        assert photo.score.mean == pytest.approx(fresh.score.mean, abs=1e-5)


def test_a_photo_moved_before_it_was_analyzed_is_analyzed_at_its_new_place(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    (path,) = tiny.album(album, 1)
    library.writer.add_album(album).result()

    class Moving(QuickAnalyzer):
        def analyze(self, found: Path) -> Analysis:
            if path.exists():
                path.rename(album / "moved.jpg")
            return super().analyze(found)

    indexer = make_indexer(library, Moving())
    indexer.start()
    for _ in range(2):
        indexer.scan(album)
        assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    assert statuses(library) == {"moved.jpg": Status.SCORED}


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_library_of_an_unplugged_drive_is_kept_and_nothing_is_scored_again(
    library: Library, tiny: TinyPhotos, tmp_path: Path, left: str
) -> None:
    """B26: the album's folder is away when the program starts, then it is back."""
    album, away = tmp_path / "album", tmp_path / "away"
    paths = tiny.album(album, 5)
    scan(library, album)
    rate(library, paths[2], 4)
    album.rename(away)
    if left == "an empty folder":
        album.mkdir()
    with watched(library) as home:
        home.until(lambda: not home.library.queries.albums()[0].online)
        assert set(statuses(library).values()) == {Status.SCORED}
        assert photos(library)[paths[2].name].rating == 4
        if left == "an empty folder":
            album.rmdir()
        away.rename(album)
        home.until(lambda: home.library.queries.albums()[0].online)
        assert home.indexer.wait_until_idle(PATIENCE)
        assert home.indexer.progress().done == 0
    assert set(statuses(library).values()) == {Status.SCORED}


def test_a_real_drive_that_is_unmounted_and_mounted_elsewhere_keeps_its_history(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B26 and drive letters: another mount point, another device number, the same photos."""
    image = tmp_path / "drive.img"
    with drive(image, tmp_path / "mnt" / "first") as first:
        paths = tiny.album(first / "photos", 3)
        scan(library, first / "photos")
        photo_id = rate(library, paths[0], 5)
    (tmp_path / "mnt" / "first" / "photos").mkdir()  # as some systems leave it
    assert scan(library, tmp_path / "mnt" / "first" / "photos").progress().done == 0
    assert not library.queries.albums()[0].online
    with drive(image, tmp_path / "mnt" / "second") as second:
        indexer = scan(library, second / "photos")
        assert indexer.progress().done == 0
        moved = library.queries.photo_by_path(second / "photos" / paths[0].name, MODEL)
        assert moved is not None
        assert (moved.id, moved.rating, moved.status) == (photo_id, 5, Status.SCORED)


def test_a_copy_takes_nothing_over_from_a_drive_that_is_away(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B26's kind: a photo was copied to the computer, then the drive was unplugged."""
    home, album = tmp_path / "home", tmp_path / "drive"
    paths = tiny.album(album, 3)
    scan(library, album)
    photo_id = rate(library, paths[1], 5)
    tiny.album(home, 1)
    (home / "copied").mkdir()
    shutil.copy(paths[1], home / "copied" / "the-copy.jpg")
    album.rename(tmp_path / "away")
    scan(library, home)
    copy = library.queries.photo_by_path(home / "copied" / "the-copy.jpg", MODEL)
    assert copy is not None
    assert (copy.id != photo_id, copy.rating) == (True, 0)
    (tmp_path / "away").rename(album)
    assert scan(library, album).progress().done == 0
    original = library.queries.photo_by_path(paths[1], MODEL)
    assert original is not None
    assert (original.id, original.rating, original.status) == (photo_id, 5, Status.SCORED)


def test_a_drive_that_goes_during_the_scan_loses_nothing(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B26's kind: the folder can be listed when the scan begins, and is gone before it ends."""
    album = tmp_path / "album"
    tiny.album(album / "deeper", 4)
    scan(library, album)
    from core import reconcile

    real = reconcile.seen_below

    def unplugged(folder: Path, *rest: object, **options: object):  # type: ignore[no-untyped-def]
        album.rename(tmp_path / "away")
        yield from real(folder, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reconcile, "seen_below", unplugged)
    scan(library, album)
    assert not library.queries.albums()[0].online
    assert set(statuses(library).values()) == {Status.SCORED}


def test_a_camera_that_uses_a_name_again_makes_a_new_photo(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """A photo that was deleted long ago hands its flag on to nobody."""
    album = tmp_path / "album"
    paths = tiny.album(album, 2)
    scan(library, album)
    old_id = rate(library, paths[0], 1)
    old = paths[0].read_bytes()
    paths[0].unlink()
    scan(library, album)
    _make_older(library, old_id)
    tiny.save(paths[0])
    scan(library, album)
    new = library.queries.photo_by_path(paths[0], MODEL)
    assert new is not None
    assert (new.id != old_id, new.rating) == (True, 0)
    (album / "found-again.jpg").write_bytes(old)  # its content comes back under another name
    scan(library, album)
    back = library.queries.photo_by_path(album / "found-again.jpg", MODEL)
    assert back is not None
    assert (back.id, back.rating) == (old_id, 1)


def _make_older(library: Library, photo_id: int) -> None:
    from datetime import timedelta

    from sqlalchemy import update

    from core.domain import LibraryChange
    from core.library.schema import now, photos

    statement = update(photos).where(photos.c.id == photo_id)
    library.writer.submit(
        lambda c: (
            c.execute(statement.values(missing_since=now() - timedelta(days=30))),
            LibraryChange(),
        )
    ).result()


def test_a_photo_saved_by_deleting_and_writing_anew_keeps_its_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    paths = tiny.album(album, 2)
    scan(library, album)
    photo_id = rate(library, paths[0], 5)
    paths[0].unlink()
    scan(library, album)  # looked at just between the two
    tiny.save(paths[0])
    scan(library, album)
    saved = library.queries.photo_by_path(paths[0], MODEL)
    assert saved is not None
    assert (saved.id, saved.rating) == (photo_id, 5)


def test_an_indexer_is_needed_for_none_of_it(library: Library, tmp_path: Path) -> None:
    """Albums that never were there are offline from the start, and nothing breaks."""
    library.writer.add_album(tmp_path / "never").result()
    indexer: Indexer = scan(library, tmp_path / "never")
    assert not library.queries.albums()[0].online
    assert not os.path.lexists(tmp_path / "never")
    assert indexer.progress().done == 0
