"""From photos to arrays: decoded, faces found, descriptors made; costly parts remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import paths
from core.domain import Box, Face, ImageArray
from core.files.decode import decode
from core.inference.cards import ImageInput, find_model
from core.inference.faces import FaceDetector
from core.inference.preprocess import resize
from core.training.encoders import Described, DescriptorCache, Encoder
from core.training.pixels import STORED, Progress, content_key, silent
from core.training.ratings import RatedPhoto, distributions

LONG_SIDE = 960
"""Photos are decoded to at least this long side, as the program does for scoring."""

PORTRAIT_WIDTH = 0.08
"""A photo counts as a portrait if its largest face takes more than this share of its width."""


@dataclass(frozen=True, slots=True)
class PhotoArrays:
    """Photos in one order. ``stored`` uint8 (n, 256, 256, 3), ``whole`` uint8 (n, h, w, 3) as the
    model's card wants it, ``descriptors`` float32 (n, width) with zeros where no face was found,
    ``faces`` per photo (k, 5) as in `Described`."""

    paths: tuple[Path, ...]
    stored: ImageArray = field(repr=False)
    whole: ImageArray = field(repr=False)
    descriptors: NDArray[np.float32] = field(repr=False)
    faces: tuple[NDArray[np.float32], ...] = field(repr=False)

    @property
    def face_widths(self) -> NDArray[np.float64]:
        """(n,) share of the width that the largest face takes; 0 without a face."""
        return np.array([float(f[0, 2]) if len(f) else 0.0 for f in self.faces])

    @property
    def portraits(self) -> NDArray[np.bool_]:
        """(n,) which photos show a face over `PORTRAIT_WIDTH`."""
        return self.face_widths > PORTRAIT_WIDTH


def read_pixels(path: Path) -> ImageArray:
    """A photo as the program scores it: upright sRGB uint8, reduced by whole steps."""
    return decode(path, LONG_SIDE, exact=False).pixels


class PhotoReader:
    """Reads photos for training and evaluation; descriptors are cached on disk by content.

    ``encoder`` ``None`` finds no faces at all (for models without a face branch).
    """

    def __init__(
        self,
        spec: ImageInput | None = None,
        encoder: Encoder | None = None,
        cache: Path | None = None,
    ) -> None:
        self.spec = spec or find_model("nima").image
        self.encoder = encoder
        self._cache = DescriptorCache(cache or paths.cache_dir() / "descriptors")
        self._detector = FaceDetector() if encoder is not None else None

    def read(self, files: Sequence[Path], progress: Progress = silent) -> PhotoArrays:
        """Arrays of all ``files``; raises what decoding raises, naming the photo."""
        width = self.encoder.width if self.encoder else 0
        stored = np.empty((len(files), STORED, STORED, 3), np.uint8)
        whole = np.empty((len(files), self.spec.height, self.spec.width, 3), np.uint8)
        descriptors = np.zeros((len(files), width), np.float32)
        faces = []
        for index, path in enumerate(files):
            pixels = read_pixels(path)
            stored[index] = resize(pixels, STORED, STORED, self.spec.filter)
            whole[index] = resize(pixels, self.spec.width, self.spec.height, self.spec.filter)
            described = self.describe(pixels, path)
            faces.append(described.faces)
            descriptors[index, : len(described.descriptor)] = described.descriptor
            progress("reading photos", index + 1, len(files))
        return PhotoArrays(tuple(files), stored, whole, descriptors, tuple(faces))

    def describe(self, pixels: ImageArray, path: Path) -> Described:
        """The photo's faces and its largest face's descriptor, remembered by content."""
        if self.encoder is None or self._detector is None:
            return Described(np.zeros((0, 5), np.float32), np.zeros(0, np.float32))
        key = content_key(path)
        known = self._cache.get(self.encoder.name, key)
        if known is not None and known.descriptor.shape == (self.encoder.width,):
            return known
        described = self.look(pixels)
        self._cache.put(self.encoder.name, key, described)
        return described

    def look(self, pixels: ImageArray) -> Described:
        """Find and describe, without the cache."""
        if self.encoder is None or self._detector is None:
            return Described(np.zeros((0, 5), np.float32), np.zeros(0, np.float32))
        found = sorted(self._detector.detect(pixels), key=lambda face: -face.box.area)
        descriptor = np.zeros(self.encoder.width, np.float32)
        if found:
            descriptor = np.asarray(self.encoder(pixels, found[0]), np.float32)
        rows = [(f.box.x, f.box.y, f.box.w, f.box.h, f.score) for f in found]
        return Described(np.array(rows, np.float32).reshape(-1, 5), descriptor)


def boxes(faces: NDArray[np.float32]) -> tuple[Face, ...]:
    """The remembered rows as faces, without key points."""
    return tuple(
        Face(Box(float(x), float(y), float(w), float(h)), float(score))
        for x, y, w, h, score in faces
    )


def targets(photos: Sequence[RatedPhoto]) -> NDArray[np.float32]:
    """(n, 10) rating shares as training wants them."""
    return distributions(photos).astype(np.float32)
