"""What commands say to people, line by line."""

from __future__ import annotations

import typer

from core.paths import printable


def say(text: str, *, err: bool = False) -> None:
    """Print a message (on standard error with ``err``) in which names may stand."""
    typer.echo("\n".join(printable(line) for line in text.split("\n")), err=err)
