"""Are the photos where the index has them?"""

from __future__ import annotations

import os
from pathlib import Path

from core.doctor.finding import Finding
from core.library.database import DATABASE_NAME, make_engine
from core.library.library import Library
from core.library.queries import Queries
from core.recognition import is_there
from core.reconcile import reconcile

CHECK = "photos"


def check_photos(directory: Path) -> Finding:
    """Files that the index believes to be there, albums whose drive is away, missing photos."""
    engine = make_engine(directory / DATABASE_NAME, read_only=True)
    try:
        queries = Queries(engine)
        albums = queries.albums()
        away = [album for album in albums if not is_there(album)]
        gone: dict[Path, int] = {}
        missing = present = 0
        for album in albums:
            if album in away:
                continue
            lost = 0
            for path, state in queries.known_states(album.path).items():
                missing += bool(state.missing)
                present += not state.missing
                lost += not state.missing and not os.path.lexists(path)
            if lost:
                gone[album.path] = lost
    finally:
        engine.dispose()
    told = [f"{present} photos are in {len(albums) - len(away)} albums"]
    if missing:
        told.append(f"{missing} are missing since an earlier scan, their stars are kept")
    if away:
        names = ", ".join(album.name for album in away)
        told.append(f"offline, with nothing forgotten: {names}")
    if gone:
        told.append(f"{sum(gone.values())} are no longer where the index has them")
    text = "; ".join(told) + "."
    if not gone:
        return Finding(CHECK, True, text)
    return Finding(
        CHECK, False, text,
        would="Their albums are scanned again: what was moved is found at its new place, the rest "
        "counts as missing, and nothing is forgotten.",
        mend=lambda: _scanned(directory, list(gone)),
    )  # fmt: skip


def _scanned(directory: Path, folders: list[Path]) -> str:
    with Library(directory) as library:
        looks = [reconcile(library, folder) for folder in folders]
    moved = sum(look.moved for look in looks)
    missing = sum(look.missing for look in looks)
    new = sum(look.new for look in looks)
    return f"Scanned again: {moved} photos moved, {missing} missing, {new} new."
