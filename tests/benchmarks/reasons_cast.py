"""Fit what tells a colour cast (`core.reasons.cast`).

    python -m tests.benchmarks.reasons_cast ../shared/data

Learns from one half of the portraits (``half_of`` 0), each as it is and with casts of any hue;
``reasons_table`` reports the other half, with four casts of its own. Prints by five-fold
cross-validation how many of those four are found at the threshold in use and how often it is cried.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from core.domain import ImageArray
from core.files.decode import decode
from core.inference.faces import FaceDetector
from core.reasons.cast import CAST_FILE, cast_features, samples
from core.reasons.codes import Code
from core.reasons.face_view import FaceViewer
from core.reasons.measuring import main_faces
from core.reasons.rules import RULES
from tests.benchmarks.portrait_faults import (
    CASTS,
    half_of,
    is_clean,
    random_of,
    to_linear,
    to_pixels,
)
from tests.benchmarks.reasons_table import LEAST_FACE, portraits
from tests.benchmarks.reasons_weighing import FOLDS, fit, fold_of_name, held_out

DECAY = 0.01
LEARNED = 5
"""Casts of random hue that each portrait is given."""

STRENGTH = (0.5, 0.9)
"""How far red and blue are moved against green, as a natural logarithm."""


def clean_portraits(data: Path) -> Iterator[tuple[str, tuple[ImageArray, ImageArray, ImageArray]]]:
    """Names and what is judged of the half's portraits."""
    detector, viewer = FaceDetector(), FaceViewer()
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
        view = viewer.view(pixels, faces[0])
        if view.oval.any():
            yield name, samples(pixels, view)


def gains_of(name: str) -> list[tuple[float, float, float]]:
    """Casts of random hue, the same ones on every machine."""
    random = random_of(name, "casts")
    found = []
    for _ in range(LEARNED):
        hue, strength = random.uniform(0, 2 * math.pi), random.uniform(*STRENGTH)
        red, blue = strength * math.cos(hue), strength * math.sin(hue)
        green = -(red + blue) / 3
        found.append((math.exp(red + green), math.exp(green), math.exp(blue + green)))
    return found


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("resources/reasons") / CAST_FILE)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    features, names, kinds = [], [], []
    for name, parts in clean_portraits(options.data):
        casts = [("clean", (1.0, 1.0, 1.0))]
        casts += [("learned", gains) for gains in gains_of(name)]
        casts += [(f"cast {number}", gains) for number, gains in enumerate(CASTS)]
        for kind, gains in casts:
            light = np.array(gains, np.float32)
            found = cast_features(*(to_pixels(to_linear(part) * light) for part in parts))
            if found is not None:
                features.append(found)
                names.append(name)
                kinds.append(kind)
    values, kind_of = np.array(features), np.array(kinds)
    learned = np.isin(kind_of, ("clean", "learned"))
    off = kind_of != "clean"
    odds = np.zeros(len(values))
    odds[learned] = held_out(values[learned], off[learned], list(np.array(names)[learned]), DECAY)
    odds[~learned] = _judged_apart(values, off, names, learned)
    sure = 100 / (1 + np.exp(-np.clip(odds, -60, 60)))
    print("clean, percentiles 94 to 98:", np.percentile(sure[~off], (94, 95, 96, 97, 98)).round(1))
    for kind in dict.fromkeys(kinds):
        these = sure[kind_of == kind]
        print(f"{kind}: {100 * (these > RULES[Code.COLOUR_CAST].threshold).mean():.1f} %")
    fit(values[learned], off[learned], DECAY).save(options.out)
    return 0


def _judged_apart(
    values: np.ndarray, off: np.ndarray, names: list[str], learned: np.ndarray
) -> np.ndarray:
    """The four casts' log-odds, by regressions that learned from neither them nor their photo."""
    fold = np.array([fold_of_name(name) for name in names])
    found = np.zeros(len(values))
    for number in range(FOLDS):
        rest = learned & (fold != number)
        fitted = fit(values[rest], off[rest], DECAY)
        these = ~learned & (fold == number)
        found[these] = fitted.prepared(values[these]) @ fitted.weights + fitted.bias
    return found[~learned]


if __name__ == "__main__":
    sys.exit(main())
