"""Finding faces (BlazeFace) and describing them (FaceRes)."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.domain import Box, Face, FloatArray, ImageArray
from core.errors import ModelError
from core.inference.aesthetics import FaceFeatureMap
from core.inference.cards import ModelCard, find_model
from core.inference.crops import crop_box, face_crop
from core.inference.preprocess import letterbox, normalize
from core.inference.session import SessionFactory, shared_sessions

THRESHOLD = 0.5
"""Least confidence of a face."""

OVERLAP = 0.3
"""Two boxes that share more (intersection over union) are one face."""

KEYPOINTS = 6
ANCHOR_MAPS = ((16, 2), (8, 6))
"""BlazeFace's two maps: places along a side, anchors at each place."""


class FaceDetector:
    """Finds faces in a photo; safe to share between threads."""

    def __init__(
        self,
        card: ModelCard | None = None,
        sessions: SessionFactory = shared_sessions,
        *,
        threshold: float = THRESHOLD,
    ) -> None:
        self.card = card or find_model("blazeface")
        self._sessions = sessions
        self._threshold = threshold

    def detect(self, pixels: ImageArray) -> tuple[Face, ...]:
        """Faces in uint8 (h, w, 3) upright pixels, the largest first.

        Boxes and key points are fractions of the photo and may reach past it.

        Raises:
            ModelError: the model can't be loaded.
        """
        return tuple(sorted(self._look(pixels), key=lambda face: -face.box.area))

    def _look(self, pixels: ImageArray) -> list[Face]:
        spec = self.card.image
        height, width = pixels.shape[:2]
        square, scale, left, top = letterbox(pixels, spec.width, spec.filter)
        found = self._sessions(self.card).run({spec.name: normalize(square, spec)})
        scores, values = decode(found, spec.width)
        to_photo = np.array([width, height], np.float64) * scale
        faces = []
        for i in keep_apart(scores, values[:, :4], self._threshold, OVERLAP):
            x, y = (values[i, :2] - values[i, 2:4] / 2 - (left, top)) / to_photo
            w, h = values[i, 2:4] / to_photo
            points = (values[i, 4:].reshape(KEYPOINTS, 2) - (left, top)) / to_photo
            faces.append(
                Face(
                    box=Box(float(x), float(y), float(w), float(h)),
                    score=float(scores[i]),
                    keypoints=tuple((float(px), float(py)) for px, py in points),
                )
            )
        return faces


class FaceDescriber:
    """Computes a face's 1024-d descriptor; safe to share between threads."""

    def __init__(
        self, card: ModelCard | None = None, sessions: SessionFactory = shared_sessions
    ) -> None:
        self.card = card or find_model("faceres")
        if self.card.crop_scale is None:
            raise ModelError(f"The card of {self.card.name} does not say how to cut out a face.")
        self._crop_scale = self.card.crop_scale
        self._sessions = sessions

    def describe(self, pixels: ImageArray, face: Face) -> Face:
        """The face with its descriptor (float32, as the model gives it, not normalised)."""
        return self.describe_with_map(pixels, face)[0]

    def describe_with_map(self, pixels: ImageArray, face: Face) -> tuple[Face, FaceFeatureMap]:
        """The face with its descriptor, and the map whose spatial mean the descriptor is.

        The map's box is the crop's square; its turn (eyes level) is left out, so that the map of
        a tilted head is drawn upright.

        Raises:
            ModelError: the model can't be loaded.
        """
        height, width = pixels.shape[:2]
        spec = self.card.image
        crop = face_crop(face, width, height, self._crop_scale)
        tensor = normalize(crop.cut(pixels, spec.width), spec)
        found = self._sessions(self.card).run({spec.name: tensor})
        described = replace(face, descriptor=found["descriptor"][0])
        return described, FaceFeatureMap(found["feature_map"][0], crop_box(crop, width, height))


def likeness(first: FloatArray, second: FloatArray) -> float:
    """Cosine of two descriptors, -1..1; 0 if either is all zeros."""
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm > 0 else 0.0


def decode(
    found: dict[str, NDArray[np.float32]], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """BlazeFace's raw outputs -> confidences (896,) and values (896, 16).

    Values are centre x, y, width, height and six key points (x, y), in pixels of the input. Boxes
    are offsets from their anchor's centre (Bazarevsky et al., "BlazeFace", section 3.2).
    """
    raw = np.concatenate([found["scores_16"], found["scores_8"]], axis=1)[0, :, 0]
    scores = 1.0 / (1.0 + np.exp(-np.clip(raw.astype(np.float64), -80.0, 80.0)))
    values = np.concatenate([found["boxes_16"], found["boxes_8"]], axis=1)[0].astype(np.float64)
    centers = _anchors() * size
    values[:, :2] += centers
    values[:, 4:] += np.tile(centers, KEYPOINTS)
    return scores, values


def keep_apart(
    scores: NDArray[np.float64], boxes: NDArray[np.float64], threshold: float, overlap: float
) -> list[int]:
    """Non-maximum suppression: indices of the boxes (cx, cy, w, h) to keep, surest first.

    The surest box stands as it is. Averaging the boxes it suppresses, as MediaPipe does in video
    against jitter, moves it by 1 to 3 % of its size, which the descriptor does feel.
    """
    order = [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] >= threshold]
    kept: list[int] = []
    for i in order:
        if boxes[i, 2] > 0 and all(_shared(boxes[i], boxes[j]) <= overlap for j in kept):
            kept.append(i)
    return kept


def _shared(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Intersection over union of two boxes (cx, cy, w, h)."""
    sides = np.minimum(a[:2] + a[2:4] / 2, b[:2] + b[2:4] / 2) - np.maximum(
        a[:2] - a[2:4] / 2, b[:2] - b[2:4] / 2
    )
    if sides.min() <= 0:
        return 0.0
    common = float(sides.prod())
    return common / float(a[2] * a[3] + b[2] * b[3] - common)


@functools.cache
def _anchors() -> NDArray[np.float64]:
    """Centres (896, 2) of the anchors, fractions of the input."""
    maps = []
    for places, each in ANCHOR_MAPS:
        middle = (np.arange(places) + 0.5) / places
        y, x = np.meshgrid(middle, middle, indexing="ij")
        maps.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(maps)
