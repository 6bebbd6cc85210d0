"""Tries a built program: python try_bundle.py FOLDER

Scans three photos (one of them decoded in a child process), ranks them, and opens the window: on a
virtual X display where Xvfb is installed, else on Qt's offscreen platform.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

START_LIMIT_S = 120


def main(folder: Path) -> int:
    """Entry point; gives the exit code."""
    program = (folder / "albumen").resolve()
    with tempfile.TemporaryDirectory(prefix="albumen-try-") as scratch:
        photos = make_photos(Path(scratch) / "three photos")
        environment = {
            # Nothing of this shell's Python or libraries may be needed.
            "PATH": "/usr/bin:/bin",
            "HOME": scratch,
            "LANG": "C.UTF-8",
            "ALBUMEN_LIBRARY": str(Path(scratch) / "library"),
        }
        print("versions:", ask(program, environment, "--version")["albumen"])
        scan = ask(program, environment, "scan", str(photos))
        check(scan["found"] == 3 and scan["scored"] == 3, f"scan: {scan}")
        ranked = ask(program, environment, "rank", str(photos))
        check(len(ranked) == 3, f"rank: {len(ranked)} photos")
        check({"heic", "jpeg", "png"} == {p["format"] for p in ranked}, "formats")
        heat = Path(scratch) / "heat.png"
        ask(program, environment, "explain", ranked[0]["path"], "-o", str(heat))
        check(heat.is_file(), "no heatmap")
        print("scan, rank, explain: 3 photos, scores", [p["mean"] for p in ranked])
        with display(environment) as shown_on:
            open_window(program, environment, shown_on)
    return 0


def make_photos(folder: Path) -> Path:
    """Three different scenes as JPEG, PNG and HEIC."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    folder.mkdir()
    for seed, name in enumerate(("one.jpg", "two.png", "three.heic")):
        noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        scene = Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)
        scene.save(folder / name)
    return folder


def ask(program: Path, environment: dict[str, str], *words: str) -> dict | list:  # type: ignore[type-arg]
    """The JSON answer of a command."""
    done = subprocess.run(
        [program, *words, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
        check=False,
    )
    check(done.returncode == 0, f"{words[0]} failed ({done.returncode}): {done.stderr[-2000:]}")
    return json.loads(done.stdout)


@contextmanager
def display(environment: dict[str, str]) -> Iterator[str]:
    """A virtual display, put into ``environment``; yields what it is."""
    if not shutil.which("Xvfb"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
        yield "offscreen"
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    environment["DISPLAY"] = f":{number}"
    try:
        yield f"X display :{number}"
    finally:
        server.terminate()
        server.wait()


def open_window(program: Path, environment: dict[str, str], shown_on: str) -> None:
    """Start the window, see it, end it by a request to terminate."""
    window = subprocess.Popen([program], env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + START_LIMIT_S
    seen = False
    while time.monotonic() < deadline and window.poll() is None and not seen:
        time.sleep(0.5)
        seen = window_is_there(environment, deadline - time.monotonic())
    window.send_signal(signal.SIGTERM)
    try:
        _, errors = window.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        window.kill()
        _, errors = window.communicate()
        check(False, f"the window does not close: {errors[-2000:]}")
    check(seen, f"no window came up: {errors[-2000:]}")
    check(window.returncode == 0, f"the window ended with {window.returncode}: {errors[-2000:]}")
    print(f"window: opened on {shown_on}, closed with code 0")


def window_is_there(environment: dict[str, str], seconds_left: float) -> bool:
    """Whether the X display shows a window of ours; offscreen, whether it lived for 10 seconds."""
    if "DISPLAY" not in environment or not shutil.which("xwininfo"):
        return seconds_left < START_LIMIT_S - 10
    tree = subprocess.run(
        ["xwininfo", "-root", "-tree"], env=environment, capture_output=True, text=True, check=False
    )
    sizes = re.findall(r"lbumen.* (\d+)x\d+\+", tree.stdout)  # Qt's own helpers are tiny
    return any(int(width) > 300 for width in sizes)


def check(passed: bool, message: str) -> None:
    """Ends the trial with a message unless it passed."""
    if not passed:
        sys.exit(f"The built program fails: {message}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
