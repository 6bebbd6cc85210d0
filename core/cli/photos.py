"""Commands about photos: scan, list, rank, show."""

from __future__ import annotations

import enum
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.present import print_photo, print_photos
from core.cli.reasons import with_reasons
from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    existing_file,
    existing_folder,
    model_id,
    opened,
    print_json,
    scan_folders,
    told_errors,
)
from core.domain import Photo, PhotoQuery, SortKey, Status, Term
from core.errors import UsageError
from core.exporting.documents import movement_json, photo_json
from core.library.library import Library
from core.library.movements import Movement
from core.paths import absolute
from core.searching.parsing import QueryError, parse


class SortChoice(enum.StrEnum):
    """Orders of ``albumen list``; a leading minus means the highest first,
    ``moved`` what the new model moved most."""

    SCORE = "score"
    SCORE_DOWN = "-score"
    TAKEN = "taken"
    TAKEN_DOWN = "-taken"
    NAME = "name"
    MOVED = "moved"


class RankChoice(enum.StrEnum):
    """What ``albumen rank`` ranks by."""

    SCORE = "score"
    MOVED = "moved"


FoldersArgument = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders.")]
PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo's file.")]


def scan(
    folders: FoldersArgument,
    library: LibraryOption = None,
    model: ModelOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Photos analyzed at a time.")
    ] = None,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Measure faults (blur, closed eyes ...) too.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try files again that could not be read.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Index folders and score their photos; a second scan touches only what changed."""
    with told_errors():
        wanted = [existing_folder(folder) for folder in folders]
        with opened(library) as opened_library:
            result = scan_folders(
                opened_library, wanted, model, workers=workers, reasons=reasons, retry=retry
            )
    if as_json:
        print_json(asdict(result))
        return
    typer.echo(
        f"{result.found} photos found: {result.scored} scored, {result.unchanged} unchanged, "
        f"{result.not_scored} not scored, {result.unreadable} unreadable; "
        f"{result.faces} faces; {result.seconds:.1f} s."
    )
    if result.unreadable:
        typer.echo(
            "albumen list --status unreadable DIR says why; scan --retry tries them again.",
            err=True,
        )


def list_photos(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A folder.")] = None,
    library: LibraryOption = None,
    model: ModelOption = None,
    sort: Annotated[SortChoice, typer.Option(help="Order.")] = SortChoice.NAME,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many.")] = None,
    portraits: Annotated[bool, typer.Option("--portraits", help="Only with a face.")] = False,
    status: Annotated[Status | None, typer.Option(help="Only photos in this state.")] = None,
    search: Annotated[
        str | None,
        typer.Option(
            "--query",
            metavar="WORDS",
            help="As in the window: 'score>6 faces:1 -reason:noise taken:2024-06'.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what the index holds, without looking at the disk."""
    with told_errors():
        query = PhotoQuery(
            model=model_id(model),
            folder=absolute(folder) if folder is not None else None,
            statuses=frozenset(Status) if status is None else frozenset({status}),
            portraits_only=portraits,
            terms=parsed(search),
            sort=SortKey(sort.value.removeprefix("-")),
            descending=sort.value.startswith("-") or sort is SortChoice.MOVED,
            limit=limit,
        )
        with opened(library) as opened_library:
            photos, moved = _asked(opened_library, query)
    _print(photos, as_json, moved)


def parsed(search: str | None) -> tuple[Term, ...]:
    """A search in the query language.

    Raises:
        UsageError: it can't be read; the place is marked below it.
    """
    try:
        return parse(search or "")
    except QueryError as error:
        mark = " " * error.start + "^" * max(1, error.end - error.start)
        raise UsageError(f"{error}\n  {search}\n  {mark}") from error


def rank(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder.")],
    top: Annotated[int | None, typer.Option(min=1, help="Only the best N.")] = None,
    bottom: Annotated[int | None, typer.Option(min=1, help="Only the worst N.")] = None,
    sort: Annotated[
        RankChoice, typer.Option(help="By score, or by how far a new model moved it.")
    ] = RankChoice.SCORE,
    portraits: Annotated[bool, typer.Option("--portraits", help="Only with a face.")] = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Scan a folder, then list its scored photos, the best (or worst) first."""
    with told_errors():
        if top is not None and bottom is not None:
            raise UsageError("Ask for the best (--top) or the worst (--bottom), not for both.")
        wanted = existing_folder(folder)
        with opened(library) as opened_library:
            result = scan_folders(opened_library, [wanted], model)
            query = PhotoQuery(
                model=model_id(model),
                folder=wanted,
                statuses=frozenset({Status.SCORED}),
                portraits_only=portraits,
                sort=SortKey(sort.value),
                descending=bottom is None,
                limit=top or bottom,
            )
            photos, moved = _asked(opened_library, query)
    _print(photos, as_json, moved)
    if result.unreadable and not as_json:
        typer.echo(
            f"{result.unreadable} files could not be read "
            "(albumen list --status unreadable says why).",
            err=True,
        )


def show(
    photo: PhotoArgument,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything about one photo; one that isn't in the library is analyzed on the spot."""
    with told_errors(), opened(library) as opened_library:
        found = with_reasons(opened_library, find_photo(opened_library, photo, model))
    if as_json:
        print_json(photo_json(found))
    else:
        print_photo(found)
    if found.status is Status.UNREADABLE:
        raise typer.Exit(1)


def find_photo(library: Any, path: Path, model: str | None) -> Photo:
    """The photo from the library where its analysis is current, else analyzed now, unstored.

    Raises:
        UsageError: there is neither a file nor a record.
    """
    from core.analysis import open_analyzer

    file = absolute(path)
    known: Photo | None = library.queries.photo_by_path(file, model_id(model))
    if known is not None and not file.exists():
        return known
    existing_file(path)
    if known is not None and known.status not in (Status.PENDING, Status.MISSING):
        pending = library.queries.pending(model_id(model), ids=[known.id])
        stat = file.stat()
        files = library.queries.known_files(file.parent, recursive=False)
        current = files[file].size == stat.st_size and files[file].mtime_ns == stat.st_mtime_ns
        if not pending and current:
            return known
    analysis = open_analyzer(model).analyze(file)
    return Photo(
        id=known.id if known else 0,
        path=file,
        album=known.album if known else None,
        status=analysis.status,
        reason=analysis.reason,
        metadata=analysis.metadata,
        size=file.stat().st_size,
        model=analysis.score.model if analysis.score else None,
        score=analysis.score,
        percentile=None,
        faces=analysis.faces,
        rating=known.rating if known else 0,
        flag=known.flag if known else None,
        color=known.color if known else None,
    )


def _asked(library: Library, query: PhotoQuery) -> tuple[list[Photo], dict[int, Movement] | None]:
    """A query's photos in order, and how far each moved where that is the order."""
    ids = [int(photo_id) for photo_id in library.queries.photo_ids(query)]
    moved = library.queries.movements(ids, query.model) if query.sort is SortKey.MOVED else None
    return library.queries.photos(ids, query.model), moved


def _print(photos: list[Photo], as_json: bool, moved: dict[int, Movement] | None = None) -> None:
    if as_json:
        print_json([photo_json(photo) | movement_json(moved, photo.id) for photo in photos])
    elif photos:
        print_photos(photos, moved)
    else:
        typer.echo("No photos.", err=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("scan")(scan)
    app.command("list")(list_photos)
    app.command("rank")(rank)
    app.command("show")(show)
