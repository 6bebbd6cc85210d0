"""Files that are still being written, saved in one stroke, or none of our business; a system that
won't watch any more folders; libraries that get in each other's way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.curation.apply import Rejects, apply
from core.curation.plan import preview
from core.domain import Analysis, PhotoQuery, Status
from core.files.watch import FolderWatcher
from core.grouping.groups import Grouping
from core.library.library import Library, open_library
from core.watching import AlbumWatcher
from tests.core.faults.indexed import (
    PATIENCE,
    Watched,
    make_indexer,
    photos,
    rate,
    scan,
    statuses,
    watched,
)
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos


class Counting(QuickAnalyzer):
    """Remembers what it analyzed, in which order, with what outcome."""

    def __init__(self) -> None:
        self.analyzed: list[tuple[str, Status]] = []

    def analyze(self, path: Path) -> Analysis:
        analysis = super().analyze(path)
        self.analyzed.append((path.name, analysis.status))
        return analysis


def test_a_photo_that_is_copied_in_slowly_is_scored_once_and_when_it_is_whole(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B20: written in ten pieces; in between other photos come in and are scored."""
    album = tmp_path / "album"
    tiny.album(album, 1)
    library.writer.add_album(album).result()
    counting = Counting()
    monkeypatch.setattr("tests.core.faults.indexed.QuickAnalyzer", lambda: counting)
    content = tiny.next()
    piece = len(content) // 10 + 1
    with watched(library, open_s=PATIENCE) as home:
        home.until(lambda: len(photos(library)) == 1)
        with (album / "slow.jpg").open("wb", buffering=0) as slow:
            for number, start in enumerate(range(0, len(content), piece)):
                slow.write(content[start : start + piece])
                home.until_scored(tiny.save(album / f"between-{number}.jpg"))
                assert home.photo(album / "slow.jpg") is None
        home.until_scored(album / "slow.jpg")
    told = [status for name, status in counting.analyzed if name == "slow.jpg"]
    assert told == [Status.SCORED]


