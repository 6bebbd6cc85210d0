"""Commands evaluate, ablate, report: a model against people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.rated import (
    CacheOption,
    CardOption,
    EncoderOption,
    FetchOption,
    ImagesOption,
    KindOption,
    Preset,
    RatingsKind,
    SourceArgument,
    TagsOption,
    ThresholdOption,
    card_folder,
    changed,
    finite,
    progress_bar,
    read_ratings,
    torch_needed,
)
from core.cli.session import JsonOption, print_json, told_errors
from core.errors import UsageError
from core.paths import absolute

if TYPE_CHECKING:
    from core.training.crops import CropStatistics
    from core.training.evaluate import Evaluation
    from core.training.ratings import RatedPhoto


def evaluate(
    source: SourceArgument,
    model: Annotated[str, typer.Option(metavar="NAME", help="A model or its directory.")] = "fused",
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    threshold: ThresholdOption = 5.5,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Leave out photos that the model was trained on.")
    ] = False,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a model with people: accuracy, LCC, SRCC and EMD with their intervals."""
    with told_errors(), progress_bar() as progress:
        rated = read_ratings(kind, source, images, tag)
        if unseen:
            rated = _unseen(model, rated)
        found = _evaluate(model, rated, threshold, cache, progress)
    if as_json:
        print_json(finite(found.as_dict()))
        return
    if found.trained_on:
        typer.echo(_flattered(found))
    for where, figures in (("all photos", found.overall), ("portraits", found.portraits)):
        if figures is None:
            continue
        typer.echo(f"{found.model}, {where}, n = {figures.n}")
        for label, value in (
            (f"accuracy at {figures.threshold:g}", figures.accuracy),
            ("normalised", figures.normalised_accuracy),
            ("LCC", figures.lcc),
            ("SRCC", figures.srcc),
            ("EMD", figures.emd),
        ):
            typer.echo(f"  {label:16} {value}")
        spread = figures.predicted
        typer.echo(
            f"  predictions: mean {spread.mean:.3f}, median {spread.median:.3f}, "
            f"sd {spread.std:.3f}, min {spread.min:.3f}, max {spread.max:.3f}"
        )


def _unseen(model: str, rated: list[RatedPhoto]) -> list[RatedPhoto]:
    from core.inference.cards import find_model
    from core.training.trained_on import TRAINED_ON_FILE, seen

    known = seen(find_model(model), [photo.path for photo in rated])
    if known is None:
        raise UsageError(
            f"The model {model} does not say what it was trained on ({TRAINED_ON_FILE})."
        )
    if known.all():
        raise UsageError(f"The model {model} was trained on every one of these photos.")
    return [photo for photo, old in zip(rated, known, strict=True) if not old]


def _flattered(found: Evaluation) -> str:
    return (
        f"{found.model} was trained on {found.trained_on} of these {found.overall.n} photos, so "
        "these figures flatter it; those on its card are of photos that it had not seen."
    )


def _evaluate(
    model: str,
    rated: list[RatedPhoto],
    threshold: float,
    cache: Path | None,
    progress: Callable[[str, int, int], None],
    earlier: Evaluation | None = None,
) -> Evaluation:
    """``earlier`` lends its photos where the model takes pictures of the same kind."""
    from core.inference.cards import find_model
    from core.training.evaluate import encoder_of
    from core.training.evaluate import evaluate as judge
    from core.training.photos import PhotoReader

    card = find_model(model)
    if earlier is not None and replace(card.image, name="") == replace(earlier.image, name=""):
        arrays = earlier.photos
    else:
        reader = PhotoReader(card.image, encoder_of(card), cache)
        arrays = reader.read([photo.path for photo in rated], progress)
    return judge(card, rated, threshold=threshold, arrays=arrays, progress=progress)


