"""Real accidents (kill -9, a full disk, a read-only one, strangers); a few of the thousands that
``packaging/bench.sh never_regret`` tries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="cases run in forked processes")
def test_nothing_is_lost_and_undo_restores_all(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-m", "tests.benchmarks.never_regret", "--cases", "8", "--json"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["broken"] == []
    assert done.returncode == 0
    left_out = found["events"].get("left out: no disk can be mounted here", 0)
    assert found["cases"] + left_out == 8
    assert len(found["kinds"]) >= 4
    if left_out:
        pytest.skip(f"{left_out} of 8 cases need a disk of their own, which can't be mounted here")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="cases run in forked processes")
def test_a_file_saved_in_the_last_instant_comes_back_also_when_the_undo_is_killed(
    tmp_path: Path,
) -> None:
    """Found by the command: what had come back already was taken for somebody else's file."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    words = ["-m", "tests.benchmarks.never_regret", "--cases", "1", "--seed", "1000084", "--json"]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert found["broken"] == []
    assert found["kinds"] == {"changed": 1}
