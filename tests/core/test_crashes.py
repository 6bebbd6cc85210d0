"""A report helps to mend a fault and tells nobody where somebody's photos are."""

from __future__ import annotations

import faulthandler
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from core.crashes import Crash, FatalWatch, crash_of, report_text
from core.logs import start_logging
from core.versions import VERSION


def fail_on(photo: Path) -> Exception:
    try:
        photo.read_bytes()
    except OSError as error:
        return error
    raise AssertionError("the photo is there")


def test_a_report_names_the_fault_and_the_versions_but_no_folder(tmp_path: Path) -> None:
    photo = tmp_path / "Ann and Bob" / "kiss.jpg"
    handler = start_logging(tmp_path / "logs")
    assert handler is not None
    logging.getLogger("test").warning("looked at %s", photo)
    logging.getLogger().removeHandler(handler)
    handler.close()
    crash = crash_of(fail_on(photo))
    text = report_text(crash, tmp_path / "logs")
    assert "FileNotFoundError" in text
    assert "in fail_on" in text
    assert "looked at .../kiss.jpg" in text
    assert VERSION in text
    assert "onnxruntime: " in text
    assert "Ann" not in text
    assert str(Path(__file__).parent) not in text


def test_two_faults_of_one_place_are_the_same(tmp_path: Path) -> None:
    first, second = fail_on(tmp_path / "a"), fail_on(tmp_path / "b")
    assert crash_of(first).place == crash_of(second).place
    with pytest.raises(KeyError) as other:
        {}["other"]
    assert crash_of(other.value).place != crash_of(first).place


def test_without_a_fault_and_without_a_log_there_is_still_a_report(tmp_path: Path) -> None:
    text = report_text(None, tmp_path / "none")
    assert "No fault is known" in text
    assert "(empty)" in text


def test_a_process_that_dies_leaves_its_trace_for_the_next(tmp_path: Path) -> None:
    code = (
        "import faulthandler, sys; from pathlib import Path; from core.crashes import FatalWatch\n"
        "watch = FatalWatch(Path(sys.argv[1]))\n"
        "def deep_inside(): faulthandler._sigabrt()\n"
        "deep_inside()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False, timeout=60)
    assert done.returncode != 0
    crash = read_and_stop(tmp_path)
    assert crash is not None
    assert "Abort" in crash.summary
    assert "deep_inside" in crash.trace


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    assert read_and_stop(tmp_path) is None
    assert read_and_stop(tmp_path) is None


def read_and_stop(directory: Path) -> Crash | None:
    """What the next run finds; pytest's own fault handler is put back afterwards."""
    watch = FatalWatch(directory)
    watch.stop()
    if sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)
    return watch.last
