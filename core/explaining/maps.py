"""From a stored score to the map that is drawn over the photo; no model runs.

The scene's map covers the whole photo, the face branch's map the face's square. Both are in the
target's own units per place of a 7x7 grid, so that one scale serves both.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from core.domain import Box, FloatArray, ImageArray, Score
from core.errors import AlbumenError
from core.inference.saliency import Target, enlarged, overlay, saliency_map, target_weights


class Branch(enum.StrEnum):
    """Which part of the model a map speaks for."""

    SCENE = "scene"
    FACE = "face"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class BranchShare:
    """How much of the target's pull comes from scene and from face; the two add up to 1."""

    scene: float
    face: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The maps of one target: signed, (h, w) float32; ``face`` lies over ``face_box``."""

    scene: FloatArray | None
    face: FloatArray | None
    face_box: Box | None
    share: BranchShare


def explain(
    score: Score,
    target: Target = Target.MEAN,
    rating: int | None = None,
    branch: Branch = Branch.BOTH,
) -> Explanation:
    """The exact Grad-CAM maps of a score.

    Args:
        score: with its maps.
        target: what to explain.
        rating: 1..10 for the targets about one class.
        branch: whose maps are wanted.

    Raises:
        AlbumenError: the score holds no map of the branch asked for.
    """
    if score.scene_maps is None:
        raise AlbumenError(f"The model {score.model} does not say what its score saw.")
    if branch is Branch.FACE and score.face_maps is None:
        raise AlbumenError("No face took part in this photo's score; ask for the scene's map.")
    weights = target_weights(score.distribution, target, rating)
    scene = saliency_map(score.scene_maps, weights)
    face = None if score.face_maps is None else saliency_map(score.face_maps, weights)
    return Explanation(
        scene=scene if branch is not Branch.FACE else None,
        face=face if branch is not Branch.SCENE else None,
        face_box=score.face_map_box if branch is not Branch.SCENE else None,
        share=_share(scene, face),
    )


def _share(scene: FloatArray, face: FloatArray | None) -> BranchShare:
    """Shares of the two branches' first-order effects on the target (each map's sum)."""
    pulls = [abs(float(m.sum(dtype=np.float64))) if m is not None else 0.0 for m in (scene, face)]
    total = sum(pulls)
    if total <= 0:
        return BranchShare(1.0, 0.0) if face is None else BranchShare(0.5, 0.5)
    return BranchShare(pulls[0] / total, pulls[1] / total)


def canvas(explanation: Explanation, width: int, height: int) -> FloatArray:
    """The maps laid out over a photo of that size: (height, width) float32, signed.

    Where a face map lies, it is added to the scene's.
    """
    whole = np.zeros((height, width), np.float32)
    if explanation.scene is not None:
        whole += enlarged(explanation.scene, width, height)
    if explanation.face is not None and explanation.face_box is not None:
        box = explanation.face_box
        left, top = round(box.x * width), round(box.y * height)
        right, bottom = round((box.x + box.w) * width), round((box.y + box.h) * height)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if x1 > x0 and y1 > y0:
            face = enlarged(explanation.face, max(1, right - left), max(1, bottom - top))
            whole[y0:y1, x0:x1] += face[y0 - top : y1 - top, x0 - left : x1 - left]
    return whole


def draw(pixels: ImageArray, explanation: Explanation, opacity: float = 0.6) -> ImageArray:
    """The photo (uint8, (h, w, 3)) with the maps laid over it; see `saliency.overlay`."""
    height, width = pixels.shape[:2]
    return overlay(pixels, canvas(explanation, width, height), opacity)
