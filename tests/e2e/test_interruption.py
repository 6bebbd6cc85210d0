"""kill -9 at any moment: the next run goes on and ends with each photo once."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from core.library.database import DATABASE_NAME
from tests.making import save_album

PHOTOS = 80


def scan(folder: Path, library: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "scan", str(folder), "--library", str(library), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rows(library: Path) -> int:
    database = library / DATABASE_NAME
    if not database.exists():
        return 0
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM analyses").fetchone()[0]
        except sqlite3.OperationalError:  # killed before the tables were made
            return 0


def test_killed_scans_are_taken_up_and_end_with_every_photo_once(tmp_path: Path) -> None:
    album, library = tmp_path / "album", tmp_path / "library"
    save_album(album, PHOTOS)
    choose = random.Random(7)
    reached = 0
    for _ in range(3):
        process = scan(album, library)
        target = reached + choose.randint(1, 16)
        while process.poll() is None and rows(library) < target:
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate()
        reached = rows(library)
    assert 0 < reached < PHOTOS
    process = scan(album, library)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert result["found"] == PHOTOS
    assert result["scored"] == PHOTOS - reached
    with contextlib.closing(sqlite3.connect(library / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count, distinct = connection.execute(
            "SELECT count(*), count(DISTINCT folder || '/' || name) FROM photos"
        ).fetchone()
        assert (count, distinct) == (PHOTOS, PHOTOS)
        assert connection.execute(
            "SELECT count(*) FROM analyses WHERE status = 'scored'"
        ).fetchone() == (PHOTOS,)
