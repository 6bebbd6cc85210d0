"""What training sees: rated photos, unrated companions, and the crops that are drawn of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.domain import ImageArray
from core.training.networks import FusedNetwork
from core.training.pixels import Progress, random_crops
from core.training.settings import Settings

SIDE = 224
CHUNK = 64

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
