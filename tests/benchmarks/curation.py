"""How long it takes to preview keeping the best of a folder that is scored already.

Run as ``python -m tests.benchmarks.curation [COUNT]``; prints seconds per grouping as JSON.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from core.curation.plan import preview
from core.grouping.groups import Grouping
from core.library.library import open_library
from tests.benchmarks.report import print_json
from tests.core.curation.made_album import MODEL, PORTRAIT, START, Shot, build, flipped


def party(count: int) -> list[Shot]:
    """Bursts of eight, half a minute apart, of 30 people."""
    return [
        Shot(
            f"IMG_{number:05}.jpg",
            4 + (number * 37 % 100) / 50,
            flipped(flipped(PORTRAIT, 30, seed=number // 8), number % 8, seed=number),
            START + timedelta(seconds=30 * (number // 8) + number % 8),
            person=number // 8 % 30,
        )
        for number in range(count)
    ]


def main(count: int = 400) -> None:
    """Measure each grouping, the median of five."""
    figures: dict[str, float] = {"photos": count}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_library(Path(folder) / "library") as library,
    ):
        album = Path(folder) / "album"
        build(library, album, party(count))
        for by in Grouping:
            seconds = []
            for _ in range(5):
                started = time.perf_counter()
                plan = preview(library, MODEL, 3, by, folder=album)
                seconds.append(time.perf_counter() - started)
            figures[f"{by}_s"] = round(statistics.median(seconds), 3)
            figures[f"{by}_groups"] = len(plan.groups)
    print_json(figures)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
