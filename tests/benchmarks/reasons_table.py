"""How well each measured reason finds the fault it names, and how often it cries on clean photos.

    python -m tests.benchmarks.reasons_table ../shared/data --rows ROWS --folds DIR [--minutes 10]
    python -m tests.benchmarks.reasons_table ../shared/data --rows ROWS --write

Faults are made from clean portraits; closed eyes are real ones; photos without a face only have
their crying counted. Photos are split in two by name: thresholds were set on one half, the table is
of the other. Faces are found anew on every faulty photo, as the program does. With ``--folds`` (see
``reasons_probes``) each photo is judged by probes that did not learn from it; without, by the
program's own, which did.

Measuring takes an hour on one core: what stands in ROWS (JSON lines) is not measured again, so run
the first line until it says "complete". ``--write`` puts the table where ``albumen reasons`` finds
it (``resources/reasons/calibration.json``).
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.domain import Box, Face, ImageArray
from core.files.decode import decode
from core.inference.faces import FaceDetector
from core.reasons.calibration import CALIBRATION_FILE
from core.reasons.codes import Code
from core.reasons.frame import tilt
from core.reasons.measuring import Measurer, judged, main_faces, ranked
from core.reasons.reading import FaceReader, Probes
from core.reasons.rules import RULES
from tests.benchmarks.portrait_faults import FAULTS, Covering, half_of, is_clean, random_of

LEAST_FACE = 60
"""Pixels; portraits with a smaller face are left out: no fault can be shown on it."""

FOLDS = 5

COVERED = "covered"
CLOSED = "closed_eyes"
CLEAN = "clean"
NO_FACE = "no_face"


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
        """All faults made from one portrait but the covering."""
        for fault, (make, _) in FAULTS.items():
            if fault != TILTED:
                yield fault, make(pixels, face, random_of(name, fault))

    def covered(self, name: str, pixels: ImageArray, face: Face) -> ImageArray:
        """The portrait with something in front of the face."""
        return self.covering(pixels, face, random_of(name, COVERED))

    def measure(self, name: str, fault: str, pixels: ImageArray) -> Row:
        """One row."""
        faces = self.detector.detect(pixels)
        measurer = self.measurers[fold_of(name)]
        found = [(measurer.frame(pixels, None, None), 1.0), *measurer.faces(pixels, faces)]
        reasons = ranked(reason for part, share in found for reason in judged(part, share))
        values: dict[str, float] = {}
        for part, _ in found[:2]:
            values |= {code.value: m.value for code, m in part.items()}
        values["faces"] = len(faces)
        return Row(name, fault, half_of(name), values, [reason.code for reason in reasons])


def measured(
    data: Path, every: int, folds: Path | None, known: set[tuple[str, str]], halves: Sequence[int]
) -> Iterator[Row]:
    """All rows that are not known yet."""
    bench = Bench(data, folds)
    complete = {name for name, fault in known if fault == COMPLETE}
    for file in sorted((data / "closed_eyes").glob("*.jpg")):
        name = f"closed_eyes/{file.name}"
        if half_of(name) in halves and (name, CLOSED) not in known:
            yield bench.measure(name, CLOSED, decode(file).pixels)
    for number, (name, file) in enumerate(portraits(data)):
        if name in complete or half_of(name) not in halves:
            continue
        pixels = decode(file).pixels
        faces = main_faces(bench.detector.detect(pixels), pixels)
        if is_straight(pixels):
            face = faces[0] if faces else Face(Box(0.4, 0.4, 0.2, 0.2), 0.0)
            turned = FAULTS[TILTED][0](pixels, face, random_of(name, TILTED))
            yield bench.measure(name, TILTED, turned)
        height, width = pixels.shape[:2]
        if not faces and name.startswith("oasis"):
            yield bench.measure(name, NO_FACE, pixels)
        elif (
            faces
            and faces[0].box.w >= 0.08
            and is_clean(name)
            and (max(faces[0].box.w * width, faces[0].box.h * height) >= LEAST_FACE)
        ):
            yield bench.measure(name, CLEAN, pixels)
            # Coverings differ more than other faults do, so more of them are looked at.
            if (name, COVERED) not in known:
                yield bench.measure(name, COVERED, bench.covered(name, pixels, faces[0]))
            if number % every == 0:
                for fault, faulty in bench.faults(name, pixels, faces[0]):
                    if (name, fault) not in known:
                        yield bench.measure(name, fault, faulty)
        yield Row(name, COMPLETE, half_of(name), {}, [])


TILTED = "tilted"
STRAIGHT = 1.5
"""Degrees: photos whose lines are plainly level or upright within this are turned for the fault.

Of a photo without lines nobody can measure a tilt: nine in ten portraits.
"""


def is_straight(pixels: ImageArray) -> bool:
    """Whether the photo has long straight lines that are level or upright."""
    lines = tilt(pixels)
    return lines.is_plain and abs(lines.angle) < STRAIGHT


COMPLETE = "complete"
"""Marks a photo of which everything was measured."""


def wanted(fault: str) -> frozenset[str]:
    """The codes of which one must be found."""
    if fault == COVERED:
        return frozenset({Code.FACE_COVERED})
    if fault == CLOSED:
        return frozenset({Code.EYES_CLOSED})
    return frozenset(FAULTS[fault][1])


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, "Probable inference", 1927)."""
    if total == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / total
    middle = (p + z * z / 2 / total) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / 4 / total**2)
    return max(0.0, middle - half), min(1.0, middle + half)


