"""Commands about models: train, evaluate, ablate, report."""

from __future__ import annotations

import enum
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.session import JsonOption, print_json, told_errors
from core.errors import UsageError
from core.paths import absolute

if TYPE_CHECKING:
    from core.training.evaluate import Evaluation
    from core.training.ratings import RatedPhoto
    from core.training.settings import Settings


class RatingsKind(enum.StrEnum):
    """Where ratings come from."""

    AVA = "ava"
    CSV = "csv"


class Preset(enum.StrEnum):
    """Named sets of settings, see `core.training.settings`."""

    PAPER = "paper"
    BUNDLED = "bundled"
    ABLATION = "ablation"


SourceArgument = Annotated[
    Path, typer.Argument(metavar="SOURCE", help="AVA's folder, or the CSV file of ratings.")
]
KindOption = Annotated[
    RatingsKind, typer.Option("--data", help="ava: AVA.txt and tags.txt; csv: counts or means.")
]
ImagesOption = Annotated[
    Path | None, typer.Option("--images", metavar="DIR", help="The photos (default: images/).")
]
TagsOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="AVA: photos with this tag (repeatable; 'all' for every photo)."),
]
EncoderOption = Annotated[
    str, typer.Option(help="faceres, vggface, or a DeepFace model such as ArcFace.")
]
ThresholdOption = Annotated[float, typer.Option(help="A photo is good above this mean.")]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", metavar="DIR", help="Remembered face descriptors.")
]


