"""The rotating log: what went wrong, without photo contents and without where they are."""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path

from core.files.private import private_file, private_folder

LOG_NAME = "albumen.log"
MAX_BYTES = 1_000_000
KEPT_FILES = 3

# A folder's name may hold spaces: what stands between two separators is taken for one name.
_NAME = r"[^/\\\s:'\"<>|]+(?: +[^/\\\s:'\"<>|]+)*"
_FOLDERS = re.compile(rf"(?<![\w.])(?:[A-Za-z]:)?(?:[/\\]{_NAME})+[/\\](?=[^/\\\s])")


def without_folders(text: str) -> str:
    """The text with every path cut down to its last part."""
    return _FOLDERS.sub(".../", text)


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
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
    return handler
