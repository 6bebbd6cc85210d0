"""Fit the small network that tells covered faces from bare ones (`core.reasons.covering`).

It reads FaceRes's last map, reduced to its main directions, and learns two things at once: which
places are covered, and whether the face is. ``tests.benchmarks.reasons_probes`` calls it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.domain import FloatArray
from core.reasons.covering import LARGE, LARGER
from core.reasons.reading import SIDE, inside

DIRECTIONS = 160
WIDTH = 24
EPOCHS = 30
BATCH = 64
BARE, HIDDEN = 0.2, 0.6
"""Shares of a place that is covered below and above which it counts as bare or as covered."""


@dataclass(frozen=True)
class Directions:
    """The main directions of places: ``(places - mean) / spread @ vectors``, then scaled."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    vectors: NDArray[np.float32]
    scale: float

    @classmethod
    def of(cls, places: FloatArray) -> Directions:
        """The directions in which places (n, 49, channels) differ most."""
        some = places[::3].reshape(-1, places.shape[-1])[::5]
        mean, spread = some.mean(axis=0), some.std(axis=0) + 0.05
        standard = (some - mean) / spread
        _, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
        vectors = vectors[:, ::-1][:, :DIRECTIONS]
        return cls(mean, spread, vectors, float((standard @ vectors).std()))

    def reduced(self, places: FloatArray) -> Tensor:
        """Maps (n, directions, 7, 7)."""
        found = ((places - self.mean) / self.spread) @ self.vectors / self.scale
        grid = torch.tensor(found.astype(np.float32)).reshape(-1, SIDE, SIDE, DIRECTIONS)
        return grid.permute(0, 3, 1, 2).contiguous()


class CoverModel(nn.Module):
    """The network as it learns; `core.reasons.covering.CoverNet` is the same for use."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(DIRECTIONS, WIDTH, 1)
        self.place = nn.Parameter(torch.zeros(1, WIDTH, SIDE, SIDE))
        self.second = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.mask = nn.Conv2d(WIDTH, 1, 1)
        self.whole = nn.Linear(2 * WIDTH + 3, 1)
        self.inside = torch.tensor(inside().reshape(1, 1, SIDE, SIDE).astype(np.float32))
        self.drop_map, self.drop = nn.Dropout2d(0.3), nn.Dropout(0.3)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds of each place (n, 1, 7, 7) and of the face (n,)."""
        hidden = torch.relu(self.first(self.drop_map(maps)) + self.place)
        hidden = torch.relu(self.second(hidden))
        mask = self.mask(hidden)
        sure = (torch.sigmoid(mask) * self.inside).flatten(1)
        ordered = sure.sort(1).values
        gathered = torch.cat(
            [
                hidden.mean((2, 3)),
                hidden.amax((2, 3)),
                ordered[:, -LARGE:].mean(1, True),
                ordered[:, -LARGER:].mean(1, True),
                sure.sum(1, True) / self.inside.sum(),
            ],
            1,
        )
        return mask, self.whole(self.drop(gathered))[:, 0]


def fit_cover(
    places: FloatArray,
    cover: FloatArray,
    covered: NDArray[np.bool_],
    weights: FloatArray,
    seed: int = 0,
) -> dict[str, NDArray[np.float32]]:
    """The fitted network's arrays, as `core.reasons.covering.CoverNet` wants them.

    Args:
        places: (n, 49, channels).
        cover: the share of each place that is covered, (n, 49).
        covered: which faces are.
        weights: how much each face counts.
        seed: of the beginning and the order.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    directions = Directions.of(places)
    maps, answer = directions.reduced(places), torch.tensor(covered.astype(np.float32))
    share = torch.tensor(cover.astype(np.float32)).reshape(-1, 1, SIDE, SIDE)
    model = CoverModel()
    known = ((share < BARE) | (share > HIDDEN)).float() * model.inside
    label, say = (share > 0.5).float(), torch.tensor(weights.astype(np.float32))
    steps = EPOCHS * (len(maps) // BATCH)
    descent = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.03)
    rate = torch.optim.lr_scheduler.OneCycleLR(descent, 4e-3, steps + 1)
    log_loss = functional.binary_cross_entropy_with_logits
    model.train()
    for _ in range(EPOCHS):
        order = random.permutation(len(maps))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            mask, whole = model(maps[chosen])
            where = known[chosen]
            loss = (log_loss(mask, label[chosen], reduction="none") * where).sum() / where.sum()
            each = log_loss(whole, answer[chosen], reduction="none")
            loss = loss + (each * say[chosen]).mean()
            descent.zero_grad()
            loss.backward()
            descent.step()
            rate.step()
    return arrays(model.eval(), directions)


def arrays(model: CoverModel, directions: Directions) -> dict[str, NDArray[np.float32]]:
    """The reduction and the first layer become one matrix."""

    def array(values: Tensor) -> NDArray[np.float64]:
        return np.asarray(values.detach().numpy(), np.float64)

    first = array(model.first.weight)[:, :, 0, 0]
    matrix = directions.vectors @ first.T / directions.scale / directions.spread[:, None]
    bias = array(model.first.bias) - directions.mean @ matrix
    found = {
        "first": matrix,
        "place": bias + array(model.place)[0].reshape(WIDTH, -1).T,
        "second": array(model.second.weight).transpose(2, 3, 1, 0),
        "second_bias": array(model.second.bias),
        "mask": array(model.mask.weight)[0, :, 0, 0],
        "mask_bias": array(model.mask.bias),
        "whole": array(model.whole.weight)[0],
        "whole_bias": array(model.whole.bias),
    }
    return {f"cover_{name}": np.asarray(values, np.float32) for name, values in found.items()}
