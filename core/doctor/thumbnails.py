"""Has every photo its thumbnail, and every thumbnail its photo?"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from core.doctor.finding import Finding
from core.errors import UnreadablePhotoError
from core.files.decode import decode
from core.files.thumbnails import STORE_NAME, THUMBNAIL_SIDE, ThumbnailStore, make_thumbnail
from core.library.database import BUSY_TIMEOUT_S, DATABASE_NAME

log = logging.getLogger(__name__)

CHECK = "thumbnails"
BATCH = 32

_WITHOUT = """
    SELECT id FROM photos WHERE missing_since IS NULL AND EXISTS (
        SELECT 1 FROM analyses WHERE photo_id = photos.id
        AND status IN ('scored', 'not_scored')
        AND source = photos.size || ':' || photos.mtime_ns
    )
"""
"""Photos that were read, as their files are now; they should have a thumbnail."""


def check_thumbnails(directory: Path) -> Finding:
    """Integrity of the store, photos without a thumbnail, thumbnails without a photo."""
    store = directory / STORE_NAME
    with _open(directory / DATABASE_NAME) as connection:
        wanted = {row[0] for row in connection.execute(_WITHOUT)}
        known = {row[0] for row in connection.execute("SELECT id FROM photos")}
    have: set[int] = set()
    damaged = False
    if store.exists():
        try:
            with _open(store) as connection:
                damaged = connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
                have = {row[0] for row in connection.execute("SELECT id FROM thumbnails")}
        except sqlite3.DatabaseError:
            damaged = True
    remains = sorted(directory.glob(f"{STORE_NAME}*.damaged"))
    lacking, orphans = sorted(wanted - have), sorted(have - known)
    if damaged:
        lacking, orphans = sorted(wanted), []
    told = [f"{len(have & known)} thumbnails"]
    would = []
    if damaged:
        told.append("the store is damaged")
        would.append("the store is begun anew")
    if lacking:
        told.append(f"{len(lacking)} photos lack theirs")
        would.append(f"{len(lacking)} are made from their photos")
    if orphans:
        told.append(f"{len(orphans)} belong to no photo")
        would.append(f"{len(orphans)} are dropped")
    if remains:
        told.append("a damaged store was left behind")
        would.append("its remains are deleted")
    text = "; ".join(told) + "."
    if not would:
        return Finding(CHECK, True, text)
    return Finding(
        CHECK, False, text,
        would=_sentence(would),
        mend=lambda: _mended(directory, lacking, orphans, remains if not damaged else [], damaged),
    )  # fmt: skip


def _mended(
    directory: Path,
    lacking: Sequence[int],
    orphans: Sequence[int],
    remains: Sequence[Path],
    damaged: bool,
) -> str:
    if damaged:
        for ending in ("", "-wal", "-shm"):
            Path(f"{directory / STORE_NAME}{ending}").unlink(missing_ok=True)
    for path in remains:
        path.unlink(missing_ok=True)
    store = ThumbnailStore(directory)
    try:
        store.delete_many(orphans)
        made = 0
        for start in range(0, len(lacking), BATCH):
            made += _make(directory, store, lacking[start : start + BATCH])
    finally:
        store.close()
    left = len(lacking) - made
    told = f"{made} thumbnails were made, {len(orphans)} dropped."
    return told if not left else f"{told} {left} photos can't be read now; the next scan says why."


def _make(directory: Path, store: ThumbnailStore, ids: Sequence[int]) -> int:
    marks = ",".join("?" * len(ids))
    with _open(directory / DATABASE_NAME) as connection:
        rows = connection.execute(
            f"SELECT id, folder, name FROM photos WHERE id IN ({marks})", list(ids)
        ).fetchall()
    made = []
    for photo_id, folder, name in rows:
        path = Path(os.fsdecode(folder), os.fsdecode(name))
        try:
            made.append((photo_id, make_thumbnail(decode(path, THUMBNAIL_SIDE).pixels)))
        except (UnreadablePhotoError, OSError) as error:
            log.info("no thumbnail: %s", error)
    store.put_many(made)
    return len(made)


def _sentence(parts: Sequence[str]) -> str:
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _open(path: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(
        sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    )
