"""The command that makes the demo album and shows on it what the program does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.cli.reasons import with_reasons
from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    model_id,
    opened,
    print_json,
    scan_folders,
    told_errors,
)
from core.domain import Photo, PhotoQuery, Status
from core.exporting.documents import photo_json
from core.paths import absolute, demo_dir, display_name
from core.reasons.codes import title


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="An empty or new folder (default: in your pictures)."),
    ] = None,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an album of one portrait spoiled in many ways, scan it, and show the ranking."""
    from core.demo import make_demo

    with told_errors():
        target = absolute(folder) if folder is not None else demo_dir()
        whats = make_demo(target)
        with opened(library) as opened_library:
            scan_folders(opened_library, [target], model)
            query = PhotoQuery(
                model=model_id(model), folder=target, statuses=frozenset(Status) - {Status.MISSING}
            )
            ids = [int(photo) for photo in opened_library.queries.photo_ids(query)]
            photos = [
                with_reasons(opened_library, photo)
                for photo in opened_library.queries.photos(ids, query.model)
            ]
    if as_json:
        print_json(
            {
                "folder": display_name(target),
                "photos": [
                    {"what": whats.get(photo.path.name), **photo_json(photo)} for photo in photos
                ],
            }
        )
        return
    _print(target, photos, whats)


def _print(folder: Path, photos: Sequence[Photo], whats: Mapping[str, str]) -> None:
    from rich.console import Console

    from core.cli.tables import add_row, make_table, print_table

    table = make_table("Score", left=("Photo", "What was done to it", "What Albumen measures"))
    for photo in photos:
        add_row(
            table,
            f"{photo.score.mean:.2f}" if photo.score else "-",
            photo.path.name,
            whats.get(photo.path.name, ""),
            photo.reason or ", ".join(title(reason.code).lower() for reason in photo.reasons),
        )
    print_table(table)
    shown = display_name(folder)
    Console().print(
        f"\nThe album is in {shown}. Next, for instance:\n"
        f'  albumen keep 1 "{shown}" --dry-run         the best of each burst\n'
        f'  albumen explain "{shown}/demo-0004.jpg"    why a photo scored as it did\n'
        "  albumen                                    the window",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("demo")(demo)
