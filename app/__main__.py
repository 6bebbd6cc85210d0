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
    window = _window_call(words)
    if window is None:
        from core.cli import main as command_line

        return command_line(words)
    library, folders = window
    missing = [folder for folder in folders if not folder.exists()]
    if missing:
        sys.stderr.write(f"albumen: There is no folder {missing[0]}.\n")
        return 2
    if not has_display(sys.platform, os.environ):
        sys.stderr.write(NO_DISPLAY + "\n")
        return 2
    from app.composition import run_window

    return run_window(library, folders)


def _window_call(words: Sequence[str]) -> tuple[Path | None, list[Path]] | None:
    """The library and the folders of ``albumen [--library DIR] [open FOLDER...]``.

    Anything else is for the command line: ``None``.
    """
    left = list(words)
    library: Path | None = None
    for index, word in enumerate(left):
        if word == "--library" and index + 1 < len(left):
            library = Path(left[index + 1])
            del left[index : index + 2]
            break
        if word.startswith("--library="):
            library = Path(word.partition("=")[2])
            del left[index]
            break
    if left and (left[0] != "open" or any(word.startswith("-") for word in left[1:])):
        return None
    folders = [Path(word).expanduser() for word in left[1:]]
    return (library.expanduser() if library is not None else None), folders


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a window can be shown; Qt would abort the process where it can't."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
