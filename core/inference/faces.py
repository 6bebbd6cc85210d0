"""Finding faces (BlazeFace, confirmed by the face mesh) and describing them (FaceRes)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.domain import Box, Face, FloatArray, ImageArray
from core.inference.aesthetics import FaceFeatureMap
from core.inference.blazeface import KEYPOINTS, decode, keep_apart
from core.inference.cards import ModelCard, find_model
from core.inference.crops import crop_box, eye_angle, face_crop
from core.inference.landmarks import MESH_NOSE, FaceMesh, crop_scale
from core.inference.preprocess import letterbox, normalize
from core.inference.session import SessionFactory, shared_sessions

NOSE = 2
"""Index into ``Face.keypoints``."""

CANDIDATE = 0.4
"""Least confidence of a face that the mesh confirms.

On the photos at hand (544 portraits; 345 of objects, scenes and animals) BlazeFace alone at 0.5
finds a face in 98.7 % of the portraits and in 26 % of the others; confirmed by the mesh, in 97.6 %
and in 6 %, most of those being people after all, statues, or dogs.
"""

CERTAIN = 0.8
"""From here on the detector is believed without the mesh, which dislikes profiles and hats."""

PRESENT = 0.5
"""Least presence that the mesh must report."""

MOST_FACES = 60
"""A crowd's further faces are left out: they decide nothing and cost time."""

ASTRAY = 0.3
"""How far the mesh's nose may lie from the detector's, in sides of the box."""

TURNED = 0.6
"""Least confidence of a face in a turned photo."""

SMALL = 0.1
"""A face below this share of the longer side makes it worth looking closer for others."""

TILE = 0.6
"""Side of the squares looked at closely, as a share of the longer side."""


class FaceDetector:
    """Finds faces in a photo; safe to share between threads."""

    def __init__(
        self, card: ModelCard | None = None, sessions: SessionFactory = shared_sessions
    ) -> None:
        self.card = card or find_model("blazeface")
        self._sessions = sessions
        self._mesh = FaceMesh(sessions=sessions)

    def detect(self, pixels: ImageArray, *, try_turns: bool = False) -> tuple[Face, ...]:
        """Faces in uint8 (h, w, 3) upright pixels, the largest first.

        Boxes and key points are fractions of the photo and may reach past it. Where a first look
        finds a small face, a closer look at parts of the photo finds the others of its size.

        Args:
            pixels: the photo.
            try_turns: where the mesh sees no face with level eyes, look at the photo turned by
                a quarter, a half and three quarters too. (BlazeFace sees a face lying on its
                side as well, but puts the key points anywhere.) The eye that comes first in a
                turned face's key points is the one at the left of the *face* held upright.

        Raises:
            ModelError: a model can't be loaded.
        """
        faces = self._confirmed(pixels, self._look(pixels))
        if any(_side(face, pixels) < SMALL for face in faces):
            closer = [face for tile in _tiles(pixels) for face in self._look_closer(pixels, tile)]
            faces += self._confirmed(pixels, _apart(closer, faces, pixels))
        if try_turns and not self._best_upright(pixels, faces):
            faces = self._turned(pixels) or faces
        return tuple(sorted(faces, key=lambda face: -face.box.area))

    def candidates(self, pixels: ImageArray, least: float = CANDIDATE) -> tuple[Face, ...]:
        """What looks like a face at first sight, the surest first; nothing confirms it.

        For those who have means of their own to tell faces from other things; ``least`` is the
        confidence from which a place is proposed.
        """
        return tuple(self._look(pixels, least))

    def _look(self, pixels: ImageArray, least: float = CANDIDATE) -> list[Face]:
        """What BlazeFace sees in the picture as a whole; surest first, not confirmed."""
        spec = self.card.image
        height, width = pixels.shape[:2]
        square, scale, left, top = letterbox(pixels, spec.width, spec.filter)
        found = self._sessions(self.card).run({spec.name: normalize(square, spec)})
        scores, values = decode(found, spec.width)
        chosen = scores >= least
        scores, values = scores[chosen], values[chosen]
        faces = []
        for i in keep_apart(scores, values)[:MOST_FACES]:
            points = values[i].reshape(-1, 2).copy()
            points[[0, *range(2, 2 + KEYPOINTS)]] -= (left, top)
            points /= scale * np.array([width, height])
            (x, y), (w, h), *keypoints = ((float(a), float(b)) for a, b in points)
            faces.append(Face(Box(x, y, w, h), float(scores[i]), tuple(keypoints)))
        return faces

    def _look_closer(self, pixels: ImageArray, tile: tuple[int, int, int, int]) -> list[Face]:
        """Small faces in one part (left, top, width, height) of the photo, as of the whole."""
        left, top, width, height = tile
        whole_height, whole_width = pixels.shape[:2]
        part = pixels[top : top + height, left : left + width]
        grow = np.array([width / whole_width, height / whole_height])
        shift = np.array([left / whole_width, top / whole_height])
        faces = []
        for face in self._look(part):
            x, y = np.array([face.box.x, face.box.y]) * grow + shift
            w, h = np.array([face.box.w, face.box.h]) * grow
            points = tuple((float(a), float(b)) for a, b in np.array(face.keypoints) * grow + shift)
            found = replace(face, box=Box(float(x), float(y), float(w), float(h)), keypoints=points)
            if _side(found, pixels) < SMALL:
                faces.append(found)
        return faces

    def _turned(self, pixels: ImageArray) -> list[Face]:
        """Faces in whichever turn of the photo shows the surest upright one."""
        best: list[Face] = []
        best_score = TURNED
        for quarters in (1, 3, 2):
            turned = np.ascontiguousarray(np.rot90(pixels, quarters))
            found = self._confirmed(turned, self._look(turned))
            score = self._best_upright(turned, found)
            if score > best_score:
                best_score = score
                best = [_turned_back(face, quarters) for face in found if _is_level(face, turned)]
        return best

    def _best_upright(self, pixels: ImageArray, faces: list[Face]) -> float:
        """Confidence of the surest level face that the mesh sees; 0 where there is none."""
        for face in sorted(faces, key=lambda face: -face.score):
            if _is_level(face, pixels) and self._is_face(pixels, face):
                return face.score
        return 0.0

    def _confirmed(self, pixels: ImageArray, faces: list[Face]) -> list[Face]:
        return [face for face in faces if face.score >= CERTAIN or self._is_face(pixels, face)]

    def _is_face(self, pixels: ImageArray, face: Face) -> bool:
        """Whether the mesh sees a face too, and in the same place."""
        mesh = self._mesh.fit(pixels, face)
        size = np.array([pixels.shape[1], pixels.shape[0]])
        astray = np.hypot(*(np.array(face.keypoints[NOSE]) * size - mesh.points[MESH_NOSE]))
        side = max(face.box.w * size[0], face.box.h * size[1])
        return mesh.presence >= PRESENT and bool(astray <= ASTRAY * side)