def interval(hits: int, total: int) -> str:
    """A share with its interval."""
    if total == 0:
        return "-"
    low, high = wilson(hits, total)
    return f"{100 * hits / total:5.1f} % ({100 * low:.0f}-{100 * high:.0f}), n {total}"


def table(rows: Sequence[Row], half: int) -> list[str]:
    """The report as lines of Markdown."""
    chosen = [row for row in rows if row.half == half]
    clean = [row for row in chosen if row.fault == CLEAN]
    empty = [row for row in chosen if row.fault == NO_FACE]
    lines = ["| fault | found | any reason |", "|---|---|---|"]
    for fault in dict.fromkeys(row.fault for row in chosen if is_fault(row.fault)):
        these = [row for row in chosen if row.fault == fault]
        hits = sum(bool(wanted(fault).intersection(row.reasons)) for row in these)
        some = sum(bool(row.reasons) for row in these)
        lines.append(
            f"| {fault} | {interval(hits, len(these))} | {100 * some / max(1, len(these)):.0f} % |"
        )
    lines += ["", "| reason | threshold | cried on clean portraits | on photos without a face |"]
    lines += ["|---|---|---|---|"]
    for code, rule in RULES.items():
        cried, without = (
            interval(sum(code.value in row.reasons for row in these), len(these))
            for these in (clean, empty)
        )
        lines.append(f"| {code.value} | {rule.threshold:g} | {cried} | {without} |")
    return lines


def is_fault(kind: str) -> bool:
    """Whether rows of this kind have a fault that must be found."""
    return kind not in (CLEAN, NO_FACE, COMPLETE)


def document(rows: Sequence[Row], half: int = 1) -> dict[str, Any]:
    """The table as ``core.reasons.calibration`` reads it."""
    chosen = [row for row in rows if row.half == half]

    def share(kind: str, codes: frozenset[str]) -> dict[str, Any]:
        these = [row for row in chosen if row.fault == kind]
        hits = sum(bool(codes.intersection(row.reasons)) for row in these)
        low, high = wilson(hits, len(these))
        return {"n": len(these), "hits": hits, "low": round(low, 4), "high": round(high, 4)}

    kinds = [kind for kind in dict.fromkeys(row.fault for row in chosen) if is_fault(kind)]
    return {
        "date": datetime.date.today().isoformat(),
        "faults": {
            kind: {"codes": sorted(wanted(kind)), **share(kind, wanted(kind))} for kind in kinds
        },
        "reasons": {
            code.value: {
                "threshold": rule.threshold,
                "clean": share(CLEAN, frozenset({code.value})),
                "no_face": share(NO_FACE, frozenset({code.value})),
            }
            for code, rule in RULES.items()
        },
    }


def calibrated(rows: Sequence[Row], half: int = 0) -> list[str]:
    """For each code the quantiles of its value on clean photos and on those with its fault."""
    lines = []
    for code, rule in RULES.items():
        upward = rule.worst > rule.threshold
        clean = [r.values[code] for r in rows if r.half == half and r.fault == CLEAN
                 and code.value in r.values]  # fmt: skip
        if not clean:
            continue
        at = np.percentile(clean, (95, 97, 98, 99) if upward else (5, 3, 2, 1))
        lines.append(f"{code.value}: clean median {np.median(clean):.3f}, tail {np.round(at, 3)}")
        for fault in dict.fromkeys(row.fault for row in rows):
            if not is_fault(fault) or code.value not in wanted(fault):
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


def read_rows(file: Path) -> list[Row]:
    """The rows that were kept; a line that was cut off at the end is left out."""
    rows = []
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        try:
            rows.append(Row(**json.loads(line)))
        except ValueError:
            continue
    return rows


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=Path, required=True, help="keeps the measurements")
    parser.add_argument(
        "--every",
        type=int,
        default=3,
        help="make faults from every n-th portrait (coverings from all)",
    )
    parser.add_argument("--calibrate", action="store_true", help="print quantiles of half 0 too")
    parser.add_argument("--folds", type=Path, help="folder of the probes that left out a fifth")
    parser.add_argument("--half", type=int, choices=(0, 1), help="measure only this half")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--write", action="store_true", help="into the resources; measure nothing")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = read_rows(options.rows)
    if not options.write:
        end = time.monotonic() + 60 * options.minutes
        known = {(row.name, row.fault) for row in rows}
        halves = (0, 1) if options.half is None else (options.half,)
        with options.rows.open("a", encoding="utf-8") as kept:
            for row in measured(options.data, options.every, options.folds, known, halves):
                kept.write("\n" + json.dumps(vars(row)))
                rows.append(row)
                if time.monotonic() > end:
                    print(f"{len(rows)} rows so far")
                    return 3
        print("complete")
    # A photo that was cut short is measured again from its start: the last row counts.
    rows = list({(row.name, row.fault): row for row in rows}.values())
    if options.calibrate:
        print("\n".join(calibrated(rows)))
    print("\n".join(table(rows, 1)))
    if options.write:
        CALIBRATION_FILE.write_text(json.dumps(document(rows), indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
