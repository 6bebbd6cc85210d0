"""Gradients of a score down to the picture, plain or guided, without PyTorch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import SCORE_BINS, Face, FloatArray, ScoreDistribution
from core.errors import ModelError
from core.explaining.backward import (
    BACKWARD_FILE,
    BACKWARD_OF,
    FLOOR,
    GRADIENT,
    LOGIT_SEED,
    PULL,
    backward_part,
)
from core.inference.cards import ModelCard

log = logging.getLogger(__name__)

NO_FLOOR = np.array(-3e38, np.float32)
GUIDED_FLOOR = np.array(0.0, np.float32)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is differentiated: ``sum_k pull_k p_k + sum_k logits_k z_k``, k over ratings 1..10."""

    pull: tuple[float, ...] = (0.0,) * SCORE_BINS
    logits: tuple[float, ...] = (0.0,) * SCORE_BINS


MEAN_SCORE = Goal(pull=tuple(float(k) for k in range(1, SCORE_BINS + 1)))


def share_of(ratings: Sequence[int]) -> Goal:
    """The predicted share of these ratings together."""
    return Goal(pull=tuple(float(k in ratings) for k in range(1, SCORE_BINS + 1)))


def logit_of(rating: int) -> Goal:
    """One rating's score before the softmax."""
    return Goal(logits=tuple(float(k == rating) for k in range(1, SCORE_BINS + 1)))


class GradientModel:
    """A model that also gives gradients. Loads its graph on first use; safe to share.

    Args:
        card: an aesthetics model.

    The backward part lies beside the model (``backward.onnx``); for a model that came without one
    it is made on the spot where the ``onnx`` package is installed.
    """

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self._lock = threading.Lock()
        self._session: Any = None

    def gradient(
        self,
        tensor: NDArray[np.float32],
        face: Face | None = None,
        goal: Goal = MEAN_SCORE,
        *,
        guided: bool = False,
    ) -> tuple[FloatArray, ScoreDistribution]:
        """The goal's gradient by the picture, and the prediction for it.

        The face's descriptor is held fixed: this is the gradient through the scene branch.

        Args:
            tensor: the picture as `preprocess.prepare` gives it.
            face: with its descriptor, for models that look at one.
            goal: what to differentiate.
            guided: drop negative gradients at every rectifier.

        Returns:
            float32 (h, w, 3), RGB, per grey level (0..255) of the model's own input size; and the
            distribution.

        Raises:
            ModelError: the model has no backward graph, or can't be loaded.
        """
        inputs = {
            self.card.image.name: tensor,
            PULL: np.array(goal.pull, np.float32),
            LOGIT_SEED: np.array(goal.logits, np.float32),
            FLOOR: GUIDED_FLOOR if guided else NO_FLOOR,
        }
        vector = self.card.descriptor
        if vector is not None:
            known = face.descriptor if face is not None else None
            inputs[vector.name] = np.zeros((1, vector.length), np.float32)
            if known is not None:
                inputs[vector.name][0] = known
        gradient, probabilities = self._loaded().run([GRADIENT, "distribution"], inputs)
        spec = self.card.image
        values = gradient[0]
        if spec.layout == "NCHW":
            values = values.transpose(1, 2, 0)
        values = values * np.array(spec.scale, np.float32)
        if spec.color == "BGR":
            values = values[..., ::-1]
        shares = probabilities[0].astype(np.float64)
        return (
            np.ascontiguousarray(values, np.float32),
            ScoreDistribution(tuple(float(p) for p in shares / shares.sum())),
        )

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = self._load()
            return self._session

    def _load(self) -> Any:
        import onnxruntime

        model = self.card.graph().read_bytes()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2  # somebody waits for this one result
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model + self._backward(model), options, providers=["CPUExecutionProvider"]
        )
        made_for = session.get_modelmeta().custom_metadata_map.get(BACKWARD_OF)
        if made_for != self.card.sha256:
            raise ModelError(
                f"The backward graph of {self.card.name} belongs to another version of the model; "
                "export the model again."
            )
        return session

    def _backward(self, model: bytes) -> bytes:
        file = self.card.directory / BACKWARD_FILE
        try:
            return file.read_bytes()
        except OSError:
            log.info("no %s beside %s; making it", BACKWARD_FILE, self.card.name)
        try:
            return backward_part(model, self.card.sha256, self.card.image.name)
        except ImportError as error:
            raise ModelError(
                f"The model {self.card.name} came without its backward graph "
                f"({BACKWARD_FILE}); export it again, or install the “onnx” package."
            ) from error


def gradient_strength(gradient: FloatArray) -> FloatArray:
    """A gradient (h, w, 3) as one map (h, w) for drawing: per place, the channels' sum.

    Signed: positive where making the place brighter raises the goal.
    """
    return np.asarray(gradient.sum(axis=-1), np.float32)
