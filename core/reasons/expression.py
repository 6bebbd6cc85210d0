"""Eyes, gaze and mouth of a face."""

from __future__ import annotations

import math

import numpy as np

from core.domain import FloatArray
from core.inference.landmarks import Eye
from core.reasons.face_view import FaceView

READABLE_EYE = 8.0
"""Pixels across an eye from which its lids can be told apart."""

READABLE_FACE = 40.0
"""Pixels across a face from which its pupils can be told."""

MOST_TURNED = 0.6
"""The nose's way off the middle (see `nose_offset`) from which the eyes can't be read."""

FRONTAL = 0.25
"""Up to here a face is seen from the front: gaze and mouth can be judged."""

INNER_LIP_TOP, INNER_LIP_BOTTOM = 13, 14
MOUTH_CORNERS = (61, 291)


def openness(view: FaceView) -> float | None:
    """Mean openness of both eyes, 0 (shut) .. about 0.5; ``None`` where that can't be told."""
    if min(eye.width for eye in view.eyes) / view.scale < READABLE_EYE:
        return None
    if abs(nose_offset(view)) > MOST_TURNED:
        return None
    return sum(eye.openness for eye in view.eyes) / 2


def nose_offset(view: FaceView) -> float:
    """How far the nose's tip lies off the middle between the cheeks, in widths of the face.

    0 for a face seen from the front; about half the sine of the turn; positive to the right of
    the upright picture.
    """
    left, right = (view.mesh.points[index].astype(np.float64) for index in (234, 454))
    across = right - left
    length = float(across @ across)
    if length <= 0:
        return 0.0
    return float((view.mesh.points[1] - left) @ across) / length - 0.5


def is_frontal(view: FaceView) -> bool:
    """Whether the face is seen from the front."""
    return abs(nose_offset(view)) <= FRONTAL


def gaze_offset(view: FaceView) -> float | None:
    """How far the irises lie off the middle of the eyes, sideways, in widths of the eye.

    The mean over both eyes, 0 for eyes that look straight out of the face, positive to the right
    of the upright picture; ``None`` where the eyes can't be read.
    """
    if openness(view) is None or not is_frontal(view):
        return None
    return sum(_iris_offset(eye) for eye in view.eyes) / 2


def _iris_offset(eye: Eye) -> float:
    left, right = eye.lids[0].astype(np.float64), eye.lids[8].astype(np.float64)
    if left[0] > right[0]:
        left, right = right, left
    across = right - left
    length = float(across @ across)
    if length <= 0:
        return 0.0
    return float((eye.iris[0] - (left + right) / 2) @ across) / length


def looks_past(view: FaceView) -> float | None:
    """How far past the camera the eyes look: turn of the head and of the eyes together.

    Eyes turned against the head look at the camera. In widths of the eye, 0 .. about 0.5.
    """
    gaze = gaze_offset(view)
    return None if gaze is None else abs(gaze + nose_offset(view))


def mouth_gap(view: FaceView) -> float:
    """Distance of the inner lips over the width of the mouth: 0 closed, 1 a shout."""
    points = view.mesh.points
    left, right = points[list(MOUTH_CORNERS)]
    return _distance(points[INNER_LIP_TOP], points[INNER_LIP_BOTTOM]) / max(
        1.0, _distance(left, right)
    )


def mouth_width(view: FaceView) -> float:
    """Width of the mouth over the width of the face: a smile is wide."""
    left, right = view.mesh.points[list(MOUTH_CORNERS)]
    return _distance(left, right) / view.width


PUPIL = 0.025
"""Radius of a lit up pupil, in widths of the face."""

AROUND_EYE = 0.12
"""How far around the detector's point in the eye a pupil is looked for, in widths of the face."""


def pupil_redness(view: FaceView) -> float | None:
    """How red the redder eye is: CIELAB a* of as many pixels as a pupil has, less the skin's.

    The reddest ones around the detector's points in the eyes: a flash that fills the pupil takes
    the iris's reading astray. ``None`` without such points, or where the face is too small.
    """
    if len(view.face.keypoints) < 2 or view.width / view.scale < READABLE_FACE:
        return None
    redness = view.lab[..., 1]
    skin = float(np.median(redness[view.skin]))
    count = max(1, int(math.pi * (PUPIL * view.width) ** 2))
    found = []
    for x, y in view.eye_points:
        reach = AROUND_EYE * view.width
        left, right = max(0, int(x - reach)), max(0, int(x + reach) + 1)
        top, bottom = max(0, int(y - reach)), max(0, int(y + reach) + 1)
        around = np.sort(redness[top:bottom, left:right], axis=None)
        if around.size:
            found.append(float(around[-count:].mean()) - skin)
    return max(found) if found else None


def _distance(first: FloatArray, second: FloatArray) -> float:
    return math.hypot(*(float(v) for v in (second - first)))
