"""Entry of the program: no command opens the window, a command goes to the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

NO_DISPLAY = (
    "There is no display here for the window. On the command line, try: "
    "albumen rank FOLDER (or albumen --help)."
)

DECODE_PHOTOS = "--decode-photos"  # core.files.isolate starts a frozen program anew with this


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives its exit code (2: wrong usage or no display for the window)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == [DECODE_PHOTOS]:
        from core.files.decoder_process import main as serve_decodes

        return serve_decodes()
    library = _window_library(words)
    if library is None and words:
        from core.cli import main as command_line

        return command_line(words)
    if not has_display(sys.platform, os.environ):
        sys.stderr.write(NO_DISPLAY + "\n")
        return 2
    from app.composition import run_window

    return run_window(library)


def _window_library(words: Sequence[str]) -> Path | None:
    """The library of ``albumen --library DIR``, which opens the window on it."""
    if len(words) == 2 and words[0] == "--library":
        return Path(words[1]).expanduser()
    if len(words) == 1 and words[0].startswith("--library="):
        return Path(words[0].partition("=")[2]).expanduser()
    return None


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a window can be shown; Qt would abort the process where it can't."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
