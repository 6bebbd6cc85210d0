"""Model cards: what a model is and how it must be fed, read from ``card.toml`` beside the graph.

Everything that decides a model's input (size, filter, colour order, normalisation) is read from
here by training and by the program alike, so that the two can't drift apart.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from core.errors import ModelError

CARD_FILE = "card.toml"
AESTHETICS = "aesthetics"
LFS_POINTER = b"version https://git-lfs"
FILTERS = frozenset({"nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "area"})
LAYOUTS = frozenset({"NCHW", "NHWC"})
COLORS = frozenset({"RGB", "BGR"})
FACTS = (
    "face", "speed", "ablation", "ablation_paper", "crops", "lower_bound", "faithfulness",
    "folders", "training",
)  # fmt: skip
"""What a card may tell beyond the fields below: what is done about faces, time per photo, agreement
by size of the face's descriptor (quick and with the paper's settings), crops scored alone and their
score as a lower bound, whether maps tell the truth, the mean of two folders of portraits, settings
of training."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """A picture the model wants: ``(pixel - mean) * scale`` per channel, in ``color`` order.

    ``filter`` names a Pillow resampling filter, or ``area`` OpenCV's; pixels are 0..255 before
    normalisation.
    """

    name: str
    width: int
    height: int
    layout: str
    color: str
    filter: str
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class VectorInput:
    """A vector the model wants: a face descriptor made by ``encoder``; zeros mean "no face"."""

    name: str
    length: int
    encoder: str


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its shape without the batch dimension."""

    name: str
    shape: tuple[int, ...]
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class UncertaintyRule:
    """Half-width within which two scores are too close to call, in score units.

    ``base + per_std * std`` of the predicted distribution, never below 0; both coefficients are
    fitted on photos the model did not see.
    """

    base: float
    per_std: float = 0.0

    def half_width(self, std: float) -> float:
        """For a prediction whose distribution has standard deviation ``std``."""
        return max(0.0, self.base + self.per_std * std)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model. ``kind``: aesthetics, face_detector, face_descriptor, face_mesh or eye_mesh."""

    directory: Traversable = field(repr=False)
    name: str
    title: str
    version: str
    kind: str
    file: str
    sha256: str
    bytes: int
    images: tuple[ImageInput, ...]
    vectors: tuple[VectorInput, ...]
    outputs: tuple[Output, ...]
    licence: str = ""
    credit: str = ""
    source: str = ""
    training_data: str = ""
    metrics: tuple[Mapping[str, Any], ...] = ()
    limits: tuple[str, ...] = ()
    scale: str = ""  # how the scores are to be read
    faults: tuple[Mapping[str, Any], ...] = ()  # what became of photos that were spoiled on purpose
    uncertainty: UncertaintyRule | None = None
    crop_scale: float | None = None  # side of the face crop it wants, in sides of the face's box
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)  # of `FACTS`, as they stand
    made_of: str | None = None  # sha256 of the exact graph, where this is its 8-bit form

    @property
    def model_id(self) -> str:
        """Names the model *and* its weights: scores of another id are not comparable."""
        return f"{self.name}-{self.version}-{(self.made_of or self.sha256)[:8]}"

    @property
    def image(self) -> ImageInput:
        """The one picture the model takes."""
        return self.images[0]

    @property
    def descriptor(self) -> VectorInput | None:
        """The face descriptor the model takes, or ``None`` if it looks at the scene alone."""
        return self.vectors[0] if self.vectors else None

    def has_output(self, name: str) -> bool:
        """Whether the graph gives an output of that name."""
        return any(output.name == name for output in self.outputs)

    def graph(self) -> Traversable:
        """The graph's file, checked against ``sha256`` (once per process while it is unchanged).

        Raises:
            ModelError: the file is missing, cut short, a text pointer, or has other content.
        """
        file = self.directory / self.file
        if isinstance(file, Path):
            try:
                facts = file.stat()
            except OSError as error:
                raise ModelError(
                    f"The model file {file} is missing; reinstall the program or restore the file."
                ) from error
            _check_path(file, facts.st_size, facts.st_mtime_ns, self.bytes, self.sha256)
        else:
            try:
                content = file.read_bytes()
            except OSError as error:
                raise ModelError(f"The model file {file} is missing.") from error
            _check_content(str(file), content[:64], len(content), self.bytes)
            _check_digest(str(file), hashlib.sha256(content).hexdigest(), self.sha256)
        return file


def load_card(directory: Traversable) -> ModelCard:
    """Read ``card.toml`` in ``directory``. The graph itself is not looked at.

    Raises:
        ModelError: there is no card, or it can't be understood; names the card's file.
    """
    file = directory / CARD_FILE
    try:
        card = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"There is no model card {file}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"The model card {file} can't be read: {error}.") from error
    try:
        return _parse(directory, card)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"The model card {file} is not usable: {reason}.") from error


def bundled_models(kind: str | None = AESTHETICS) -> tuple[ModelCard, ...]:
    """Cards of the models that ship with the program, by name; of one kind, or all (``None``)."""
    folders = sorted(
        (folder for folder in _bundle().iterdir() if (folder / CARD_FILE).is_file()),
        key=lambda folder: folder.name,
    )
    cards = (load_card(folder) for folder in folders)
    return tuple(card for card in cards if kind is None or card.kind == kind)


def model_name(model_id: str) -> str:
    """The name in a ``ModelCard.model_id``."""
    return model_id.rsplit("-", 2)[0]


def find_model(name_or_directory: str | Path) -> ModelCard:
    """The bundled model of that name, or the model in that directory.

    Raises:
        ModelError: there is neither.
    """
    bundled = _bundle() / str(name_or_directory)
    plain_name = Path(name_or_directory).name == str(name_or_directory)
    if plain_name and (bundled / CARD_FILE).is_file():
        return load_card(bundled)
    directory = Path(name_or_directory).expanduser()
    if directory.is_dir():
        return load_card(directory)
    known = ", ".join(card.name for card in bundled_models())
    raise ModelError(
        f"There is no model “{name_or_directory}”; give the folder of a trained model "
        f"or one of: {known}."
    )


def _bundle() -> Traversable:
    return resources.files("resources") / "models"


def _parse(directory: Traversable, card: Mapping[str, Any]) -> ModelCard:
    images, vectors = [], []
    for entry in card["inputs"]:
        if entry["kind"] == "image":
            images.append(_parse_image(entry))
        elif entry["kind"] == "descriptor":
            vectors.append(VectorInput(entry["name"], int(entry["length"]), entry["encoder"]))
        else:
            raise ValueError(f"unknown kind of input “{entry['kind']}”")
    if not images:
        raise ValueError("it names no image input")
    rule = card.get("uncertainty")
    return ModelCard(
        directory=directory,
        name=str(card["name"]),
        title=str(card.get("title", card["name"])),
        version=str(card["version"]),
        kind=str(card["kind"]),
        file=_one_of_folder(str(card["file"])),
        sha256=str(card["sha256"]).lower(),
        bytes=int(card["bytes"]),
        images=tuple(images),
        vectors=tuple(vectors),
        outputs=tuple(
            Output(o["name"], tuple(int(n) for n in o["shape"]), o.get("meaning", ""))
            for o in card["outputs"]
        ),
        licence=card.get("licence", ""),
        credit=card.get("credit", ""),
        source=card.get("source", ""),
        training_data=card.get("training_data", ""),
        metrics=tuple(card.get("metrics", ())),
        limits=tuple(card.get("limits", ())),
        scale=card.get("scale", ""),
        faults=tuple(card.get("faults", ())),
        uncertainty=UncertaintyRule(float(rule["base"]), float(rule.get("per_std", 0.0)))
        if rule
        else None,
        facts={name: card[name] for name in FACTS if name in card},
        crop_scale=float(card["crop"]["box_scale"]) if "crop" in card else None,
    )


def _parse_image(entry: Mapping[str, Any]) -> ImageInput:
    height, width = entry["size"]
    mean, scale = (tuple(float(v) for v in entry[key]) for key in ("mean", "scale"))
    if len(mean) != 3 or len(scale) != 3:
        raise ValueError("mean and scale need three numbers each")
    return ImageInput(
        name=entry["name"],
        width=int(width),
        height=int(height),
        layout=_known(entry["layout"], LAYOUTS, "layout"),
        color=_known(entry["color"], COLORS, "colour order"),
        filter=_known(entry["filter"], FILTERS, "filter"),
        mean=mean,
        scale=scale,
    )


def _known(value: str, known: frozenset[str], what: str) -> str:
    if value not in known:
        raise ValueError(f"unknown {what} “{value}”; known are {', '.join(sorted(known))}")
    return value


def _one_of_folder(name: str) -> str:
    if name in {"", ".", ".."} or "/" in name or "\\" in name:
        raise ValueError(f"“{name}” is not a file beside the card")
    return name


@functools.lru_cache(maxsize=64)
def _check_path(file: Path, size: int, mtime_ns: int, expected_size: int, sha256: str) -> None:
    """Raise if the file differs; only a pass is remembered, for as long as the file is the same."""
    try:
        with file.open("rb") as stream:
            head = stream.read(64)
            _check_content(str(file), head, size, expected_size)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {file} can't be read: {error.strerror}.") from error
    _check_digest(str(file), digest, sha256)


def _check_content(file: str, head: bytes, size: int, expected_size: int) -> None:
    if head.startswith(LFS_POINTER):
        raise ModelError(
            f"The model file {file} is only a pointer to the model (Git LFS), not the model; "
            "fetch it with “git lfs pull” or reinstall the program."
        )
    if size != expected_size:
        how = "cut short" if size < expected_size else "too long"
        raise ModelError(
            f"The model file {file} is {how} ({size:,} bytes instead of {expected_size:,}); "
            "reinstall the program or restore the file."
        )


def _check_digest(file: str, digest: str, expected: str) -> None:
    if digest != expected:
        raise ModelError(
            f"The model file {file} is damaged: its checksum is not the one on its card; "
            "reinstall the program or restore the file."
        )
