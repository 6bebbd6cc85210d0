"""Takes the README's pictures of the real window, on the demo album: python packaging/pictures.py

Writes ``resources/pictures/*.webp``. The window is drawn offscreen, with nobody's photos but the
demo's.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.composition import make_application, make_window
from app.opening import open_session
from app.session import Session
from app.theme import Theme, ThemeChoice
from app.translation import tr, use_language
from core.demo import make_demo
from core.domain import Status
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "resources" / "pictures"
LARGEST = 100_000
PATIENCE_MS = 1_200_000
DARK_FACE, SHARP = "demo-0012.jpg", "demo-0023.jpg"


def main() -> None:
    """Make the album, let it be scored, and take one picture after the other."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="albumen-pictures-") as scratch:
        os.environ["ALBUMEN_CONFIG"] = str(Path(scratch) / "config")
        album = Path(scratch) / "Pictures" / "Demo"
        make_demo(album)
        application = make_application(["albumen"])
        theme = Theme(application, ThemeChoice.DARK)
        use_language("en")
        settings = Settings()
        session = open_session(Path(scratch) / "library", settings)
        window = make_window(session, theme, settings)
        window.resize(1280, 800)
        window.show()
        session.start()
        session.actions.add_albums([album])
        wait(lambda: session.browser.photos.rowCount() > 20)
        wait(lambda: Status.PENDING not in session.browser.listing.statuses)
        wait(lambda: not window.activity.isVisible())
        wait(lambda: all_measured(session))
        rest(4000)  # thumbnails, explanations and messages are still coming in
        session.browser.activate(0)
        rest(1500)
        take(window, "grid")
        choose(session, DARK_FACE)
        window.show_view("loupe")
        window.commands["heatmap"].setChecked(True)
        wait(lambda: window.loupe.canvas.heat is not None)
        wait(lambda: window.panel.why.verdict.text() not in ("", tr("Checking the map…")))
        rest(1500)
        take(window, "why")
        window.commands["heatmap"].setChecked(False)
        choose(session, SHARP)
        window.show_view("keep")
        rest(4000)
        take(window, "keep")
        window.close()
        session.stop()


def choose(session: Session, name: str) -> None:
    """Make one of the demo's photos the current one."""
    ids = [int(photo) for photo in session.browser.photos.ids]
    rows = session.library.queries.photo_rows(ids, session.browser.query.model)
    session.browser.activate(next(at for at, photo in enumerate(ids) if rows[photo].name == name))


def all_measured(session: Session) -> bool:
    """Whether the reasons of every scored photo are known."""
    queries, model = session.library.queries, session.browser.query.model
    photos = (queries.photo(int(photo), model) for photo in session.browser.photos.ids)
    return all(p.reasons_measured for p in photos if p and p.status is Status.SCORED)


def wait(condition: Callable[[], bool]) -> None:
    """Let the window work until something is so.

    Raises:
        SystemExit: it takes too long.
    """
    timer = QElapsedTimer()
    timer.start()
    while not condition():
        if timer.elapsed() > PATIENCE_MS:
            sys.exit("the window does not get there")
        QTest.qWait(100)


def rest(milliseconds: int) -> None:
    """Let the window work; in short steps, since the workers stand still while Qt waits."""
    for _ in range(milliseconds // 50):
        QTest.qWait(50)


def take(window: QWidget, name: str) -> None:
    """Save what the window shows, in the best quality that keeps the file small."""
    from PIL import Image

    with tempfile.NamedTemporaryFile(suffix=".png") as png:
        if not window.grab().save(png.name):
            sys.exit(f"no picture of {name}")
        picture = Image.open(png.name).convert("RGB")
    file = OUT / f"{name}.webp"
    for quality in range(90, 40, -5):
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.stat().st_size < LARGEST:
            break
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size} bytes, {picture.size}")


if __name__ == "__main__":
    main()
