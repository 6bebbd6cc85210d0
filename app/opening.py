"""Opens a library for the window, with the work that goes on behind it."""

from __future__ import annotations

from pathlib import Path

from app.background import BatteryRule
from app.session import Session
from core.analysis import DEFAULT_MODEL, open_analyzer, usable_model
from core.curation.undo import recover
from core.explaining.asking import Asked
from core.indexer import Indexer
from core.library.library import open_library
from core.settings import Settings
from core.watching import AlbumWatcher


def open_session(library_path: Path, settings: Settings) -> Session:
    """Open a library with its indexer.

    A model that can't be found costs the scoring, not the looking: the default one takes its
    place, or none.

    Raises:
        LibraryError: the library can't be opened.
    """
    model, model_id, problem = usable_model(settings.model or DEFAULT_MODEL)
    library = open_library(library_path)
    if problem is not None:
        library.notes.append(problem)
    recover(library)  # an application or an undo that a crash cut short is taken back first
    battery = BatteryRule(settings.pause_on_battery)
    work = Indexer(
        library,
        lambda: open_analyzer(model),
        model_id=model_id,
        workers=settings.workers or None,
        measure_reasons=True,
        on_battery=battery,
    )
    watcher = AlbumWatcher(library, work)
    session = Session(
        library,
        work,
        model_id,
        settings.thumbnail_memory_mb,
        watcher,
        asking=(lambda: Asked(model)) if model is not None else None,
        settings=settings,
        find_people=True,
    )
    session.battery = battery
    return session
