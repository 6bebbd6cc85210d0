"""Fit what reads a face's map: covered, a face at all, eyes shut.

    python -m tests.benchmarks.reasons_probes ../shared/data [--folds DIR]

Samples are portraits, the same with known faults, faces with closed eyes, and places that are no
face in photos without one. The program gets probes that learned from all of them. With
``--folds`` five more are written that each left out a fifth of the photos, so that
``reasons_table`` can judge every photo by probes that never saw it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.domain import Box, Face, FloatArray, ImageArray
from core.files.decode import decode
from core.inference.crops import face_crop
from core.inference.faces import FaceDescriber, FaceDetector
from core.reasons.face_view import FaceViewer
from core.reasons.reading import PROBES_FILE, SIDE, as_places, eye_places, inside
from tests.benchmarks.portrait_faults import FAULTS, Covering, is_clean, random_of
from tests.benchmarks.reasons_cover import BARE, fit_cover
from tests.benchmarks.reasons_table import (
    CLOSED,
    COVERED,
    FOLDS,
    LEAST_FACE,
    fold_of,
    portraits,
)

FAULTY = ("face_blur", "photo_blur", "motion", "dark_face", "back_light", "overexposed", "noisy")
COVERINGS = 3
SAY, OTHERS_SAY = {"clean": 3.0, COVERED: 1.0}, 0.7
"""How much a face counts in learning what is covered: there are three coverings to a portrait."""

LIKELY = 0.1


@dataclass(frozen=True)
class Sample:
    """One face (or what was taken for one): its places and what is known of them."""

    name: str
    kind: str
    places: FloatArray
    cover: FloatArray
    score: float = 0.0
    openness: float | None = None


class Sampler:
    """Makes samples."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.detector = FaceDetector()
        self.describer = FaceDescriber()
        self.viewer = FaceViewer()
        textures = sorted((data / "oasis/images").glob("*.jpg"))[::9]
        self.covering = Covering([decode(file).pixels for file in textures])

    def all(self, every: int) -> Iterator[Sample]:
        """Every sample there is."""
        for number, (name, file) in enumerate(portraits(self.data)):
            pixels = decode(file).pixels
            faces = self.detector.detect(pixels)
            if not faces:
                yield from self._no_faces(name, pixels)
                continue
            face = faces[0]
            if not is_clean(name) or face.box.w < 0.08 or _side(face, pixels) < LEAST_FACE:
                continue
            yield from self._near(name, "clean", pixels, face)
            for again in range(COVERINGS):
                random = random_of(name, f"{COVERED}{again}" if again else COVERED)
                covered = self.covering(pixels, face, random)
                yield from self._near(name, COVERED, covered, face, _changed(pixels, covered))
            if number % every == 0:
                for fault in FAULTY:
                    faulty = FAULTS[fault][0](pixels, face, random_of(name, fault))
                    yield from self._near(name, fault, faulty, face)
        for file in sorted((self.data / "closed_eyes").glob("*.jpg")):
            pixels = decode(file).pixels
            for face in self.detector.detect(pixels)[:1]:
                yield from self._near(f"closed_eyes/{file.name}", CLOSED, pixels, face)

    def _near(
        self,
        name: str,
        kind: str,
        pixels: ImageArray,
        face: Face,
        changed: ImageArray | None = None,
    ) -> Iterator[Sample]:
        """The face as it is found anew where it was."""
        for found in self.detector.candidates(pixels, LIKELY):
            if _same_place(found, face):
                yield self._sample(name, kind, pixels, found, changed)
                return

    def _no_faces(self, name: str, pixels: ImageArray) -> Iterator[Sample]:
        """What the detector is tempted by, and places taken at random."""
        random = random_of(name, "no face")
        tempting = self.detector.candidates(pixels, LIKELY)[:4]
        for face in tempting:
            yield self._sample(name, "tempting", pixels, face)
        height, width = pixels.shape[:2]
        for _ in range(2):
            side = random.uniform(0.15, 0.5)
            x, y = random.uniform(0, 1 - side, 2)
            box = Box(float(x), float(y), float(side), float(side * width / height))
            yield self._sample(name, "random", pixels, Face(box, 0.0))

    def _sample(
        self,
        name: str,
        kind: str,
        pixels: ImageArray,
        face: Face,
        changed: ImageArray | None = None,
    ) -> Sample:
        _, seen = self.describer.describe_with_map(pixels, face)
        cover = np.zeros((SIDE, SIDE), np.float32)
        if changed is not None:
            height, width = pixels.shape[:2]
            crop = face_crop(face, width, height, 1.3).cut(np.repeat(changed[..., None], 3, 2), 224)
            cover = cv2.resize(crop[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255.0
        opened = None
        if kind in ("clean", CLOSED):
            opened = sum(eye.openness for eye in self.viewer.view(pixels, face).eyes) / 2
        return Sample(
            name,
            kind,
            as_places(seen.values),
            cover.ravel().astype(np.float32),
            face.score,
            opened,
        )


def _side(face: Face, pixels: ImageArray) -> float:
    return max(face.box.w * pixels.shape[1], face.box.h * pixels.shape[0])


def _same_place(first: Face, second: Face) -> bool:
    (x, y), (u, v) = first.box.center, second.box.center
    near = abs(x - u) < 0.5 * second.box.w and abs(y - v) < 0.5 * second.box.h
    return near and 0.5 < first.box.w / second.box.w < 2


def _changed(before: ImageArray, after: ImageArray) -> ImageArray:
    different = np.abs(before.astype(np.int16) - after).max(axis=-1) > 6
    return different.astype(np.uint8) * np.uint8(255)


# --- fitting -------------------------------------------------------------------------------------

Weights = tuple[NDArray[np.float64], float]


def fit(
    features: NDArray[np.float64],
    labels: NDArray[np.float64],
    weights: NDArray[np.float64],
    decay: float,
    steps: int = 400,
) -> Weights:
    """Logistic regression with weight decay on standardised features, by Adam on all samples at
    once; gives weights for the raw features."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    x = ((features - mean) / spread).astype(np.float32)
    share = weights / weights.sum()
    w, b = np.zeros(x.shape[1]), 0.0
    moments = np.zeros((2, x.shape[1] + 1), np.float32)
    for step in range(1, steps + 1):
        error = share * (1 / (1 + np.exp(-np.clip(x @ w.astype(np.float32) + b, -60, 60))) - labels)
        gradient = np.append(error.astype(np.float32) @ x + 2 * decay * w, error.sum())
        change = _adam(moments, gradient.astype(np.float32), step, 0.01)
        w, b = w - change[:-1], b - change[-1]
    raw = w / spread
    return raw, float(b - mean @ raw)


def balanced(labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights that give both answers the same say."""
    positive = labels.mean()
    return np.where(labels > 0, 0.5 / max(positive, 1e-9), 0.5 / max(1 - positive, 1e-9))


def _adam(
    moments: NDArray[np.float32], gradient: NDArray[np.float32], step: int, rate: float
) -> NDArray[np.float32]:
    """One change of Adam (Kingma and Ba, 2015, algorithm 1); updates the moments."""
    moments[0] = 0.9 * moments[0] + 0.1 * gradient
    moments[1] = 0.999 * moments[1] + 0.001 * gradient**2
    first, second = moments[0] / (1 - 0.9**step), moments[1] / (1 - 0.999**step)
    return (rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)


def fit_all(samples: list[Sample]) -> dict[str, NDArray[np.float32]]:
    """All probes."""
    real = [s for s in samples if s.kind not in ("tempting", "random")]
    not_faces = [s for s in samples if s.kind in ("tempting", "random")]
    within = inside()
    bare = np.concatenate([s.places[within & (s.cover < BARE)] for s in real])
    strange = np.concatenate([s.places[within] for s in not_faces])
    labels = np.append(np.ones(len(bare)), np.zeros(len(strange)))
    probes: dict[str, tuple[NDArray[np.float64], object]] = {
        "face": fit(np.concatenate([bare, strange]), labels, balanced(labels), 1e-3),
    }
    eyes = [s for s in real if s.kind != COVERED]
    shut = np.array([float(s.kind == CLOSED) for s in eyes])
    looks = np.stack([eye_places(s.places) for s in eyes]).astype(np.float64)
    probes["shut"] = fit(looks, shut, balanced(shut), 0.05)
    told = [s for s in eyes if s.openness is not None]
    # Out of sample, or the second witness would be believed too much.
    both = np.stack([held_out_eyes(told), [s.openness or 0.0 for s in told]], axis=1)
    answer = np.array([float(s.kind == CLOSED) for s in told])
    probes["eyes"] = fit(both, answer, balanced(answer), 1e-4, steps=3000)
    found: dict[str, NDArray[np.float32]] = {}
    for name, (weights, bias) in probes.items():
        found[f"{name}_weights"] = np.asarray(weights, np.float32)
        found[f"{name}_bias"] = np.asarray(bias, np.float32)
    covered = np.array([s.kind == COVERED for s in real])
    say = np.array([SAY.get(s.kind, OTHERS_SAY) for s in real], np.float32)
    places, cover = np.stack([s.places for s in real]), np.stack([s.cover for s in real])
    return found | fit_cover(places, cover, covered, say)


def held_out_eyes(samples: list[Sample], folds: int = 5) -> NDArray[np.float64]:
    """What the map says of each sample's eyes when it was not learned from."""
    looks = np.stack([eye_places(s.places) for s in samples]).astype(np.float64)
    shut = np.array([float(s.kind == CLOSED) for s in samples])
    fold = np.arange(len(samples)) % folds
    said = np.zeros(len(samples))
    for number in range(folds):
        rest = fold != number
        weights, bias = fit(looks[rest], shut[rest], balanced(shut[rest]), 0.05)
        said[~rest] = looks[~rest] @ weights + bias
    return said


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=3, help="other faults from every n-th photo")
    parser.add_argument("--out", type=Path, default=Path("resources/reasons") / PROBES_FILE)
    parser.add_argument("--folds", type=Path, help="folder for the probes that left out a fifth")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    samples = list(Sampler(options.data).all(options.every))
    write(samples, options.out, options.folds)
    print(f"{len(samples)} samples; {options.out} written")
    return 0


def write(samples: list[Sample], out: Path, folds: Path | None) -> None:
    """Write the probes that learned from everything, and those of each fold."""
    np.savez(out, **fit_all(samples))  # type: ignore[arg-type]
    if folds is not None:
        folds.mkdir(parents=True, exist_ok=True)
        for fold in range(FOLDS):
            rest = [sample for sample in samples if fold_of(sample.name) != fold]
            np.savez(folds / f"fold{fold}.npz", **fit_all(rest))  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
