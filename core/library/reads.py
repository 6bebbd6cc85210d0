"""What all reads of the library share: a connection, and ids of models and albums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.engine import Connection

from core.library.database import reading
from core.library.schema import albums, models

CHUNK = 500
"""Ids handed to one statement; SQLite limits the number of parameters."""


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """Ids in lists short enough for one statement."""
    for start in range(0, len(ids), CHUNK):
        yield [int(value) for value in ids[start : start + CHUNK]]


class Reads:
    """Reads over pooled read-only connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._model_ids: dict[str, int] = {}

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection on one consistent snapshot, for the other modules of reads here."""
        return reading(self._engine)

    def _model_id(self, connection: Connection, model: str) -> int:
        if model not in self._model_ids:
            found = connection.scalar(select(models.c.id).where(models.c.key == model))
            if found is None:
                return -1  # nothing was analyzed under this model yet
            self._model_ids[model] = found
        return self._model_ids[model]

    def _folders(self, connection: Connection) -> dict[int, Path]:
        """The folders of all albums by id."""
        rows = connection.execute(select(albums.c.id, albums.c.path))
        return {row.id: row.path for row in rows}

    def _album_ids(self, connection: Connection, album_id: int | None) -> list[int] | None:
        """An album's id with those of the albums nested in it; None for the whole library."""
        if album_id is None:
            return None
        rows = connection.execute(select(albums.c.id, albums.c.path)).all()
        top = next((row.path for row in rows if row.id == album_id), None)
        if top is None:
            return [album_id]
        return [row.id for row in rows if row.path == top or top in row.path.parents]
