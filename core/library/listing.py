"""The listing: one narrow row per photo and model, with all that lists filter and sort by.

Derived from photos, analyses and judgements by triggers, so whoever writes those keeps it right.
A million photos stay quick because every order has an index that also holds what filters ask
for: a page reads a few hundred neighbours, a count reads one narrow index from end to end, and
nothing is ever sorted as a whole or joined.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    Table,
    Text,
    event,
    text,
)

from core.domain import Flag, SortKey, Status
from core.library.schema import metadata

STATUS_CODES = {
    Status.PENDING: 0,
    Status.SCORED: 1,
    Status.NOT_SCORED: 2,
    Status.UNREADABLE: 3,
    Status.MISSING: 4,
}
"""Statuses as the listing keeps them: a byte each, in nine indexes."""

STATUSES = {code: status for status, code in STATUS_CODES.items()}
SCORED, MISSING, PENDING = (
    STATUS_CODES[Status.SCORED],
    STATUS_CODES[Status.MISSING],
    STATUS_CODES[Status.PENDING],
)
FLAG_CODES = {Flag.PICK: 1, Flag.REJECT: 2}

NO_MODEL = ""
"""Key of the row in ``models`` that stands for the first model until it is known."""

_FILTERED = ("album_id", "status", "mean", "face_count", "rating", "flag")


def _index(name: str, *columns: str, where: str | None = None) -> Index:
    """An index that begins with these columns and also holds whatever filters ask for."""
    rest = [column for column in _FILTERED if column not in columns]
    condition: dict[str, Any] = {"sqlite_where": text(where)} if where else {}
    return Index(f"ix_listing_{name}", "model_id", *columns, "photo_id", *rest, **condition)


listing = Table(
    "listing",
    metadata,
    Column("model_id", Integer, primary_key=True),
    Column("photo_id", Integer, primary_key=True),
    Column("album_id", Integer),
    Column("status", Integer, nullable=False),  # see STATUS_CODES
    Column("mean", Float),
    Column("low", Float),  # the mean less its uncertainty
    Column("face_count", Integer, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("flag", Integer),  # see FLAG_CODES
    Column("taken_at", DateTime),
    Column("size", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("stale", Boolean, nullable=False),  # the analysis is missing or of an older file
    _index("mean", "mean"),
    _index("low", "low"),
    _index("taken", "taken_at"),
    _index("label", "label"),
    _index("rating", "rating"),
    _index("faces", "face_count"),
    _index("size", "size"),
    _index("album", "album_id", "mean"),
    _index("flag", "flag", where="flag IS NOT NULL"),
    _index("odd", "status", where="status <> 1"),
    Index("ix_listing_stale", "model_id", "photo_id", "status", "album_id",
          sqlite_where=text("stale = 1")),
    sqlite_with_rowid=False,
)  # fmt: skip

ORDERS = {
    SortKey.SCORE: ("mean", "ix_listing_mean"),
    SortKey.LOW: ("low", "ix_listing_low"),
    SortKey.TAKEN: ("taken_at", "ix_listing_taken"),
    SortKey.NAME: ("label", "ix_listing_label"),
    SortKey.ADDED: ("photo_id", None),  # the table itself
    SortKey.RATING: ("rating", "ix_listing_rating"),
    SortKey.FACES: ("face_count", "ix_listing_faces"),
    SortKey.SIZE: ("size", "ix_listing_size"),
}
"""Column and index of each order; ``photo_id`` follows in each."""

_STATUS_CODE = "CASE a.status " + " ".join(
    f"WHEN '{status.value}' THEN {code}" for status, code in STATUS_CODES.items()
) + " END"  # fmt: skip

_FLAG_CODE = "CASE j.flag " + " ".join(
    f"WHEN '{flag.value}' THEN {code}" for flag, code in FLAG_CODES.items()
) + " END"  # fmt: skip

_VIEW = (
    "CREATE VIEW listed AS SELECT m.id AS model_id, p.id AS photo_id, p.album_id AS album_id, "
    f"CASE WHEN p.missing_since IS NOT NULL THEN {MISSING} WHEN a.status IS NULL THEN {PENDING} "
    f"ELSE {_STATUS_CODE} END AS status, a.mean AS mean, "
    "a.mean - coalesce(a.uncertainty, 0) AS low, p.face_count AS face_count, "
    f"coalesce(j.rating, 0) AS rating, {_FLAG_CODE} AS flag, p.taken_at AS taken_at, "
    "p.size AS size, p.label AS label, "
    "coalesce(a.source <> p.size || ':' || p.mtime_ns, 1) AS stale "
    "FROM models m CROSS JOIN photos p "
    "LEFT JOIN analyses a ON a.model_id = m.id AND a.photo_id = p.id "
    "LEFT JOIN judgements j ON j.photo_id = p.id WHERE p.lead_id IS NULL"
)
"""What the listing holds, computed; too slow to filter and sort by, quick for one photo."""


def _trigger(name: str, event_text: str, *statements: str) -> str:
    return f"CREATE TRIGGER listing_{name} AFTER {event_text} BEGIN {' '.join(statements)} END"


def _fill(where: str) -> str:
    return f"INSERT INTO listing SELECT * FROM listed WHERE {where};"


def _again(photo: str) -> tuple[str, str]:
    """Write a photo's rows under all models anew."""
    return (
        f"DELETE FROM listing WHERE model_id IN (SELECT id FROM models) AND photo_id = {photo};",
        _fill(f"photo_id = {photo}"),
    )


