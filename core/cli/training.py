"""Command train: a model of one's own from photos that people rated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli import judging
from core.cli.rated import (
    CacheOption,
    EncoderOption,
    FetchOption,
    ImagesOption,
    KindOption,
    Preset,
    RatingsKind,
    SourceArgument,
    TagsOption,
    changed,
    finite,
    progress_bar,
    read_ratings,
    torch_needed,
)
from core.cli.session import JsonOption, print_json, told_errors
from core.paths import absolute


def train(
    source: SourceArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The model's directory.")],
    kind: KindOption = RatingsKind.CSV,
    images: ImagesOption = None,
    tag: TagsOption = None,
    encoder: EncoderOption = "faceres",
    fetch: FetchOption = False,
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

        settings = changed(
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
        face = None if settings.embedding_size == 0 else build_encoder(encoder, fetch=fetch)
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
        print_json(finite(answer))
        return
    typer.echo(f"{card.model_id} is in {out}; use it with --model {out}.")
    for entry in card.metrics:
        typer.echo(f"{entry['on']}: SRCC {entry['srcc']:.3f}, LCC {entry['lcc']:.3f}")


def register(app: typer.Typer) -> None:
    """Add the commands about models of one's own to the program."""
    app.command()(train)
    judging.register(app)
