"""The saliency map of a score as a picture to lay over the photo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtGui import QColor, QImage

from core.domain import FloatArray, Score
from core.explaining.maps import Branch, canvas, explain
from core.inference.saliency import Target, centered, normalized

SIDE = 256
"""Long side of the overlay's picture; the map itself is 7x7, painting smooths the rest."""


@dataclass(frozen=True)
class MapChoice:
    """Which map is looked at. ``rating`` is 1..10 for a target about one class, else ``None``."""

    target: Target = Target.MEAN
    rating: int | None = None
    branch: Branch = Branch.BOTH

    def possible(self, score: Score) -> MapChoice:
        """The same, without the face where no face took part in the score."""
        if score.face_maps is None and self.branch is Branch.FACE:
            return replace(self, branch=Branch.BOTH)
        return self


@dataclass(frozen=True)
class HeatMap:
    """An overlay that covers the whole photo, with what its legend says.

    ``face_share`` is the share of the pull on the target that comes from the face branch, 0..1;
    ``blank``: the map is the same everywhere.
    """

    image: QImage
    face_share: float
    blank: bool = False


def heat_map(
    score: Score, aspect: float, raises: QColor, lowers: QColor, choice: MapChoice | None = None
) -> HeatMap | None:
    """The overlay for a photo of width/height ``aspect``; None where the model tells no map.

    The map is shown relative to its own average over the photo (that of the face alone over the
    face), so that both colours appear where places differ: ``raises`` where the photo is better
    than its average.
    """
    if score.scene_maps is None:
        return None
    wanted = (choice or MapChoice()).possible(score)
    found = explain(score, wanted.target, wanted.rating, wanted.branch)
    width = SIDE if aspect >= 1 else max(8, round(SIDE * aspect))
    height = SIDE if aspect < 1 else max(8, round(SIDE / aspect))
    if wanted.branch is Branch.FACE and found.face is not None:
        signed = normalized(canvas(replace(found, face=centered(found.face)), width, height))
    else:
        signed = normalized(centered(canvas(found, width, height)))
    return HeatMap(colored(signed, raises, lowers), found.share.face, not signed.any())


def colored(signed: FloatArray, raises: QColor, lowers: QColor) -> QImage:
    """A signed map (h, w) in -1..1 as an ARGB picture: colour by sign, opacity by magnitude."""
    height, width = signed.shape
    strength = np.abs(signed) ** 0.8  # lifts the middle, so that the map reads at a glance
    pixels = np.zeros((height, width, 4), np.uint8)
    up = (signed >= 0)[..., None]
    first = np.array([raises.blue(), raises.green(), raises.red()])
    second = np.array([lowers.blue(), lowers.green(), lowers.red()])
    pixels[..., :3] = np.where(up, first, second)
    pixels[..., 3] = np.clip(strength * 255, 0, 255)
    image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy: owns its data
