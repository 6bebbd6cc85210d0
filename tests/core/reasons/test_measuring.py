"""Known faults of a drawn portrait are found, named and placed; a clean one has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.domain import Box, Face, ImageArray, Reason
from core.inference.faces import FaceDetector
from core.reasons.codes import NO_FAULT, TITLES, Code, sentence, title
from core.reasons.measuring import Measurer, main_faces, ranked
from core.reasons.rules import RULES
from tests.benchmarks.portrait_faults import FAULTS, Covering, random_of

Draw = Callable[..., ImageArray]


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return Measurer()


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def portrait(drawn_face: Draw) -> ImageArray:
    return drawn_face(800)


def inside(box: Box, outer: Box) -> bool:
    return (
        box.x >= outer.x - 0.02
        and box.y >= outer.y - 0.02
        and box.x + box.w <= outer.x + outer.w + 0.02
        and box.y + box.h <= outer.y + outer.h + 0.02
    )


def test_a_clean_portrait_has_no_fault(
    measurer: Measurer, detector: FaceDetector, portrait: ImageArray
) -> None:
    assert measurer.measure_pixels(portrait, detector.detect(portrait)) == ()


@pytest.mark.parametrize(
    "fault", [name for name in FAULTS if name not in ("tilted", "colour_cast")]
)
def test_a_known_fault_is_found_and_placed_on_the_face(
    fault: str, measurer: Measurer, detector: FaceDetector, portrait: ImageArray
) -> None:
    make, codes = FAULTS[fault]
    (face,) = detector.detect(portrait)
    faulty = make(portrait, face, random_of("drawn", fault))
    faces = detector.detect(faulty)
    reasons = measurer.measure_pixels(faulty, faces)
    found = [reason for reason in reasons if reason.code in codes]
    assert found, f"only {[reason.code for reason in reasons]}"
    (reason, *_) = found
    assert 0 <= reason.severity <= 1
    assert reason.text == sentence(reason.code, reason.value)
    assert RULES[Code(reason.code)].threshold == reason.threshold
    if fault not in ("noisy", "compressed"):
        assert reason.box is not None
        assert inside(reason.box, faces[0].box)


def test_a_covered_face_is_found(
    measurer: Measurer, detector: FaceDetector, portrait: ImageArray
) -> None:
    (face,) = detector.detect(portrait)
    faulty = Covering([portrait])(portrait, face, np.random.default_rng(3))
    codes = [r.code for r in measurer.measure_pixels(faulty, detector.detect(faulty))]
    assert Code.FACE_COVERED in codes


def test_a_sharp_background_does_not_save_a_blurred_face_and_the_reverse(
    measurer: Measurer, detector: FaceDetector, portrait: ImageArray
) -> None:
    """Shallow depth of field is no fault, as long as the face is in it."""
    import cv2

    (face,) = detector.detect(portrait)
    blurred = cv2.GaussianBlur(portrait, (0, 0), 12)
    box = face.box
    size = len(portrait)
    left, top = round((box.x - 0.15 * box.w) * size), round((box.y - 0.3 * box.h) * size)
    right, bottom = round((box.x + 1.15 * box.w) * size), round((box.y + 1.2 * box.h) * size)
    background = blurred.copy()
    background[top:bottom, left:right] = portrait[top:bottom, left:right]
    codes = [r.code for r in measurer.measure_pixels(background, detector.detect(background))]
    assert Code.FACE_BLURRED not in codes
    assert Code.MOTION_BLUR not in codes


def test_a_face_that_detection_missed_is_found_for_its_fault(
    measurer: Measurer, portrait: ImageArray
) -> None:
    dark = (portrait * 0.08).astype(np.uint8)
    assert Code.FACE_DARK in [reason.code for reason in measurer.measure_pixels(dark, ())]


def test_a_photo_without_a_face_is_judged_by_its_frame(measurer: Measurer) -> None:
    random = np.random.default_rng(0)
    scene = np.kron(random.integers(60, 200, (12, 16, 3)), np.ones((50, 50, 1))).astype(np.uint8)
    assert measurer.measure_pixels(scene, ()) == ()
    burnt = scene.copy()
    burnt[:400] = 255
    assert [r.code for r in measurer.measure_pixels(burnt, ())] == [Code.HIGHLIGHTS_CLIPPED]
    (small,) = measurer.measure_pixels(scene[:150, :200], ())
    assert small.code == Code.LOW_RESOLUTION
    assert small.box is None


def test_a_level_horizon_is_level_and_a_tilted_one_is_not(measurer: Measurer) -> None:
    import cv2

    scene = np.full((600, 900, 3), (150, 180, 210), np.uint8)
    scene[300:] = (60, 90, 60)
    assert measurer.measure_pixels(scene, ()) == ()
    turn = cv2.getRotationMatrix2D((450, 300), 6.0, 1.3)
    tilted = cv2.warpAffine(scene, turn, (900, 600))
    (reason,) = measurer.measure_pixels(tilted, ())
    assert reason.code == Code.HORIZON_TILTED
    assert reason.value == pytest.approx(6.0, abs=0.5)


def test_files_are_measured_as_their_pixels(
    measurer: Measurer, detector: FaceDetector, portrait: ImageArray, tmp_path: Path
) -> None:
    file = tmp_path / "dark.png"
    dark = (portrait * 0.1).astype(np.uint8)
    Image.fromarray(dark).save(file)
    faces = detector.detect(dark)
    assert measurer.measure(file, faces) == measurer.measure_pixels(dark, faces)


def test_passers_by_do_not_count() -> None:
    def face(size: float) -> Face:
        return Face(Box(0.1, 0.1, size, size), 0.9)

    pixels = np.zeros((1000, 1000, 3), np.uint8)
    assert main_faces([face(0.05), face(0.3), face(0.2)], pixels) == [face(0.3), face(0.2)]
    assert main_faces([], pixels) == []


def test_the_worst_face_speaks_for_a_group_and_the_gravest_reason_comes_first() -> None:
    def reason(code: Code, severity: float) -> Reason:
        return Reason(code.value, "", 1.0, 1.0, severity)

    found = ranked(
        [
            reason(Code.NOISE, 0.9),
            reason(Code.FACE_DARK, 0.2),
            reason(Code.EYES_CLOSED, 0.8),
            reason(Code.EYES_CLOSED, 0.1),
        ]
    )
    assert [(r.code, r.severity) for r in found] == [
        ("eyes_closed", 0.8),
        ("noise", 0.9),
        ("face_dark", 0.2),
    ]


def reason_of(code: Code, value: float) -> Reason:
    return Reason(code.value, "", value, 1.0, 1.0)


def test_what_says_the_same_twice_is_said_once() -> None:
    covered = reason_of(Code.FACE_COVERED, 99.0)
    deep, shallow = reason_of(Code.FACE_CUT, 30.0), reason_of(Code.FACE_CUT, 3.0)
    assert ranked([covered, deep]) == (deep,), "the frame's edge covers what it cuts off"
    assert set(ranked([covered, shallow])) == {covered, shallow}
    blurred, soft = reason_of(Code.FACE_BLURRED, 5.0), reason_of(Code.FACE_BLURRED, 2.0)
    assert ranked([covered, blurred]) == (blurred,), "blur hides a face's features as well"
    assert ranked([covered, soft]) == (covered,), "what covers a face has no edges of its own"


@pytest.mark.parametrize("fault", ["face_blur", "photo_blur"])
def test_a_face_hidden_by_blur_is_found_and_told_unsharp(
    fault: str, measurer: Measurer, detector: FaceDetector, portrait: ImageArray
) -> None:
    """Even where analysis found no face any more; a burst is compared by that too."""
    (face,) = detector.detect(portrait)
    faulty = FAULTS[fault][0](portrait, face, random_of("drawn", fault))
    codes = [reason.code for reason in measurer.measure_pixels(faulty, ())]
    assert Code.FACE_BLURRED in codes


def test_noise_and_plain_surfaces_hide_no_face(measurer: Measurer) -> None:
    random = np.random.default_rng(4)
    for pixels in (
        random.integers(0, 256, (480, 640, 3)).astype(np.uint8),
        np.full((480, 640, 3), (120, 140, 90), np.uint8),
    ):
        assert measurer.missed_face(pixels) is None


def test_every_code_has_a_rule_a_title_and_a_sentence() -> None:
    for code in Code:
        assert RULES[code].severity(RULES[code].threshold) is None
        assert RULES[code].severity(RULES[code].worst) == 1.0
        assert title(code) == TITLES[code]
        assert sentence(code, 12.0).endswith(".")
    assert "prefers" in NO_FAULT


def test_the_sharpest_shot_of_a_burst_is_the_least_soft(
    measurer: Measurer, detector: FaceDetector, portrait: ImageArray, tmp_path: Path
) -> None:
    import cv2

    softness = []
    for sigma in (0.0, 2.0, 5.0):
        shot = cv2.GaussianBlur(portrait, (0, 0), sigma) if sigma else portrait
        file = tmp_path / f"{sigma}.png"
        Image.fromarray(shot).save(file)
        softness.append(measurer.softness(file, detector.detect(shot)))
    assert softness == sorted(softness, key=lambda value: value or 0.0)
    scene = tmp_path / "scene.png"
    Image.fromarray(np.full((400, 400, 3), 120, np.uint8)).save(scene)
    assert measurer.softness(scene, ()) is None
