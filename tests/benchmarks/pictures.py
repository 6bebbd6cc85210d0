"""Pictures of every view of the real window, to be looked at: both themes, 1280x800, 100 and 200 %.

    python -m tests.benchmarks.pictures PHOTOS --out DIR [--counts 3 300] [--right-to-left]

PHOTOS is any folder with a few dozen photos; they are scored once, and as many rows as asked for
stand for them, with names, dates and judgements of their own.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.domain import Analysis, ColorLabel, FileState, Flag, Reason
from core.grouping.groups import Grouping
from tests.benchmarks.report import scratch
from tests.benchmarks.window import settle, wait

MODULE = "tests.benchmarks.pictures"
SIZE = (1280, 800)
ALBUMS = ("Anna and Ben’s wedding, the long day", "Summer", "كتاب الصور")
VIEWS = (
    "grid", "grouped", "bursts", "by_person", "jump", "chosen", "filtered", "nothing", "query",
    "query_wrong", "naming", "dates", "lowest", "ignoring", "loupe", "heatmap", "zoomed",
    "compare", "survey", "overview", "keep", "people", "person", "nobody", "history", "settings",
    "keys", "key_editor", "message", "activity", "narrow",
)  # fmt: skip


def analyzed(folder: Path) -> list[tuple[Path, Analysis, tuple[Reason, ...]]]:
    """Every photo of a folder with its analysis and measured reasons."""
    from core.analysis import open_analyzer
    from core.files.formats import PHOTO_EXTENSIONS, extension
    from core.reasons.measuring import Measurer

    analyzer, measurer = open_analyzer(), Measurer()
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if extension(path.name) in PHOTO_EXTENSIONS:
            analysis = analyzer.analyze(path)
            found.append((path, analysis, tuple(measurer.measure(path, analysis.faces))))
    return found


def build(place: Path, sources: Sequence[Any], count: int) -> None:
    """A library of ``count`` photos in three albums, judged here and there."""
    from core.grouping.identify import identify
    from core.library.analysis_writes import AnalyzedPhoto
    from core.library.file_writes import FileChanges
    from core.library.library import open_library
    from core.library.people_queries import everybody
    from core.library.reason_writes import MeasuredPhoto
    from core.people import name_person

    with open_library(place / "library") as library:
        share = -(-count // len(ALBUMS))
        number = 0
        for name in ALBUMS:
            mine = range(number, min(count, number + share))
            number = mine.stop
            if not mine:
                break
            folder = place / name
            folder.mkdir()
            states = []
            for n in mine:
                source = sources[n % len(sources)][0]
                link = folder / f"IMG_{n:05}{source.suffix}"
                link.symlink_to(source)
                stat = link.stat()
                states.append(FileState(link, stat.st_size, stat.st_mtime_ns, n + 1, 1))
            album = library.writer.add_album(folder).result()
            ids = library.writer.apply_files(FileChanges(album.id, new=states)).result()
            done, measured, thumbs = [], [], []
            for n, photo_id, state in zip(mine, ids, states, strict=True):
                _, analysis, reasons = sources[n % len(sources)]
                taken = datetime(2024, 6, 1, 10) + timedelta(minutes=17 * (n // 4), seconds=n % 4)
                if analysis.metadata is not None:
                    facts = replace(analysis.metadata, taken_at=taken, taken_source="exif")
                    analysis = replace(analysis, metadata=facts)
                origin = f"{state.size}:{state.mtime_ns}"
                done.append(AnalyzedPhoto(photo_id, origin, analysis))
                measured.append(MeasuredPhoto(photo_id, origin, reasons))
                if analysis.thumbnail is not None and count <= 1000:
                    thumbs.append((photo_id, analysis.thumbnail))
            for start in range(0, len(done), 500):
                model = next(a.score.model for _, a, _ in sources if a.score is not None)
                library.writer.save_analyses(model, done[start : start + 500]).result()
                library.writer.save_reasons(measured[start : start + 500]).result()
            library.thumbnails.put_many(thumbs)
            library.writer.set_rating(ids[::7], 4).result()
            library.writer.set_rating(ids[3::11], 2).result()
            library.writer.set_flag(ids[::5], Flag.PICK).result()
            library.writer.set_flag(ids[4::9], Flag.REJECT).result()
            for k, color in enumerate(ColorLabel):
                library.writer.set_color(ids[k::13], color).result()
        library.writer.save_search("Best portraits", "score>5 faces:1").result()
        identify(library)
        for person in everybody(library.queries)[:2]:
            name_person(library, person.id, "Grandma" if person.id % 2 else "Ólafur").result()


def take(place: Path, out: Path, names: Sequence[str], label: str, theme_name: str) -> None:
    """Open the window on a library and take the pictures."""
    os.environ["ALBUMEN_CONFIG"] = str(place / "config")
    from PySide6.QtCore import Qt

    from app.composition import make_application
    from app.session import Session
    from app.theme import Theme, ThemeChoice
    from app.translation import use_language
    from app.views.main_window import MainWindow
    from app.window_state import WindowState
    from core.library.library import open_library
    from core.settings import Settings
    from tests.benchmarks.window import _NoWork

    app = make_application(["albumen"])
    use_language(os.environ.get("PICTURES_LANGUAGE", "en"))
    if os.environ.get("PICTURES_RTL"):
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    theme = Theme(app, ThemeChoice(theme_name))
    library = open_library(place / "library")
    with library.queries.reading() as connection:
        model = connection.exec_driver_sql("SELECT max(key) FROM models").scalar_one()
        total = connection.exec_driver_sql("SELECT count(*) FROM photos").scalar_one()
    if total > 1000:
        found = [library.thumbnails.get(n) for n in range(1, 41)]
        samples = [s for s in found if s] or [_plain()]
        library.thumbnails.get = lambda i: samples[i % len(samples)]  # type: ignore[method-assign]
    session = Session(library, _NoWork(), model)
    window = MainWindow(session, theme, WindowState(), Settings(), lambda _: None)
    window.resize(*SIZE)
    listed: list[object] = []
    session.browser.listed.connect(listed.append)
    window.show()
    session.start()
    wait(app, lambda: bool(listed))
    settle(app, 1.0)
    stage = Stage(app, session, window)
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        scene: Callable[[], None] | None = getattr(stage, name, None)
        if scene is None:
            continue
        try:
            scene()
        except (AttributeError, KeyError, ImportError) as error:
            print(f"{name}: {error}", file=sys.stderr)
        settle(app, 1.2)
        window.grab().save(str(out / f"{name}-{label}.png"))
        stage.clear()
    window.close()


def _plain() -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (512, 342), (96, 90, 160)).save(content, "JPEG")
    return content.getvalue()


class Stage:
    """Brings the window into each view, and back."""

    def __init__(self, app: Any, session: Any, window: Any) -> None:
        self.app, self.session, self.window = app, session, window

    def clear(self) -> None:
        w = self.window
        for sheet in w.findChildren(type(w.preferences.key_sheet).__mro__[1]):
            sheet.dismiss()
        w.commands["heatmap"].setChecked(False)
        w.loupe.canvas.set_zoom(None)
        self.session.browser.show_all()
        w.options.set_grouping(None)
        w.jump.leave()
        self.session.people.open(None)
        w.show_view("grid")
        w.messages._next()
        w.resize(*SIZE)
        settle(self.app, 0.4)

    def _go(self, view: str) -> None:
        self.session.browser.activate(1)
        self.window.show_view(view)
        settle(self.app, 0.6)

    def grid(self) -> None:
        self.session.browser.activate(0)

    def grouped(self) -> None:
        self.window.options.set_grouping(Grouping.DAY)

    def bursts(self) -> None:
        self.window.options.set_grouping(Grouping.BURST)
        settle(self.app, 2.0)

    def by_person(self) -> None:
        self.window.options.set_grouping(Grouping.PERSON)
        settle(self.app, 1.0)

    def jump(self) -> None:
        self.window.commands["jump"].trigger()
        self.window.jump.text.setText("IMG")

    def chosen(self) -> None:
        self.session.browser.activate(0)
        count = self.session.browser.photos.rowCount()
        self.window.grid.selectionModel().select(
            self.window.grid._range(0, min(6, count - 1)),
            self.window.grid.selectionModel().SelectionFlag.Select,
        )

    def filtered(self) -> None:
        self.session.browser.change(min_score=4.5, portraits_only=True, flag=Flag.PICK)

    def nothing(self) -> None:
        self.session.browser.change(text="no such name")

    def query(self) -> None:
        w = self.window
        w.activateWindow()
        w.filters.focus_search()
        w.filters.search.setText("score>4 reas")
        w.filters.search.textEdited.emit("score>4 reas")

    def query_wrong(self) -> None:
        self.window.filters.focus_search()
        self.window.filters.search.setText("fases:1 score>4")
        self.window.filters.search._read(typing=False)

    def naming(self) -> None:
        self.session.browser.change(min_score=4.5)
        settle(self.app, 0.6)
        self.window.filters.save.click()

    def dates(self) -> None:
        self.window.filters.more.ask_for_dates()

    def lowest(self) -> None:
        self.window.commands["lowest"].trigger()

    def ignoring(self) -> None:
        self.window.sidebar.ignoring_requested.emit(self.session.albums.albums[0])

    def loupe(self) -> None:
        self._go("loupe")

    def heatmap(self) -> None:
        self._go("loupe")
        self.window.commands["heatmap"].setChecked(True)

    def zoomed(self) -> None:
        self._go("loupe")
        settle(self.app, 0.5)
        self.window.navigation.zoom()

    def compare(self) -> None:
        self._go("compare")

    def survey(self) -> None:
        self._go("survey")

    def overview(self) -> None:
        self._go("overview")
        settle(self.app, 1.5)

    def keep(self) -> None:
        self._go("keep")
        settle(self.app, 1.5)

    def people(self) -> None:
        self._go("people")
        settle(self.app, 2.5)

    def person(self) -> None:
        self.people()
        people = self.session.people
        if people.everybody.rowCount():
            people.open(people.everybody.rows[0].id)
            settle(self.app, 2.0)

    def nobody(self) -> None:
        self.people()
        self.session.people.open_nobody()
        settle(self.app, 2.0)

    def history(self) -> None:
        self._go("history")
        settle(self.app, 1.0)

    def settings(self) -> None:
        self.window.commands["settings"].trigger()

    def keys(self) -> None:
        self.window.commands["keys"].trigger()

    def key_editor(self) -> None:
        self.window.commands["settings"].trigger()
        self.window.preferences.sheet.edit_keys.click()

    def message(self) -> None:
        self.window.grid.selectAll()
        self.session.actions.rate(3)

    def activity(self) -> None:
        from core.domain import IndexProgress

        self.window.progress.show(
            IndexProgress(
                found=1200, done=431, photos_per_second=6.2, seconds_left=124, unreadable=3
            )
        )

    def narrow(self) -> None:
        self.window.progress.show(__import__("core.domain").domain.IndexProgress())
        self.window.resize(640, 480)


def main() -> None:
    """Build a library for each size, then take all pictures in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=[3, 300])
    parser.add_argument("--themes", nargs="+", default=["dark", "light"])
    parser.add_argument("--scales", nargs="+", default=["1", "2"])
    parser.add_argument("--views", nargs="+", default=list(VIEWS))
    parser.add_argument("--right-to-left", action="store_true")
    parser.add_argument("--language", default="en")
    parser.add_argument("--libraries", type=Path, help="keep the libraries here")
    parser.add_argument("--take", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take is not None:
        place, label, theme = options.take
        take(Path(place), options.out, options.views, label, theme)
        return
    with scratch() as folder:
        base = options.libraries or folder
        missing = [n for n in options.counts if not (base / str(n)).exists()]
        sources = analyzed(options.photos) if missing else []
        for count in missing:
            (base / str(count)).mkdir(parents=True)
            build(base / str(count), sources, count)
        for count in options.counts:
            for theme in options.themes:
                for scale in options.scales:
                    started = time.monotonic()
                    label = f"{count}-{theme}-{scale}x" + ("-rtl" if options.right_to_left else "")
                    environment = os.environ | {
                        "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen",
                        "PICTURES_LANGUAGE": options.language,
                        "PICTURES_RTL": "1" if options.right_to_left else "",
                    }  # fmt: skip
                    subprocess.run(
                        [sys.executable, "-m", MODULE, str(options.photos), "--out",
                         str(options.out), "--views", *options.views, "--take",
                         str(base / str(count)), label, theme],
                        env=environment, check=True,
                    )  # fmt: skip
                    print(f"{label}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
