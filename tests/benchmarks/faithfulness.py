"""Do the maps tell the truth? Deletion and insertion against random orders, over a folder.

    python -m tests.benchmarks.faithfulness ../shared/data/portraits/images [--model nima]
        [--sample 150] [--rows ROWS] [--minutes 10] [--card resources/models/fused]

Prints, in points of the mean score, how much lower the deletion curve and how much higher the
insertion curve lies than those of random orders, with the 95 % interval of the average over photos
(bootstrap), and the share of photos whose map is called informative. ``--sample`` takes so many
photos, spread evenly (150 take about five minutes); ``--rows`` keeps what was measured, so that a
long run may be cut into pieces; ``--card`` writes the figures into a model's card.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.analysis import DEFAULT_MODEL, WORKING_SIDE
from core.explaining.explainer import Explainer
from core.files.decode import decode


@dataclass(frozen=True)
class Row:
    """One photo: how far deletion falls below and insertion rises above random order."""

    name: str
    model: str
    fall: float
    rise: float
    informative: bool


def bootstrap(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of the mean (Efron, 1979; 10,000 resamples)."""
    random = np.random.default_rng(0)
    means = values[random.integers(0, len(values), (10_000, len(values)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def interval(values: NDArray[np.float64]) -> str:
    """Mean with its interval."""
    low, high = bootstrap(values)
    return f"{values.mean():+.4f} ({low:+.4f} to {high:+.4f})"


def sample(files: Sequence[Path], size: int | None) -> list[Path]:
    """So many files, spread evenly over the list."""
    if size is None or size >= len(files):
        return list(files)
    return [files[int(place)] for place in np.linspace(0, len(files) - 1, size).round()]


def section(rows: Sequence[Row]) -> str:
    """The figures as a card's section."""
    falls, rises = (np.array([getattr(row, name) for row in rows]) for name in ("fall", "rise"))
    lines = ["[faithfulness]", 'on = "portraits, blurred by tenths"', f"n = {len(rows)}"]
    for name, values in (("deletion_below_random", falls), ("insertion_above_random", rises)):
        low, high = bootstrap(values)
        lines.append(f"{name} = {values.mean():.4f}")
        lines.append(f"{name}_interval = [{low:.4f}, {high:.4f}]")
    share = float(np.mean([row.informative for row in rows]))
    lines.append(f"informative = {share:.4f}")
    return "\n".join(lines) + "\n"


def write_card(card: Path, text: str) -> None:
    """Put the section at the end of a card, in place of an older one."""
    old = card.read_text("utf-8")
    kept = re.sub(r"\n*\[faithfulness\]\n(?:(?!\[\[?[a-z]).*\n?)*", "\n", old).rstrip("\n")
    card.write_text(f"{kept}\n\n{text}", "utf-8")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--sample", type=int, help="so many photos instead of all")
    parser.add_argument("--rows", type=Path, help="keeps the measurements (JSON lines)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--card", type=Path, help="a model's folder whose card takes the figures")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    explainer = Explainer(options.model)
    key = explainer.card.model_id
    known: dict[str, Row] = {}
    if options.rows and options.rows.exists():
        for line in options.rows.read_text("utf-8").splitlines():
            row = Row(**json.loads(line))
            if row.model == key:
                known[row.name] = row
    end = time.monotonic() + 60 * options.minutes
    files = sample(sorted(options.folder.rglob("*.jpg")), options.sample)
    rows = []
    for file in files:
        row = known.get(file.name) or measured(explainer, key, file)
        if row is None:
            continue
        rows.append(row)
        if options.rows and file.name not in known:
            with options.rows.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(vars(row)) + "\n")
        if time.monotonic() > end:
            print(f"{len(rows)} of {len(files)} photos so far")
            break
    print(f"{key}: {len(rows)} photos")
    print(f"deletion below random order by {interval(np.array([row.fall for row in rows]))}")
    print(f"insertion above random order by {interval(np.array([row.rise for row in rows]))}")
    print(f"informative: {100 * np.mean([row.informative for row in rows]):.0f} %")
    if len(rows) < len(files) and time.monotonic() > end:
        return 3
    if options.card:
        write_card(options.card / "card.toml", section(rows))
    return 0


def measured(explainer: Explainer, model: str, file: Path) -> Row | None:
    """One photo; ``None`` where it has no score."""
    pixels = decode(file, WORKING_SIDE).pixels
    analysis = explainer.analyzer.analyze(file)
    if analysis.score is None:
        return None
    check = explainer.check(pixels, analysis.score, analysis.faces)
    return Row(
        file.name,
        model,
        check.random_auc - check.deletion_auc,
        check.insertion_auc - check.random_auc,
        check.informative,
    )


if __name__ == "__main__":
    sys.exit(main())
