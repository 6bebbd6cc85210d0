"""Each stage of one photo, in processor milliseconds, exact and quick models side by side."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.workers import keep_freed_memory
from tests.benchmarks.photos import make_album
from tests.benchmarks.report import machine, print_json, print_table, quiet_note, scratch


def stages(path: Path, precision: str) -> dict[str, Callable[[], Any]]:
    """The analyzer's steps on one photo, each with what the steps before it gave."""
    from core.analysis import WORKING_SIDE, halved, likeness, open_analyzer, why_not_scored
    from core.files.decode import decode
    from core.files.identity import fingerprint
    from core.files.thumbnails import make_thumbnail
    from core.inference.aesthetics import AestheticScorer
    from core.inference.cards import find_model
    from core.inference.faces import FaceDescriber, FaceDetector
    from core.inference.precision import Precision, at_precision

    chosen = Precision(precision)
    analyzer = open_analyzer(None, chosen)
    detector = FaceDetector()
    describer = FaceDescriber(at_precision(find_model("faceres"), chosen))
    scorer = AestheticScorer(at_precision(find_model("fused"), chosen))
    picture = decode(path, WORKING_SIDE, exact=False)
    small = halved(picture.pixels)
    face = detector.detect(picture.pixels)[0]
    described, face_map = describer.describe_with_map(picture.pixels, face)
    return {
        "fingerprint": lambda: fingerprint(path),
        "decode": lambda: decode(path, WORKING_SIDE, exact=False),
        "halve": lambda: halved(picture.pixels),
        "thumbnail": lambda: make_thumbnail(small),
        "flat or not": lambda: why_not_scored(picture),
        "likeness": lambda: likeness(small),
        "faces": lambda: detector.detect(picture.pixels),
        "descriptor": lambda: describer.describe_with_map(picture.pixels, face),
        "score and maps": lambda: scorer.score(picture.pixels, described, face_map),
        "all of it": lambda: (fingerprint(path), analyzer.analyze(path)),
    }


def cpu_ms(call: Callable[[], Any], times: int) -> float:
    """Median processor time: other programs on the machine count less than in wall-clock time."""
    call()
    taken = []
    for _ in range(times):
        start = time.thread_time()
        call()
        taken.append(time.thread_time() - start)
    return 1e3 * statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    keep_freed_memory()  # as the indexer does
    with scratch() as folder:
        (path,) = make_album(folder, 1)
        found = {
            precision: {n: cpu_ms(c, options.times) for n, c in stages(path, precision).items()}
            for precision in ("exact", "quick")
        }
    if options.json:
        print_json(found)
        return
    print(machine())
    print(quiet_note())
    print_table(
        "One 12-Mpx photo, processor ms (one thread)",
        ["stage", "exact", "quick"],
        [[name, found["exact"][name], found["quick"][name]] for name in found["exact"]],
    )


if __name__ == "__main__":
    main()