def read_ratings(
    kind: RatingsKind, source: Path, images: Path | None, tags: list[str] | None
) -> list[RatedPhoto]:
    """The rated photos a command is about. Raises ``UsageError`` saying what is missing."""
    from core.training.ratings import PORTRAIT_TAGS, read_ava, read_csv

    pictures = absolute(images) if images else None
    if kind is RatingsKind.CSV:
        return read_csv(absolute(source), pictures)
    wanted: list[str] | None = list(tags) if tags else list(PORTRAIT_TAGS)
    if tags and "all" in tags:
        wanted = None
    return read_ava(absolute(source), wanted, pictures)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error that is told (what, done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        last = ""

        def show(what: str, done: int, total: int) -> None:
            nonlocal last
            if what != last:
                bar.reset(task, description=what, total=total)
                last = what
            bar.update(task, completed=done, total=total)

        yield show


@contextmanager
def torch_needed() -> Iterator[None]:
    """Says how to get PyTorch where it is missing."""
    if importlib.util.find_spec("torch") is None:
        raise UsageError("Training needs PyTorch: install albumen[train].")
    yield


def train(
    source: SourceArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The model's directory.")],
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    encoder: EncoderOption = "faceres",
    embedding_size: Annotated[
        int | None, typer.Option(min=0, help="Principal components of the face; 0: no face.")
    ] = None,
    preset: Annotated[
        Preset, typer.Option(help="The paper's settings, or the bundled model's.")
    ] = Preset.PAPER,
    epochs: Annotated[int | None, typer.Option(min=0, help="Of stage 2.")] = None,
    head_epochs: Annotated[int | None, typer.Option(min=0, help="Of stage 1.")] = None,
    rate: Annotated[float | None, typer.Option(help="Learning rate of stage 2.")] = None,
    dropout: Annotated[float | None, typer.Option(min=0.0, max=0.95)] = None,
    batch: Annotated[int | None, typer.Option(min=1)] = None,
    frozen: Annotated[int | None, typer.Option(help="MobileNet's parts 0..N stay fixed.")] = None,
    views: Annotated[int | None, typer.Option(min=0, help="Crops kept per photo.")] = None,
    members: Annotated[int | None, typer.Option(min=1, help="Runs averaged.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    companions: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Unrated photos (file, folder) that steady the score."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Then train on all photos, held-out ones too.")
    ] = False,
    study: Annotated[
        bool, typer.Option("--study", help="Cross-validate for the card (minutes).")
    ] = False,
    level: Annotated[
        float | None, typer.Option(help="Move the scale: mean score of the photos trained on.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(min=0.1, help="With --level: standard deviation of those scores."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The model's name (default: the folder's).")
    ] = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model on photos people rated; a stopped run goes on when called again."""
    with told_errors(), torch_needed(), progress_bar() as progress:
        from core.training.bundled_card import FACTS
        from core.training.encoders import build_encoder
        from core.training.photos import PhotoReader
        from core.training.settings import PRESETS
        from core.training.workflow import nima_backbone, read_companions, train_model

        settings = _changed(
            PRESETS[preset.value],
            embedding_size=embedding_size,
            epochs=epochs,
            head_epochs=head_epochs,
            rate=rate,
            dropout=dropout,
            batch=batch,
            frozen=frozen,
            views=views,
            members=members,
            seed=seed,
        )
        rated = read_ratings(kind, source, images, tag)
        face = None if settings.embedding_size == 0 else build_encoder(encoder)
        spec, _ = nima_backbone()
        arrays = PhotoReader(spec, face, cache).read([photo.path for photo in rated], progress)
        beside, folders = None, list[str]()
        if companions is not None:
            beside, folders = read_companions(
                absolute(companions), face, cache=cache, progress=progress
            )
        card, trained = train_model(
            rated,
            arrays,
            face,
            settings,
            absolute(out),
            name=name or absolute(out).name,
            everything=everything,
            companions=beside,
            folders=folders,
            studied=study,
            level=level,
            spread=spread,
            facts=FACTS if preset is Preset.BUNDLED else None,
            progress=progress,
        )
        answer = {
            "model": card.model_id,
            "directory": str(absolute(out)),
            "photos": len(rated),
            "epochs": len(trained.history),
            "metrics": [dict(entry) for entry in card.metrics],
            "uncertainty": card.uncertainty.base if card.uncertainty else None,
        }
    if as_json:
        print_json(_finite(answer))
        return
    typer.echo(f"{card.model_id} is in {out}; use it with --model {out}.")
    for entry in card.metrics:
        typer.echo(f"{entry['on']}: SRCC {entry['srcc']:.3f}, LCC {entry['lcc']:.3f}")


def _changed(settings: Settings, **options: Any) -> Settings:
    """The settings with the options that were given."""
    return replace(settings, **{k: v for k, v in options.items() if v is not None})


def evaluate(
    source: SourceArgument,
    model: Annotated[str, typer.Option(metavar="NAME", help="A model or its directory.")] = "fused",
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    threshold: ThresholdOption = 5.5,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a model with people: accuracy, LCC, SRCC and EMD with their intervals."""
    with told_errors(), progress_bar() as progress:
        found = _evaluate(
            model, read_ratings(kind, source, images, tag), threshold, cache, progress
        )
    if as_json:
        print_json(_finite(found.as_dict()))
        return
    for where, figures in (("all photos", found.overall), ("portraits", found.portraits)):
        if figures is None:
            continue
        typer.echo(f"{found.model}, {where}, n = {figures.n}")
        for label, value in (
            (f"accuracy at {figures.threshold:g}", figures.accuracy),
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
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """The paper's table 2: agreement against embedding size, 0 (no face) included, on one set of
    folds; a stopped run with --out goes on when called again."""
    with told_errors(), torch_needed(), progress_bar() as progress:
        from core.training.ablate import SIZES
        from core.training.ablate import ablate as run
        from core.training.encoders import build_encoder
        from core.training.photos import PhotoReader
        from core.training.settings import PRESETS
        from core.training.workflow import nima_backbone, training_set

        face = build_encoder(encoder)
        rated = read_ratings(kind, source, images, tag)
        spec, load = nima_backbone()
        arrays = PhotoReader(spec, face, cache).read([photo.path for photo in rated], progress)
        table = run(
            training_set(rated, arrays),
            arrays.portraits,
            face.name,
            _changed(PRESETS[preset.value], epochs=epochs),
            load,
            sizes=size or SIZES,
            folds=folds,
            threshold=threshold,
            folder=absolute(out) if out else None,
            progress=progress,
        )
    if as_json:
        print_json(_finite(table.as_dict()))
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
    sizes: Annotated[
        bool, typer.Option("--sizes", help="Run the table over embedding sizes, too (minutes).")
    ] = False,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """The paper's figures on your photos, in one HTML file."""
    with told_errors(), progress_bar() as progress:
        from core.inference.cards import find_model
        from core.training.crop_study import crop_study
        from core.training.report import ReportParts, write_report

        rated = read_ratings(kind, source, images, tag)
        names = ["nima"] if model == "nima" else ["nima", model]
        found = [_evaluate(model, rated, threshold, cache, progress)]
        if model != "nima":
            found.insert(0, _evaluate("nima", rated, threshold, cache, progress, found[0]))
        tables, grid = crop_study(find_model(model), found[-1], progress) if crops else ([], None)
        table = _table_of_sizes(rated, threshold, cache, progress) if sizes else None
        write_report(
            ReportParts(
                title=f"{found[-1].model} on {len(rated)} rated photos",
                evaluations=found,
                names=names,
                ablation=table,
                crops=tables,
                adjustment=grid,
            ),
            absolute(out),
        )
    answer = {"out": str(absolute(out)), "models": [e.as_dict() for e in found]}
    answer["crops"] = [c.as_dict() for c in tables]
    if as_json:
        print_json(_finite(answer))
    else:
        typer.echo(f"The report is in {out}.")


def _table_of_sizes(
    rated: list[RatedPhoto],
    threshold: float,
    cache: Path | None,
    progress: Callable[[str, int, int], None],
) -> Any:
    with torch_needed():
        from core.training.ablate import ablate as run
        from core.training.encoders import build_encoder
        from core.training.photos import PhotoReader
        from core.training.settings import ABLATION
        from core.training.workflow import nima_backbone, training_set

        face = build_encoder("faceres")
        spec, load = nima_backbone()
        arrays = PhotoReader(spec, face, cache).read([photo.path for photo in rated], progress)
        return run(
            training_set(rated, arrays),
            arrays.portraits,
            face.name,
            ABLATION,
            load,
            threshold=threshold,
            progress=progress,
        )


def _finite(value: Any) -> Any:
    """JSON has no NaN: an undefined figure becomes null."""
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and value != value:
        return None
    return value


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(ablate)
    app.command()(report)
