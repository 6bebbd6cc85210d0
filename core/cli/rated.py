"""What the commands about models share: where ratings come from, options, the progress bar."""

from __future__ import annotations

import enum
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UsageError
from core.paths import absolute

if TYPE_CHECKING:
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
FetchOption = Annotated[
    bool, typer.Option("--fetch", help="Let DeepFace download the encoder's weights.")
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


CardOption = Annotated[
    str | None,
    typer.Option("--card", metavar="NAME", help="Write the figures into this model's card, too."),
]


def card_folder(name: str) -> Path:
    """The folder of a model whose card is to take figures. Raises ``UsageError``: it is packed."""
    from core.inference.cards import find_model

    folder = find_model(name).directory
    if not isinstance(folder, Path):
        raise UsageError(f"The model {name} is packed; its card can't be written.")
    return folder


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


def changed(settings: Settings, **options: Any) -> Settings:
    """The settings with the options that were given."""
    return replace(settings, **{k: v for k, v in options.items() if v is not None})


def finite(value: Any) -> Any:
    """JSON has no NaN: an undefined figure becomes null."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if isinstance(value, float) and value != value:
        return None
    return value
