"""What the face descriptor's last map says of a face: is it covered, are its eyes shut, is it one?

FaceRes's last map describes each of 7x7 places of a face. Linear probes read it: one tells covered
places from bare ones, one places of a face from places of anything else, one faces with closed
eyes from others. They were fitted on portraits with known faults
(``tests/benchmarks/reasons_probes.py``); the network itself was not touched.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, FloatArray, ImageArray
from core.inference.faces import FaceDescriber, FaceDetector

PROBES = "probes.npz"
SIDE = 7
PLACES = SIDE * SIDE
TOP_COVERED = 8
"""Places whose certainty counts: about a quarter of the face."""

TOP_FACE = 6
SURELY_FACE = 0.8
"""How surely the barest places must belong to a face that detection did not confirm."""

LIKELY = 0.25
"""Least confidence of the detector in a face that it missed."""

EYE_ROWS = slice(1, 4)
EYE_COLUMNS = slice(1, 6)
"""Where the eyes are in the map."""

Probes = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face, place by place: ``places`` (49, channels)."""

    places: FloatArray = field(repr=False)

    @property
    def covered(self) -> float:
        """How surely something covers about a quarter of the face, 0..100."""
        return 100.0 * top(certainty("cover", self.places)[inside()], TOP_COVERED)

    @property
    def is_face(self) -> bool:
        """Whether at least some places surely show a face."""
        return top(certainty("face", self.places)[inside()], TOP_FACE) >= SURELY_FACE

    def shut(self, openness: float) -> float:
        """How surely the eyes are closed, 0..100.

        Two witnesses, weighed by a logistic regression: the lids' own distance (see
        `core.inference.landmarks.openness`), which a smile narrows too, and what the map says.
        """
        seen = float(eye_places(self.places) @ probes()["shut_weights"] + probes()["shut_bias"])
        weights, bias = probes()["eyes_weights"], float(probes()["eyes_bias"])
        return 100.0 * _share(float(weights[0]) * seen + float(weights[1]) * openness + bias)


class FaceReader:
    """Reads faces; loads its models on first use, safe to share between threads."""

    def __init__(
        self, describer: FaceDescriber | None = None, detector: FaceDetector | None = None
    ) -> None:
        self._describer = describer or FaceDescriber()
        self._detector = detector or FaceDetector()

    def read(self, pixels: ImageArray, face: Face) -> FaceReading:
        """Read one face of uint8 (h, w, 3) upright pixels.

        Raises:
            ModelError: a model can't be loaded.
        """
        _, seen = self._describer.describe_with_map(pixels, face)
        return FaceReading(as_places(seen.values))

    def missed_face(self, pixels: ImageArray) -> Face | None:
        """The likeliest face that detection proposes and does not confirm: blurred or covered."""
        for face in self._detector.candidates(pixels, LIKELY):
            if self.read(pixels, face).is_face:
                return face
        return None


def as_places(values: FloatArray) -> FloatArray:
    """A map (channels, 7, 7) as places (49, channels)."""
    return np.ascontiguousarray(values.reshape(values.shape[0], PLACES).T, np.float32)


def eye_places(places: FloatArray) -> FloatArray:
    """The mean over the places of the eyes: (channels,)."""
    grid = places.reshape(SIDE, SIDE, -1)
    return np.asarray(grid[EYE_ROWS, EYE_COLUMNS].mean(axis=(0, 1)), np.float32)


@functools.cache
def probes() -> Probes:
    """``<name>_weights`` (channels,) and ``<name>_bias`` (49,) or () of each probe."""
    file = resources.files("resources") / "reasons" / PROBES
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


def certainty(name: str, places: FloatArray) -> FloatArray:
    """A probe's certainty at each place, 0..1."""
    raw = places @ probes()[f"{name}_weights"] + probes()[f"{name}_bias"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(raw, -60, 60))), np.float32)


@functools.cache
def inside() -> NDArray[np.bool_]:
    """The places (of 49) that lie on a face in its crop; the corners show hair and background."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(((x - 3) / 2.6) ** 2 + ((y - 3) / 2.9) ** 2 <= 1).ravel()


def _share(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, log_odds))))


def top(values: FloatArray, count: int) -> float:
    """The mean of the largest values."""
    return float(np.sort(values)[-count:].mean())
