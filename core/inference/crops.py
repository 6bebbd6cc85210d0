"""Square crops of a face with its eyes level, and the way back from crop to photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Box, Face, ImageArray

LEFT_EYE, RIGHT_EYE = 0, 1
"""Indices into ``Face.keypoints``: left and right in the upright picture."""


@dataclass(frozen=True, slots=True)
class SquareCrop:
    """A square of a photo, turned by ``angle`` radians (clockwise as seen), in its pixels.

    ``center`` and ``side`` are in pixels of the photo at hand.
    """

    center: tuple[float, float]
    side: float
    angle: float = 0.0

    def cut(self, pixels: ImageArray, size: int, *, mirrored: bool = False) -> ImageArray:
        """The crop as (size, size, 3); black where it reaches past the photo."""
        import cv2

        crop = cv2.warpAffine(
            pixels,
            self._to_crop(size),
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return np.asarray(crop[:, ::-1] if mirrored else crop, np.uint8)

    def to_photo(
        self, points: NDArray[np.float32], size: int, *, mirrored: bool = False
    ) -> NDArray[np.float32]:
        """Points (n, 2) in pixels of the crop -> pixels of the photo."""
        local = points.astype(np.float64) - size / 2
        if mirrored:
            local[:, 0] = -local[:, 0]
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        turned = local @ np.array([[cos, sin], [-sin, cos]]) * (self.side / size)
        return np.asarray(turned + self.center, np.float32)

    def _to_crop(self, size: int) -> NDArray[np.float64]:
        """The 2x3 matrix that takes photo pixels to crop pixels."""
        scale = size / max(self.side, 1e-6)
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        x, y = self.center
        middle = size / 2
        return np.array(
            [[cos, sin, middle - cos * x - sin * y], [-sin, cos, middle + sin * x - cos * y]]
        )


def face_crop(face: Face, width: int, height: int, scale: float) -> SquareCrop:
    """The square around a face, eyes level, ``scale`` times its box; for a photo of that size.

    A face without key points is cut out unturned.
    """
    x, y = face.box.center
    side = max(face.box.w * width, face.box.h * height) * scale
    return SquareCrop((x * width, y * height), side, eye_angle(face, width, height))


def eye_angle(face: Face, width: int, height: int) -> float:
    """How far the line from the left to the right eye is turned, radians, clockwise positive."""
    if len(face.keypoints) <= RIGHT_EYE:
        return 0.0
    (left_x, left_y), (right_x, right_y) = face.keypoints[LEFT_EYE], face.keypoints[RIGHT_EYE]
    return math.atan2((right_y - left_y) * height, (right_x - left_x) * width)


def crop_box(crop: SquareCrop, width: int, height: int) -> Box:
    """The crop's place in fractions of the photo; its turn is left out."""
    x, y = crop.center
    half = crop.side / 2
    return Box((x - half) / width, (y - half) / height, crop.side / width, crop.side / height)
