"""A photo's measured reasons for commands, and how well they were found to work."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer

from core.cli.session import JsonOption, print_json
from core.cli.tables import add_row, make_table, print_table
from core.domain import Photo, Status
from core.library.library import Library
from core.library.reason_writes import MeasuredPhoto
from core.reasons.calibration import Share, calibration
from core.reasons.codes import title


def with_reasons(library: Library, photo: Photo) -> Photo:
    """The photo with its reasons; measured, and stored where the library knows it, if need be.

    Raises:
        UnreadablePhotoError: the photo can't be read any more.
    """
    from core.reasons.measuring import Measurer

    if photo.reasons_measured or photo.status is not Status.SCORED or not photo.path.exists():
        return photo
    state = photo.path.stat()
    found = Measurer().measure_all(photo.path, photo.faces)
    if photo.id:
        source = f"{state.st_size}:{state.st_mtime_ns}"
        library.writer.save_reasons(
            [MeasuredPhoto(photo.id, source, found.reasons, found.softness)]
        ).result()
    return dataclasses.replace(photo, reasons=found.reasons, reasons_measured=True)


def reasons(as_json: JsonOption = False) -> None:
    """How well each measured fault is found, and how often it is cried on clean photos.

    The table that the thresholds are judged by: made on photos that they were not set on.
    """
    table = calibration()
    if as_json:
        print_json(
            {
                "date": table.date,
                "found": {
                    kind: {"reasons": list(table.codes[kind]), **_share_json(share)}
                    for kind, share in table.found.items()
                },
                "cried": {
                    code: {
                        "threshold": table.thresholds[code],
                        "portraits": _share_json(share),
                        "without_face": _share_json(table.cried_without_face[code]),
                    }
                    for code, share in table.cried.items()
                },
            }
        )
        return
    faults = make_table("found", "95 %", "photos", left=("known fault", "told as"))
    for kind, share in table.found.items():
        add_row(
            faults,
            *_share_cells(share),
            kind.replace("_", " "),
            ", ".join(title(code) for code in table.codes[kind]),
        )
    print_table(faults)
    typer.echo()
    crying = make_table(
        "cried on clean", "95 %", "photos", "without a face", "95 %", "photos", left=("reason",)
    )
    for code, share in table.cried.items():
        without = table.cried_without_face[code]
        add_row(crying, *_share_cells(share), *_share_cells(without), title(code))
    print_table(crying, f"Measured {table.date}.")


def _share_cells(share: Share) -> tuple[str, str, str]:
    return (
        f"{100 * share.value:.1f} %",
        f"{100 * share.low:.0f}-{100 * share.high:.0f}",
        str(share.n),
    )


def _share_json(share: Share) -> dict[str, Any]:
    return {**dataclasses.asdict(share), "share": round(share.value, 4)}


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("reasons")(reasons)
