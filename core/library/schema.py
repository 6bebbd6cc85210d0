"""Tables of the library.

Three kinds, kept apart:

* **User data** (albums, judgements, journal, moves, people, groups): migrated, backed up, never
  dropped.
* **The index** (photos): which file is which photo. Ids are never reused, and rows are never
  deleted when files go away, so that history comes back with the file.
* **Derived data** (models, analyses, faces, reasons): can be dropped and computed again.

Paths are kept as the file system's own bytes, since names need not be valid text.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData()


class PathBytes(TypeDecorator[Path]):
    """A path as the bytes that the file system uses; compares and sorts bytewise."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Path | str | bytes | None, dialect: Dialect) -> Any:
        if value is None or isinstance(value, bytes):
            return value
        return os.fsencode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Path | None:
        return None if value is None else Path(os.fsdecode(value))


# --- user data -----------------------------------------------------------------------------------

albums = Table(
    "albums",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", PathBytes, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("added_at", DateTime, nullable=False),
    Column("offline_since", DateTime),
    Column("ignore_patterns", JSON, nullable=False, default=list),
    sqlite_autoincrement=True,
)

judgements = Table(
    "judgements",
    metadata,
    Column("photo_id", Integer, ForeignKey("photos.id"), primary_key=True),
    Column("rating", Integer, nullable=False, default=0),
    Column("flag", Text),
    Column("color", Text),
    Column("changed_at", DateTime, nullable=False),
    Index("ix_judgements_flag", "flag", "photo_id"),
    Index("ix_judgements_rating", "rating", "photo_id"),
    Index("ix_judgements_color", "color", "photo_id"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("undone_at", DateTime),
    sqlite_autoincrement=True,
)

moves = Table(
    "moves",  # every single file move of a curation, written down before it is made
    metadata,
    Column("id", Integer, primary_key=True),
    Column("journal_id", Integer, ForeignKey("journal.id"), nullable=False),
    Column("photo_id", Integer, ForeignKey("photos.id")),  # none for a sidecar
    Column("source", PathBytes, nullable=False),
    Column("target", PathBytes),  # unknown for the system's trash
    Column("how", Text, nullable=False),  # move or trash
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("content_hash", LargeBinary),
    Column("state", Text, nullable=False),  # planned, done, undone or failed
    Column("note", Text),
    Index("ix_moves_journal", "journal_id", "id"),
    Index("ix_moves_state", "state"),
    sqlite_autoincrement=True,
)

group_marks = Table(
    "group_marks",  # what the user said about two photos: one group, or not
    metadata,
    Column("first_id", Integer, ForeignKey("photos.id"), primary_key=True),
    Column("second_id", Integer, ForeignKey("photos.id"), primary_key=True),
    Column("together", Boolean, nullable=False),
    Column("changed_at", DateTime, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, default=""),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("changed_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

person_faces = Table(
    "person_faces",  # a face is known by its photo and place, so it outlives a new detection
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("photo_id", Integer, ForeignKey("photos.id"), nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("w", Float, nullable=False),
    Column("h", Float, nullable=False),
    Column("source", Text, nullable=False),  # user: said so; user_not: said no; program: clustered
    Index("ix_person_faces_person", "person_id", "photo_id"),
    Index("ix_person_faces_photo", "photo_id"),
    sqlite_autoincrement=True,
)

smart_albums = Table(
    "smart_albums",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("query", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

# --- the index -----------------------------------------------------------------------------------

photos = Table(
    "photos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("album_id", Integer, ForeignKey("albums.id", ondelete="SET NULL")),
    Column("folder", PathBytes, nullable=False),
    Column("name", PathBytes, nullable=False),
    Column("label", Text, nullable=False),  # the name as text, for showing, sorting, searching
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", Text, nullable=False),  # text: Windows file ids exceed 64 signed bits
    Column("device", Text, nullable=False),
    Column("fingerprint", LargeBinary),
    Column("added_at", DateTime, nullable=False),
    Column("missing_since", DateTime),
    # facts read from the file, valid while facts_source equals the file's state
    Column("facts_source", Text),
    Column("format", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("orientation", Integer),
    Column("animated", Boolean),
    Column("taken_at", DateTime),
    Column("taken_source", Text),
    Column("camera", Text),
    Column("lens", Text),
    Column("iso", Integer),
    Column("exposure_s", Float),
    Column("aperture", Float),
    Column("focal_mm", Float),
    Column("exposure_bias", Float),
    Column("auto_bracket", Boolean),
    Column("likeness", BigInteger),
    Column("face_count", Integer, nullable=False, default=0),
    Column("reasons_source", Text),  # the file's state that the reasons were measured on
    Column("softness", Float),  # of the largest face, measured with the reasons
    Column("lead_id", Integer),  # of a raw file: the picture that stands for both, if there is one
    UniqueConstraint("folder", "name"),
    Index("ix_photos_album", "album_id", "missing_since", "id"),
    Index("ix_photos_taken", "album_id", "taken_at", "id"),
    Index("ix_photos_label", "album_id", "label", "id"),
    Index("ix_photos_inode", "inode", "device"),
    Index("ix_photos_size", "size"),
    Index("ix_photos_camera", "camera"),
    Index("ix_photos_lens", "lens"),
    Index("ix_photos_format", "format"),
    Index("ix_photos_pixels", "width", "height"),
    Index("ix_photos_lead", "lead_id", sqlite_where=text("lead_id IS NOT NULL")),
    sqlite_autoincrement=True,
)

# --- derived data --------------------------------------------------------------------------------

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
)

analyses = Table(
    "analyses",
    metadata,
    Column("model_id", Integer, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", Integer, ForeignKey("photos.id"), primary_key=True),
    Column("source", Text, nullable=False),  # the file's state that was analyzed
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("mean", Float),
    Column("std", Float),
    Column("uncertainty", Float),
    Column("distribution", LargeBinary),  # 10 float32
    Column("scene_maps", LargeBinary),  # float16, see core.library.codec
    Column("face_maps", LargeBinary),
    Column("face_map_box", JSON),
    Column("analyzed_at", DateTime, nullable=False),
    Index("ix_analyses_mean", "model_id", "mean", "photo_id"),
    Index("ix_analyses_status", "model_id", "status", "photo_id"),
    Index("ix_analyses_photo", "photo_id"),
)

faces = Table(
    "faces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("photo_id", Integer, ForeignKey("photos.id"), nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("w", Float, nullable=False),
    Column("h", Float, nullable=False),
    Column("score", Float, nullable=False),
    Column("keypoints", LargeBinary),  # float32 pairs
    Column("descriptor", LargeBinary),  # 1024 float16
    Index("ix_faces_photo", "photo_id"),
)

reasons = Table(
    "reasons",  # measured faults that cleared their threshold, the gravest first
    metadata,
    Column("photo_id", Integer, ForeignKey("photos.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("x", Float),  # where in the photo, if it has a place
    Column("y", Float),
    Column("w", Float),
    Column("h", Float),
    Index("ix_reasons_code", "code", "photo_id"),
)


def now() -> datetime:
    """The current time as stored: UTC without a zone mark."""
    from datetime import UTC

    return datetime.now(UTC).replace(tzinfo=None)
