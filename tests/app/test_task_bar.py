"""Progress on the desktop's bar: what a dock would hear."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

SENDS = """
import sys
from PySide6.QtGui import QGuiApplication
from app.task_bar import TaskBar
app = QGuiApplication(["albumen", "-platform", "offscreen"])
bar = TaskBar()
for done, found in ((0, 0), (1, 4), (1, 4), (4, 4)):
    bar.show(done, found)
"""


@pytest.mark.skipif(
    not (sys.platform.startswith("linux") and shutil.which("dbus-run-session")
         and shutil.which("dbus-monitor")),
    reason="needs a session bus of its own",
)  # fmt: skip
def test_docks_hear_of_progress_and_of_its_end() -> None:
    listen = (
        "dbus-monitor \"interface='com.canonical.Unity.LauncherEntry'\" & "
        "monitor=$!; "
        "for n in $(seq 50); do dbus-send --session --dest=org.freedesktop.DBus --print-reply "
        "/ org.freedesktop.DBus.ListNames | grep -q ':1.1' && break; done; "
        '"$0" -c "$1"; kill $monitor; wait $monitor'
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", listen, sys.executable, SENDS],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    heard = done.stdout.split("member=Update")[1:]
    assert len(heard) == 2, done.stdout + done.stderr
    assert "application://albumen.desktop" in heard[0]
    assert "double 0.25" in heard[0]
    assert "boolean true" in heard[0]
    assert "boolean false" in heard[1]
