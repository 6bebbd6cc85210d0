"""The program as a process: ended from outside in the middle of a scan, it ends well."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.analysis import DEFAULT_MODEL
from core.domain import PhotoQuery, Status
from core.inference.cards import find_model
from core.library.library import open_library

PATIENCE_S = 120


def scored(library: Path) -> int:
    """Photos with a score, asked beside the running program."""
    if not (library / "library.db").exists():
        return 0
    with open_library(library) as opened:
        model = find_model(DEFAULT_MODEL).model_id
        return opened.queries.count(PhotoQuery(model, statuses=frozenset({Status.SCORED})))


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's affair")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_scan_closes_the_window(
    corpus: Path, tmp_path: Path, end: signal.Signals
) -> None:
    folder, library = tmp_path / "photos", tmp_path / "library"
    folder.mkdir()
    for number in range(6):
        for photo in (corpus / "portraits" / "P01").iterdir():
            shutil.copy(photo, folder / f"{number}-{photo.name}")
    with open_library(library) as opened:
        opened.writer.add_album(folder).result()
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "ALBUMEN_CONFIG": str(tmp_path / "config"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--library", str(library)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while scored(library) == 0 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.2)  # another process: nothing to wait on but its rows
        assert process.poll() is None
        process.send_signal(end)
        _, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, errors
    assert "QThread" not in errors
    assert "Traceback" not in errors
    assert 0 < scored(library) <= 48
