"""Two-stage training: the new dense layer first, then the network (the paper, section 4)."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.domain import ImageArray
from core.errors import UsageError
from core.training.losses import emd_loss
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, random_crops, silent
from core.training.settings import Settings

logger = logging.getLogger(__name__)

SIDE = 224
CHUNK = 64
DRAWS = 4
"""Views of each photo in stage 1 where none are kept."""

CHECKPOINT = "checkpoint.pt"

Weights = dict[str, Tensor]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Photos ready for training, all arrays in one order.

    ``stored`` uint8 (n, 256, 256, 3) to cut crops from, ``whole`` uint8 (n, 224, 224, 3) as the
    program sees them, ``descriptors`` float32 (n, width), zeros without a face, ``targets``
    float32 (n, 10), ``groups`` what must stay on one side of a split.
    """

    stored: ImageArray = field(repr=False)
    whole: ImageArray = field(repr=False)
    descriptors: NDArray[np.float32] = field(repr=False)
    targets: NDArray[np.float32] = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True)
class Companions:
    """Unrated photos that steady stage 1: degraded copies must not score above them, and two
    folders of them must not drift apart.

    ``whole`` uint8 (m, 224, 224, 3), ``faulty`` per kind of fault the same shape, ``descriptors``
    float32 (m, width), ``sides`` (m,) 1 or -1 for the two folders, 0 for neither.
    """

    whole: ImageArray = field(repr=False)
    faulty: tuple[ImageArray, ...] = field(repr=False)
    descriptors: NDArray[np.float32] = field(repr=False)
    sides: NDArray[np.int8] = field(repr=False)

    def __len__(self) -> int:
        return len(self.whole)


@dataclass(slots=True)
class Trained:
    """A trained network and what happened: one entry per epoch."""

    network: FusedNetwork
    history: list[dict[str, float]]


def to_tensor(batch: ImageArray) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, h, w) in -1..1, as NIMA's card normalises."""
    values = torch.from_numpy(np.ascontiguousarray(batch)).permute(0, 3, 1, 2).float()
    return (values / 127.5 - 1.0).contiguous(memory_format=torch.channels_last)


