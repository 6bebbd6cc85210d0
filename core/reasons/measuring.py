"""All measured reasons of one photo, the gravest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import Box, Face, ImageArray, PhotoMetadata, Reason
from core.files.decode import decode
from core.reasons import expression, frame, light
from core.reasons.cast import colour_cast
from core.reasons.codes import Code, sentence
from core.reasons.face_view import LEFT_EYE, LIPS, RIGHT_EYE, FaceView, FaceViewer
from core.reasons.movement import movement
from core.reasons.reading import FaceReader, FaceReading
from core.reasons.rules import RULES
from core.reasons.sharpness import measure_blur

MEASURED_SIDE = 8000
"""A larger photo is reduced to this longest side; its faces still fill hundreds of pixels."""

MAIN_FACE = 0.5
"""A face counts when it is at least this large beside the largest one (sides of the boxes)."""

MOST_FACES = 8

LEAST_SIDE = 48.0
"""Pixels; a smaller face is called tiny, and nothing finer is said of it."""

UNDECIDED = 0.5
"""Log-odds of a movement between which a blur may be either, so both are said."""

MORE_THAN_A_COVER = 2.6
"""Percent of the face's width: what covers a face has no edges of its own and looks blurred, but
never more than this."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value and where in the photo it was taken (``None``: all of it)."""

    value: float
    box: Box | None = None


Measurements = Mapping[Code, Measurement]


@dataclass(frozen=True, slots=True)
class Measured:
    """A photo's faults, the gravest first, and how blurred its largest face is.

    ``softness`` is in percent of the face's width (the sharpest shot of a burst has the least);
    ``None`` without a face that is large enough.
    """

    reasons: tuple[Reason, ...]
    softness: float | None


