"""Where things are kept. Nothing else in the program asks the platform for folders."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "Albumen"
LIBRARY_ENV = "ALBUMEN_LIBRARY"
CONFIG_ENV = "ALBUMEN_CONFIG"


def default_library_dir() -> Path:
    """The library's folder: ``$ALBUMEN_LIBRARY``, else the user's data folder."""
    chosen = os.environ.get(LIBRARY_ENV)
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "library"


def config_dir() -> Path:
    """Folder of settings: ``$ALBUMEN_CONFIG``, else the user's configuration folder."""
    chosen = os.environ.get(CONFIG_ENV)
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False))


def cache_dir() -> Path:
    """Folder of things that can be computed again."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def log_dir() -> Path:
    """Folder of the rotating log."""
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))


def pictures_dir() -> Path:
    """The user's pictures, as the desktop names them; the folder need not be there."""
    return Path(platformdirs.user_pictures_dir())


def demo_dir() -> Path:
    """Where the demo album goes unless told otherwise."""
    return pictures_dir() / "Albumen demo"


def display_name(path: Path | str) -> str:
    """The path as text that can always be shown and printed.

    Bytes of a name that are not valid text (file systems allow them) become the replacement sign.
    """
    return os.fsencode(path).decode("utf-8", "replace")


def absolute(path: Path | str) -> Path:
    """``path`` made absolute and normalised, without resolving links: the user's own spelling."""
    return Path(os.path.abspath(os.path.expanduser(path)))
