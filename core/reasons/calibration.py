"""How well the reasons were found to work: the table that thresholds are judged by.

``python -m tests.benchmarks.reasons_table`` measures it, on the half of the photos with known
faults that thresholds were not set on.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import resources

CALIBRATION_FILE = Path(resources.__file__).parent / "reasons" / "calibration.json"


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n`` photos, with the 95 % interval ``low`` .. ``high`` of the share (0..1)."""

    n: int
    hits: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0..1; 0 where there was no photo."""
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured.

    Attributes:
        date: when, ISO 8601.
        found: by kind of fault, in how many photos with it one of its reasons was found.
        codes: by kind of fault, its reasons.
        cried: by reason, on how many clean portraits it was cried.
        cried_without_face: by reason, on how many photos without a face.
        thresholds: by reason, that it was measured with.
    """

    date: str
    found: Mapping[str, Share]
    codes: Mapping[str, tuple[str, ...]]
    cried: Mapping[str, Share]
    cried_without_face: Mapping[str, Share]
    thresholds: Mapping[str, float]


@functools.cache
def calibration(file: Path = CALIBRATION_FILE) -> Calibration:
    """The table that ships with the program."""
    told = json.loads(file.read_text("utf-8"))
    faults, reasons = told["faults"], told["reasons"]
    return Calibration(
        date=told["date"],
        found={kind: _share(row) for kind, row in faults.items()},
        codes={kind: tuple(row["codes"]) for kind, row in faults.items()},
        cried={code: _share(row["clean"]) for code, row in reasons.items()},
        cried_without_face={code: _share(row["no_face"]) for code, row in reasons.items()},
        thresholds={code: row["threshold"] for code, row in reasons.items()},
    )


def _share(row: Mapping[str, float]) -> Share:
    return Share(int(row["n"]), int(row["hits"]), row["low"], row["high"])
