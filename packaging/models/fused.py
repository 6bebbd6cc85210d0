"""The fused model trained again from rated photos, and compared with the one that is bundled.

Training's sums are ordered by the number of threads and the processor, so another machine gives
weights that differ in their last digits; what must agree is what the two models say of photos.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.cli import main as albumen
from core.inference.cards import load_card
from core.training.evaluate import encoder_of, predict_arrays
from core.training.metrics import mean_scores, srcc
from core.training.photos import PhotoArrays, PhotoReader

RECIPE = "--preset bundled --everything --study --level 5 --spread 0.6 --name fused"
FILES = (
    "model.onnx", "backward.onnx", "card.toml", "trained_on.txt", "model.int8.onnx", "int8.toml",
)  # fmt: skip
LARGEST, MEAN, ORDER = 0.1, 0.01, 0.999
"""The tolerance: largest and mean difference of mean scores (the scale is 1..10), and the least
rank correlation, over the photos trained on and the companions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How two models' mean scores differ on the same photos."""

    photos: int
    largest: float
    mean: float
    order: float

    @property
    def tolerable(self) -> bool:
        """Whether the one reproduces the other."""
        return self.largest <= LARGEST and self.mean <= MEAN and self.order >= ORDER

    def __str__(self) -> str:
        return (
            f"mean scores of {self.photos} photos differ by {self.largest:.4f} at most (allowed: "
            f"{LARGEST}), by {self.mean:.4f} on average ({MEAN}); rank correlation "
            f"{self.order:.5f} ({ORDER} or more)"
        )


def train(ratings: Path, companions: Path, out: Path, cache: Path | None = None) -> int:
    """Run ``albumen train`` as the card says; its exit code. A stopped run in ``out`` goes on."""
    arguments = ["train", str(ratings), *shlex.split(RECIPE), "--companions", str(companions)]
    arguments += ["--out", str(out)]
    if cache is not None:
        arguments += ["--cache", str(cache)]
    return albumen(arguments)


def quantize(model: Path, photos: Path) -> int:
    """Give a model its 8-bit form anew; the exit code."""
    return albumen(["quantize", str(model), "--photos", str(photos)])


def difference(one: Path, other: Path, photos: list[Path], cache: Path | None = None) -> Difference:
    """Compare what two model folders say of photos."""
    cards = [load_card(folder) for folder in (one, other)]
    arrays: PhotoArrays = PhotoReader(cards[0].image, encoder_of(cards[0]), cache).read(photos)
    first, second = (
        mean_scores(predict_arrays(card, arrays.whole, arrays.descriptors)) for card in cards
    )
    gap = np.abs(first - second)
    return Difference(len(photos), float(gap.max()), float(gap.mean()), srcc(first, second))