@pytest.mark.parametrize("aside", [".x.tmp", ".goutputstream-A1B2C3", "a.jpg.part", "a.jpg~"])
def test_a_photo_saved_in_one_stroke_is_scored_anew_once_and_keeps_its_stars(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: str
) -> None:
    """B21: written beside it and renamed over it; what is beside it is never listed."""
    album = tmp_path / "album"
    (path,) = tiny.album(album, 1)
    scan(library, album)
    photo_id = rate(library, path, 5)
    before = library.queries.photo(photo_id, MODEL)
    assert before is not None
    counting = Counting()
    monkeypatch.setattr("tests.core.faults.indexed.QuickAnalyzer", lambda: counting)
    with watched(library) as home:
        (album / aside).write_bytes(tiny.next())
        os.replace(album / aside, path)
        home.until(
            lambda: (
                (now := home.photo(path))
                and now.content_hash != before.content_hash
                and now.status is Status.SCORED
            )
        )
    found = photos(library)
    assert {name: (p.id, p.rating) for name, p in found.items()} == {path.name: (photo_id, 5)}
    assert counting.analyzed == [(path.name, Status.SCORED)]
    with library.queries.reading() as connection:  # not even for a moment was there another
        (last,) = connection.exec_driver_sql(
            "SELECT seq FROM sqlite_sequence WHERE name = 'photos'"
        ).one()
    assert last == photo_id


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_without_any_watches_left_photos_are_found_and_the_user_is_told(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """B25: from the system's refusal to the note that the window shows."""
    from watchdog.observers.inotify_c import InotifyFD

    def refuse(*_: object) -> None:
        raise OSError(number, "No space left on device")

    target = "_create_inotify_fd" if number == errno.EMFILE else "add_callback"
    monkeypatch.setattr(InotifyFD, target, refuse)
    album = tmp_path / "album"
    tiny.album(album, 2)
    library.writer.add_album(album).result()
    indexer = make_indexer(library)
    watcher = AlbumWatcher(
        library,
        indexer,
        lambda change, rescan, note: FolderWatcher(
            change, on_rescan=rescan, on_note=note, settle_s=0.1, check_s=0.2, poll_s=0.1
        ),
    )
    indexer.start()
    watcher.start()
    home = Watched(library, indexer)
    try:
        home.until(lambda: list(statuses(library).values()) == [Status.SCORED] * 2)
        home.until_scored(tiny.save(album / "late.jpg"))
        (note,) = indexer.progress().notes.values()
    finally:
        home.unsubscribe()
        watcher.stop()
        indexer.stop()
    assert "limit of watched folders" in note
    assert "max_user_watches" in note
    assert "No space left" not in note


SYSTEM_FOLDERS = (
    ".thumbnails", "@eaDir", ".Trashes", ".Trash-1000", "__MACOSX", "#recycle", "$RECYCLE.BIN",
    ".git", "System Volume Information", "lost+found",
)  # fmt: skip


def test_what_systems_leave_behind_is_neither_listed_nor_counted(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B30: nor are our own rejects."""
    album = tmp_path / "album"
    kept = tiny.album(album, 5)
    for folder in SYSTEM_FOLDERS:
        tiny.save(album / folder / "a.jpg")
        tiny.save(album / "deep" / folder / "b.jpg")
    for name in ("._a.jpg", ".hidden.jpg", "~$a.jpg", "a.jpg.tmp", "a.jpg.crdownload"):
        tiny.save(album / name)
    (album / ".DS_Store").write_bytes(tiny.next())
    (album / "Thumbs.db").write_bytes(tiny.next())
    tiny.save(album / "no" / "c.jpg")
    (album / "no" / ".nomedia").touch()
    indexer = scan(library, album)
    assert set(photos(library)) == {path.name for path in kept}
    assert indexer.found_files == 5
    (listed,) = library.queries.albums()
    assert listed.photo_count == 5
    plan = preview(library, MODEL, 2, Grouping.ALBUM, folder=album)
    assert apply(library, plan, Rejects.MOVE).moved == 3
    indexer = scan(library, album)
    assert indexer.found_files == 2
    assert len(library.queries.photo_ids(PhotoQuery(MODEL))) == 2


def test_opencv_and_the_window_live_in_one_process(tmp_path: Path) -> None:
    """B52: whichever is loaded first, the window's own plug-ins are used."""
    program = (
        "import os, sys\n"
        "import {first}\n"
        "import {second}\n"
        "import cv2\n"
        "from PySide6.QtWidgets import QApplication, QLabel\n"
        "app = QApplication([])\n"
        "label = QLabel('here'); label.show(); app.processEvents()\n"
        "assert 'cv2' not in os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH', '')\n"
        "print(label.isVisible())\n"
    )
    for first, second in (("cv2", "PySide6.QtWidgets"), ("PySide6.QtWidgets", "cv2")):
        done = subprocess.run(
            [sys.executable, "-c", program.format(first=first, second=second)],
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


def test_writes_of_two_windows_and_a_scan_are_all_there_in_the_end(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B40's kind: a second window judges while the first one scans."""
    album = tmp_path / "album"
    paths = tiny.album(album, 60)
    scan(library, album)
    with open_library(library.path) as second:
        assert not second.presence.first

        def judge(which: Library, numbers: range) -> None:
            for number in numbers:
                found = which.queries.photo_by_path(paths[number], MODEL)
                assert found is not None
                which.writer.set_rating([found.id], 1 + number % 5).result(PATIENCE)

        with ThreadPoolExecutor(2) as pool:
            halves = [
                pool.submit(judge, library, range(0, 60, 2)),
                pool.submit(judge, second, range(1, 60, 2)),
            ]
            tiny.album(album / "more", 40)
            scan(library, album)
            for half in halves:
                half.result(PATIENCE)
    with library.queries.reading() as connection:
        ratings = dict(
            connection.exec_driver_sql(
                "SELECT label, rating FROM photos JOIN judgements ON photo_id = photos.id"
                " WHERE folder = ?", (os.fsencode(album),)
            ).all()
        )  # fmt: skip
    assert ratings == {path.name: 1 + number % 5 for number, path in enumerate(paths)}
