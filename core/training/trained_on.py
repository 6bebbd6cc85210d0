"""Which photos a model was trained on, so that no figure on them is taken for one on new photos.

``trained_on.txt`` beside a model's card holds the beginnings of the photos' sha256, one a line:
they tell a photo that is at hand, and nothing about one that isn't.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.inference.cards import ModelCard
from core.training.pixels import content_key

TRAINED_ON_FILE = "trained_on.txt"
DIGITS = 16


def write_trained_on(folder: Path, photos: Sequence[Path]) -> None:
    """Keep with the model in ``folder`` which photos it saw."""
    keys = sorted({content_key(photo)[:DIGITS] for photo in photos})
    aside = folder / f".{TRAINED_ON_FILE}.part"
    aside.write_text("".join(f"{key}\n" for key in keys), "ascii")
    aside.replace(folder / TRAINED_ON_FILE)


def seen(card: ModelCard, photos: Sequence[Path]) -> NDArray[np.bool_] | None:
    """(n,) which of the photos the model was trained on; ``None`` where it does not say."""
    file = card.directory / TRAINED_ON_FILE
    if not file.is_file():
        return None
    known = frozenset(file.read_text("ascii").split())
    return np.array([content_key(photo)[:DIGITS] in known for photo in photos], np.bool_)