def ablate(
    source: SourceArgument,
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    encoder: EncoderOption = "faceres",
    fetch: FetchOption = False,
    size: Annotated[
        list[int] | None, typer.Option("--size", min=0, help="Embedding sizes (repeatable).")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts, split by group.")] = 5,
    preset: Annotated[Preset, typer.Option(help="Settings of every run.")] = Preset.ABLATION,
    epochs: Annotated[int | None, typer.Option(min=0, help="Of stage 2.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Keeps finished folds here.")
    ] = None,
    threshold: ThresholdOption = 5.5,
    card: CardOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """The paper's table 2: agreement against embedding size, 0 (no face) included, on one set of
    folds; a stopped run with --out goes on when called again."""
    with told_errors(), torch_needed(), progress_bar() as progress:
        from core.training.ablate import SIZES
        from core.training.ablate import ablate as run
        from core.training.card_entries import ablation_entries
        from core.training.card_text import put_sections
        from core.training.encoders import build_encoder
        from core.training.photos import PhotoReader
        from core.training.settings import PRESETS
        from core.training.workflow import nima_backbone, training_set

        folder = card_folder(card) if card else None
        face = build_encoder(encoder, fetch=fetch)
        rated = read_ratings(kind, source, images, tag)
        spec, load = nima_backbone()
        arrays = PhotoReader(spec, face, cache).read([photo.path for photo in rated], progress)
        table = run(
            training_set(rated, arrays),
            arrays.portraits,
            face.name,
            changed(PRESETS[preset.value], epochs=epochs),
            load,
            sizes=size or SIZES,
            folds=folds,
            threshold=threshold,
            folder=absolute(out) if out else None,
            progress=progress,
        )
        if folder is not None:
            section = "ablation_paper" if preset is Preset.PAPER else "ablation"
            put_sections(folder, {section: ablation_entries(table)})
    if as_json:
        print_json(finite(table.as_dict()))
        return
    for label in ("all photos", "portraits"):
        typer.echo(f"{label}: size, accuracy, LCC, SRCC, gain in SRCC over size 0")
        for row in table.rows:
            found = row.overall if label == "all photos" else row.portraits
            gain = row.gain if label == "all photos" else row.portrait_gain
            if found is not None:
                typer.echo(
                    f"  {row.size:5} {found.accuracy.value:.4f} {found.lcc.value:.4f} "
                    f"{found.srcc.value:.4f}  {gain or ''}"
                )


def report(
    source: SourceArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page, .html.")],
    model: Annotated[str, typer.Option(metavar="NAME", help="A model or its directory.")] = "fused",
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    threshold: ThresholdOption = 5.5,
    crops: Annotated[bool, typer.Option(help="Score face and body crops alone, too.")] = True,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="DIR", help="Where ablate kept its table over sizes."),
    ] = None,
    card: CardOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """The paper's figures on your photos, in one HTML file."""
    with told_errors(), progress_bar() as progress:
        from core.inference.cards import find_model
        from core.training.card_entries import crop_entries, lower_bound_entries
        from core.training.card_text import put_sections
        from core.training.crop_study import crop_study
        from core.training.report import ReportParts, write_report

        folder = card_folder(card) if card else None
        rated = read_ratings(kind, source, images, tag)
        names = ["nima"] if model == "nima" else ["nima", model]
        found = [_evaluate(model, rated, threshold, cache, progress)]
        if model != "nima":
            found.insert(0, _evaluate("nima", rated, threshold, cache, progress, found[0]))
        tables: list[CropStatistics] = []
        bound = None
        if crops:
            groups = [photo.group for photo in rated]
            tables, bound = crop_study(find_model(model), found[-1], groups, progress)
        by_size = None
        if table is not None:
            from core.training.table import read_table

            main, names_of = found[-1], [photo.group for photo in rated]
            by_size = read_table(
                absolute(table), main.truth, names_of, main.photos.portraits, threshold
            )
        write_report(
            ReportParts(
                title=f"{found[-1].model} on {len(rated)} rated photos",
                evaluations=found,
                names=names,
                ablation=by_size,
                crops=tables,
                bound=bound,
                notes=[_flattered(e) for e in found if e.trained_on],
            ),
            absolute(out),
        )
        if folder is not None and bound is not None:
            sections = {"crops": crop_entries(tables), "lower_bound": lower_bound_entries(bound)}
            put_sections(folder, sections)
    answer: dict[str, Any] = {"out": str(absolute(out)), "models": [e.as_dict() for e in found]}
    answer["crops"] = [c.as_dict() for c in tables]
    answer["lower_bound"] = bound.as_dict() if bound else None
    if as_json:
        print_json(finite(answer))
    else:
        typer.echo(f"The report is in {out}.")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(evaluate)
    app.command()(ablate)
    app.command()(report)
