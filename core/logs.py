"""The rotating log: what went wrong, without photo contents and without where they are."""

from __future__ import annotations

import copy
import logging
import logging.handlers
import re
from pathlib import Path, PurePath

from core.files.private import private_file, private_folder

LOG_NAME = "albumen.log"
MAX_BYTES = 1_000_000
KEPT_FILES = 3

# A folder's name may hold spaces: what stands between two separators is taken for one name.
_NAME = r"[^/\\\s:'\"<>|]+(?: +[^/\\\s:'\"<>|]+)*"
_FOLDERS = re.compile(rf"(?<![\w.])(?:[A-Za-z]:)?(?:[/\\]{_NAME})+[/\\](?=[^/\\\s])")
# As Python quotes a path in an error: between the quotes anything may stand.
_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<path>(?:[A-Za-z]:)?[/\\](?:\\.|(?!(?P=quote))[^\\\n])*)(?P=quote)"""
)


def without_folders(text: str) -> str:
    """The text with every path cut down to its last part.

    A path that is not quoted ends at a colon or a quote: log one as a ``Path``, not as text.
    """
    return _FOLDERS.sub(".../", _QUOTED.sub(_last_part_quoted, text))


def _last_part_quoted(match: re.Match[str]) -> str:
    quote, path = match["quote"], match["path"]
    # A backslash is a separator on Windows alone; elsewhere it escapes a character.
    folder, separator, name = path.rpartition("/" if "/" in path else "\\")
    return f"{quote}.../{name}{quote}" if folder and separator else match[0]


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.args, tuple):
            record = copy.copy(record)  # other handlers get the path
            record.args = tuple(
                f".../{arg.name}" if isinstance(arg, PurePath) else arg for arg in record.args or ()
            )
        return without_folders(super().format(record))


def start_logging(directory: Path, *, level: int = logging.INFO) -> logging.Handler | None:
    """Log to a rotating file in ``directory``; gives its handler.

    Where the folder can't be written, messages of warning and above go to standard error instead.
    """
    root = logging.getLogger()
    try:
        private_folder(directory)
        private_file(directory / LOG_NAME)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            directory / LOG_NAME,
            maxBytes=MAX_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
    except OSError:
        return None
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(level)
    # It tells at each start what it is made of.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    return handler
