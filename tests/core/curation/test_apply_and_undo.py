"""Keeping the best as the user lives it: apply, look at the folder, take it back."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import send2trash

from core.curation import trash
from core.curation.apply import Rejects, apply
from core.curation.lock import CurationBusyError, locked
from core.curation.marks import merge, not_a_group, split
from core.curation.places import CurationError
from core.curation.plan import Plan, keep_only, preview, revise
from core.curation.undo import history, recover, undo
from core.domain import Flag, PhotoQuery
from core.errors import UsageError
from core.grouping.groups import Grouping
from core.library.library import Library, open_library
from core.reconcile import reconcile
from tests.core.curation.made_album import (
    MODEL,
    PORTRAIT,
    Shot,
    build,
    contents,
    database,
    flipped,
    tree,
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def shots(count: int, prefix: str = "IMG") -> list[Shot]:
    """A burst, the best first."""
    return [
        Shot(f"{prefix}_{i}.jpg", 8 - i * 0.5, flipped(PORTRAIT, 2 + i, seed=i))
        for i in range(1, count + 1)
    ]


def planned(library: Library, album: Path, n: int = 2) -> Plan:
    return preview(library, MODEL, n, Grouping.ALBUM, folder=album)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_flagging_touches_no_file_and_is_undone(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    files, known = tree(album), database(library, ids)
    applied = apply(library, planned(library, album))
    assert tree(album) == files
    flags = [library.queries.photo_rows(ids, MODEL)[i].flag for i in ids]
    assert flags == [None, None, Flag.REJECT, Flag.REJECT]
    assert (applied.rejected, applied.moved) == (2, 0)
    undo(library)
    assert database(library, ids) == known


def test_rejects_move_with_everything_that_belongs_to_them(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, [*shots(3), Shot("IMG_3.CR2", None)])
    for name in ("IMG_3.xmp", "IMG_3.jpg.xmp", "IMG_3.mov", "IMG_1.xmp"):
        (album / name).write_text(name)
    files, known = tree(album), database(library, ids)
    applied = apply(library, planned(library, album), Rejects.MOVE)
    assert names(album) == ["IMG_1.jpg", "IMG_1.xmp", "IMG_2.jpg"]
    assert names(album / "_rejected") == [
        "IMG_3.CR2", "IMG_3.jpg", "IMG_3.jpg.xmp", "IMG_3.mov", "IMG_3.xmp",
    ]  # fmt: skip
    assert (applied.rejected, applied.moved) == (1, 5)
    assert len(library.queries.photo_ids(PhotoQuery(MODEL))) == 2

    undone = undo(library, applied.journal_id)
    assert undone.restored == 5
    assert tree(album) == files
    assert database(library, ids) == known
    assert not (album / "_rejected").exists()


def test_a_scan_sees_neither_rejects_nor_a_change_after_undo(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    known = database(library, ids)
    apply(library, planned(library, album), Rejects.MOVE)
    seen = reconcile(library, album)
    assert (seen.found, seen.new, seen.moved, seen.missing) == (2, 0, 0, 0)
    undo(library)
    seen = reconcile(library, album)
    assert (seen.found, seen.new, seen.changed, seen.moved) == (4, 0, 0, 0)
    assert database(library, ids) == known


def test_equal_names_of_two_folders_and_two_runs_never_collide(
    library: Library, tmp_path: Path
) -> None:
    """B71: also when they are rejected a second time."""
    album = tmp_path / "album"
    build(library, album, [*shots(3), *shots(3, "sub/IMG")])
    first = contents(album)
    apply(library, preview(library, MODEL, 2, Grouping.BURST, folder=album), Rejects.MOVE)
    again = build(library, album, [Shot("IMG_3.jpg", 1.0, content=b"new"), Shot("best.jpg", 9.0)])
    plan = preview(library, MODEL, 1, Grouping.ALBUM, ids=again)
    apply(library, plan, Rejects.MOVE)
    rejected = [
        path.relative_to(album / "_rejected").as_posix()
        for path in (album / "_rejected").rglob("*.jpg")
    ]
    assert "IMG_3 (2).jpg" in rejected
    assert len(rejected) == len(set(rejected))
    assert set(first) < set(contents(album))
    assert len(contents(album)) == len(first) + 2


def test_a_second_reject_of_the_same_name_gets_a_number(library: Library, tmp_path: Path) -> None:
    """B71: what lies among the rejects from elsewhere is not overwritten."""
    album = tmp_path / "album"
    build(library, album, shots(3))
    (album / "_rejected").mkdir()
    (album / "_rejected" / "IMG_3.jpg").write_bytes(b"rejected last year")
    (album / "IMG_3.xmp").write_text("sidecar")
    apply(library, planned(library, album), Rejects.MOVE)
    assert names(album / "_rejected") == ["IMG_3 (2).jpg", "IMG_3 (2).xmp", "IMG_3.jpg"]
    assert (album / "_rejected" / "IMG_3.jpg").read_bytes() == b"rejected last year"


def test_what_changed_after_the_preview_is_left_alone_and_named(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(6))
    plan = planned(library, album)
    (album / "IMG_3.jpg").write_bytes(b"edited meanwhile")
    library.writer.set_flag([ids[3]], Flag.PICK).result()
    (album / "IMG_5.xmp").write_text("a sidecar that is new")
    applied = apply(library, plan, Rejects.MOVE)
    assert {left.path.name: left.reason for left in applied.left_alone} == {
        "IMG_3.jpg": "IMG_3.jpg changed after the preview",
        "IMG_4.jpg": "you picked it or gave it stars meanwhile",
        "IMG_5.jpg": "another file that belongs to it appeared meanwhile",
    }
    assert names(album / "_rejected") == ["IMG_6.jpg"]
    rows = library.queries.photo_rows(ids, MODEL)
    assert [rows[i].flag for i in ids[2:5]] == [None, Flag.PICK, None]


def test_a_change_that_keeps_size_and_time_is_noticed(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    build(library, album, shots(3))
    plan = planned(library, album)
    path = album / "IMG_3.jpg"
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert apply(library, plan, Rejects.MOVE).left_alone[0].path == path
    assert path.exists()


def test_undo_restores_what_it_can_and_names_the_rest(library: Library, tmp_path: Path) -> None:
    """B77: a new file under an old name, a reject that was edited, one that is gone."""
    album = tmp_path / "album"
    ids = build(library, album, shots(7))
    applied = apply(library, planned(library, album), Rejects.MOVE)
    rejected = album / "_rejected"
    (album / "IMG_3.jpg").write_bytes(b"a new file under the old name")
    (rejected / "IMG_4.jpg").write_bytes(b"edited among the rejects")
    (rejected / "IMG_5.jpg").unlink()
    undone = undo(library, applied.journal_id)

    assert (album / "IMG_3.jpg").read_bytes() == b"a new file under the old name"
    assert (rejected / "IMG_3.jpg").exists()
    assert (album / "IMG_4.jpg").read_bytes() == b"edited among the rejects"
    assert {left.path.name for left in undone.unrestored} == {"IMG_3.jpg", "IMG_5.jpg"}
    assert any("IMG_4.jpg was changed" in str(note) for note in undone.notes)
    assert names(album) == [f"IMG_{i}.jpg" for i in (1, 2, 3, 4, 6, 7)]
    rows = library.queries.photo_rows(ids, MODEL)
    assert [rows[i].flag for i in (ids[3], ids[5], ids[6])] == [None, None, None]

    (album / "IMG_3.jpg").unlink()  # the way is free now
    again = undo(library, applied.journal_id)
    assert again.restored == 1
    assert (album / "IMG_3.jpg").stat().st_size > 100
    entry = history(library)[0]
    assert entry.undone
    assert len(entry.problems) == 1


def test_a_new_photo_under_an_old_name_is_another_photo(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(3))
    apply(library, planned(library, album), Rejects.MOVE)
    (album / "IMG_3.jpg").write_bytes(b"new")
    reconcile(library, album)
    known = library.queries.photo_by_path(album / "IMG_3.jpg", MODEL)
    assert known is not None
    assert known.id not in ids
    assert known.flag is None


def test_judging_after_apply_survives_its_undo(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    entry = apply(library, planned(library, album)).journal_id
    library.writer.set_rating([ids[2]], 5).result()
    library.writer.set_flag([ids[3]], Flag.PICK).result()
    undo(library, entry)
    rows = library.queries.photo_rows(ids, MODEL)
    assert (rows[ids[2]].rating, rows[ids[2]].flag) == (5, None)
    assert rows[ids[3]].flag is Flag.PICK


def test_undo_works_after_a_restart_and_in_any_order(tmp_path: Path) -> None:
    album, other = tmp_path / "album", tmp_path / "other"
    with open_library(tmp_path / "library") as library:
        ids = build(library, album, shots(4)) + build(library, other, shots(4))
        files, known = tree(tmp_path / "album"), database(library, ids)
        first = apply(library, planned(library, album), Rejects.MOVE).journal_id
        apply(library, planned(library, other), Rejects.MOVE)
    with open_library(tmp_path / "library") as library:
        assert recover(library) == []
        undo(library, first)
        assert tree(album) == files
        undo(library)  # the newest that is left
        assert database(library, ids) == known
        with pytest.raises(UsageError, match="taken back already"):
            undo(library, first)
        with pytest.raises(UsageError, match="nothing to take back"):
            undo(library)


def test_undo_takes_judgements_back_too(library: Library, tmp_path: Path) -> None:
    (photo,) = build(library, tmp_path / "album", shots(1))
    library.writer.set_rating([photo], 4).result()
    undone = undo(library)
    assert "4 stars" in undone.description
    assert library.queries.photo_rows([photo], MODEL)[photo].rating == 0


def test_an_item_is_moved_whole_or_not_at_all(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(3))
    (album / "IMG_3.xmp").write_text("sidecar")
    files, known = tree(album), database(library, ids)
    from core.curation import moving

    real = moving.move

    def no_sidecars(source: Path, target: Path) -> None:
        if source.suffix == ".xmp":
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(moving, "move", no_sidecars)
    applied = apply(library, planned(library, album), Rejects.MOVE)
    assert applied.journal_id is None
    assert "Permission denied" in applied.left_alone[0].reason
    assert tree(album) == files
    assert database(library, ids) == known


def test_a_read_only_album_refuses_before_anything_is_done(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B75."""
    album = tmp_path / "album"
    ids = build(library, album, shots(3))
    known = database(library, ids)
    from core.curation import places

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(places.tempfile, "TemporaryFile", refuse)
    with pytest.raises(CurationError, match="Nothing was moved"):
        apply(library, planned(library, album), Rejects.MOVE)
    assert database(library, ids) == known
    assert history(library) == []


