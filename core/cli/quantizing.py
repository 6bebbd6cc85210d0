"""Command quantize: the 8-bit form of a scoring model or of the face descriptor."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.session import JsonOption, existing_folder, print_json, told_errors
from core.errors import UsageError
from core.inference.cards import find_model
from core.inference.precision import LEAST_AGREEMENT


def quantize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or directory.")],
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="Photos to calibrate with.")
    ],
    compare: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Photos to compare on (default: half of the others)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a model about twice as fast: 8-bit integers, calibrated on photos, then compared."""
    with told_errors():
        from core.cli.rated import progress_bar, torch_needed

        with torch_needed(), progress_bar() as progress:
            from core.training.quick import CALIBRATION_PHOTOS, photo_files, quicken, write_quick

            card = find_model(model)
            if not isinstance(card.directory, Path):
                raise UsageError("The model lies in an archive; unpack it first.")
            calibration = photo_files(existing_folder(photos))
            if compare is not None:
                others = photo_files(existing_folder(compare))
            else:
                others = calibration[max(len(calibration) // 2, 2 * CALIBRATION_PHOTOS) :]
            graph, agreement = quicken(card, calibration, others, progress)
            write_quick(card.directory, card, graph, agreement)
    if as_json:
        print_json({"model": card.name, "bytes": len(graph), **asdict(agreement)})
        return
    use = "used from now on" if agreement.agreement >= LEAST_AGREEMENT else "kept, but not used"
    typer.echo(
        f"{card.name} in 8-bit integers agrees with the exact model by {agreement.agreement:.4f} "
        f"on {agreement.photos} photos: {use}."
    )


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="quantize")(quantize)