class Measurer:
    """Measures photos; loads its models on first use, safe to share between threads."""

    def __init__(self, viewer: FaceViewer | None = None, reader: FaceReader | None = None) -> None:
        self._viewer = viewer or FaceViewer()
        self._reader = reader or FaceReader()

    def measure(self, path: Path, faces: Sequence[Face]) -> tuple[Reason, ...]:
        """A photo's faults, the gravest first; empty where nothing is measurably wrong.

        Args:
            path: the photo.
            faces: as analysis found them.

        Raises:
            PhotoChangedError: the file vanished or changed meanwhile.
            UnreadablePhotoError: it can't be read.
            ModelError: a model can't be loaded.
        """
        return self.measure_all(path, faces).reasons

    def measure_all(self, path: Path, faces: Sequence[Face]) -> Measured:
        """Faults and softness from one decoding; arguments and errors as `measure`."""
        picture = decode(path, MEASURED_SIDE)
        return self._measure(picture.pixels, faces, picture.metadata, frame.jpeg_quality(path))

    def measure_pixels(
        self,
        pixels: ImageArray,
        faces: Sequence[Face],
        metadata: PhotoMetadata | None = None,
        quality: float | None = None,
    ) -> tuple[Reason, ...]:
        """The same for upright sRGB pixels (uint8, (h, w, 3)) at native resolution.

        Args:
            pixels: the photo.
            faces: as analysis found them.
            metadata: says the full size where the pixels were reduced.
            quality: that of the JPEG, where it is one.
        """
        return self._measure(pixels, faces, metadata, quality).reasons

    def _measure(
        self,
        pixels: ImageArray,
        faces: Sequence[Face],
        metadata: PhotoMetadata | None,
        quality: float | None,
    ) -> Measured:
        mains, surely = self._mains(pixels, faces)
        found = [judged(self.frame(pixels, metadata, quality), 1.0)]
        found += [judged(values, share) for values, share in self._each(pixels, mains, surely)]
        reasons = ranked(reason for reasons in found for reason in reasons)
        return Measured(reasons, self._softness(pixels, mains))

    def faces(
        self, pixels: ImageArray, faces: Sequence[Face]
    ) -> list[tuple[dict[Code, Measurement], float]]:
        """Everything measured on each main face, the largest first, with its size beside it (0..1).

        Args:
            pixels: the photo.
            faces: as analysis found them; where it found none, the one that it missed counts.
        """
        return self._each(pixels, *self._mains(pixels, faces))

    def _mains(self, pixels: ImageArray, faces: Sequence[Face]) -> tuple[list[Face], bool]:
        """The faces that count, and whether they are faces although analysis missed them."""
        mains = main_faces(faces, pixels)
        if mains:
            return mains, False
        missed = self.missed_face(pixels)
        return ([missed] if missed else []), True

    def _each(
        self, pixels: ImageArray, mains: Sequence[Face], surely: bool
    ) -> list[tuple[dict[Code, Measurement], float]]:
        return [
            (
                self._of_face(pixels, face, surely=surely),
                _side(face, pixels) / _side(mains[0], pixels),
            )
            for face in mains
        ]

    def softness(self, path: Path, faces: Sequence[Face]) -> float | None:
        """How blurred the largest face is, in percent of its width: to compare shots of a burst.

        The sharpest shot has the least. ``None`` without a face that is large enough.

        Raises:
            PhotoChangedError, UnreadablePhotoError, ModelError: as `measure`.
        """
        pixels = decode(path, MEASURED_SIDE).pixels
        return self._softness(pixels, self._mains(pixels, faces)[0])

    def _softness(self, pixels: ImageArray, mains: Sequence[Face]) -> float | None:
        if not mains or _side(mains[0], pixels) < LEAST_SIDE:
            return None
        view = self._viewer.view(pixels, mains[0])
        return 100.0 * measure_blur(view.grey, view.oval, view.width).worst

    def missed_face(self, pixels: ImageArray) -> Face | None:
        """A face so blurred or covered that analysis did not count it as one."""
        return self._reader.missed_face(pixels)

    def face(self, pixels: ImageArray, face: Face) -> dict[Code, Measurement]:
        """Everything measured on one face."""
        return self._of_face(pixels, face, surely=False)

    def _of_face(self, pixels: ImageArray, face: Face, *, surely: bool) -> dict[Code, Measurement]:
        side = _side(face, pixels)
        if side < LEAST_SIDE:
            return {Code.FACE_TINY: Measurement(side, face.box)}
        view = self._viewer.view(pixels, face)
        reading = self._reader.read(pixels, face)
        if not surely and not reading.is_face:
            return {}  # a dog, the moon: nothing to be said of it as a face
        found = {
            Code.FACE_TINY: Measurement(side, face.box),
            Code.FACE_COVERED: Measurement(reading.covered, face.box),
            Code.FACE_CUT: Measurement(cut_off(view), face.box),
            Code.TURNED_AWAY: Measurement(abs(expression.nose_offset(view)), face.box),
        }
        if view.oval.sum() > 0:
            found |= _sharpness(view) | _light(view)
            found[Code.COLOUR_CAST] = Measurement(colour_cast(pixels, view), face.box)
        found |= _expression(view, reading)
        return found

    def frame(
        self, pixels: ImageArray, metadata: PhotoMetadata | None, quality: float | None
    ) -> dict[Code, Measurement]:
        """Everything measured on the whole frame."""
        import cv2

        height, width = pixels.shape[:2]
        full = (metadata.width, metadata.height) if metadata else (width, height)
        middle = frame.middle(pixels)
        grey = np.asarray(cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY), np.float32)
        found = {
            Code.LOW_RESOLUTION: Measurement(frame.megapixels(*full)),
            Code.HIGHLIGHTS_CLIPPED: Measurement(frame.burnt_out(pixels)),
            Code.COMPRESSED: Measurement(frame.blockiness(grey)),
            Code.NOISE: Measurement(light.noise(grey)),
        }
        lines = frame.tilt(pixels)
        if lines.is_plain:
            found[Code.HORIZON_TILTED] = Measurement(abs(lines.angle))
        return found


def main_faces(faces: Sequence[Face], pixels: ImageArray) -> list[Face]:
    """The faces that the photo is about, the largest first: passers-by don't count."""
    ordered = sorted(faces, key=lambda face: -_side(face, pixels))[:MOST_FACES]
    if not ordered:
        return []
    least = MAIN_FACE * _side(ordered[0], pixels)
    return [face for face in ordered if _side(face, pixels) >= least]


def _side(face: Face, pixels: ImageArray) -> float:
    """The longer side of a face's box, in pixels."""
    height, width = pixels.shape[:2]
    return float(max(face.box.w * width, face.box.h * height, 1e-6))


def cut_off(view: FaceView) -> float:
    """Share of the face, in percent, that lies outside the photo."""
    from core.reasons.face_view import OVAL

    whole = view.area(OVAL)
    total = int(whole.sum())
    return 100.0 * (1.0 - int((whole & view.inside).sum()) / total) if total else 0.0


