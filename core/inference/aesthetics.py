"""Scoring a photo: distribution over ratings 1..10, and what each place contributes to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import SCORE_BINS, Box, Face, FloatArray, ImageArray, Score, ScoreDistribution
from core.errors import ModelError
from core.inference.cards import AESTHETICS, ModelCard
from core.inference.preprocess import prepare
from core.inference.session import SessionFactory, Tensors, shared_sessions


@dataclass(frozen=True, slots=True)
class FaceFeatureMap:
    """The descriptor network's last map of one face: ``values`` (channels, h, w), whose spatial
    mean is the descriptor, lies over ``box`` of the photo."""

    values: FloatArray
    box: Box


FaceEncoder = Callable[[ImageArray, Face], FloatArray]
"""Describes a face of a photo for models that want another descriptor than ``Face.descriptor``."""


class AestheticScorer:
    """Scores photos with one model; safe to share between threads.

    Args:
        card: the model's card.
        sessions: opens its graph.
        encoder: for cards whose descriptor is not FaceRes's: makes it from photo and face.

    Raises:
        ModelError: the card is not that of an aesthetics model.
    """

    def __init__(
        self,
        card: ModelCard,
        sessions: SessionFactory = shared_sessions,
        *,
        encoder: FaceEncoder | None = None,
    ) -> None:
        outputs = {output.name: output.shape for output in card.outputs}
        if card.kind != AESTHETICS or outputs.get("distribution") != (SCORE_BINS,):
            raise ModelError(f"The model {card.name} does not score photos; choose another one.")
        self.card = card
        self._sessions = sessions
        self._encoder = encoder

    @property
    def uses_face(self) -> bool:
        """Whether a face descriptor changes the score."""
        return self.card.descriptor is not None

    def score(
        self,
        pixels: ImageArray,
        face: Face | None = None,
        face_map: FaceFeatureMap | None = None,
    ) -> Score:
        """Score one photo.

        Args:
            pixels: uint8 (h, w, 3), upright sRGB, any size.
            face: the face that counts, with its descriptor (or any face, if the scorer has an
                encoder of its own); ``None`` for a photo without one. Ignored by models that look
                at the scene alone.
            face_map: that face's last feature map, to explain the face branch.

        Raises:
            ModelError: the model can't be loaded, or the descriptor is of another encoder.
        """
        inputs = {self.card.image.name: prepare(pixels, self.card.image)}
        vector = self.card.descriptor
        if vector is not None:
            descriptor = self._descriptor(pixels, face)
            if descriptor is None:
                descriptor = np.zeros(vector.length, np.float32)
                face_map = None
            if descriptor.shape != (vector.length,):
                raise ModelError(
                    f"The model {self.card.name} takes face descriptors of {vector.length} "
                    f"numbers ({vector.encoder}), not {descriptor.size}."
                )
            inputs[vector.name] = descriptor.astype(np.float32)[None]
        found = self._sessions(self.card).run(inputs)
        distribution = _distribution(found["distribution"][0])
        uncertainty = self.card.uncertainty
        face_maps = _face_maps(found, face_map) if face_map is not None else None
        return Score(
            model=self.card.model_id,
            distribution=distribution,
            uncertainty=uncertainty.half_width(distribution.std) if uncertainty else None,
            scene_maps=found["class_maps"][0] if "class_maps" in found else None,
            face_maps=face_maps,
            face_map_box=face_map.box if face_map is not None and face_maps is not None else None,
        )

    def _descriptor(self, pixels: ImageArray, face: Face | None) -> FloatArray | None:
        if face is None:
            return None
        return face.descriptor if self._encoder is None else self._encoder(pixels, face)


def _distribution(probabilities: NDArray[np.float32]) -> ScoreDistribution:
    """Exactly normalised in double precision, so that stored scores add up to 1."""
    values = probabilities.astype(np.float64)
    total = values.sum()
    if not np.isfinite(total) or total <= 0:
        raise ModelError("The model gave no valid score for this photo; its file may be damaged.")
    return ScoreDistribution(tuple(float(p) for p in values / total))


def _face_maps(found: Tensors, face_map: FaceFeatureMap) -> FloatArray | None:
    """W_f applied to the face's feature map, over its places: sums to the face's logits.

    The descriptor is the map's spatial mean, so with linear weights W_f (10, channels) the
    contribution of a place is ``W_f A_ij / (h w)`` (Selvaraju et al., "Grad-CAM", section 3).
    """
    weights = found.get("face_weights")
    if weights is None:
        return None
    weights = weights.reshape(SCORE_BINS, -1)
    channels, height, width = face_map.values.shape
    if weights.shape[1] != channels:
        return None
    # Not "@": its helper threads, once woken, spin for milliseconds beside the other photos' work.
    maps = np.einsum("kc,chw->khw", weights, face_map.values) / np.float32(height * width)
    return np.asarray(maps, np.float32)


def synthetic_photo(height: int = 300, width: int = 400) -> ImageArray:
    """A fixed made-up picture (gradients, a disc, stripes): the same bytes everywhere.

    Integer arithmetic only, so golden outputs computed from it hold on every machine.
    """
    y, x = np.mgrid[0:height, 0:width]
    red = x * 255 // (width - 1)
    green = y * 255 // (height - 1)
    blue = ((x // 16 + y // 16) % 2) * 160 + 40
    disc = (x - width // 2) ** 2 + (y - height // 2) ** 2 < (min(height, width) // 4) ** 2
    red = np.where(disc, 220 - (y * 60 // height), red)
    green = np.where(disc, 170 - (x * 60 // width), green)
    blue = np.where(disc, 140, blue)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def fingerprint(scorer: AestheticScorer) -> tuple[float, str]:
    """Golden self-test: mean score of ``synthetic_photo`` and a hash of its pixels.

    Two installations of one model must agree in the mean to about 1e-4 (different processors
    round differently) and in the hash exactly.
    """
    photo = synthetic_photo()
    return scorer.score(photo).mean, hashlib.sha256(photo.tobytes()).hexdigest()
