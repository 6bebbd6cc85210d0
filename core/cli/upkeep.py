"""Commands that look after the library itself: doctor, forget-faces."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from core.cli.saying import say
from core.cli.session import JsonOption, LibraryOption, opened, print_json, told_errors
from core.paths import absolute, default_library_dir


def doctor(
    library: LibraryOption = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Do what would help; never touches what you made.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the library and what it needs, and say what a repair would do."""
    from core.doctor import examine

    with told_errors():
        directory = absolute(library) if library else default_library_dir()
        found = examine(directory, repair=repair)
    if as_json:
        print_json({
            "library": str(directory),
            "ok": found.ok,
            "checks": [_as_json(finding) for finding in found.findings],
        })  # fmt: skip
    else:
        for finding in found.findings:
            mark = "mended" if finding.repaired else "ok" if finding.ok else "FAULT"
            say(f"{mark:7} {finding.check:11} {finding.text}")
            if finding.would and not finding.repaired:
                typer.echo(f"{'':19} With --repair: {finding.would}")
    if not found.ok:
        raise typer.Exit(1)


def _as_json(finding: Any) -> dict[str, Any]:
    names = ("check", "ok", "text", "would", "repaired")
    return {name: getattr(finding, name) for name in names}


def forget_faces(
    library: LibraryOption = None,
    people: Annotated[
        bool, typer.Option("--people", help="Also the names you gave, and who is who.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase all that is known of faces, for good. Scores, stars and flags stay."""
    from core.forgetting_faces import erase_faces

    with told_errors(), opened(library) as opened_library:
        erased = erase_faces(opened_library, people=people)
    if as_json:
        print_json({
            "faces": erased.faces,
            "people": erased.people,
            "kept": {"names": erased.kept_names, "places": erased.kept_places},
            "left": [str(path) for path in erased.left],
        })  # fmt: skip
    else:
        typer.echo(f"{erased.faces} faces and {erased.people} people were erased.")
        if erased.kept_names or erased.kept_places:
            typer.echo(
                f"Kept: {erased.kept_names} names you gave, and where {erased.kept_places} faces "
                "are that you said who they are. --people erases these, too."
            )
        typer.echo("Faces of photos that are scored from now on are found again.", err=True)
        for path in erased.left:
            say(f"albumen: {path} is damaged and may hold faces; delete it.", err=True)
    if erased.left:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("doctor")(doctor)
    app.command("forget-faces")(forget_faces)
