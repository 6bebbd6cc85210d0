"""Tables for people to read: a name is text, whatever is in it, and a pipe gets unbroken lines."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.paths import printable

UNBROKEN = 10_000
"""Columns that are offered to what is not a terminal, so that no path is broken in two."""


def make_table(*right: str, left: tuple[str, ...] = (), header: bool = True) -> Table:
    """A table without lines; the columns ``right`` hold numbers, those in ``left`` text."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=header)
    for column in right:
        table.add_column(column, justify="right", no_wrap=True)
    for column in left:
        table.add_column(column, overflow="fold")
    return table


def add_row(table: Table, *cells: str, style: str | None = None) -> None:
    """Add a row; a file called ``[red].jpg`` is text and no request for a colour."""
    table.add_row(*(Text(printable(cell)) for cell in cells), style=style)


def print_table(table: Table, below: str | None = None) -> None:
    """Print a table, and a quiet line below it."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=UNBROKEN)
    console.print(table)
    if below:
        console.print(Text(printable(below), style="dim"), soft_wrap=True)
