"""Points on a face: the 468-point mesh, the lids of both eyes, and how far the eyes are open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, ImageArray
from core.errors import ModelError
from core.inference.cards import ModelCard, find_model
from core.inference.crops import SquareCrop, face_crop
from core.inference.preprocess import normalize
from core.inference.session import SessionFactory, shared_sessions

POINTS = 468
MESH_NOSE = 1
"""The mesh's point on the tip of the nose."""

LEFT_EYE_CORNERS = (33, 133)
RIGHT_EYE_CORNERS = (362, 263)
"""The mesh's points on the corners of the eyes, from left to right in the upright picture."""

LIDS = 16

EYES_CLOSED = 0.15
"""Below this mean openness of both eyes, they are closed.

On 165 faces with closed eyes it finds 89 %, and names 5 % of 531 portraits, some of which do have
closed eyes (area under the curve 0.966); the mesh's own lids reach 0.90.
"""

LEAST_PRESENCE = 0.5
LEAST_EYE_WIDTH = 8.0
"""Pixels; the lids of a smaller eye can't be told apart."""


@dataclass(frozen=True, slots=True)
class MeshFit:
    """The mesh on one face: ``points`` (468, 2) float32 in pixels of the photo, ``presence`` how
    surely there is a face (0..1)."""

    points: NDArray[np.float32]
    presence: float


class FaceMesh:
    """Fits MediaPipe's 468-point mesh to a detected face; safe to share between threads."""

    def __init__(
        self, card: ModelCard | None = None, sessions: SessionFactory = shared_sessions
    ) -> None:
        self.card = card or find_model("facemesh")
        self._crop_scale = crop_scale(self.card)
        self._sessions = sessions

    def fit(self, pixels: ImageArray, face: Face) -> MeshFit:
        """The mesh on ``face`` in uint8 (h, w, 3) pixels.

        Raises:
            ModelError: the model can't be loaded.
        """
        spec = self.card.image
        height, width = pixels.shape[:2]
        crop = face_crop(face, width, height, self._crop_scale)
        tensor = normalize(crop.cut(pixels, spec.width), spec)
        found = self._sessions(self.card).run({spec.name: tensor})
        points = found["mesh"].reshape(POINTS, 3)[:, :2]
        return MeshFit(crop.to_photo(points, spec.width), float(found["presence"].reshape(())))


def crop_scale(card: ModelCard) -> float:
    """The size of the crop that a model wants.

    Raises:
        ModelError: its card does not say.
    """
    if card.crop_scale is None:
        raise ModelError(f"The card of {card.name} does not say how to cut out a face.")
    return card.crop_scale


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye: the lids' points (16, 2) and the iris's (5, 2) in pixels of the photo.

    Lid points 0..8 run along the lower lid from corner to corner, 9..15 along the upper one above
    points 1..7. ``openness`` is the lids' mean distance over the eye's width.
    """

    lids: NDArray[np.float32]
    iris: NDArray[np.float32]
    openness: float
    width: float


class EyeReader:
    """Reads both eyes of a face: lids, iris, openness; safe to share between threads."""

    def __init__(
        self, card: ModelCard | None = None, sessions: SessionFactory = shared_sessions
    ) -> None:
        self.card = card or find_model("iris")
        self._crop_scale = crop_scale(self.card)
        self._sessions = sessions
        self._mesh = FaceMesh(sessions=sessions)

    def openness(self, pixels: ImageArray, face: Face) -> float | None:
        """Mean openness of a face's eyes, to be held against `EYES_CLOSED`.

        ``None`` where nothing can be said: no face for the mesh, or eyes of a few pixels.

        Raises:
            ModelError: a model can't be loaded.
        """
        mesh = self._mesh.fit(pixels, face)
        if mesh.presence < LEAST_PRESENCE:
            return None
        left, right = self.read(pixels, mesh)
        if min(left.width, right.width) < LEAST_EYE_WIDTH:
            return None
        return (left.openness + right.openness) / 2

    def read(self, pixels: ImageArray, mesh: MeshFit) -> tuple[Eye, Eye]:
        """The eye at the left and the one at the right of the upright picture.

        Raises:
            ModelError: the model can't be loaded.
        """
        left, right = (
            self._read(pixels, mesh.points[list(corners)], mirrored=mirrored)
            for corners, mirrored in ((LEFT_EYE_CORNERS, False), (RIGHT_EYE_CORNERS, True))
        )
        return left, right

    def _read(self, pixels: ImageArray, corners: NDArray[np.float32], *, mirrored: bool) -> Eye:
        spec = self.card.image
        across = (corners[1] - corners[0]).astype(np.float64)
        width = float(np.hypot(*across))
        middle = corners.mean(axis=0)
        crop = SquareCrop(
            (float(middle[0]), float(middle[1])),
            max(width, 1.0) * self._crop_scale,
            math.atan2(across[1], across[0]),
        )
        tensor = normalize(crop.cut(pixels, spec.width, mirrored=mirrored), spec)
        found = self._sessions(self.card).run({spec.name: tensor})
        lids = found["contour"].reshape(-1, 3)[:LIDS, :2]
        iris = found["iris"].reshape(-1, 3)[:, :2]
        return Eye(
            lids=crop.to_photo(lids, spec.width, mirrored=mirrored),
            iris=crop.to_photo(iris, spec.width, mirrored=mirrored),
            openness=lid_openness(lids),
            width=width,
        )


def lid_openness(lids: NDArray[np.float32]) -> float:
    """Mean distance of the lids over the distance of the corners, 0 (shut) .. about 0.5.

    ``lids`` (16, 2): see `Eye`. A line-by-line form of the eye aspect ratio (Soukupova and Cech,
    "Real-Time Eye Blink Detection using Facial Landmarks", 2016, equation 1).
    """
    across = float(np.hypot(*(lids[8] - lids[0]).astype(np.float64)))
    between = np.hypot(*(lids[1:8] - lids[9:16]).astype(np.float64).T)
    return float(between.mean()) / across if across > 0 else 0.0
