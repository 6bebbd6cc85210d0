"""One face at native resolution, with its mesh, its eyes and the masks that measurements need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.domain import Box, Face, FloatArray, ImageArray
from core.inference.landmarks import Eye, EyeReader, FaceMesh, MeshFit

Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

MARGIN = 0.6
"""What the view shows around the face's box, in sides of the box."""

FACE_SIDE = 512
"""A larger face is reduced to this side, in pixels: finer detail is skin, not sharpness."""

# The mesh's points (MediaPipe's numbering) along outlines, as closed rings.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LEFT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_EYE = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
LEFT_CHEEK, RIGHT_CHEEK = 234, 454
"""Outermost points of the face at the left and at the right of the upright picture."""
FOREHEAD, CHIN, NOSE_TIP = 10, 152, 1


@dataclass(frozen=True)
class FaceView:
    """A cut-out of the photo around one face; all points are in its pixels.

    Attributes:
        face: the face in fractions of the whole photo.
        pixels: uint8 (h, w, 3), not turned, reduced only where the face is very large.
        scale: pixels of the view per pixel of the photo, at most 1.
        origin: the view's left and top in pixels of the photo.
        photo_size: the photo's width and height.
        box: the face's box in fractions of the view.
        mesh: fitted here.
        eyes: left and right of the upright picture.
    """

    face: Face
    pixels: ImageArray
    scale: float
    origin: tuple[int, int]
    photo_size: tuple[int, int]
    box: Box
    mesh: MeshFit
    eyes: tuple[Eye, Eye]

    @cached_property
    def grey(self) -> FloatArray:
        """Luma, float32 0..255."""
        import cv2

        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), np.float32)

    @cached_property
    def lab(self) -> FloatArray:
        """CIELAB, float32 (h, w, 3): L 0..100, a and b about -100..100."""
        import cv2

        scaled = self.pixels.astype(np.float32) / np.float32(255)
        return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)

    @property
    def width(self) -> float:
        """Width of the face from cheek to cheek, in pixels of the view (at least 1)."""
        left, right = self.mesh.points[LEFT_CHEEK], self.mesh.points[RIGHT_CHEEK]
        return max(1.0, float(np.hypot(*(right - left).astype(np.float64))))

    @property
    def height(self) -> float:
        """Height of the face from forehead to chin, in pixels of the view (at least 1)."""
        top, bottom = self.mesh.points[FOREHEAD], self.mesh.points[CHIN]
        return max(1.0, float(np.hypot(*(bottom - top).astype(np.float64))))

    @property
    def size(self) -> float:
        """Side of the detector's box, in pixels of the view: steadier than the mesh."""
        height, width = self.pixels.shape[:2]
        return float(max(self.box.w * width, self.box.h * height))

    @property
    def eye_points(self) -> tuple[tuple[float, float], ...]:
        """Where the detector saw the eyes, left and right, in pixels of the view."""
        (left, top), (width, height) = self.origin, self.photo_size
        return tuple(
            ((x * width - left) * self.scale, (y * height - top) * self.scale)
            for x, y in self.face.keypoints[:2]
        )

    @cached_property
    def inside(self) -> Mask:
        """The part of the view that lies in the photo; the rest is black filling."""
        height, width = self.pixels.shape[:2]
        xs = np.arange(width) / self.scale + self.origin[0]
        ys = np.arange(height) / self.scale + self.origin[1]
        in_x = (xs >= 0) & (xs < self.photo_size[0])
        in_y = (ys >= 0) & (ys < self.photo_size[1])
        return np.asarray(in_y[:, None] & in_x[None, :])

    def area(self, *rings: tuple[int, ...]) -> Mask:
        """Everything inside these rings of mesh points."""
        import cv2

        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        for ring in rings:
            cv2.fillPoly(mask, [np.rint(self.mesh.points[list(ring)]).astype(np.int32)], 1)
        return mask.astype(bool)

    @cached_property
    def oval(self) -> Mask:
        """The face from forehead to chin, where it is in the photo."""
        return self.area(OVAL) & self.inside

    @cached_property
    def skin(self) -> Mask:
        """The oval without eyes and lips and without its rim, where hair and shadow begin."""
        inner = _shrunk(self.oval, 0.06 * self.width)
        features = _grown(self.area(LIPS, LEFT_EYE, RIGHT_EYE), 0.05 * self.width)
        skin = inner & ~features
        return skin if skin.any() else self.oval

    @cached_property
    def surroundings(self) -> Mask:
        """What is beside and above the face: outside the head, inside the photo."""
        head = _grown(self.oval, 0.25 * self.width)
        below = np.arange(self.pixels.shape[0])[:, None] > self.mesh.points[CHIN, 1]
        return np.asarray(self.inside & ~head & ~below)

    def to_photo_box(self, points: Points, margin: float = 0.0) -> Box:
        """The rectangle around points of the view, in fractions of the photo."""
        width, height = self.photo_size
        low = points.min(axis=0).astype(np.float64) - margin
        high = points.max(axis=0).astype(np.float64) + margin
        x, y = low / self.scale + np.array(self.origin)
        w, h = (high - low) / self.scale
        return Box(float(x / width), float(y / height), float(w / width), float(h / height))


class FaceViewer:
    """Cuts out faces and reads their points; safe to share between threads."""

    def __init__(self, mesh: FaceMesh | None = None, eyes: EyeReader | None = None) -> None:
        self._mesh = mesh or FaceMesh()
        self._eyes = eyes or EyeReader()

    def view(self, pixels: ImageArray, face: Face) -> FaceView:
        """A view of one face in uint8 (h, w, 3) pixels of the whole photo.

        Raises:
            ModelError: a model can't be loaded.
        """
        import cv2

        height, width = pixels.shape[:2]
        side = max(face.box.w * width, face.box.h * height, 1.0)
        reach = side * (0.5 + MARGIN)
        center_x, center_y = face.box.center
        left, top = round(center_x * width - reach), round(center_y * height - reach)
        span = max(2, round(2 * reach))
        crop = np.zeros((span, span, 3), np.uint8)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + span, width), min(top + span, height)
        if x1 > x0 and y1 > y0:
            crop[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0:y1, x0:x1]
        scale = min(1.0, FACE_SIDE / side)
        if scale < 1.0:
            size = max(2, round(span * scale))
            crop = np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA))
            scale = size / span
        box = Box(
            (face.box.x * width - left) / span,
            (face.box.y * height - top) / span,
            face.box.w * width / span,
            face.box.h * height / span,
        )
        keypoints = tuple(
            ((x * width - left) / span, (y * height - top) / span) for x, y in face.keypoints
        )
        mesh = self._mesh.fit(crop, replace(face, box=box, keypoints=keypoints))
        return FaceView(
            face=face,
            pixels=crop,
            scale=scale,
            origin=(left, top),
            photo_size=(width, height),
            box=box,
            mesh=mesh,
            eyes=self._eyes.read(crop, mesh),
        )


def _grown(mask: Mask, radius: float) -> Mask:
    """The mask and everything within ``radius`` pixels of it."""
    import cv2

    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(away <= radius)


def _shrunk(mask: Mask, radius: float) -> Mask:
    """The mask without everything within ``radius`` pixels of its rim."""
    return ~_grown(~mask, radius)
