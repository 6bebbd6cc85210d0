"""Commands archive score and archive import."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    existing_folder,
    model_id,
    opened,
    print_json,
    told_errors,
)
from core.errors import UsageError
from core.paths import absolute

OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the results (Parquet).")
]


@contextmanager
def _extra_needed() -> Iterator[None]:
    missing = [name for name in ("dask", "distributed", "pyarrow")
               if importlib.util.find_spec(name) is None]  # fmt: skip
    if missing:
        raise UsageError(f"Archives need {', '.join(missing)}: install albumen[archive].")
    yield


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def score(
    root: Annotated[Path, typer.Argument(metavar="ROOT", help="The archive's folder.")],
    out: OutOption,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler (default: a cluster here)."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes of a cluster here.")
    ] = None,
    part_files: Annotated[int, typer.Option(min=1, help="Photos in a part.")] = 1000,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score an archive with a Dask cluster; run again, it goes on where it ended."""
    with told_errors(), _extra_needed():
        from core.analysis import DEFAULT_MODEL
        from core.archive.listing import make_listing
        from core.archive.score import cluster_client, score_archive
        from core.settings import load_settings
        from core.tuning import usual_workers

        folder, target = existing_folder(root), absolute(out)
        make_listing(
            target, folder, model or DEFAULT_MODEL, model_id(model),
            load_settings().precision, part_files,
        )  # fmt: skip
        with (
            cluster_client(scheduler, workers or usual_workers()) as client,
            _bar("Scoring") as progress,
        ):
            result = score_archive(target, client, progress)
    if as_json:
        print_json(asdict(result))
    else:
        typer.echo(
            f"{result.files} photos in {result.parts} parts ({result.skipped_parts} done before): "
            f"{result.scored} scored, {result.not_scored} not scored, "
            f"{result.unreadable} unreadable."
        )
    if result.failed_parts:
        parts = ", ".join(map(str, result.failed_parts))
        typer.echo(f"albumen: parts {parts} failed; the same command tries them again.", err=True)
        raise typer.Exit(1)


def import_scores(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the results.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an archive's scores into a library."""
    with told_errors(), _extra_needed(), opened(library) as found, _bar("Importing") as progress:
        from core.archive.bring_in import import_archive

        result = import_archive(found, existing_folder(source), progress)
    if as_json:
        print_json(asdict(result))
        return
    typer.echo(
        f"{result.photos} photos read: {result.new} new, {result.stored} analyses stored, "
        f"{result.missing_parts} parts not scored yet."
    )


def register(app: typer.Typer) -> None:
    """Adds the commands under ``archive``."""
    group = typer.Typer(help="Archives too large for one machine.", no_args_is_help=True)
    group.command(name="score")(score)
    group.command(name="import")(import_scores)
    app.add_typer(group, name="archive")
