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


NAME_BYTES = 255
"""How long a file's name may be (ext4, APFS, NTFS and most others; some count letters)."""


def fits(name: str) -> bool:
    """Whether file systems take a name of this length."""
    return len(os.fsencode(name)) <= NAME_BYTES


def shortened(name: str, room: int = NAME_BYTES) -> str:
    """The name, or as much of it as ``room`` bytes hold: letters are cut off the end of what stands
    before its ending."""
    start, ending = os.path.splitext(name)
    while start and len(os.fsencode(start + ending)) > room:
        start = start[:-1]
    return start + ending


def printable(text: str) -> str:
    """Text as a terminal may be shown it: a name may hold what moves the cursor, rings the bell or
    turns the reading direction, and nobody looks for that in a list of photos.

    Control characters become their pictures (Unicode's block “Control Pictures”), line breaks of
    other alphabets and turns of direction the replacement sign.
    """
    return text.translate(_PICTURES) if not text.isprintable() else text


_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029), 0xFFFD)
_PICTURES |= dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def absolute(path: Path | str) -> Path:
    """``path`` made absolute and normalised, without resolving links: the user's own spelling."""
    return Path(os.path.abspath(os.path.expanduser(path)))
