"""Files that could not be read are listed with their reason, and can be tried again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.domain import Analysis, Status
from core.library.library import Library
from tests.core.faults.indexed import PATIENCE, make_indexer, photos, scan, statuses
from tests.making import save_photo
from tests.quick import QuickAnalyzer, TinyPhotos

ROOT = Path(__file__).parents[3]


def albumen(*arguments: object) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", *map(str, arguments), "--json"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Flaky(QuickAnalyzer):
    """A network drive that gives an error for one file, once."""

    def __init__(self) -> None:
        self.failing = True
        self.asked: list[str] = []

    def analyze(self, path: Path) -> Analysis:
        self.asked.append(path.name)
        if path.name == "photo-00001.jpg" and self.failing:
            reason = "the drive reports a read error on this file"
            return Analysis(None, Status.UNREADABLE, reason, None, ())
        return super().analyze(path)


def test_only_failed_files_are_tried_again_when_the_user_asks(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    tiny.album(album, 3)
    flaky = Flaky()
    scan(library, album, flaky)
    assert photos(library)["photo-00001.jpg"].reason == (
        "the drive reports a read error on this file"
    )
    scan(library, album, flaky)  # by itself nothing is tried again
    assert len(flaky.asked) == 3
    flaky.failing = False
    indexer = make_indexer(library, flaky)
    indexer.start()
    assert indexer.retry() == 1
    assert indexer.wait_until_idle(PATIENCE)
    assert indexer.retry() == 0
    indexer.stop()
    assert flaky.asked[3:] == ["photo-00001.jpg"]
    assert set(statuses(library).values()) == {Status.SCORED}


def test_the_command_line_lists_failed_files_and_tries_them_again(tmp_path: Path) -> None:
    album, library = tmp_path / "album", tmp_path / "library"
    save_photo(album / "good.jpg", seed=1)
    bad = save_photo(album / "bad.jpg", seed=2)
    whole, times = bad.read_bytes(), os.stat(bad)
    # The file is mended without a change of size or time, as a drive that works again is.
    bad.write_bytes(b"\0" * len(whole))
    os.utime(bad, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = albumen("scan", album, "--library", library)
    assert (found["scored"], found["unreadable"]) == (1, 1)
    (listed,) = albumen("list", album, "--status", "unreadable", "--library", library)
    assert Path(listed["path"]).name == "bad.jpg"
    assert listed["reason"]
    bad.write_bytes(whole)
    os.utime(bad, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert albumen("scan", album, "--library", library)["unreadable"] == 1
    found = albumen("scan", album, "--library", library, "--retry")
    assert (found["scored"], found["unreadable"]) == (1, 0)