def _one_again(row: str) -> tuple[str, str]:
    """Write the row of an analysis anew."""
    where = f"model_id = {row}.model_id AND photo_id = {row}.photo_id"
    return f"DELETE FROM listing WHERE {where};", _fill(where)


_LISTED_FACTS = (
    "album_id", "missing_since", "face_count", "taken_at", "size", "mtime_ns", "label", "lead_id",
)  # fmt: skip

TRIGGERS = (
    _trigger("photo_added", "INSERT ON photos", _fill("photo_id = NEW.id")),
    _trigger(
        "photo_changed",
        f"UPDATE OF {', '.join(_LISTED_FACTS)} ON photos WHEN "
        + " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _LISTED_FACTS),
        *_again("NEW.id"),
    ),
    _trigger("photo_removed", "DELETE ON photos", _again("OLD.id")[0]),
    _trigger(
        "outdated_reasons",
        "UPDATE OF size, mtime_ns ON photos "
        "WHEN OLD.size IS NOT NEW.size OR OLD.mtime_ns IS NOT NEW.mtime_ns",
        "DELETE FROM reasons WHERE photo_id = NEW.id;",
    ),
    _trigger("analysis_added", "INSERT ON analyses", *_one_again("NEW")),
    _trigger(
        "analysis_changed",
        "UPDATE OF status, mean, uncertainty, source ON analyses",
        *_one_again("NEW"),
    ),
    _trigger("analysis_removed", "DELETE ON analyses", *_one_again("OLD")),
    _trigger("judgement_added", "INSERT ON judgements", *_again("NEW.photo_id")),
    _trigger(
        "judgement_changed",
        "UPDATE OF rating, flag ON judgements "
        "WHEN OLD.rating IS NOT NEW.rating OR OLD.flag IS NOT NEW.flag",
        *_again("NEW.photo_id"),
    ),
    _trigger("judgement_removed", "DELETE ON judgements", *_again("OLD.photo_id")),
    _trigger("model_added", "INSERT ON models", _fill("model_id = NEW.id")),
    _trigger(
        "model_removed", "DELETE ON models", "DELETE FROM listing WHERE model_id = OLD.id;"
    ),
)  # fmt: skip
"""What keeps the listing in step; and reasons measured on an older file don't count."""

NAMES = (
    "CREATE VIRTUAL TABLE photo_names USING fts5(label, content='photos', content_rowid='id', "
    "tokenize='trigram')",
    "CREATE TRIGGER names_added AFTER INSERT ON photos BEGIN "
    "INSERT INTO photo_names (rowid, label) VALUES (NEW.id, NEW.label); END",
    "CREATE TRIGGER names_changed AFTER UPDATE OF label ON photos "
    "WHEN OLD.label IS NOT NEW.label BEGIN "
    "INSERT INTO photo_names (photo_names, rowid, label) VALUES ('delete', OLD.id, OLD.label); "
    "INSERT INTO photo_names (rowid, label) VALUES (NEW.id, NEW.label); END",
    "CREATE TRIGGER names_removed AFTER DELETE ON photos BEGIN "
    "INSERT INTO photo_names (photo_names, rowid, label) VALUES ('delete', OLD.id, OLD.label); END",
)
"""Pieces of three letters of all names: what a name contains is found without reading them all."""

_FIRST_MODEL = f"INSERT INTO models (key) VALUES ('{NO_MODEL}')"

_ROWS_A_VALUE = {
    "mean": 20, "low": 20, "taken_at": 5, "label": 5, "rating": 100_000, "face_count": 200_000,
    "size": 5, "album_id": 10_000, "flag": 10_000, "status": 10_000, "photo_id": 1,
}  # fmt: skip


def _statistics() -> tuple[str, ...]:
    """What the query planner should believe: a large library, of one model.

    Left alone it takes ten rows a model for granted and reads whole indexes; measured anew after
    every change it could choose differently from one day to the next. (SQLite, "The ANALYZE
    command": applications may fill ``sqlite_stat1`` themselves.)
    """
    million = 1_000_000
    facts = {"listing": f"{million} {million} 1"}  # the table's own order: model, photo
    for index in listing.indexes:
        rows = million
        numbers = [million, million]
        for column in list(index.columns)[1:]:
            rows = min(rows, _ROWS_A_VALUE.get(column.name, rows))
            numbers.append(rows)
        facts[str(index.name)] = " ".join(map(str, numbers))
    values = ", ".join(f"('listing', '{name}', '{text}')" for name, text in sorted(facts.items()))
    return ("ANALYZE", "DELETE FROM sqlite_stat1", f"INSERT INTO sqlite_stat1 VALUES {values}")


KEPT_IN_STEP = (_VIEW, *TRIGGERS, *NAMES, _FIRST_MODEL, *_statistics())
"""What follows the tables in the first migration."""


def _ddl(statement: str) -> DDL:
    return DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]


for _statement in KEPT_IN_STEP:
    event.listen(metadata, "after_create", _ddl(_statement))
