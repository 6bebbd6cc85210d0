"""A schema that never was released, one ahead of the present one: migrating to it is tried out.

It does what migrations do: it fills a new column of every photo, and makes tables of what users
made anew, among them one that others refer to.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.library import database

AHEAD = database.SCHEMA_VERSION + 1

_SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "{ahead:04}"
down_revision = "{before:04}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE photos ADD COLUMN spelled TEXT")
    op.execute("UPDATE photos SET spelled = hex(folder) || '/' || hex(name)")
    with op.batch_alter_table("judgements", recreate="always") as batch:
        batch.add_column(sa.Column("remark", sa.Text, nullable=False, server_default=""))
"""


@contextlib.contextmanager
def one_ahead(folder: Path) -> Iterator[int]:
    """Let the program know a schema more, whose scripts are written to ``folder``; gives its
    number."""
    scripts = folder / "migrations"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(database.MIGRATIONS, scripts, ignore=ignored, dirs_exist_ok=True)
    script = _SCRIPT.format(ahead=AHEAD, before=database.SCHEMA_VERSION)
    (scripts / "versions" / f"v{AHEAD:04}_one_ahead.py").write_text(script, "utf-8")
    known = database.MIGRATIONS, database.SCHEMA_VERSION
    database.MIGRATIONS, database.SCHEMA_VERSION = scripts, AHEAD
    try:
        yield AHEAD
    finally:
        database.MIGRATIONS, database.SCHEMA_VERSION = known
