"""The watcher on real folders: what happens is told once, at rest; what fails ends in a rescan."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.files.mounts import file_system_type, is_network_folder
from core.files.scan import IgnoreRules
from core.files.watch import FileEvent, FileEventKind, FolderWatcher, WatchMode
from tests.photos import jpeg_bytes, quadrants

JPEG = jpeg_bytes(quadrants(16, 12))
SETTLE_S = 0.15
PATIENCE_S = 20.0
Kind = FileEventKind

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


class Listener:
    """Remembers what it is told and lets a test wait for more."""

    def __init__(self) -> None:
        self._more = threading.Condition()
        self.events: list[FileEvent] = []
        self.rescans: list[Path] = []
        self.notes: list[tuple[Path, str]] = []

    def change(self, event: FileEvent) -> None:
        self._tell(self.events, event)

    def rescan(self, root: Path) -> None:
        self._tell(self.rescans, root)

    def note(self, root: Path, note: str) -> None:
        self._tell(self.notes, (root, note))

    def _tell(self, told: list, what: object) -> None:  # type: ignore[type-arg]
        with self._more:
            told.append(what)
            self._more.notify_all()

    def wait(self, condition: Callable[[], object]) -> None:
        with self._more:
            assert self._more.wait_for(condition, PATIENCE_S), (self.events, self.rescans)

    def wait_for(self, kind: FileEventKind, path: Path) -> FileEvent:
        def told() -> list[FileEvent]:
            return [event for event in self.events if (event.kind, event.path) == (kind, path)]

        self.wait(told)
        return told()[0]

    def paths(self) -> list[Path]:
        return [event.path for event in self.events]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    return folder


@pytest.fixture
def listener() -> Listener:
    return Listener()


Start = Callable[..., FolderWatcher]


@pytest.fixture
def start(listener: Listener) -> Iterator[Start]:
    """Starts a watcher and waits until its watch stands; ends it after the test."""
    started: list[FolderWatcher] = []
    threads = set(threading.enumerate())

    def start(*roots: Path, **options: object) -> FolderWatcher:
        options.setdefault("settle_s", SETTLE_S)
        options.setdefault("check_s", 0.1)
        watcher = FolderWatcher(
            listener.change,
            on_rescan=listener.rescan,
            on_note=listener.note,
            **options,  # type: ignore[arg-type]
        )
        started.append(watcher)
        for root in roots:
            watcher.add_root(root)
        watcher.start()
        listener.wait(lambda: set(roots) <= set(listener.rescans))
        listener.rescans.clear()
        return watcher

    yield start
    for watcher in started:
        watcher.stop()
    assert set(threading.enumerate()) <= threads, "a thread outlives its watcher"


def settle(listener: Listener, album: Path, name: str = "last.jpg") -> None:
    """Makes one more file and waits for it: what came before it has been told of by then."""
    (album / name).write_bytes(JPEG)
    listener.wait_for(Kind.FILE_CHANGED, album / name)


def test_new_changed_and_deleted_files_are_told_of(
    album: Path, listener: Listener, start: Start
) -> None:
    start(album)
    path = album / "a.jpg"
    path.write_bytes(JPEG)
    listener.wait_for(Kind.FILE_CHANGED, path)
    listener.events.clear()
    path.write_bytes(JPEG + b"x")
    listener.wait_for(Kind.FILE_CHANGED, path)
    path.unlink()
    listener.wait_for(Kind.FILE_GONE, path)


def test_file_written_in_pieces_is_told_of_once_when_whole(
    album: Path, listener: Listener, start: Start
) -> None:
    """B20."""
    sizes: list[int] = []
    told = listener.change
    listener.change = lambda event: (sizes.append(event.path.stat().st_size), told(event))[1]  # type: ignore[method-assign]
    start(album, settle_s=0.5)
    path = album / "slow.jpg"
    pause = threading.Event()
    with path.open("wb", buffering=0) as file:
        for piece in range(10):
            file.write(bytes([piece]) * 1000)
            pause.wait(0.1)
    listener.wait_for(Kind.FILE_CHANGED, path)
    settle(listener, album)
    assert listener.paths().count(path) == 1
    assert sizes[0] == 10_000


def test_atomic_save_shows_the_photo_never_the_temporary_file(
    album: Path, listener: Listener, start: Start
) -> None:
    """B21."""
    path = album / "a.jpg"
    path.write_bytes(JPEG)
    start(album)
    for temporary in (".x.tmp", ".goutputstream-XYZ", "a.jpg.part"):
        listener.events.clear()
        (album / temporary).write_bytes(JPEG + temporary.encode())
        os.replace(album / temporary, path)
        listener.wait_for(Kind.FILE_CHANGED, path)
        settle(listener, album, f"{len(temporary)}.jpg")
        assert listener.paths().count(path) == 1
        assert album / temporary not in listener.paths()


def test_renames_and_moves_name_both_places(album: Path, listener: Listener, start: Start) -> None:
    (album / "a.jpg").write_bytes(JPEG)
    (album / "deep").mkdir()
    start(album)
    (album / "a.jpg").rename(album / "deep" / "b.jpg")
    event = listener.wait_for(Kind.FILE_MOVED, album / "deep" / "b.jpg")
    assert event.source == album / "a.jpg"
    (album / "deep" / "b.jpg").rename(album / "deep" / "B.JPG")
    event = listener.wait_for(Kind.FILE_MOVED, album / "deep" / "B.JPG")
    assert event.source == album / "deep" / "b.jpg"


def test_files_moved_in_and_out_of_sight(
    tmp_path: Path, album: Path, listener: Listener, start: Start
) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(JPEG)
    (album / "b.jpg").write_bytes(JPEG)
    start(album)
    outside.rename(album / "in.jpg")
    listener.wait_for(Kind.FILE_CHANGED, album / "in.jpg")
    (album / "in.jpg").rename(outside)
    listener.wait_for(Kind.FILE_GONE, album / "in.jpg")
    (album / "_rejected").mkdir()
    (album / "b.jpg").rename(album / "_rejected" / "b.jpg")
    listener.wait_for(Kind.FILE_GONE, album / "b.jpg")
    assert all("_rejected" not in path.parts for path in listener.paths())


def test_folder_moves_and_deletes_are_one_event(
    tmp_path: Path, album: Path, listener: Listener, start: Start
) -> None:
    trip = album / "trip"
    for number in range(20):
        (trip / "day").mkdir(parents=True, exist_ok=True)
        (trip / "day" / f"{number}.jpg").write_bytes(JPEG)
    start(album)
    trip.rename(album / "holiday")
    event = listener.wait_for(Kind.FOLDER_MOVED, album / "holiday")
    assert event.source == trip
    settle(listener, album)
    assert [e for e in listener.events if not e.is_folder] == [
        FileEvent(Kind.FILE_CHANGED, album / "last.jpg")
    ]
    (album / "holiday" / "day" / "new.jpg").write_bytes(JPEG)
    listener.wait_for(Kind.FILE_CHANGED, album / "holiday" / "day" / "new.jpg")
    (album / "holiday").rename(tmp_path / "away")
    listener.wait_for(Kind.FOLDER_GONE, album / "holiday")
    (tmp_path / "away").rename(album / "back")
    listener.wait_for(Kind.FOLDER_CHANGED, album / "back")
    shutil.rmtree(album / "back")
    listener.wait_for(Kind.FOLDER_GONE, album / "back")


def test_new_folders_are_watched_at_once(album: Path, listener: Listener, start: Start) -> None:
    start(album)
    deep = album / "a" / "b" / "c"
    deep.mkdir(parents=True)
    listener.wait_for(Kind.FOLDER_CHANGED, album / "a")
    (deep / "x.jpg").write_bytes(JPEG)
    listener.wait(lambda: deep / "x.jpg" in listener.paths())


def test_system_files_and_the_users_patterns_are_passed_over(
    album: Path, listener: Listener, start: Start
) -> None:
    (album / "phone").mkdir()
    (album / "phone" / ".nomedia").touch()
    watcher = start(album)
    watcher.add_root(album, IgnoreRules(("*_small.jpg",)))
    for name in ("@eaDir", ".thumbnails"):
        (album / name).mkdir()
        (album / name / "x.jpg").write_bytes(JPEG)
    (album / "a_small.jpg").write_bytes(JPEG)
    (album / "notes.txt").write_text("x")
    (album / "phone" / "x.jpg").write_bytes(JPEG)
    settle(listener, album)
    assert listener.paths() == [album / "last.jpg"]


def test_names_that_are_not_text_are_told_as_they_are(
    album: Path, listener: Listener, start: Start
) -> None:
    start(album)
    path = album / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(JPEG)
    event = listener.wait_for(Kind.FILE_CHANGED, path)
    assert os.fsencode(event.path.name) == b"caf\xe9.jpg"


def test_nested_albums_tell_once_and_can_go(album: Path, listener: Listener, start: Start) -> None:
    inner = album / "inner"
    inner.mkdir()
    watcher = start(album, inner)
    settle(listener, inner, "x.jpg")
    settle(listener, album)
    assert listener.paths().count(inner / "x.jpg") == 1
    watcher.remove_root(inner)
    settle(listener, inner, "still.jpg")
    watcher.remove_root(album)
    watcher.add_root(inner)
    listener.wait(lambda: inner in listener.rescans)
    (album / "unseen.jpg").write_bytes(JPEG)
    settle(listener, inner, "seen.jpg")
    assert album / "unseen.jpg" not in listener.paths()


def test_drive_that_goes_and_comes_is_compared_both_times(
    tmp_path: Path, album: Path, listener: Listener, start: Start
) -> None:
    (album / "a.jpg").write_bytes(JPEG)
    watcher = start(album)
    album.rename(tmp_path / "unplugged")
    listener.wait(lambda: album in listener.rescans)
    assert watcher.modes() == {album: WatchMode.OFFLINE}
    listener.rescans.clear()
    (tmp_path / "unplugged").rename(album)
    listener.wait(lambda: album in listener.rescans)
    assert watcher.modes() == {album: WatchMode.NATIVE}
    settle(listener, album)
    assert all(event.kind is Kind.FILE_CHANGED for event in listener.events)


def test_album_that_is_away_at_start_is_taken_up_when_it_comes(
    tmp_path: Path, listener: Listener, start: Start
) -> None:
    album = tmp_path / "later"
    start(tmp_path)
    watcher = start()
    watcher.add_root(album)
    album.mkdir()
    listener.wait(lambda: album in listener.rescans)
    settle(listener, album)


@linux_only
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_inotify_limit_falls_back_to_polling_and_says_so(
    album: Path,
    listener: Listener,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """B25."""
    from watchdog.observers.inotify_c import InotifyFD

    (album / "deep").mkdir()
    watch_folder = InotifyFD.add_callback

    def refuse(*args: object) -> object:
        if number == errno.EMFILE or b"deep" in args[1]:  # type: ignore[operator]
            raise OSError(number, "No space left on device")
        return watch_folder(*args)  # type: ignore[arg-type]

    target = "_create_inotify_fd" if number == errno.EMFILE else "add_callback"
    monkeypatch.setattr(InotifyFD, target, refuse)
    watcher = start(album, poll_s=0.1)
    listener.wait(lambda: watcher.modes() == {album: WatchMode.POLLING} and listener.notes)
    (root, note), *more = listener.notes
    assert root == album
    assert "“album” is checked about every" in note
    assert "space" not in note.lower()
    assert not more
    settle(listener, album / "deep")


def test_polling_tells_the_same_story(album: Path, listener: Listener, start: Start) -> None:
    (album / "a.jpg").write_bytes(JPEG)
    (album / "b.jpg").write_bytes(JPEG + b"b")
    watcher = start(album, native=False, poll_s=0.05)
    assert watcher.modes() == {album: WatchMode.POLLING}
    (album / "new.jpg").write_bytes(JPEG)
    listener.wait_for(Kind.FILE_CHANGED, album / "new.jpg")
    (album / "a.jpg").rename(album / "moved.jpg")
    assert listener.wait_for(Kind.FILE_MOVED, album / "moved.jpg").source == album / "a.jpg"
    (album / "b.jpg").unlink()
    listener.wait_for(Kind.FILE_GONE, album / "b.jpg")


def test_part_that_can_not_be_polled_for_once_is_not_gone(
    album: Path, listener: Listener, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    (album / "deep").mkdir()
    (album / "deep" / "a.jpg").write_bytes(JPEG)
    start(album, native=False, poll_s=0.05)
    list_folder, refused = os.scandir, threading.Event()

    def refuse(path: str) -> object:
        if os.path.basename(path) == "deep":
            refused.set()
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert refused.wait(PATIENCE_S)
    settle(listener, album)
    monkeypatch.undo()
    settle(listener, album, "after.jpg")
    assert listener.paths() == [album / "last.jpg", album / "after.jpg"]


def test_network_drives_are_polled_with_a_note(
    album: Path, listener: Listener, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.files.watch.is_network_folder", lambda folder: True)
    watcher = start(album, poll_s=0.05)
    assert watcher.modes() == {album: WatchMode.POLLING}
    assert "network drive" in listener.notes[0][1]
    settle(listener, album)


def test_watch_that_tells_nothing_is_made_up_for_by_rescans(
    album: Path, listener: Listener, start: Start
) -> None:
    start(album, rescan_s=0.2)
    listener.wait(lambda: listener.rescans.count(album) >= 2)


@linux_only
def test_lost_events_end_in_a_rescan(album: Path, listener: Listener, start: Start) -> None:
    from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, Mask, WatchDescriptor

    watcher = start(album)
    overflow = InotifyEvent(WatchDescriptor(-1), Mask(InotifyConstants.IN_Q_OVERFLOW), 0, b"")
    watcher._watches._observer._source.handle_event(overflow)  # type: ignore[union-attr]
    listener.wait(lambda: album in listener.rescans)
    settle(listener, album)


def test_listener_that_fails_does_not_end_the_watch(
    album: Path, listener: Listener, start: Start
) -> None:
    told = listener.change

    def fail_once(event: FileEvent) -> None:
        told(event)
        if len(listener.events) == 1:
            raise KeyError("a mistake in a listener")

    listener.change = fail_once  # type: ignore[method-assign]
    start(album)
    settle(listener, album, "first.jpg")
    settle(listener, album, "second.jpg")


def test_many_files_are_each_told_of_once(album: Path, listener: Listener, start: Start) -> None:
    start(album)
    names = [f"{number:03}.jpg" for number in range(300)]
    for name in names:
        (album / name).write_bytes(JPEG)
    listener.wait(lambda: {album / name for name in names} <= set(listener.paths()))
    settle(listener, album)
    assert sorted(path.name for path in listener.paths()) == [*names, "last.jpg"]


def test_file_system_types(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_bytes(
        b"/dev/sda1 / ext4 rw 0 0\n"
        b"nas:/photos /mnt/my\\040nas nfs4 rw 0 0\n"
        b"user@host: /mnt/ssh fuse.sshfs rw 0 0\n"
    )
    assert file_system_type(Path("/mnt/my nas/2020"), mounts) == "nfs4"
    assert file_system_type(Path("/mnt/my nas 2"), mounts) == "ext4"
    assert file_system_type(tmp_path, tmp_path / "none") is None
    if sys.platform.startswith("linux"):
        assert is_network_folder(Path("/mnt/ssh"), mounts)
        assert not is_network_folder(tmp_path, mounts)