def test_stopping_keeps_what_is_done_and_leaves_the_rest(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    build(library, album, shots(6))
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    applied = apply(library, planned(library, album), Rejects.MOVE, stopped=stopped)
    assert applied.rejected == 2
    assert len(applied.left_alone) == 2
    assert len(names(album)) == 4


def test_only_one_curation_at_a_time(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    build(library, album, shots(3))
    plan = planned(library, album)
    with locked(library.path), pytest.raises(CurationBusyError):
        apply(library, plan)


# --- the preview ----------------------------------------------------------------------------------


def test_keeping_none_or_nothing_in_particular_is_refused(library: Library) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        preview(library, MODEL, 0, folder=Path("/"))
    with pytest.raises(UsageError, match="Say which"):
        preview(library, MODEL, 1)


def test_clicks_in_the_preview_change_the_plan_and_are_carried_out(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    plan = revise(planned(library, album), {ids[0]: False, ids[3]: True})
    assert {reject.item.id for reject in plan.rejects} == {ids[0], ids[2]}
    assert revise(plan, {ids[0]: None, ids[3]: None}).rejects == planned(library, album).rejects
    apply(library, plan, Rejects.MOVE)
    assert names(album) == ["IMG_2.jpg", "IMG_4.jpg"]


def test_keep_this_one_and_reject_the_rest_of_its_group(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    plan = preview(library, MODEL, 1, Grouping.BURST, folder=album)
    chosen = keep_only(plan, plan.groups[0].group.id, ids[2])
    assert {reject.item.id for reject in chosen.rejects} == {ids[0], ids[1], ids[3]}


def test_what_stays_for_one_person_is_not_rejected_for_another(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    from dataclasses import replace

    made = [replace(shot, person=1) for shot in shots(3)] + [Shot("alone.jpg", 2.0, person=2)]
    build(library, album, made)
    plan = preview(library, MODEL, 1, Grouping.PERSON, folder=album)
    assert [reject.item.lead.path.name for reject in plan.rejects] == ["IMG_2.jpg", "IMG_3.jpg"]


def test_marks_are_remembered(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))

    def groups() -> list[list[int]]:
        plan = preview(library, MODEL, 1, folder=album)
        return sorted(sorted(i.id for i in group.group.items) for group in plan.groups)

    assert groups() == [ids]
    split(library, ids[:2], ids[2:])
    assert groups() == [ids[:2], ids[2:]]
    not_a_group(library, ids)
    assert groups() == []
    merge(library, ids[:3])
    assert groups() == [ids[:3]]


# --- the trash ------------------------------------------------------------------------------------


@pytest.fixture
def own_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if sys.platform != "linux":
        pytest.skip("only Linux says where trashed files are")
    data = tmp_path / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    other = pytest.importorskip("send2trash.plat_other")
    monkeypatch.setattr(send2trash, "send2trash", other.send2trash)
    monkeypatch.setattr(other, "XDG_DATA_HOME", os.fsencode(data))
    monkeypatch.setattr(other, "HOMETRASH_B", os.fsencode(data / "Trash"))
    monkeypatch.setattr(other, "get_dev", lambda path: 1)
    return data / "Trash"


def test_the_trash_takes_rejects_and_undo_fetches_them_back(
    library: Library, tmp_path: Path, own_trash: Path
) -> None:
    album = tmp_path / "älbum %20"
    ids = build(library, album, shots(4))
    (album / "IMG_3.xmp").write_text("sidecar")
    files, known = tree(album), database(library, ids)
    applied = apply(library, planned(library, album), Rejects.TRASH)
    assert applied.notes == ()
    assert names(own_trash / "files") == ["IMG_3.jpg", "IMG_3.xmp", "IMG_4.jpg"]
    assert names(album) == ["IMG_1.jpg", "IMG_2.jpg"]
    undone = undo(library)
    assert undone.unrestored == ()
    assert tree(album) == files
    assert database(library, ids) == known
    assert names(own_trash / "info") == []


def test_an_emptied_trash_is_named(library: Library, tmp_path: Path, own_trash: Path) -> None:
    album = tmp_path / "album"
    build(library, album, shots(3))
    apply(library, planned(library, album), Rejects.TRASH)
    shutil.rmtree(own_trash)
    (left,) = undo(library).unrestored
    assert left.path == album / "IMG_3.jpg"
    assert "trash" in left.reason


def test_a_drive_without_trash_gets_the_folder(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B70: never deleted, and told."""
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    files, known = tree(album), database(library, ids)

    def none(_path: str) -> None:
        raise send2trash.TrashPermissionError("/mnt/.Trash-1000")

    monkeypatch.setattr(send2trash, "send2trash", none)
    applied = apply(library, planned(library, album), Rejects.TRASH)
    assert names(album / "_rejected") == ["IMG_3.jpg", "IMG_4.jpg"]
    assert len(applied.notes) == 1
    assert "no trash" in str(applied.notes[0])
    undo(library)
    assert tree(album) == files
    assert database(library, ids) == known


def test_a_death_between_trash_and_journal_is_mended(
    library: Library, tmp_path: Path, own_trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    files, known = tree(album), database(library, ids)
    real = trash.put

    class Killed(BaseException):
        pass

    def die(path: Path) -> None:
        real(path)
        raise Killed

    monkeypatch.setattr(trash, "put", die)
    with pytest.raises(Killed):
        apply(library, planned(library, album), Rejects.TRASH)
    assert len(names(album)) == 3
    assert [done.unrestored for done in recover(library)] == [()]
    assert tree(album) == files
    assert database(library, ids) == known


@pytest.mark.parametrize("way", ["link", "copy"])
def test_a_death_between_the_new_name_and_the_old_leaves_one_file(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Where a file system can't rename in one step, both names are there for a moment."""
    from core.curation import moving

    class Killed(BaseException):
        pass

    album = tmp_path / "album"
    ids = build(library, album, shots(4))
    files, known = tree(album), database(library, ids)
    with monkeypatch.context() as patch:
        unlink, rename = os.unlink, moving._rename_without_replacing

        def die(path: Path) -> None:
            if Path(path).suffix == ".jpg":
                raise Killed
            unlink(path)

        def between_disks(source: Path, target: Path) -> None:
            if not source.name.endswith(moving.PART_SUFFIX):
                raise OSError(errno.EXDEV, "another disk")
            rename(source, target)

        patch.setattr(os, "unlink", die)
        if way == "link":
            patch.setattr(moving, "_exclusive_rename", lambda: None)
        else:
            patch.setattr(moving, "_rename_without_replacing", between_disks)
        with pytest.raises(Killed):
            apply(library, planned(library, album), Rejects.MOVE)
    assert len(contents(album)) == 5  # one file under two names
    assert [done.unrestored for done in recover(library)] == [()]
    assert tree(album) == files
    assert database(library, ids) == known


# --- the program dies -----------------------------------------------------------------------------

DYING = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from core.curation import moving
    from core.curation.apply import Rejects, apply
    from core.curation.plan import preview
    from core.curation.undo import undo
    from core.grouping.groups import Grouping
    from core.library.library import open_library

    folder, album, what, at, when = sys.argv[1:]
    real, calls = moving.move, 0

    def move(source, target):
        global calls
        calls += 1
        if calls == int(at) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target)
        if calls == int(at) and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    moving.move = move
    library = open_library(Path(folder))
    if what == "apply":
        plan = preview(library, "made-up", 2, Grouping.ALBUM, folder=Path(album))
        apply(library, plan, Rejects.MOVE)
    else:
        undo(library)
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not of this system")
@pytest.mark.parametrize(
    ("what", "at", "when"),
    [("apply", 1, "after"), ("apply", 3, "before"), ("undo", 2, "after"), ("undo", 1, "before")],
)
def test_killed_in_the_middle_everything_comes_back(
    tmp_path: Path, what: str, at: int, when: str
) -> None:
    album, folder = tmp_path / "album", tmp_path / "library"
    with open_library(folder) as library:
        ids = build(library, album, shots(6))
        (album / "IMG_4.xmp").write_text("sidecar")
        files, known = tree(album), database(library, ids)
        if what == "undo":
            apply(library, planned(library, album), Rejects.MOVE)
    script = [sys.executable, "-c", DYING, folder, album, what, str(at), when]
    died = subprocess.run([str(part) for part in script], cwd=Path(__file__).parents[3])
    assert died.returncode == -signal.SIGKILL
    with open_library(folder) as library:
        (mended,) = recover(library)
        assert mended.unrestored == ()
        assert tree(album) == files
        assert database(library, ids) == known
        assert recover(library) == []
        assert history(library)[0].undone
