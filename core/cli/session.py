"""What commands share: the library, the models, scanning with a progress bar, errors, output."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.saying import say
from core.domain import IndexProgress, PhotoQuery, Status
from core.errors import AlbumenError, UsageError
from core.library.library import Library, open_library
from core.paths import absolute, default_library_dir
from core.settings import load_settings

log = logging.getLogger(__name__)

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="DIR", help="Library folder (default: the user's own)."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="A bundled model, or a model directory."),
]


@contextmanager
def opened(library: Path | None) -> Iterator[Library]:
    """The library of a command, closed afterwards."""
    with open_library(absolute(library) if library else default_library_dir()) as found:
        for note in found.notes:
            say(note, err=True)
        yield found


def existing_folder(path: Path) -> Path:
    """``path`` made absolute.

    Raises:
        UsageError: there is no such folder.
    """
    folder = absolute(path)
    if not folder.is_dir():
        raise UsageError(f"There is no folder {path}.")
    return folder


def existing_file(path: Path) -> Path:
    """``path`` made absolute.

    Raises:
        UsageError: there is no such file.
    """
    file = absolute(path)
    if not file.is_file():
        raise UsageError(f"There is no file {path}.")
    return file


def model_id(model: str | None) -> str:
    """The id of the model that was asked for, or of the default.

    Raises:
        ModelError: there is no such model.
    """
    from core.analysis import DEFAULT_MODEL
    from core.inference.cards import find_model

    return find_model(model or DEFAULT_MODEL).model_id


def print_json(document: Any) -> None:
    """The one JSON document of a command."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The figures that ``albumen scan`` prints.

    ``scored``, ``not_scored`` and ``faces`` count this run's work, ``unchanged`` the files that
    needed none, ``unreadable`` every file in the folders that can't be read.
    """

    found: int
    scored: int
    unchanged: int
    unreadable: int
    not_scored: int
    faces: int
    seconds: float


def scan_folders(
    library: Library,
    folders: Sequence[Path],
    model: str | None,
    *,
    workers: int | None = None,
    reasons: bool = False,
    retry: bool = False,
) -> ScanResult:
    """Index and analyze folders, with a progress bar on standard error.

    A folder that no album holds becomes an album. With ``reasons``, faults are measured too; with
    ``retry``, files that could not be read are tried again. A full disk is waited for.

    Raises:
        ModelError: the model can't be used.
        LibraryError: the library can't be written.
    """
    from core.analysis import open_analyzer
    from core.indexer import Indexer

    started = time.monotonic()
    analyzer = open_analyzer(model)
    for folder in folders:
        if library.queries.album_of(folder) is None:
            library.writer.add_album(folder).result()
        if retry:
            failed = PhotoQuery(
                analyzer.model_id, folder=folder, statuses=frozenset({Status.UNREADABLE})
            )
            ids = [int(photo_id) for photo_id in library.queries.photo_ids(failed)]
            library.writer.forget_failures(analyzer.model_id, ids).result()
    indexer = Indexer(
        library,
        lambda: analyzer,
        model_id=analyzer.model_id,
        workers=workers or load_settings().workers or None,
        folders=folders,
        measure_reasons=reasons,
    )
    indexer.start()
    try:
        with _progress_bar(indexer.subscribe):
            for folder in folders:
                indexer.scan(folder)
            # Waiting in slices keeps Ctrl+C alive on every platform.
            told: str | None = None
            while not indexer.wait_until_idle(timeout=0.5):
                trouble = indexer.progress().notes.get("disk")
                if trouble is not None and trouble != told:
                    typer.echo(trouble, err=True)
                told = trouble
            while not indexer.wait_until_measured(timeout=0.5):
                pass
    finally:
        indexer.stop()
    progress = indexer.progress()
    if "model" in progress.notes:
        from core.errors import ModelError

        raise ModelError(progress.notes["model"])
    _report(progress)
    found = max(0, indexer.found_files - library.queries.partner_count(folders))
    unreadable = sum(
        library.queries.count(
            PhotoQuery(analyzer.model_id, folder=folder, statuses=frozenset({Status.UNREADABLE}))
        )
        for folder in folders
    )
    return ScanResult(
        found=found,
        scored=progress.scored,
        unchanged=max(0, found - progress.done),
        unreadable=unreadable,
        not_scored=progress.not_scored,
        faces=progress.faces,
        seconds=round(time.monotonic() - started, 3),
    )


def _report(progress: IndexProgress) -> None:
    for text in progress.notes.values():
        say(text, err=True)


@contextmanager
def _progress_bar(subscribe: Callable[[Callable[[IndexProgress], None]], Any]) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, refresh_per_second=4
    ) as bar:
        task = bar.add_task("Scanning", total=None, speed="")

        def show(progress: IndexProgress) -> None:
            speed = progress.photos_per_second
            bar.update(
                task,
                description="Scanning" if progress.scanning else "Scoring",
                total=progress.found or None,
                completed=progress.done,
                speed=f"{speed:.1f}/s" if speed else "",
            )

        unsubscribe = subscribe(show)
        try:
            yield
        finally:
            unsubscribe()


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn known errors into one sentence and an exit code; anything else is a bug and rises."""
    try:
        yield
    except UsageError as error:
        say(f"albumen: {error}", err=True)
        raise typer.Exit(2) from error
    except AlbumenError as error:
        say(f"albumen: {error}", err=True)
        raise typer.Exit(1) from error