class FaceDescriber:
    """Computes a face's 1024-d descriptor; safe to share between threads."""

    def __init__(
        self, card: ModelCard | None = None, sessions: SessionFactory = shared_sessions
    ) -> None:
        self.card = card or find_model("faceres")
        self._crop_scale = crop_scale(self.card)
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


def _side(face: Face, pixels: ImageArray) -> float:
    """The face's size as a share of the photo's longer side."""
    height, width = pixels.shape[:2]
    return float(max(face.box.w * width, face.box.h * height) / max(height, width))


def _is_level(face: Face, pixels: ImageArray) -> bool:
    """Whether the eyes are tilted by less than an eighth of a turn."""
    height, width = pixels.shape[:2]
    return abs(eye_angle(face, width, height)) < math.pi / 4


def _apart(faces: list[Face], known: list[Face], pixels: ImageArray) -> list[Face]:
    """One face per place, the surest, where none is known yet."""
    height, width = pixels.shape[:2]
    scores = np.array([face.score for face in (*known, *faces)])
    scores[: len(known)] = np.inf
    boxes = np.array([(f.box.x, f.box.y, f.box.w, f.box.h) for f in (*known, *faces)])
    kept = keep_apart(scores, boxes * (width, height, width, height))[:MOST_FACES]
    return [faces[i - len(known)] for i in kept if i >= len(known)]


def _tiles(pixels: ImageArray) -> Iterator[tuple[int, int, int, int]]:
    """Overlapping squares (left, top, width, height) that cover the photo."""
    height, width = pixels.shape[:2]
    side = math.ceil(TILE * max(height, width))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, min(side, width), min(side, height)


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    steps = math.ceil((length - side) / (0.75 * side))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def _turned_back(face: Face, quarters: int) -> Face:
    """A face found after ``np.rot90(pixels, quarters)``, in fractions of the photo itself."""
    box, points = face.box, face.keypoints
    for _ in range(quarters):  # one counterclockwise quarter took (x, y) to (y, 1 - x)
        box = Box(1 - box.y - box.h, box.x, box.h, box.w)
        points = tuple((1 - y, x) for x, y in points)
    return replace(face, box=box, keypoints=points)
