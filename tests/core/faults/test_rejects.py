"""Rejects on drives and in folders where moving them is not so simple."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from core.curation.apply import Rejects, apply
from core.curation.plan import preview
from core.curation.undo import undo
from core.grouping.groups import Grouping
from core.library.library import Library
from tests.core.faults.indexed import scan, skip_where_nobody_may_read, statuses
from tests.mounts import small_disk
from tests.quick import MODEL, TinyPhotos


def hashes(*folders: Path) -> Counter[str]:
    """Every photo's content below these folders, wherever it lies."""
    return Counter(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*.jpg")
    )


def test_the_trash_of_another_drive_keeps_every_reject_on_that_drive(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B70: the home's trash is not asked to take what lies elsewhere."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    with small_disk(tmp_path / "card", 8) as disk:
        album = disk / "DCIM"
        tiny.album(album, 6)
        scan(library, album)
        before, known = hashes(disk), statuses(library)
        plan = preview(library, MODEL, 2, Grouping.ALBUM, folder=album)
        applied = apply(library, plan, Rejects.TRASH)
        assert applied.rejected == 4
        assert len(list(album.glob("*.jpg"))) == 2
        assert hashes(disk) == before  # in its own trash or beside the album, but there
        undone = undo(library)
        assert undone.unrestored == ()
        assert len(list(album.glob("*.jpg"))) == 6
        assert hashes(album) == before
        scan(library, album)
        assert statuses(library) == known


@pytest.mark.parametrize("rejects", [Rejects.MOVE, Rejects.TRASH])
def test_equal_names_of_two_albums_are_all_kept_also_the_second_time(
    library: Library, tiny: TinyPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    rejects: Rejects,
) -> None:  # fmt: skip
    """B71: rejected, taken back, rejected again, with real moves."""
    import send2trash

    other = pytest.importorskip("send2trash.plat_other")
    trash = tmp_path / "home" / "Trash"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(send2trash, "send2trash", other.send2trash)
    monkeypatch.setattr(other, "HOMETRASH_B", os.fsencode(trash))
    monkeypatch.setattr(other, "get_dev", lambda path: 1)
    first, second = tmp_path / "first", tmp_path / "second"
    for album in (first, second):
        for number in range(3):
            tiny.save(album / f"IMG_{number}.jpg")
        scan(library, album)
    before = hashes(first, second)
    assert set(before.values()) == {1}
    for _ in range(2):
        entries = []
        for album in (first, second):
            plan = preview(library, MODEL, 1, Grouping.ALBUM, folder=album)
            applied = apply(library, plan, rejects)
            assert applied.rejected == 2
            entries.append(applied.journal_id)
        assert hashes(tmp_path) == before
        for entry in reversed(entries):
            assert undo(library, entry).unrestored == ()
        assert hashes(first, second) == before


READ_ONLY = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from core.curation.apply import Rejects, apply
    from core.curation.places import CurationError
    from core.curation.plan import preview
    from core.curation.undo import history
    from core.grouping.groups import Grouping
    from core.library.library import open_library
    from tests.core.faults.indexed import scan, statuses

    folder = Path(sys.argv[1])
    with open_library(folder / "other-library") as library:
        scan(library, folder / "other")  # all code is loaded while it may be read
        preview(library, "stand-in", 1, Grouping.ALBUM, folder=folder / "other")
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    with open_library(folder / "library") as library:
        scan(library, folder / "album")
        print(sorted(set(map(str, statuses(library).values()))))
        plan = preview(library, "stand-in", 1, Grouping.ALBUM, folder=folder / "album")
        try:
            apply(library, plan, Rejects.MOVE)
        except CurationError as error:
            print(error)
        print(len(history(library)), set(map(str, statuses(library).values())))
    """
)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs to become nobody")
def test_an_album_that_may_not_be_written_is_scored_and_curation_is_refused_with_the_reason(
    tiny: TinyPhotos,
) -> None:
    """B75, as a user who is not root."""
    root = Path(__file__).parents[3]
    skip_where_nobody_may_read(root)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chown(folder, 65534, 65534)
        tiny.album(folder / "other", 2)
        paths = tiny.album(folder / "album", 4)
        before = {path: path.stat().st_mtime_ns for path in paths}
        (folder / "album").chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-P", "-c", READ_ONLY, name],
            env=os.environ | {"PYTHONPATH": str(root), "HOME": name},
            cwd=name, capture_output=True, text=True, check=False,
        )  # fmt: skip
        after = {path: path.stat().st_mtime_ns for path in (folder / "album").iterdir()}
    assert done.returncode == 0, done.stderr
    scored, refused, left = done.stdout.splitlines()
    assert scored == "['scored']"
    assert "Nothing was moved" in refused
    assert left == "0 {'scored'}"
    assert after == before
