"""Looking at 24-Mpx photos in the real window: the next photo, full resolution, comparing.

``next_ms`` runs from the key to the frame that shows the next photo's own pixels at screen size,
decoded ahead while the one before was looked at for a second. ``full_ms`` runs from Z, pressed a
quarter of a second after a photo came on screen (sooner nobody has seen it and found the key), to
the frame with its full resolution; ``at_once_ms`` is the same where Z came blindly, after a
twentieth; ``rested_ms`` after the photo was looked at for two seconds; ``challenger_ms`` runs from
the key in the compare view, zoomed in, to the next challenger at full resolution. ``cold_ms`` is a
photo that nobody expected, at screen size. The worst of all steps is given, as that is what one
notices.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.report import (
    in_child,
    machine,
    print_json,
    print_table,
    quiet_note,
    rss_mb,
    scratch,
)
from tests.benchmarks.window import _NoWork, settle, wait

MODULE = "tests.benchmarks.viewing"
WANTED = {"next_ms": 50, "full_ms": 300}
SIZE = (6000, 4000)
PHOTOS = 10
MODEL = "viewing-1"


def make(folder: Path) -> list[Path]:
    """Photos of 24 Mpx with shapes, gradients and grain, 7 to 10 MB each."""
    import cv2

    folder.mkdir(parents=True)
    found = []
    for seed in range(PHOTOS):
        noise = np.random.default_rng(seed)
        coarse = noise.integers(30, 220, (10, 15, 3), np.uint8)
        picture = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC).astype(np.int16)
        grain = noise.integers(-9, 10, (SIZE[1] // 4, SIZE[0], 1), np.int16)
        picture += np.tile(grain, (4, 1, 1))
        path = folder / f"IMG_{seed:04}.jpg"
        cv2.imwrite(str(path), np.clip(picture, 0, 255).astype(np.uint8),
                    [cv2.IMWRITE_JPEG_QUALITY, 92])  # fmt: skip
        found.append(path)
    return found


def build(place: Path, photos: Sequence[Path]) -> None:
    """A library of these photos with a face each."""
    import random

    from core.domain import Analysis, Box, Face, FileState, PhotoMetadata, Score, Status
    from core.library.analysis_writes import AnalyzedPhoto
    from core.library.file_writes import FileChanges
    from core.library.library import open_library
    from tests.benchmarks.library import _distributions

    spread = _distributions(random.Random(0))
    with open_library(place) as library:
        album = library.writer.add_album(photos[0].parent).result()
        states = []
        for number, path in enumerate(photos):
            facts = path.stat()
            states.append(FileState(path, facts.st_size, facts.st_mtime_ns, number + 1, 1))
        ids = library.writer.apply_files(FileChanges(album.id, new=states)).result()
        done = []
        for number, (photo_id, state) in enumerate(zip(ids, states, strict=True)):
            face = Face(Box(0.3 + 0.02 * number, 0.3, 0.15, 0.2), 0.9)
            analysis = Analysis(
                metadata=PhotoMetadata("jpeg", *SIZE),
                status=Status.SCORED,
                reason=None,
                score=Score(MODEL, spread[number], 0.4),
                faces=(face,),
            )
            done.append(AnalyzedPhoto(photo_id, f"{state.size}:{state.mtime_ns}", analysis))
        library.writer.save_analyses(MODEL, done).result()


def measure(place: Path) -> dict[str, Any]:
    """All figures on a library that is there."""
    os.environ["ALBUMEN_CONFIG"] = str(place.parent / "config")
    from app.composition import make_application
    from app.models.pictures import FULL
    from app.session import Session
    from app.theme import Theme, ThemeChoice
    from app.views.main_window import MainWindow
    from app.window_state import WindowState
    from core.library.library import open_library
    from core.settings import Settings

    app = make_application(["albumen"])
    session = Session(open_library(place), _NoWork(), MODEL)
    theme = Theme(app, ThemeChoice.DARK)
    window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
    window.resize(1280, 800)
    listed: list[object] = []
    session.browser.listed.connect(listed.append)
    window.show()
    session.start()
    wait(app, lambda: bool(listed))
    session.browser.activate(0)
    window.show_view("loupe")
    settle(app, 2.0)
    loupe, pictures, zoom = window.loupe, session.pictures, window.commands["zoom"].trigger

    def side_shown() -> int:
        pixmap = loupe.canvas._pixmap
        return 0 if pixmap is None else max(pixmap.width(), pixmap.height())

    def timed(act: Callable[[], object], done: Callable[[], bool]) -> float:
        begun = time.perf_counter()
        act()
        if not done():
            wait(app, done)
        loupe.canvas.repaint()
        return (time.perf_counter() - begun) * 1000

    def sharp() -> bool:
        photo_id = loupe.photo_id
        return photo_id is not None and pictures.get(photo_id, 1) is not None and side_shown() > 600

    steps = []
    for _ in range(PHOTOS - 1):
        steps.append(timed(lambda: loupe.step(1), sharp))
        settle(app, 1.0)
    cold = []
    for number in range(PHOTOS):
        pictures._shown.clear()
        cold.append(timed(partial(session.browser.activate, number), sharp))
        settle(app, 0.5)
    at_once, full, rested = [], [], []
    for waits, times in ((0.05, at_once), (0.25, full), (2.0, rested)):
        for number in range(PHOTOS):
            session.browser.activate(number)
            wait(app, sharp)
            settle(app, waits)
            times.append(timed(zoom, lambda: side_shown() == max(SIZE)))
            settle(app, 0.2)
            zoom()
    session.browser.activate(0)
    window.show_view("compare")
    settle(app, 1.5)
    zoom()
    compare = window.compare
    pane = compare.challenger

    def challenged() -> bool:
        row = pane.row
        return row is not None and pictures.has(row.id, FULL)

    wait(app, challenged)
    settle(app, 0.8)
    challengers = []
    for _ in range(PHOTOS - 2):
        challengers.append(timed(lambda: compare.step(1), challenged))
        settle(app, 0.8)
    window.close()
    return {
        "next_ms": max(steps),
        "full_ms": max(full),
        "at_once_ms": max(at_once),
        "rested_ms": max(rested),
        "challenger_ms": max(challengers),
        "cold_ms": max(cold),
        "rss_mb": rss_mb(),
        "steps": {
            "next": steps,
            "full": full,
            "at_once": at_once,
            "rested": rested,
            "challenger": challengers,
            "cold": cold,
        },
    }


def main() -> None:
    """Make the photos and the library, measure in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print_json(measure(options.measure))
        return
    with scratch() as folder:
        build(folder / "library", make(folder / "album"))
        figures = in_child(MODULE, "--measure", folder / "library")
    if options.json:
        print_json(figures)
        return
    rows = [
        [name, f"{figures[name]:.1f}", f"< {WANTED[name]}" if name in WANTED else ""]
        for name in (
            "next_ms", "full_ms", "at_once_ms", "rested_ms", "challenger_ms", "cold_ms", "rss_mb",
        )
    ]  # fmt: skip
    print_table(f"Looking at {PHOTOS} photos of 24 Mpx. {machine()}", ("", "", "wanted"), rows)
    print(quiet_note())


if __name__ == "__main__":
    main()
