"""Folders and files that only the user can read, whatever the system's default is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def private_folder(directory: Path) -> None:
    """Make a folder (0700), and those above it; one that is there stays as it is.

    Raises:
        OSError: it can't be made.
    """
    for folder in (*reversed(directory.parents), directory):
        if not folder.is_dir():  # else a file in its place is told of by the line below
            folder.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file (0600) unless there is one; SQLite gives its other files the same rights.

    A file that can't be made is left for whoever opens it to find out about.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
