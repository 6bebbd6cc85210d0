"""Fit what tells a moved face from one out of focus (`core.reasons.movement`).

    python -m tests.benchmarks.reasons_movement ../shared/data

Learns from one half of the portraits (``half_of`` 0), each made blurred in three ways and found
anew as the program does; ``reasons_table`` reports the other half. Prints how often each kind is
named rightly, by five-fold cross-validation within the half.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.files.decode import decode
from core.inference.faces import FaceDetector
from core.reasons.face_view import FaceViewer
from core.reasons.measuring import Measurer, main_faces
from core.reasons.movement import MOVEMENT_FILE, movement_features
from tests.benchmarks.portrait_faults import FAULTS, half_of, is_clean, random_of
from tests.benchmarks.reasons_table import LEAST_FACE, portraits
from tests.benchmarks.reasons_weighing import fit, held_out

Floats = NDArray[np.float64]

KINDS = ("face_blur", "photo_blur", "motion")
DECAY = 0.003
LEAST_OVAL = 50
"""Pixels of a face below which nothing can be said of its edges."""


def samples(data: Path) -> tuple[Floats, list[str], list[str]]:
    """Features (n, 8), kinds and names of all blurred faces of the half."""
    detector, viewer, measurer = FaceDetector(), FaceViewer(), Measurer()
    features, kinds, names = [], [], []
    for name, file in portraits(data):
        if half_of(name) != 0 or not is_clean(name):
            continue
        pixels = decode(file).pixels
        height, width = pixels.shape[:2]
        faces = main_faces(detector.detect(pixels), pixels)
        if not faces or faces[0].box.w < 0.08:
            continue
        if max(faces[0].box.w * width, faces[0].box.h * height) < LEAST_FACE:
            continue
        for kind in KINDS:
            faulty = FAULTS[kind][0](pixels, faces[0], random_of(name, kind))
            found = main_faces(detector.detect(faulty), faulty)
            missed = None if found else measurer.missed_face(faulty)
            for face in found[:1] or ([missed] if missed else []):
                view = viewer.view(faulty, face)
                if view.oval.sum() >= LEAST_OVAL:
                    features.append(movement_features(view.grey, view.oval, view.width))
                    kinds.append(kind)
                    names.append(name)
    return np.array(features), kinds, names


def write(features: Floats, kinds: list[str], names: list[str], out: Path) -> None:
    """Fit, say how well, and keep."""
    moved = np.array(kinds) == "motion"
    odds = held_out(features, moved, names, DECAY)
    for kind in KINDS:
        these = np.array(kinds) == kind
        right = (odds[these] > 0) == (kind == "motion")
        print(f"{kind}: {100 * right.mean():.1f} % of {these.sum()} named rightly")
    fit(features, moved, DECAY).save(out)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("resources/reasons") / MOVEMENT_FILE)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    write(*samples(options.data), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
