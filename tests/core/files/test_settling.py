"""A path is told of once, when it has come to rest: with a made-up clock and disk."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.files.settling import FileEvent, FileEventKind, Settling

Kind = FileEventKind
A, B, C = Path("/album/a.jpg"), Path("/album/b.jpg"), Path("/album/sub/c.jpg")


class Disk:
    """A clock and the state of files, both moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.files: dict[Path, tuple[int, int, int]] = {}
        self.settling = Settling(lambda: self.now, 1.0, 5.0, self.files.get)

    def write(self, path: Path, size: int = 1) -> None:
        self.files[path] = (size, int(self.now * 1e9), 1)

    def after(self, seconds: float) -> list[FileEvent]:
        self.now += seconds
        return self.settling.due()


def test_a_growing_file_is_told_of_once_and_only_when_whole() -> None:
    disk = Disk()
    for piece in range(10):
        disk.write(A, piece + 1)
        disk.settling.file_changed(A)
        assert disk.after(0.5) == []
    assert disk.after(0.5) == [FileEvent(Kind.FILE_CHANGED, A)]
    assert disk.settling.next_due() is None
    assert disk.after(60) == []


def test_a_file_that_grows_without_events_is_waited_for() -> None:
    disk = Disk()
    disk.write(A)
    disk.settling.file_changed(A)
    for size in range(2, 8):
        disk.write(A, size)
        assert disk.after(1.1) == []
    assert disk.after(1.1) == [FileEvent(Kind.FILE_CHANGED, A)]


def test_an_open_file_gets_more_time_until_it_is_closed() -> None:
    disk = Disk()
    disk.write(A)
    disk.settling.file_changed(A, still_open=True)
    assert disk.after(4) == []
    disk.settling.file_changed(A)
    assert disk.after(1) == [FileEvent(Kind.FILE_CHANGED, A)]
    disk.settling.file_changed(B, still_open=True)
    disk.write(B)
    disk.after(5)
    assert disk.after(5) == [FileEvent(Kind.FILE_CHANGED, B)]


def test_delete_and_write_anew_is_one_change() -> None:
    disk = Disk()
    disk.settling.file_gone(A)
    disk.write(A)
    disk.settling.file_changed(A)
    assert disk.after(1) == [FileEvent(Kind.FILE_CHANGED, A)]


def test_gone_is_told_as_gone_even_without_a_word() -> None:
    disk = Disk()
    disk.write(A)
    disk.settling.file_changed(A)
    del disk.files[A]
    assert disk.after(1) == []
    assert disk.after(1) == [FileEvent(Kind.FILE_GONE, A)]


def test_a_chain_of_renames_is_one_move() -> None:
    disk = Disk()
    disk.write(C)
    disk.settling.file_moved(A, B)
    disk.settling.file_moved(A, B)  # told twice, by two watches
    disk.settling.file_moved(B, C)
    (event,) = disk.after(1)
    assert event == FileEvent(Kind.FILE_MOVED, C, A)
    assert set(event.scopes) == {(C.parent, False), (A.parent, False)}


def test_there_and_back_is_a_change_of_nothing_else() -> None:
    disk = Disk()
    disk.write(A)
    disk.settling.file_moved(A, B)
    disk.settling.file_moved(B, A)
    assert disk.after(1) == [FileEvent(Kind.FILE_CHANGED, A)]


def test_moved_and_then_deleted_is_gone_from_its_old_place_too() -> None:
    disk = Disk()
    disk.settling.file_moved(A, B)
    disk.settling.file_gone(B)
    assert {(event.kind, event.path) for event in disk.after(1)} == {
        (Kind.FILE_GONE, A),
        (Kind.FILE_GONE, B),
    }


def test_a_folder_waits_for_what_is_written_into_it() -> None:
    disk = Disk()
    disk.settling.folder_changed(C.parent)
    for size in range(5):
        disk.write(C, size)
        disk.settling.file_changed(C)
        assert disk.after(0.6) == []
    kinds = {event.kind for event in disk.after(1)}
    assert kinds == {Kind.FILE_CHANGED, Kind.FOLDER_CHANGED}


def test_a_moved_folder_takes_its_unrest_along() -> None:
    disk = Disk()
    disk.settling.file_changed(C)
    target = Path("/album/new")
    disk.write(target / "c.jpg")
    disk.settling.folder_moved(C.parent, target)
    told = [*disk.after(1), *disk.after(1), *disk.after(1)]
    assert FileEvent(Kind.FOLDER_MOVED, target, C.parent) in told
    assert FileEvent(Kind.FILE_CHANGED, target / "c.jpg") in told
    assert all(event.path != C for event in told)
    (moved,) = [event for event in told if event.is_folder]
    assert moved.scopes == ((target, True), (C.parent.parent, True))


def test_a_deleted_folder_silences_what_was_in_it() -> None:
    disk = Disk()
    disk.settling.file_changed(C)
    disk.settling.folder_gone(C.parent)
    assert disk.after(1) == [FileEvent(Kind.FOLDER_GONE, C.parent)]


PATHS = [A, B, C, Path("/album/sub/d.jpg")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "delete", "move", "wait"]),
        st.sampled_from(PATHS),
        st.sampled_from(PATHS),
    ),
    max_size=40,
)


@given(STEPS)
def test_whoever_follows_the_events_knows_the_disk(steps: list[tuple[str, Path, Path]]) -> None:
    """Comparing the folders of all events with the disk leaves no difference."""
    disk, known = Disk(), dict[Path, tuple[int, int, int]]()

    def follow(events: list[FileEvent]) -> None:
        for event in events:
            for folder, _recursive in event.scopes:
                for path in PATHS:
                    if path.parent == folder:
                        known.pop(path, None)
                        if path in disk.files:
                            known[path] = disk.files[path]

    for step, path, other in steps:
        disk.now += 0.01
        if step == "write":
            disk.write(path)
            disk.settling.file_changed(path)
        elif step == "delete" and path in disk.files:
            del disk.files[path]
            disk.settling.file_gone(path)
        elif step == "move" and path in disk.files and path != other:
            disk.files[other] = disk.files.pop(path)
            disk.settling.file_moved(path, other)
        elif step == "wait":
            follow(disk.after(0.6))
    for _ in range(8):
        follow(disk.after(1.1))
    assert known == disk.files
    assert disk.settling.next_due() is None
