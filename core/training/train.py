"""Two-stage training: the new dense layer first, then the network (the paper, section 4)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from core.domain import ImageArray
from core.errors import UsageError
from core.training.checkpoint import Run, Weights, resume, store
from core.training.head import Steadying, batches, fit_head, penalised_loss, photo_weights
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, silent
from core.training.samples import CHUNK, Companions, Index, TrainingSet, Views, to_tensor
from core.training.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Trained:
    """A trained network and what happened: one entry per epoch."""

    network: FusedNetwork
    history: list[dict[str, float]]


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


@torch.no_grad()
def picture_logits(
    network: FusedNetwork, pictures: ImageArray, descriptors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(n, 10) logits of uint8 (n, 224, 224, 3) pictures, a few at a time."""
    network.eval()
    parts = []
    for start in range(0, len(pictures), CHUNK):
        face = torch.from_numpy(descriptors[start : start + CHUNK])
        parts.append(network(to_tensor(pictures[start : start + CHUNK]), face).double().numpy())
    return np.concatenate(parts)


def predict_pictures(
    network: FusedNetwork, pictures: ImageArray, descriptors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(n, 10) distributions of uint8 (n, 224, 224, 3) pictures."""
    logits = torch.from_numpy(picture_logits(network, pictures, descriptors))
    return cast(NDArray[np.float64], logits.softmax(dim=1).numpy())


def held_out_distance(
    network: FusedNetwork, views: Views, photos: TrainingSet, held: Index
) -> float:
    """Mean earth mover's distance (r = 2) on held-out photos."""
    gap = np.cumsum(predict(network, views, photos, held) - photos.targets[held], axis=1)
    return float(np.sqrt((gap**2).mean(axis=1)).mean())


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
    state = resume(folder, settings, photos, train_indices)
    history: list[dict[str, float]] = state["history"]
    if state["start"] is None:
        if steadying is None and companions is not None and len(companions):
            steadying = Steadying(companions, network, settings, progress)
        fit_head(network, views, photos, train_indices, settings, steadying, progress)
        state["start"] = _copy(network)
        store(folder, state)
    members: list[Weights] = state["members"]
    while len(members) < settings.members:
        network.load_state_dict(state["start"])
        run = Run(**state["run"]) if state["run"] else Run()
        members.append(
            _second_stage(
                network, views, photos, train_indices, held, settings, run, state, folder, progress
            )
        )
        state["run"], state["current"], state["optimizer"] = None, None, None
        store(folder, state)
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
    run: Run,
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
    weights = photo_weights(photos, train_indices, settings.face_weight)
    descriptors = torch.from_numpy(photos.descriptors)
    while run.epoch < settings.epochs:
        if settings.patience and len(held) and run.waited >= settings.patience:
            break
        run.epoch += 1
        generator = np.random.default_rng((settings.seed, 2, member, run.epoch))
        torch.manual_seed(settings.seed * 100_003 + member * 1009 + run.epoch)
        network.train()
        total = 0.0
        parts = batches(generator.permutation(train_indices), settings.batch)
        for number, part in enumerate(parts):
            optimizer.zero_grad()
            logits = network(views.draw(part, generator), descriptors[part], settings.frozen)
            counted = None if weights is None else weights[part]
            loss = penalised_loss(network, logits, targets[part], counted, settings.penalty)
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
        state["run"] = {name: getattr(run, name) for name in Run.__slots__}
        state["current"], state["optimizer"] = current, optimizer.state_dict()
        store(folder, state)
        logger.info("stage 2: %s", entry)
    return run.best or run.average or _copy(network)
