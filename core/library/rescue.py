"""Replaces a damaged library: nothing of it is thrown away, all that can be read is taken over."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from core.library import backup
from core.library.database import prepare

log = logging.getLogger(__name__)


def replace_damaged(database: Path, today: date) -> str:
    """Set a damaged database aside and recover user data into a new one in its place.

    Only for the program that is the first at work on the library.

    Returns:
        A sentence for the user: what was set aside, and what was recovered.
    """
    damaged = backup.set_aside(database, today)
    fresh = prepare(database.parent)
    recovered = backup.recover(fresh, [damaged, *backup.backups(database)])
    note = (
        f"The library was damaged. It was set aside as {damaged.name}; "
        f"{recovered.rows['albums']} albums, {recovered.rows['photos']} photos and "
        f"{recovered.rows['judgements']} ratings were recovered. No photo was touched."
    )
    log.warning("%s Incomplete: %s", note, ", ".join(recovered.partial) or "nothing")
    return note
