"""What the face descriptor's last map says of a face: is it covered, are its eyes shut, is it one?

FaceRes's last map describes each of 7x7 places of a face. A small network tells covered faces from
bare ones (`core.reasons.covering`); linear probes tell places of a face from places of anything
else, and faces with closed eyes from others. They were fitted on portraits with known faults
(``tests/benchmarks/reasons_probes.py``); FaceRes itself was not touched.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, FloatArray, ImageArray
from core.inference.faces import FaceDescriber, FaceDetector
from core.reasons.covering import CoverNet
from core.reasons.frame import WORKING_SIDE, reduced

PROBES_FILE = "probes.npz"
SIDE = 7
PLACES = SIDE * SIDE

TOP_FACE = 6
SURELY_FACE = 0.8
"""How surely the barest places must belong to a face for the whole to be taken for one.

On photos not learned from, 98 % of portraits pass, 91 to 96 % of blurred, dark and covered ones,
and 2 % of what else the detector proposes.
"""

LIKELY = 0.15
LIKELY_SHARPENED = 0.3
"""Least confidence of the detector in a face that it missed, in the photo and in a sharpened copy.

Blurred faces that the detector misses, it mostly finds in a sharpened copy.
"""

SURELY_MISSED = 0.75
"""How surely such a face must be one, on average of the photo and its sharpened copy.

On photos not learned from, 53 of 53 portraits pass in which blur hid the face, and 2 of 203 photos
without a face; the photo alone let 44 and 8 pass.
"""

MOST_TRIED = 3
"""Proposals of each kind that are looked at."""

SHARPEN_REACH, SHARPEN = 0.03, 3.0
"""Standard deviation of the unsharp mask, in longer sides, and its strength."""

EYE_ROWS = slice(1, 4)
EYE_COLUMNS = slice(1, 6)
"""Where the eyes are in the map."""


@dataclass(frozen=True)
class Probes:
    """Fitted weights by name: ``<name>_weights`` and ``<name>_bias``.

    ``face`` judges places (channels,), ``shut`` the mean over the eyes' places, ``eyes`` weighs the
    two witnesses of closed eyes; what begins with ``cover`` belongs to the network for coverings.
    """

    values: Mapping[str, NDArray[np.float32]]

    @classmethod
    def load(cls, file: Path) -> Probes:
        """Read a file written by NumPy's ``savez``."""
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return cls({name: arrays[name].astype(np.float32) for name in arrays.files})

    def log_odds(self, name: str, features: FloatArray) -> FloatArray:
        """The probe's answer for features (..., n)."""
        raw = features @ self.values[f"{name}_weights"] + self.values[f"{name}_bias"]
        return np.asarray(np.clip(raw, -60.0, 60.0), np.float32)

    def certainty(self, name: str, features: FloatArray) -> FloatArray:
        """The same as 0..1."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds(name, features))), np.float32)


@functools.cache
def bundled_probes() -> Probes:
    """The probes that ship with the program."""
    with resources.as_file(resources.files("resources") / "reasons" / PROBES_FILE) as file:
        return Probes.load(file)


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face, place by place: ``places`` (49, channels); ``score`` is the detector's."""

    places: FloatArray = field(repr=False)
    score: float
    probes: Probes = field(repr=False)

    @property
    def covered(self) -> float:
        """How surely something covers about a quarter of the face or more, 0..100."""
        return 100.0 * CoverNet(self.probes.values, inside()).certainty(self.places)

    @property
    def face_certainty(self) -> float:
        """How surely the places that look most like a face's belong to one, 0..1."""
        return top(self.probes.certainty("face", self.places)[inside()], TOP_FACE)

    @property
    def is_face(self) -> bool:
        """Whether at least some places surely show a face."""
        return self.face_certainty >= SURELY_FACE

    def shut(self, openness: float) -> float:
        """How surely the eyes are closed, 0..100.

        Two witnesses, weighed by a logistic regression: the lids' own distance (see
        `core.inference.landmarks.openness`), which a smile narrows too, and what the map says.
        """
        seen = float(self.probes.log_odds("shut", eye_places(self.places)))
        witnesses = np.array([seen, openness], np.float32)
        return 100.0 * float(self.probes.certainty("eyes", witnesses))


class FaceReader:
    """Reads faces; loads its models on first use, safe to share between threads."""

    def __init__(
        self,
        describer: FaceDescriber | None = None,
        detector: FaceDetector | None = None,
        probes: Probes | None = None,
    ) -> None:
        self._describer = describer or FaceDescriber()
        self._detector = detector or FaceDetector()
        self._probes = probes

    def read(self, pixels: ImageArray, face: Face) -> FaceReading:
        """Read one face of uint8 (h, w, 3) upright pixels.

        Raises:
            ModelError: a model can't be loaded.
        """
        _, seen = self._describer.describe_with_map(pixels, face)
        return FaceReading(as_places(seen.values), face.score, self._probes or bundled_probes())

    def missed_face(self, pixels: ImageArray) -> Face | None:
        """The likeliest face that detection proposes and does not confirm: blurred or covered."""
        crisp = sharpened(pixels)
        proposed = [
            *self._detector.candidates(pixels, LIKELY)[:MOST_TRIED],
            *self._detector.candidates(crisp, LIKELY_SHARPENED)[:MOST_TRIED],
        ]
        for face in proposed:
            sure = sum(self.read(seen, face).face_certainty for seen in (pixels, crisp)) / 2
            if sure >= SURELY_MISSED:
                return face
        return None


def sharpened(pixels: ImageArray) -> ImageArray:
    """A copy (uint8, (h, w, 3)), at most `WORKING_SIDE` large, in which blurred edges are strong.

    An unsharp mask: the difference to a blurred copy is added several times.
    """
    import cv2

    small = reduced(pixels, WORKING_SIDE)
    reach = SHARPEN_REACH * max(small.shape[:2])
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), reach), np.float32)
    return np.clip(small + SHARPEN * (small - blurred), 0, 255).astype(np.uint8)


def as_places(values: FloatArray) -> FloatArray:
    """A map (channels, 7, 7) as places (49, channels)."""
    return np.ascontiguousarray(values.reshape(values.shape[0], PLACES).T, np.float32)


def eye_places(places: FloatArray) -> FloatArray:
    """The mean over the places of the eyes: (channels,)."""
    grid = places.reshape(SIDE, SIDE, -1)
    return np.asarray(grid[EYE_ROWS, EYE_COLUMNS].mean(axis=(0, 1)), np.float32)


@functools.cache
def inside() -> NDArray[np.bool_]:
    """The places (of 49) that lie on a face in its crop; the corners show hair and background."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(((x - 3) / 2.6) ** 2 + ((y - 3) / 2.9) ** 2 <= 1).ravel()


def top(values: FloatArray, count: int) -> float:
    """The mean of the largest values."""
    return float(np.sort(values)[-count:].mean())
