"""Command: export."""

from __future__ import annotations

import enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.saying import say
from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    existing_folder,
    model_id,
    opened,
    print_json,
    scan_folders,
    told_errors,
)
from core.errors import UsageError
from core.exporting.files import Exported, ExportError, How, export_files
from core.exporting.page import write_page
from core.exporting.selection import Ranked, Which, ranked
from core.exporting.sheet import write_contact_sheet
from core.exporting.tables import write_table
from core.paths import absolute, display_name
from core.thumbnails import thumbnails


class Form(enum.StrEnum):
    """What ``albumen export`` writes."""

    COPY = "copy"
    LINK = "link"
    ZIP = "zip"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"
    WEB = "web"


BY_ENDING = {".zip": Form.ZIP, ".csv": Form.CSV, ".json": Form.JSON, ".pdf": Form.PDF}


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Where to write.")],
    form: Annotated[
        Form | None,
        typer.Option("--as", help="What to write; by the ending of OUT, else copies."),
    ] = None,
    which: Annotated[
        Which, typer.Option(help="All but the rejects, the picks only, or all.")
    ] = Which.KEPT,
    top: Annotated[int | None, typer.Option(min=1, help="Only the best N.")] = None,
    stars: Annotated[int | None, typer.Option(min=1, max=5, help="Only with N stars.")] = None,
    resize: Annotated[
        int | None, typer.Option(min=16, metavar="PIXELS", help="Longest side of the copies.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the sheet or page.")] = None,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export a folder's photos in rank order: files, a table, a contact sheet or a web page."""
    with told_errors():
        wanted, target = existing_folder(folder), absolute(out)
        chosen = form or BY_ENDING.get(target.suffix.lower(), Form.COPY)
        _check_place(wanted, target, chosen)
        with opened(library) as opened_library:
            scan_folders(opened_library, [wanted], model)
            photos = ranked(
                opened_library,
                model_id(model),
                folder=wanted,
                which=which,
                min_rating=stars,
                top=top,
            )
            done = _write(
                photos,
                target,
                chosen,
                resize,
                title or display_name(wanted.name),
                partial(thumbnails, opened_library),
            )
    if as_json:
        print_json(
            {
                "out": display_name(target),
                "as": chosen.value,
                "photos": len(photos) - len(done.failed),
                "bytes": done.bytes,
                "failed": [
                    {"path": display_name(path), "reason": reason}
                    for path, reason in done.failed.items()
                ],
            }
        )
    else:
        exported = len(photos) - len(done.failed)
        say(f"{exported} photos to {display_name(target)} ({done.bytes / 1e6:.1f} MB).")
        for path, reason in done.failed.items():
            say(f"{display_name(path)}: {reason}", err=True)
    if done.failed:
        raise typer.Exit(1)


def _check_place(folder: Path, target: Path, form: Form) -> None:
    """Refuse to write photos into the folder they come from: the next scan would index them."""
    inside = target == folder or folder in target.parents
    if inside and form in (Form.COPY, Form.LINK, Form.WEB):
        raise UsageError("Export to a folder outside the one that is exported.")


def _write(
    photos: list[Ranked],
    target: Path,
    form: Form,
    resize: int | None,
    title: str,
    thumbnails: Any,
) -> Exported:
    if form in (Form.COPY, Form.LINK, Form.ZIP):
        return export_files(photos, target, How(form.value), longest_side=resize)
    if form is Form.WEB:
        return write_page(photos, target, title)
    try:
        if form is Form.PDF:
            write_contact_sheet(photos, thumbnails, target, title)
        else:
            write_table(photos, target, as_json=form is Form.JSON)
    except OSError as error:
        raise ExportError(
            f"{display_name(target)} can't be written: {error.strerror or error}."
        ) from error
    return Exported([target], target.stat().st_size)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("export")(export)
