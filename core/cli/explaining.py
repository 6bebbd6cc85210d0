"""Commands about why: explain, enhance."""

from __future__ import annotations

import enum
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.photos import PhotoArgument, find_photo
from core.cli.reasons import with_reasons
from core.cli.saying import say
from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    existing_file,
    opened,
    print_json,
    told_errors,
)
from core.domain import ImageArray, Photo
from core.errors import AlbumenError, UsageError
from core.explaining.maps import Branch
from core.exporting.documents import reason_json
from core.inference.saliency import Target
from core.paths import absolute, display_name
from core.reasons.codes import NO_FAULT

PREVIEW_SIDE = 2048
"""Longest side, in pixels, of the picture that ``albumen explain`` writes."""


class Method(enum.StrEnum):
    """How a map is made."""

    GRADCAM = "gradcam"
    GUIDED = "guided"


OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="OUT.png", help="Where to write the map.")
]
TargetOption = Annotated[
    str,
    typer.Option(
        metavar="TARGET",
        help="What to explain: mean, average (over classes, weighted by the prediction), class:K "
        "(K of 1..10, its logit) or share:K (its predicted share).",
    ),
]


def explain(
    photo: PhotoArgument,
    out: OutOption = None,
    target: TargetOption = "mean",
    branch: Annotated[Branch, typer.Option(help="Whose map.")] = Branch.BOTH,
    method: Annotated[Method, typer.Option(help="Class activation, or gradients.")] = (
        Method.GRADCAM
    ),
    opacity: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of the map.")] = 0.6,
    check: Annotated[
        bool, typer.Option("--check", help="Test the map: blur what it calls important.")
    ] = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a photo scored as it did: measured faults, and a heatmap of what raises (orange) and
    lowers (blue) the score."""
    with told_errors():
        aim, rating = parse_target(target)
        file = existing_file(photo)
        with opened(library) as opened_library:
            found = with_reasons(opened_library, find_photo(opened_library, photo, model))
        if out is not None:
            refuse_overwriting(absolute(out), file)
        result = _explained(found, model, aim, rating, branch, method, opacity, out, check=check)
        result["target"] = target
    if as_json:
        print_json(result)
    else:
        _tell(result)


def parse_target(text: str) -> tuple[Target, int | None]:
    """``mean``, ``average``, ``class:K`` or ``share:K``.

    Raises:
        UsageError: it is none of them.
    """
    if text in (Target.MEAN, Target.AVERAGE):
        return Target(text), None
    match = re.fullmatch(r"(class|share):(10|[1-9])", text)
    if match is None:
        raise UsageError(
            f"There is no target “{text}”; give mean, average, class:K or share:K with K of 1..10."
        )
    return (Target.LOGIT if match[1] == "class" else Target.PROBABILITY), int(match[2])


def _explained(
    photo: Photo,
    model: str | None,
    target: Target,
    rating: int | None,
    branch: Branch,
    method: Method,
    opacity: float,
    out: Path | None,
    *,
    check: bool,
) -> dict[str, Any]:
    """Draw what was asked for and gather the figures of one photo."""
    from core.analysis import DEFAULT_MODEL
    from core.explaining import maps
    from core.explaining.explainer import Explainer, drawable
    from core.files.decode import decode
    from core.inference.cards import model_name
    from core.inference.saliency import overlay

    score = photo.score
    if score is None:
        raise AlbumenError(f"{display_name(photo.path)} has no score: {photo.reason}.")
    explanation = maps.explain(score, target, rating, branch)
    explainer = Explainer(model or DEFAULT_MODEL)
    pixels = decode(photo.path, PREVIEW_SIDE).pixels if out is not None or check else None
    if out is not None and pixels is not None:
        if method is Method.GUIDED:
            if branch is Branch.FACE:
                raise UsageError("Guided gradients go through the scene; leave out --branch face.")
            gradient = explainer.gradient_map(pixels, photo.faces, target, rating)
            drawn = overlay(pixels, drawable(gradient), opacity)
        else:
            drawn = maps.draw(pixels, explanation, opacity)
        write_picture(drawn, absolute(out), photo.path)
    checked = None
    if check and pixels is not None:
        checked = explainer.check(pixels, score, photo.faces, target, rating, branch)
    return {
        "path": display_name(photo.path),
        "out": display_name(out) if out is not None else None,
        "method": method.value,
        "branch": branch.value,
        "mean": round(score.mean, 4),
        "std": round(score.std, 4),
        "model": model_name(score.model),
        "model_id": score.model,
        "branch_share": {
            "scene": round(explanation.share.scene, 4),
            "face": round(explanation.share.face, 4),
        },
        "informative": checked.informative if checked else None,
        "deletion_auc": round(checked.deletion_auc, 5) if checked else None,
        "check": asdict(checked) if checked else None,
        "reasons": [reason_json(reason) for reason in photo.reasons],
    }


def _tell(result: dict[str, Any]) -> None:
    say(f"{result['path']}: score {result['mean']:.2f}")
    share = result["branch_share"]
    if share["face"]:
        typer.echo(
            f"{100 * share['scene']:.0f} % from scene, {100 * share['face']:.0f} % from face"
        )
    for reason in result["reasons"]:
        typer.echo(f"- {reason['text']}")
    if not result["reasons"]:
        typer.echo(NO_FAULT)
    checked = result["check"]
    if checked:
        typer.echo(
            f"Deletion {checked['deletion_auc']:.3f}, insertion {checked['insertion_auc']:.3f}, "
            f"random order {checked['random_auc']:.3f}."
        )
        if not checked["informative"]:
            typer.echo("The map is not informative for this photo.")
    if result["out"]:
        say(f"{result['out']}: orange raises, blue lowers the score.")


def enhance(
    photo: PhotoArgument,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT.png", help="Where to write the picture.")
    ],
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Gradient steps.")] = 100,
    classes: Annotated[
        str, typer.Option(metavar="A-B", help="Ratings whose predicted share is raised.")
    ] = "7-10",
    guided: Annotated[
        bool, typer.Option("--guided", help="Follow the guided gradient, not the true one.")
    ] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Raise a photo's score by changes that nobody sees.

    This shows how fragile the score is; it does not improve the photo.
    """
    from core.analysis import DEFAULT_MODEL
    from core.explaining.explainer import Explainer

    with told_errors():
        file, target = existing_file(photo), absolute(out)
        ratings = parse_classes(classes)
        refuse_overwriting(target, file)
        change = Explainer(model or DEFAULT_MODEL).enhance(
            file, steps=steps, ratings=ratings, guided=guided
        )
        write_picture(change.pixels, target, file)
    result = {
        "out": display_name(out),
        "before": round(change.before, 4),
        "after": round(change.after, 4),
        "steps": change.steps,
        "classes": ratings,
        "largest_change": change.largest_change,
        "mean_change": round(change.mean_change, 4),
    }
    if as_json:
        print_json(result)
    else:
        typer.echo(
            f"Score {change.before:.2f} -> {change.after:.2f}; largest change of a pixel "
            f"{change.largest_change}, mean {change.mean_change:.2f} of 255."
        )
        typer.echo("This shows how fragile the score is; it does not improve the photo.", err=True)


def parse_classes(text: str) -> list[int]:
    """``7-10`` or ``9``.

    Raises:
        UsageError: not within 1..10.
    """
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= 10:
        raise UsageError(f"Classes are ratings of 1..10 such as 7-10, not “{text}”.")
    return list(range(first, last + 1))


def refuse_overwriting(out: Path, source: Path) -> None:
    """Photos are never written over.

    Raises:
        UsageError: ``out`` is the photo itself, or no name that can be written.
    """
    if out == source or (out.exists() and out.samefile(source)):
        raise UsageError("The picture would replace the photo itself; give another name.")
    if out.suffix.lower() != ".png":
        raise UsageError(f"{display_name(out)}: give a name that ends in .png.")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {display_name(out.parent)}.")


def write_picture(pixels: ImageArray, out: Path, source: Path) -> None:
    """Write pixels as PNG away from the photo they come from.

    Raises:
        UsageError: see `refuse_overwriting`.
        AlbumenError: the disk refuses.
    """
    from PIL import Image

    refuse_overwriting(out, source)
    try:
        Image.fromarray(pixels).save(out, format="PNG")
    except OSError as error:
        raise AlbumenError(f"{display_name(out)} can't be written: {error.strerror}.") from error


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("explain")(explain)
    app.command("enhance")(enhance)
