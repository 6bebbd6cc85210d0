"""A long scan: memory, open files and threads stay flat however many photos there are.

The photos are camera-sized JPEGs; a few dozen different ones under many names (hard links), each
of which is decoded, scored and stored like any other. ``--kind tiny`` makes small files instead, no
two of them alike, so that 20,000 take minutes. What is measured is the process that scans.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from core.analysis import DEFAULT_MODEL, open_analyzer
from core.indexer import Indexer
from core.library.library import open_library
from core.logs import start_logging
from tests.benchmarks.photos import make_album
from tests.benchmarks.report import machine, peak_rss_mb, print_json, print_table, scratch
from tests.quick import QuickAnalyzer, TinyPhotos

DISTINCT = 36
STAND_IN = "stand-in"
TINY = "tiny"
SAMPLES = 20


def small_album(folder: Path, count: int) -> Path:
    """``count`` small photos of different content."""
    tiny = TinyPhotos(distinct=DISTINCT)
    album = folder / "album"
    for number in range(count):
        tiny.save(album / f"part-{number // 500:04}" / f"{number:06}.jpg")
    return album


def link_album(folder: Path, count: int, kind: str) -> Path:
    """``count`` photos that take the room of a few."""
    originals = folder / "originals"
    make_album(originals, min(DISTINCT, count), kind)
    files = sorted(originals.iterdir())
    album = folder / "album"
    for number in range(count):
        place = album / f"part-{number // 500:04}"
        place.mkdir(parents=True, exist_ok=True)
        source = files[number % len(files)]
        os.link(source, place / f"{number:06}{source.suffix}")
    return album


def scan(folder: Path, count: int, kind: str, model: str, workers: int,
         report: Callable[[str], None]) -> list[dict[str, Any]]:  # fmt: skip
    """Scan, and look at the process at regular steps."""
    album = small_album(folder, count) if kind == TINY else link_album(folder, count, kind)
    report("the album is there")
    _forget_peak()  # making photos takes more memory than scanning them
    analyzer: Any = QuickAnalyzer() if model == STAND_IN else open_analyzer(model)
    process = psutil.Process()
    samples: list[dict[str, Any]] = []
    began = time.monotonic()

    def sample(done: int) -> None:
        samples.append({
            "seconds": round(time.monotonic() - began, 1),
            "done": done,
            "rss_mb": round(process.memory_info().rss / 1e6, 1),
            "open_files": process.num_fds() if hasattr(process, "num_fds") else None,
            "threads": process.num_threads(),
        })  # fmt: skip
        report(str(samples[-1]))

    with open_library(folder / "library") as library:
        library.writer.add_album(album).result()
        indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id, workers=workers)
        indexer.start()
        indexer.scan(album)
        step, reached = max(1, count // SAMPLES), 0
        while not indexer.wait_until_idle(0.25):
            done = indexer.progress().done
            if done >= reached:
                sample(done)
                reached = done + step
        indexer.stop()
        sample(indexer.progress().done)
    if samples[-1]["done"] != count:
        raise SystemExit(f"{samples[-1]['done']} of {count} photos were done")
    return samples


def _forget_peak() -> None:
    """Let the system count the process' peak anew (Linux, proc(5))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def summary(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that say whether it was flat: the middle of the scan against its end."""
    tenth = max(1, len(samples) // 4)
    middle, end = samples[tenth : 2 * tenth + 1], samples[-tenth:]

    def mean(some: list[dict[str, Any]]) -> float:
        return round(sum(one["rss_mb"] for one in some) / len(some), 1)

    return {
        "photos": samples[-1]["done"],
        "photos_per_s": round(samples[-1]["done"] / samples[-1]["seconds"], 2),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "rss_mb_second_quarter": mean(middle),
        "rss_mb_last_quarter": mean(end),
        "most_open_files": max(one["open_files"] or 0 for one in samples),
        "most_threads": max(one["threads"] for one in samples),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument(
        "--kind", default="jpeg-12", help=f"as in the benchmark of the pipeline, or “{TINY}”"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"or “{STAND_IN}” for no network")
    options = parser.parse_args()
    with scratch() as folder:
        start_logging(folder / "log")
        samples = scan(
            folder, options.photos, options.kind, options.model, options.workers,
            lambda line: print(line, file=sys.stderr),
        )  # fmt: skip
    if options.json:
        print_json(summary(samples) | {"samples": samples})
        return
    print(machine())
    print_table(
        f"{options.photos} photos ({options.kind}), {options.workers} workers, {options.model}",
        list(samples[0]),
        [list(one.values()) for one in samples],
    )
    for name, value in summary(samples).items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
