"""Is a face covered? Read from the map that the face descriptor is made of.

FaceRes's last map says for each of 7x7 places of a face what is seen there. One linear probe tells
covered places from bare ones, a second one tells places of a face from places of anything else.
Both were fitted on portraits with coverings laid over them (see
``tests/benchmarks/reasons_covering.py``); the network itself was not touched.
"""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, FloatArray, ImageArray
from core.inference.faces import FaceDescriber, FaceDetector

PROBES = "covering.npz"
PLACES = 49
TOP_COVERED = 8
"""Places whose certainty counts: about a quarter of the face."""

TOP_FACE = 6
SURELY_FACE = 0.8
"""How surely the barest places must belong to a face that detection did not confirm."""


class CoverReader:
    """Reads coverings; loads its models on first use, safe to share between threads."""

    def __init__(
        self, describer: FaceDescriber | None = None, detector: FaceDetector | None = None
    ) -> None:
        self._describer = describer or FaceDescriber()
        self._detector = detector or FaceDetector()

    def covered(self, pixels: ImageArray, face: Face) -> float:
        """How surely something covers at least a sixth of the face, 0..100.

        Args:
            pixels: uint8 (h, w, 3), upright.
            face: with its key points.
        """
        places = self._places(pixels, face)
        return 100.0 * _top(_probe("cover", places)[_inside()], TOP_COVERED)

    def hidden_face(self, pixels: ImageArray) -> Face | None:
        """The likeliest face among those that the detector proposes and the mesh does not confirm:
        part of it looks like a face, part of it is covered."""
        for face in self._detector.candidates(pixels):
            places = self._places(pixels, face)
            if _top(_probe("face", places)[_inside()], TOP_FACE) >= SURELY_FACE:
                return face
        return None

    def _places(self, pixels: ImageArray, face: Face) -> FloatArray:
        """What is seen at each place: (49, channels)."""
        _, seen = self._describer.describe_with_map(pixels, face)
        channels = seen.values.shape[0]
        return np.ascontiguousarray(seen.values.reshape(channels, PLACES).T)


@functools.cache
def _probes() -> dict[str, NDArray[np.float32]]:
    """``<name>_weights`` (channels,) and ``<name>_bias`` (49,) of each probe."""
    file = resources.files("resources") / "reasons" / PROBES
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


def _probe(name: str, places: FloatArray) -> FloatArray:
    """The probe's certainty at each place, 0..1."""
    probes = _probes()
    raw = places @ probes[f"{name}_weights"] + probes[f"{name}_bias"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(raw, -60, 60))), np.float32)


@functools.cache
def _inside() -> NDArray[np.bool_]:
    """The places (of 49) that lie on a face in its crop; the corners show hair and background."""
    y, x = np.mgrid[0:7, 0:7]
    return np.asarray(((x - 3) / 2.6) ** 2 + ((y - 3) / 2.9) ** 2 <= 1).ravel()


def _top(values: FloatArray, count: int) -> float:
    """The mean of the largest values."""
    return float(np.sort(values)[-count:].mean())