class Views:
    """What the trained parts see of each photo: crops, behind the frozen parts.

    With ``settings.views`` crops are drawn once and run through the frozen parts once; the first
    two views are then the whole photo and its mirror image. Otherwise each batch draws fresh ones.
    """

    def __init__(
        self, photos: TrainingSet, network: FusedNetwork, settings: Settings, progress: Progress
    ) -> None:
        self._photos, self._network, self.frozen = photos, network, settings.frozen
        self._kept: list[Tensor] = []
        generator = np.random.default_rng(settings.seed)
        pictures = [photos.whole, photos.whole[:, :, ::-1]] if settings.views else []
        for number in range(len(pictures) + settings.views):
            picture = (
                pictures[number]
                if number < len(pictures)
                else random_crops(photos.stored, SIDE, generator)
            )
            self._kept.append(self._lower(picture))
            progress("preparing crops", number + 1, len(pictures) + settings.views)

    def _lower(self, pictures: ImageArray) -> Tensor:
        parts = []
        with torch.no_grad():
            for start in range(0, len(pictures), CHUNK):
                image = to_tensor(pictures[start : start + CHUNK])
                parts.append(self._network.backbone.lower(image, self.frozen).half())
        return torch.cat(parts)

    def draw(self, indices: Index, generator: np.random.Generator) -> Tensor:
        """One random view of each photo, (n, channels, h, w)."""
        if self._kept:
            chosen = generator.integers(0, len(self._kept), len(indices))
            picked = torch.stack(
                [self._kept[v][i] for v, i in zip(chosen, indices.tolist(), strict=True)]
            )
            return picked.float().contiguous(memory_format=torch.channels_last)
        image = to_tensor(random_crops(self._photos.stored[indices], SIDE, generator))
        with torch.no_grad():
            return self._network.backbone.lower(image, self.frozen)

    def whole(self, indices: Index) -> Tensor:
        """The photos as the program will see them."""
        if self._kept:
            return self._kept[0][torch.from_numpy(indices)].float()
        with torch.no_grad():
            return self._network.backbone.lower(to_tensor(self._photos.whole[indices]), self.frozen)

    def features(
        self, network: FusedNetwork, indices: Index, draws: int, generator: np.random.Generator
    ) -> Tensor:
        """(k * n, 1024) pooled features: of the whole photos, then of each kept view in turn, or
        of ``draws - 1`` fresh ones."""
        rounds = []
        for number in range(len(self._kept) or draws):
            for part in np.array_split(indices, max(1, len(indices) // CHUNK)):
                if self._kept:
                    seen = self._kept[number][torch.from_numpy(part)].float()
                else:
                    seen = self.whole(part) if number == 0 else self.draw(part, generator)
                with torch.no_grad():
                    rounds.append(network.pooled(seen, self.frozen))
        return torch.cat(rounds)


def principal_axes(descriptors: NDArray[np.float32], size: int | None) -> NDArray[np.float32]:
    """(size, width) principal axes of the descriptors of photos with a face, largest first.

    Axes beyond what the faces span are left at random orthonormal directions by the SVD, so any
    size up to the width can be had. Raises ``UsageError`` for a larger one.
    """
    width = descriptors.shape[1]
    size = width if size is None else size
    if size > width:
        raise UsageError(f"The encoder gives {width} numbers; {size} can't be made of them.")
    faces = descriptors[np.abs(descriptors).sum(axis=1) > 0]
    if size == width or len(faces) < 2:
        return np.eye(width, dtype=np.float32)[:size]
    centered = faces - faces.mean(axis=0)
    _, _, axes = np.linalg.svd(centered, full_matrices=size > min(centered.shape))
    return np.asarray(axes[:size], np.float32)


def new_network(
    photos: TrainingSet,
    train: Index,
    settings: Settings,
    load_backbone: Callable[[FusedNetwork], None],
) -> FusedNetwork:
    """An untrained network on a loaded backbone, its projection fitted on the training faces."""
    torch.manual_seed(settings.seed)
    projection = None
    if settings.embedding_size != 0 and photos.descriptors.shape[1]:
        descriptors = photos.descriptors[train]
        faces = descriptors[np.abs(descriptors).sum(axis=1) > 0]
        spread = float(faces.std(axis=0).mean()) if len(faces) > 1 else 1.0
        axes = principal_axes(descriptors, settings.embedding_size)
        projection = axes * np.float32(settings.face_scale / max(spread, 1e-6))
    network = FusedNetwork(projection, settings.dropout)
    load_backbone(network)
    return network.to(memory_format=torch.channels_last)


def _loss(network: FusedNetwork, logits: Tensor, target: Tensor, penalty: float) -> Tensor:
    loss = emd_loss(logits, target)
    return loss + penalty * network.dense.weight.pow(2).sum() if penalty else loss


class Steadying:
    """The companions' terms of stage 1's loss, on features computed once."""

    def __init__(
        self, companions: Companions, network: FusedNetwork, settings: Settings, progress: Progress
    ) -> None:
        self._settings = settings
        self._levels = torch.arange(1.0, 11.0)
        pictures = [companions.whole, *companions.faulty]
        self._features = []
        for number, picture in enumerate(pictures):
            self._features.append(whole_features(network, picture))
            progress("preparing companions", number + 1, len(pictures))
        self._descriptors = torch.from_numpy(companions.descriptors)
        sides = torch.from_numpy(companions.sides.astype(np.float32))
        ones, others = (sides > 0).float(), (sides < 0).float()
        self._contrast = ones / ones.sum().clamp_min(1) - others / others.sum().clamp_min(1)
        self._two_sided = bool(ones.any() and others.any())
        self._inputs: list[Tensor] = []

    def center_on(self, network: FusedNetwork) -> None:
        """Take the dense layer's scale and centre, once they are known."""
        self._inputs = [network.joined(f, self._descriptors) for f in self._features]

    def loss(self, dense: torch.nn.Linear) -> Tensor:
        """Squared hinges of the degraded copies and the squared excess of the folders' gap."""
        settings = self._settings
        clean, *faulty = [dense(i).softmax(dim=1) @ self._levels for i in self._inputs]
        total = torch.zeros(())
        for scores in faulty:
            hinge = torch.relu(settings.fault_margin + scores - clean)
            total = total + settings.fault_weight / len(faulty) * hinge.pow(2).mean()
        if self._two_sided and settings.balance_weight:
            gap = (clean * self._contrast).sum().abs()
            excess = torch.relu(gap - settings.balance_gap)
            total = total + settings.balance_weight * excess.pow(2)
        return total


@torch.no_grad()
def whole_features(network: FusedNetwork, pictures: ImageArray) -> Tensor:
    """(n, 1024) pooled features of uint8 (n, 224, 224, 3) pictures."""
    parts = [
        network.pooled(to_tensor(pictures[start : start + 16]))
        for start in range(0, len(pictures), 16)
    ]
    return torch.cat(parts)


def fit_head(
    network: FusedNetwork,
    views: Views,
    photos: TrainingSet,
    train: Index,
    settings: Settings,
    steadying: Steadying | None = None,
    progress: Progress = silent,
) -> None:
    """Stage 1: the dense layer on frozen features."""
    generator = np.random.default_rng((settings.seed, 1))
    features = views.features(network, train, DRAWS, generator)
    draws = len(features) // len(train)
    descriptors = torch.from_numpy(photos.descriptors[train]).repeat(draws, 1)
    targets = torch.from_numpy(photos.targets[train]).repeat(draws, 1)
    network.feature_scale.fill_(1.0 / float(features[: len(train)].std(dim=0).mean()))
    network.center.zero_()
    inputs = network.joined(features, descriptors)
    network.center.copy_(inputs.mean(dim=0))
    inputs = inputs - network.center
    if steadying is not None:
        steadying.center_on(network)
    dense = network.dense
    differences = inputs[len(train) :] - inputs[: len(train)].repeat(draws - 1, 1)
    with torch.no_grad():
        dense.weight.zero_()
        dense.bias.copy_(targets.mean(dim=0).clamp_min(1e-4).log())
    if settings.solver == "convex":
        optimizer = torch.optim.LBFGS(
            dense.parameters(), max_iter=80, history_size=10, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = _loss(network, dense(inputs), targets, settings.penalty)
            if settings.invariance:
                unsteady = differences @ dense.weight.T
                loss = loss + settings.invariance * unsteady.pow(2).mean()
            if steadying is not None:
                loss = loss + steadying.loss(dense)
            loss.backward()
            return loss

        optimizer.step(closure)
        progress("stage 1", 1, 1)
        return
    adam = torch.optim.Adam(dense.parameters(), lr=settings.head_rate)
    network.train()
    torch.manual_seed(settings.seed)
    for epoch in range(settings.head_epochs):
        view = generator.integers(0, draws, len(train)) * len(train) + np.arange(len(train))
        for part in _batches(generator.permutation(view), settings.batch):
            adam.zero_grad()
            logits = dense(network.dropout(inputs[part]))
            loss = _loss(network, logits, targets[part], settings.penalty)
            if steadying is not None:
                loss = loss + steadying.loss(dense)
            loss.backward()
            adam.step()
        progress("stage 1", epoch + 1, settings.head_epochs)


def _batches(order: Index, size: int) -> list[Index]:
    return [order[start : start + size] for start in range(0, len(order), size)]


@torch.no_grad()
def predict(
    network: FusedNetwork, views: Views, photos: TrainingSet, indices: Index
) -> NDArray[np.float64]:
    """(n, 10) distributions of whole photos."""
    network.eval()
    parts = []
    for part in np.array_split(indices, max(1, len(indices) // CHUNK)):
        descriptors = torch.from_numpy(photos.descriptors[part])
        logits = network(views.whole(part), descriptors, views.frozen)
        parts.append(logits.double().softmax(dim=1).numpy())
    return np.concatenate(parts)


def held_out_distance(
    network: FusedNetwork, views: Views, photos: TrainingSet, held: Index
) -> float:
    """Mean earth mover's distance (r = 2) on held-out photos."""
    gap = np.cumsum(predict(network, views, photos, held) - photos.targets[held], axis=1)
    return float(np.sqrt((gap**2).mean(axis=1)).mean())


@dataclass(slots=True)
class _Run:
    """Where stage 2 of one member stands; everything a checkpoint needs."""

    epoch: int = 0
    averaged: int = 0
    average: Weights = field(default_factory=dict)
    best: Weights = field(default_factory=dict)
    best_distance: float = float("inf")
    waited: int = 0


def _trainable(network: FusedNetwork, frozen: int) -> list[torch.nn.Parameter]:
    backbone = network.backbone
    chosen = [] if frozen >= 0 else list(backbone.stem.parameters())
    for block in backbone.blocks[max(frozen, 0) :]:
        chosen += list(block.parameters())
    return chosen + list(network.dense.parameters())


def _copy(network: FusedNetwork) -> Weights:
    return {name: values.clone() for name, values in network.state_dict().items()}


def train(
    photos: TrainingSet,
    train_indices: Index,
    held: Index,
    settings: Settings,
    load_backbone: Callable[[FusedNetwork], None],
    *,
    folder: Path | None = None,
    views: Views | None = None,
    companions: Companions | None = None,
    steadying: Steadying | None = None,
    progress: Progress = silent,
) -> Trained:
    """Both stages. With ``folder`` an interrupted run goes on where it stopped.

    ``held`` may be empty: then nothing stops early and no epoch is preferred. Equal seeds give
    equal networks, resumed or not. Raises ``UsageError`` when the checkpoint in ``folder`` was
    made with other settings or photos. ``views`` of an earlier run with the same backbone, frozen
    parts and photos may be handed on, and ``steadying`` in place of ``companions`` likewise.
    """
    torch.set_flush_denormal(True)
    network = new_network(photos, train_indices, settings, load_backbone)
    views = views or Views(photos, network, settings, progress)
    state = _resume(folder, settings, photos, train_indices)
    history: list[dict[str, float]] = state["history"]
    if state["start"] is None:
        if steadying is None and companions is not None and len(companions):
            steadying = Steadying(companions, network, settings, progress)
        fit_head(network, views, photos, train_indices, settings, steadying, progress)
        state["start"] = _copy(network)
        _store(folder, state)
    members: list[Weights] = state["members"]
    while len(members) < settings.members:
        network.load_state_dict(state["start"])
        run = _Run(**state["run"]) if state["run"] else _Run()
        members.append(
            _second_stage(
                network, views, photos, train_indices, held, settings, run, state, folder, progress
            )
        )
        state["run"], state["current"], state["optimizer"] = None, None, None
        _store(folder, state)
    soup = {
        name: torch.stack([member[name].double() for member in members]).mean(dim=0).float()
        for name in members[0]
    }
    network.load_state_dict(soup)
    network.eval()
    return Trained(network, history)


def _second_stage(
    network: FusedNetwork,
    views: Views,
    photos: TrainingSet,
    train_indices: Index,
    held: Index,
    settings: Settings,
    run: _Run,
    state: dict[str, Any],
    folder: Path | None,
    progress: Progress,
) -> Weights:
    """Stage 2 of one member; returns its averaged (or best) weights."""
    member = len(state["members"])
    optimizer = torch.optim.Adam(_trainable(network, settings.frozen), lr=settings.rate)
    if state["current"] is not None:
        network.load_state_dict(state["current"])
        optimizer.load_state_dict(state["optimizer"])
    targets = torch.from_numpy(photos.targets)
    descriptors = torch.from_numpy(photos.descriptors)
    while run.epoch < settings.epochs:
        if settings.patience and len(held) and run.waited >= settings.patience:
            break
        run.epoch += 1
        generator = np.random.default_rng((settings.seed, 2, member, run.epoch))
        torch.manual_seed(settings.seed * 100_003 + member * 1009 + run.epoch)
        network.train()
        total = 0.0
        parts = _batches(generator.permutation(train_indices), settings.batch)
        for number, part in enumerate(parts):
            optimizer.zero_grad()
            logits = network(views.draw(part, generator), descriptors[part], settings.frozen)
            loss = _loss(network, logits, targets[part], settings.penalty)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
            progress(
                f"stage 2, run {member + 1} of {settings.members}",
                (run.epoch - 1) * len(parts) + number + 1,
                settings.epochs * len(parts),
            )
        entry = {
            "member": float(member),
            "epoch": float(run.epoch),
            "loss": total / max(1, len(train_indices)),
        }
        current = _copy(network)
        if settings.average_from and run.epoch >= settings.average_from:
            run.averaged += 1
            run.average = {
                name: values + (current[name] - values) / run.averaged
                for name, values in (run.average or current).items()
            }
        if len(held):
            if run.average:
                network.load_state_dict(run.average)
            distance = held_out_distance(network, views, photos, held)
            entry["held_out_emd"] = distance
            run.waited += 1
            if distance < run.best_distance:
                run.best_distance, run.waited, run.best = distance, 0, _copy(network)
            network.load_state_dict(current)
        state["history"].append(entry)
        state["run"] = {name: getattr(run, name) for name in _Run.__slots__}
        state["current"], state["optimizer"] = current, optimizer.state_dict()
        _store(folder, state)
        logger.info("stage 2: %s", entry)
    return run.best or run.average or _copy(network)


def _resume(
    folder: Path | None, settings: Settings, photos: TrainingSet, train_indices: Index
) -> dict[str, Any]:
    """The checkpoint's state, or a fresh one."""
    signature = {
        "settings": settings.as_dict(),
        "photos": len(photos),
        "train": [int(i) for i in train_indices],
        "ratings": float(np.asarray(photos.targets, np.float64).sum(axis=0) @ np.arange(10)),
    }
    fresh: dict[str, Any] = {
        "signature": signature,
        "start": None,
        "history": [],
        "members": [],
        "run": None,
        "current": None,
        "optimizer": None,
    }
    file = None if folder is None else folder / CHECKPOINT
    if file is None or not file.is_file():
        return fresh
    try:
        found: dict[str, Any] = torch.load(file, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UsageError(
            f"The checkpoint {file} can't be read; delete it to start anew."
        ) from error
    if found.get("signature") != signature:
        raise UsageError(
            f"{folder} holds a run with other settings or photos; choose another folder or "
            f"delete {CHECKPOINT} there."
        )
    return found


def _store(folder: Path | None, state: dict[str, Any]) -> None:
    """Written aside and renamed: an interruption leaves the last whole checkpoint."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{CHECKPOINT}.part"
    torch.save(state, aside)
    aside.replace(folder / CHECKPOINT)
