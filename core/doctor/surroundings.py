"""What a library needs around it: models, a watcher, room on the disk, and privacy."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import threading
from pathlib import Path

from core.doctor.finding import Finding
from core.errors import ModelError
from core.files.scan import IgnoreRules
from core.files.watch import FolderWatcher, WatchMode
from core.inference.cards import bundled_models
from core.library.database import DATABASE_NAME, make_engine
from core.library.queries import Queries
from core.tuning import described

LOW_SPACE = 500_000_000
"""Bytes that should be free; a library of 100,000 photos grows by some gigabytes."""

WATCH_PATIENCE_S = 30.0


def check_models(_: Path) -> Finding:
    """Every bundled model's file against the sha256 on its card."""
    faults = []
    cards = bundled_models(kind=None)
    for card in cards:
        try:
            card.graph()
        except ModelError as error:
            faults.append(str(error))
    if faults:
        return Finding("models", False, " ".join(faults))
    return Finding("models", True, f"All {len(cards)} models are as their cards say.")


def check_workers(_: Path) -> Finding:
    """How many photos are analyzed at a time; nothing of it is ever wrong."""
    return Finding("workers", True, described())


def check_watching(directory: Path) -> Finding:
    """How each album would be watched on this machine, by watching it for a moment."""
    engine = make_engine(directory / DATABASE_NAME, read_only=True)
    try:
        queries = Queries(engine)
        albums = {
            album.path: IgnoreRules(tuple(queries.ignore_patterns(album.id)))
            for album in queries.albums()
        }
    finally:
        engine.dispose()
    modes, notes = _watch_for_a_moment(albums)
    count = {mode: sum(found is mode for found in modes.values()) for mode in WatchMode}
    text = (
        f"{count[WatchMode.NATIVE]} albums are told of changes by the system, "
        f"{count[WatchMode.POLLING]} are looked at again and again, "
        f"{count[WatchMode.OFFLINE]} are offline.{_limit()}"
    )
    # A share that has to be polled is no fault; a limit that was reached is one.
    limited = [note for note in notes if "inotify" in note]
    return Finding("watching", not limited, " ".join([text, *notes]))


def _watch_for_a_moment(
    albums: dict[Path, IgnoreRules],
) -> tuple[dict[Path, WatchMode], list[str]]:
    stand = threading.Condition()
    begun: set[Path] = set()
    notes: list[str] = []

    def on_rescan(root: Path) -> None:
        with stand:
            begun.add(root)
            stand.notify_all()

    watcher = FolderWatcher(
        lambda event: None, on_rescan=on_rescan, on_note=lambda root, note: notes.append(note)
    )
    for path, rules in albums.items():
        watcher.add_root(path, rules)
    watcher.start()
    try:
        with stand:
            stand.wait_for(lambda: begun >= albums.keys(), WATCH_PATIENCE_S)
        return watcher.modes(), notes
    finally:
        watcher.stop()


def _limit() -> str:
    if not sys.platform.startswith("linux"):
        return ""
    try:
        limit = Path("/proc/sys/fs/inotify/max_user_watches").read_text("ascii").strip()
    except OSError:
        return ""
    return f" The system watches up to {int(limit):,} folders."


def check_space(directory: Path) -> Finding:
    """Free space where the library lies."""
    place = directory
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    used = sum(
        path.stat().st_size for path in directory.glob("*.db*") if path.is_file()
    ) if directory.is_dir() else 0  # fmt: skip
    text = f"The library takes {_mb(used)}; {_mb(free)} are free on its disk."
    enough = free >= max(LOW_SPACE, used)  # writing the file anew takes its size once more
    if not enough:
        text += " Free some space: with a full disk, scanning pauses."
    return Finding("space", enough, text)


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def check_privacy(directory: Path) -> Finding:
    """Whether other users of the machine can read the library."""
    if os.name == "nt" or not directory.is_dir():
        return Finding("privacy", True, "The library is in your own folder.")
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & 0o077 == 0:
        return Finding("privacy", True, "Only you can read the library.")
    return Finding(
        "privacy", False, f"Others on this machine may look into the library (mode {mode:04o}).",
        would="The library's folder is made readable for you alone.",
        mend=lambda: _made_private(directory),
    )  # fmt: skip


def _made_private(directory: Path) -> str:
    directory.chmod(0o700)
    return "The library's folder is now readable for you alone."
