"""Reads for searching: smart albums, and the values that the library holds of each key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from core.domain import SmartAlbum
from core.library.database import reading
from core.library.listing import listing
from core.library.reads import Reads
from core.library.schema import albums, models, people, photos, smart_albums

MOST = 400
"""Values of a key that are offered at most."""


class SearchQueries(Reads):
    """Reads over pooled read-only connections."""

    def smart_albums(self) -> list[SmartAlbum]:
        """All smart albums by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(smart_albums).order_by(smart_albums.c.name)).all()
        return [SmartAlbum(row.id, row.name, row.query) for row in rows]

    def search_values(self) -> dict[str, list[str]]:
        """What can be asked for, by key: cameras, lenses, formats, people, albums, months."""
        with reading(self._engine) as connection:
            return {
                "camera": _distinct(connection, photos.c.camera),
                "lens": _distinct(connection, photos.c.lens),
                "format": _distinct(connection, photos.c.format),
                "person": list(
                    connection.scalars(
                        select(people.c.name)
                        .where(people.c.name != "", people.c.hidden.is_(False))
                        .distinct()
                        .order_by(people.c.name)
                        .limit(MOST)
                    )
                ),
                "album": list(
                    connection.scalars(select(albums.c.name).distinct().order_by(albums.c.name))
                ),
                "taken": _months(connection),
            }


def _distinct(connection: Connection, column: ColumnElement[str]) -> list[str]:
    """An indexed column's values: one step to each, whatever the number of photos."""
    found: list[str] = []
    value = connection.scalar(select(func.min(column)).where(column != ""))
    while value is not None and len(found) < MOST:
        found.append(value)
        value = connection.scalar(select(func.min(column)).where(column > value))
    return found


def _months(connection: Connection) -> list[str]:
    """Years and months from which there are photos, the latest first."""
    taken = listing.c.taken_at
    any_model = select(func.min(models.c.id)).scalar_subquery()
    latest = select(func.max(taken)).where(listing.c.model_id == any_model)
    found: list[str] = []
    last = connection.scalar(latest)
    while last is not None and len(found) < MOST:
        if f"{last:%Y}" not in found:
            found.append(f"{last:%Y}")
        found.append(f"{last:%Y-%m}")
        last = connection.scalar(latest.where(taken < datetime(last.year, last.month, 1)))
    return found
