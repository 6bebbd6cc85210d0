"""Points on a face: the 468-point mesh, the lids of both eyes, and how far the eyes are open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, ImageArray
from core.errors import ModelError
from core.inference.cards import ModelCard, find_model
from core.inference.crops import face_crop
from core.inference.preprocess import normalize
from core.inference.session import SessionFactory, shared_sessions

POINTS = 468
MESH_NOSE = 1
"""The mesh's point on the tip of the nose."""


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
