"""The command about groups: what belongs together, by the user's word."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli.curation import PhotosArgument, indexed
from core.cli.session import (
    JsonOption,
    LibraryOption,
    existing_file,
    opened,
    print_json,
    told_errors,
)
from core.curation import marks
from core.curation.plan import rest_of_group
from core.errors import UsageError
from core.paths import display_name


def group(
    photos: PhotosArgument,
    together: Annotated[bool, typer.Option("--together", help="They are one group.")] = False,
    split: Annotated[
        bool, typer.Option("--split", help="They don't belong with the rest of their group.")
    ] = False,
    apart: Annotated[bool, typer.Option("--apart", help="No two of them belong together.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Group them as if nothing had been said.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which photos are one group and which are not; `albumen undo` takes it back."""
    with told_errors():
        if together + split + apart + forget != 1:
            raise UsageError("Say one of --together, --split, --apart and --forget.")
        files = [existing_file(photo) for photo in photos]
        with opened(library) as opened_library:
            ids = [indexed(opened_library, file) for file in files]
            if split:
                entry = marks.split(opened_library, ids, rest_of_group(opened_library, ids))
            else:
                say = marks.merge if together else marks.not_a_group if apart else marks.forget
                entry = say(opened_library, ids)
    if as_json:
        print_json({"photos": [display_name(file) for file in files], "journal_id": entry})
    elif entry is None:
        typer.echo("That was said already.")
    else:
        typer.echo(f"Remembered. albumen undo {entry} takes it back.")


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("group")(group)
