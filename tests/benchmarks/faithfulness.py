"""Do the maps tell the truth? Deletion and insertion against random orders, over a folder.

    python -m tests.benchmarks.faithfulness ../shared/data/portraits/images [--model nima]

Prints, in points of the mean score, how much lower the deletion curve and how much higher the
insertion curve lies than those of random orders, with the 95 % interval of the average over photos
(bootstrap), and the share of photos whose map is called informative.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.analysis import DEFAULT_MODEL, WORKING_SIDE
from core.explaining.explainer import Explainer
from core.files.decode import decode


def interval(values: NDArray[np.float64]) -> str:
    """Mean with its bootstrap interval (Efron, 1979; 10,000 resamples)."""
    random = np.random.default_rng(0)
    means = values[random.integers(0, len(values), (10_000, len(values)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{values.mean():+.4f} ({low:+.4f} to {high:+.4f})"


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--every", type=int, default=8)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    explainer = Explainer(options.model)
    falls, rises, informative = [], [], []
    for file in sorted(options.folder.rglob("*.jpg"))[:: options.every]:
        pixels = decode(file, WORKING_SIDE).pixels
        analysis = explainer.analyzer.analyze(file)
        if analysis.score is None:
            continue
        check = explainer.check(pixels, analysis.score, analysis.faces)
        falls.append(check.random_auc - check.deletion_auc)
        rises.append(check.insertion_auc - check.random_auc)
        informative.append(check.informative)
    print(f"{options.model}: {len(falls)} photos")
    print(f"deletion below random order by {interval(np.array(falls))}")
    print(f"insertion above random order by {interval(np.array(rises))}")
    print(f"informative: {100 * np.mean(informative):.0f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
