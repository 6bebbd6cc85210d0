"""How well each measured reason finds the fault it names, and how often it cries on clean photos.

    python -m tests.benchmarks.reasons_table ../shared/data [--every 3] [--calibrate] [--folds DIR]

Faults are made from clean portraits; closed eyes are real ones. Photos are split in two by name:
thresholds were set on one half, the table is of the other. Faces are found anew on every faulty
photo, as the program does. With ``--folds`` (see ``reasons_probes``) each photo is judged by probes
that did not learn from it; without, by the program's own, which did.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.domain import Face, ImageArray
from core.files.decode import decode
from core.inference.faces import FaceDetector
from core.reasons.codes import Code
from core.reasons.measuring import Measurer, judged, main_faces, ranked
from core.reasons.reading import FaceReader, Probes
from core.reasons.rules import RULES
from tests.benchmarks.portrait_faults import FAULTS, Covering, half_of, is_clean, random_of

LEAST_FACE = 60
"""Pixels; portraits with a smaller face are left out: no fault can be shown on it."""

FOLDS = 5

COVERED = "covered"
CLOSED = "closed_eyes"


@dataclass(frozen=True)
class Row:
    """One photo with one fault: every code's measurement (the worst face's), and the reasons."""

    name: str
    fault: str
    half: int
    values: dict[str, float]
    reasons: list[str]


def fold_of(name: str) -> int:
    """Which probes did not learn from this photo."""
    return hashlib.sha256(name.encode()).digest()[1] % FOLDS


def portraits(data: Path) -> Iterator[tuple[str, Path]]:
    """Names and files of the photos that may be portraits."""
    for folder in ("portraits/images", "oasis/images"):
        for file in sorted((data / folder).rglob("*.jpg")):
            yield f"{folder}/{file.name}", file


class Bench:
    """Measures photos as the program does."""

    def __init__(self, data: Path, folds: Path | None = None) -> None:
        self.detector = FaceDetector()
        probes = [Probes.load(folds / f"fold{n}.npz") if folds else None for n in range(FOLDS)]
        self.measurers = [Measurer(reader=FaceReader(probes=probe)) for probe in probes]
        textures = sorted((data / "oasis/images").glob("*.jpg"))[::9]
        self.covering = Covering([decode(file).pixels for file in textures])

    def faults(self, name: str, pixels: ImageArray, face: Face) -> Iterator[tuple[str, ImageArray]]:
        """All faults made from one portrait."""
        for fault, (make, _) in FAULTS.items():
            yield fault, make(pixels, face, random_of(name, fault))
        yield COVERED, self.covering(pixels, face, random_of(name, COVERED))

    def measure(self, name: str, fault: str, pixels: ImageArray) -> Row:
        """One row."""
        faces = self.detector.detect(pixels)
        measurer = self.measurers[fold_of(name)]
        frame = measurer.frame(pixels, None, None)
        found = [frame]
        mains = main_faces(faces, pixels)
        if not mains:
            hidden = measurer.missed_face(pixels)
            mains = [hidden] if hidden else []
        found += [measurer.face(pixels, face) for face in mains]
        reasons = ranked(reason for part in found for reason in judged(part, 1.0))
        values: dict[str, float] = {}
        for part in found[:2]:
            values |= {code.value: m.value for code, m in part.items()}
        values["faces"] = len(faces)
        return Row(name, fault, half_of(name), values, [reason.code for reason in reasons])


def measured(data: Path, every: int, folds: Path | None) -> Iterator[Row]:
    """All rows."""
    bench = Bench(data, folds)
    for number, (name, file) in enumerate(portraits(data)):
        pixels = decode(file).pixels
        faces = main_faces(bench.detector.detect(pixels), pixels)
        height, width = pixels.shape[:2]
        if not faces or max(faces[0].box.w * width, faces[0].box.h * height) < LEAST_FACE:
            continue
        if faces[0].box.w < 0.08 or not is_clean(name):
            continue
        yield bench.measure(name, "clean", pixels)
        if number % every == 0:
            for fault, faulty in bench.faults(name, pixels, faces[0]):
                yield bench.measure(name, fault, faulty)
    for file in sorted((data / "closed_eyes").glob("*.jpg")):
        yield bench.measure(f"closed_eyes/{file.name}", CLOSED, decode(file).pixels)


def wanted(fault: str) -> frozenset[str]:
    """The codes of which one must be found."""
    if fault == COVERED:
        return frozenset({Code.FACE_COVERED})
    if fault == CLOSED:
        return frozenset({Code.EYES_CLOSED})
    return frozenset(FAULTS[fault][1])


def interval(hits: int, total: int) -> str:
    """A share with its 95 % interval (Wilson, "Probable inference", 1927)."""
    if total == 0:
        return "-"
    z, p = 1.96, hits / total
    middle = (p + z * z / 2 / total) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(p * (1 - p) / total + z * z / 4 / total**2)
    return f"{100 * p:5.1f} % ({100 * (middle - half):.0f}-{100 * (middle + half):.0f}), n {total}"


def table(rows: Sequence[Row], half: int) -> list[str]:
    """The report as lines of Markdown."""
    chosen = [row for row in rows if row.half == half]
    clean = [row for row in chosen if row.fault == "clean"]
    lines = ["| fault | found | any reason |", "|---|---|---|"]
    for fault in dict.fromkeys(row.fault for row in chosen if row.fault != "clean"):
        these = [row for row in chosen if row.fault == fault]
        hits = sum(bool(wanted(fault).intersection(row.reasons)) for row in these)
        some = sum(bool(row.reasons) for row in these)
        lines.append(
            f"| {fault} | {interval(hits, len(these))} | {100 * some / max(1, len(these)):.0f} % |"
        )
    lines += ["", "| reason | threshold | cried on clean portraits |", "|---|---|---|"]
    for code, rule in RULES.items():
        cried = sum(code.value in row.reasons for row in clean)
        lines.append(f"| {code.value} | {rule.threshold:g} | {interval(cried, len(clean))} |")
    return lines


def calibrated(rows: Sequence[Row], half: int = 0) -> list[str]:
    """For each code the quantiles of its value on clean photos and on those with its fault."""
    lines = []
    for code, rule in RULES.items():
        upward = rule.worst > rule.threshold
        clean = [r.values[code] for r in rows if r.half == half and r.fault == "clean"
                 and code.value in r.values]  # fmt: skip
        if not clean:
            continue
        at = np.percentile(clean, (95, 97, 98, 99) if upward else (5, 3, 2, 1))
        lines.append(f"{code.value}: clean median {np.median(clean):.3f}, tail {np.round(at, 3)}")
        for fault in dict.fromkeys(row.fault for row in rows):
            if fault == "clean" or code.value not in wanted(fault):
                continue
            these = [r.values.get(code.value) for r in rows if r.half == half and r.fault == fault]
            have = np.array([v for v in these if v is not None])
            shares = [
                float((have > t).sum() if upward else (have < t).sum()) / len(these) for t in at
            ]
            quantiles = np.round(np.percentile(have, (5, 15, 50, 85, 95)), 3) if len(have) else []
            lines.append(
                f"    {fault}: found at these {np.round(shares, 3)}, quantiles {quantiles}"
            )
    return lines


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=3, help="make faults from every n-th portrait")
    parser.add_argument("--calibrate", action="store_true", help="print quantiles of half 0 too")
    parser.add_argument("--folds", type=Path, help="folder of the probes that left out a fifth")
    parser.add_argument("--rows", type=Path, help="keep the measurements here (JSON lines)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = list(measured(options.data, options.every, options.folds))
    if options.rows:
        options.rows.write_text("\n".join(json.dumps(vars(row)) for row in rows), "utf-8")
    if options.calibrate:
        print("\n".join(calibrated(rows)))
    print("\n".join(table(rows, 1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
