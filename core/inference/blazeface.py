"""BlazeFace's arithmetic: anchors, decoding, and keeping one box per face."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

KEYPOINTS = 6
ANCHOR_MAPS = ((16, 2), (8, 6))
"""BlazeFace's two maps: places along a side, anchors at each place."""

APART = 0.6
"""Two boxes whose centres are closer than this, in sides of the larger one, are one face.

Stricter than the usual overlap of 0.3: it also joins a box with the smaller one inside it, and the
shifted boxes that crowds of tiny faces give. Heads side by side are a whole side apart.
"""


def decode(
    found: Mapping[str, NDArray[np.float32]], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """BlazeFace's raw outputs -> confidences (896,) and values (896, 16).

    Values are left, top, width, height and six key points (x, y), in pixels of the input. The
    model gives centres and key points as offsets from their anchor's centre (Bazarevsky et al.,
    "BlazeFace", 2019, section 3).
    """
    raw = np.concatenate([found["scores_16"], found["scores_8"]], axis=1)[0, :, 0]
    scores = 1.0 / (1.0 + np.exp(-np.clip(raw.astype(np.float64), -80.0, 80.0)))
    values = np.concatenate([found["boxes_16"], found["boxes_8"]], axis=1)[0].astype(np.float64)
    centers = _anchors() * size
    values[:, :2] += centers - values[:, 2:4] / 2
    values[:, 4:] += np.tile(centers, KEYPOINTS)
    return scores, values


def keep_apart(scores: NDArray[np.float64], boxes: NDArray[np.float64]) -> list[int]:
    """Non-maximum suppression: indices of the boxes (x, y, w, h) to keep, surest first.

    The surest box stands as it is. Averaging the boxes it suppresses, as MediaPipe does in video
    against jitter, moves it by 1 to 3 % of its size, which the descriptor does feel.
    """
    kept: list[int] = []
    for i in (int(i) for i in np.argsort(-scores, kind="stable")):
        if min(boxes[i, 2:4]) > 0 and not any(same_face(boxes[i], boxes[j]) for j in kept):
            kept.append(i)
    return kept


def same_face(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether two boxes (x, y, w, h), in one unit of length, are too close to be two faces."""
    between = (a[:2] + a[2:4] / 2) - (b[:2] + b[2:4] / 2)
    return bool(np.hypot(*between) < APART * max(a[2], b[2]))


@functools.cache
def _anchors() -> NDArray[np.float64]:
    """Centres (896, 2) of the anchors, fractions of the input."""
    maps = []
    for places, each in ANCHOR_MAPS:
        middle = (np.arange(places) + 0.5) / places
        y, x = np.meshgrid(middle, middle, indexing="ij")
        maps.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(maps)
