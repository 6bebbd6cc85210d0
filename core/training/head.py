"""Stage 1: the dense layer over scene and face, on frozen features (the paper, section 4)."""

from __future__ import annotations

from copy import copy

import numpy as np
import torch
from torch import Tensor

from core.domain import ImageArray
from core.training.losses import emd_loss
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, silent
from core.training.samples import Companions, Index, TrainingSet, Views, to_tensor
from core.training.settings import Settings

DRAWS = 4
"""Views of each photo where none are kept."""


def penalised_loss(
    network: FusedNetwork, logits: Tensor, target: Tensor, weights: Tensor | None, penalty: float
) -> Tensor:
    """The distance to people's ratings and the dense layer's L2 penalty."""
    loss = emd_loss(logits, target, weights)
    return loss + penalty * network.dense.weight.pow(2).sum() if penalty else loss


def photo_weights(photos: TrainingSet, train: Index, face_weight: float) -> Tensor | None:
    """(n,) weights of all photos, of mean 1 over the training photos; ``None`` if all are equal."""
    if face_weight == 1.0:
        return None
    weights = np.where(photos.descriptors.any(axis=1), face_weight, 1.0)
    return torch.from_numpy(np.float32(weights / weights[train].mean()))


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
        self._sides = torch.from_numpy(companions.sides.astype(np.float32))
        self._inputs: list[Tensor] = []
        self._weigh_sides()

    def _weigh_sides(self) -> None:
        ones, others = (self._sides > 0).float(), (self._sides < 0).float()
        self._contrast = ones / ones.sum().clamp_min(1) - others / others.sum().clamp_min(1)
        self._two_sided = bool(ones.any() and others.any())

    def only(self, chosen: Index) -> Steadying:
        """The same terms over some of the companions, so that the others can judge them."""
        part = copy(self)
        which = torch.from_numpy(chosen)
        part._features = [features[which] for features in self._features]
        part._descriptors, part._sides = self._descriptors[which], self._sides[which]
        part._weigh_sides()
        return part

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
    weights = photo_weights(photos, train, settings.face_weight)
    if weights is not None:
        weights = weights[torch.from_numpy(train)].repeat(draws)
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
            loss = penalised_loss(network, dense(inputs), targets, weights, settings.penalty)
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
        for part in batches(generator.permutation(view), settings.batch):
            adam.zero_grad()
            logits = dense(network.dropout(inputs[part]))
            counted = None if weights is None else weights[part]
            loss = penalised_loss(network, logits, targets[part], counted, settings.penalty)
            if steadying is not None:
                loss = loss + steadying.loss(dense)
            loss.backward()
            adam.step()
        progress("stage 1", epoch + 1, settings.head_epochs)


def batches(order: Index, size: int) -> list[Index]:
    return [order[start : start + size] for start in range(0, len(order), size)]