def _sharpness(view: FaceView) -> dict[Code, Measurement]:
    """One blur, named by its shape; by both names where its shape leaves that open."""
    blur = measure_blur(view.grey, view.oval, view.width)
    # One pixel of blur is the grid's own: a small face can't be sharper.
    own = math.sqrt(max(0.0, blur.worst**2 - (1.0 / view.width) ** 2))
    found = {Code.FACE_BLURRED: Measurement(100.0 * own, view.face.box)}
    if _beyond(found, Code.FACE_BLURRED):
        odds = movement(view.grey, view.oval, view.width)
        if odds > -UNDECIDED:
            found[Code.MOTION_BLUR] = found[Code.FACE_BLURRED]
        if odds > UNDECIDED:
            del found[Code.FACE_BLURRED]
    return found


def _light(view: FaceView) -> dict[Code, Measurement]:
    bright = light.bright_parts(view)
    found = {
        Code.FACE_DARK: Measurement(bright, view.face.box),
        Code.FACE_OVEREXPOSED: Measurement(light.burnt_skin(view), view.face.box),
    }
    stops = light.stops_below_surroundings(view)
    if stops is not None and bright < light.SHADED:
        found[Code.BACK_LIGHT] = Measurement(stops, view.face.box)
    return found


def _expression(view: FaceView, reading: FaceReading) -> dict[Code, Measurement]:
    found: dict[Code, Measurement] = {}
    eyes = view.to_photo_box(view.mesh.points[[*LEFT_EYE, *RIGHT_EYE]], 0.08 * view.width)
    mouth = view.to_photo_box(view.mesh.points[list(LIPS)], 0.05 * view.width)
    open_by, past = expression.openness(view), expression.looks_past(view)
    if open_by is not None:
        found[Code.EYES_CLOSED] = Measurement(reading.shut(open_by), eyes)
    if not _beyond(found, Code.EYES_CLOSED):
        if past is not None:
            found[Code.LOOKING_AWAY] = Measurement(past, eyes)
        if (red := expression.pupil_redness(view)) is not None:
            found[Code.RED_EYE] = Measurement(red, eyes)
    if expression.mouth_width(view) < SMILE and expression.is_frontal(view):
        found[Code.MID_WORD] = Measurement(expression.mouth_gap(view), mouth)
    return found


SMILE = 0.45
"""A mouth wider than this, in widths of the face, smiles; open it may be."""


def _beyond(found: Measurements, code: Code) -> bool:
    return code in found and RULES[code].severity(found[code].value) is not None


def judged(found: Measurements, share: float) -> list[Reason]:
    """The measurements that are faults, as reasons; ``share`` (0..1) scales their severity."""
    reasons = []
    for code, measurement in found.items():
        rule = RULES[code]
        severity = rule.severity(measurement.value)
        if severity is None:
            continue
        reasons.append(
            Reason(
                code=code.value,
                text=sentence(code, measurement.value),
                value=measurement.value,
                threshold=rule.threshold,
                severity=severity * share,
                box=measurement.box,
            )
        )
    return reasons


CUT_DEEP = 10.0
"""Percent of the face: below this, what the frame cuts off does not look like a covering."""

IMPLIED: tuple[tuple[Code, float, Code], ...] = (
    (Code.FACE_OVEREXPOSED, 0.0, Code.FACE_COVERED),
    (Code.FACE_CUT, CUT_DEEP, Code.FACE_COVERED),
    (Code.FACE_BLURRED, MORE_THAN_A_COVER, Code.FACE_COVERED),
    (Code.MOTION_BLUR, MORE_THAN_A_COVER, Code.FACE_COVERED),
    (Code.FACE_COVERED, 0.0, Code.FACE_BLURRED),
    (Code.FACE_COVERED, 0.0, Code.MOTION_BLUR),
    (Code.FACE_TINY, 0.0, Code.LOW_RESOLUTION),
)
"""Where the first is a reason with at least this value, the last says the same once more, or is
misled by it; in this order."""


def ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """One reason per code, that of the worst face; the gravest first, repetitions left out."""
    worst: dict[str, Reason] = {}
    for reason in reasons:
        known = worst.get(reason.code)
        if known is None or reason.severity > known.severity:
            worst[reason.code] = reason
    for code, least, other in IMPLIED:
        if code in worst and worst[code].value >= least:
            worst.pop(other, None)
    return tuple(sorted(worst.values(), key=lambda r: (-gravity(r), r.code)))


def gravity(reason: Reason) -> float:
    """How much a reason spoils the portrait, 0..1: at least a third of its kind's weight."""
    return RULES[Code(reason.code)].weight * (1.0 + 2.0 * reason.severity) / 3.0
