"""End to end: from files on disk to scored rows, thumbnails, faces and heatmaps in a library.

What is timed is ``scan_folders``, the very function behind ``albumen scan``, on a new library,
with models loaded and the files in the system's cache. Beside it, in the same run: decoding alone
(the same function at the same scale, on two threads), and the usual way (see ``usual``).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.photos import KINDS, make_album
from tests.benchmarks.report import (
    in_child,
    machine,
    peak_rss_mb,
    print_json,
    print_table,
    quiet_note,
    scratch,
)

MODULE = "tests.benchmarks.pipeline"
ROUNDS = 3


def scan(album: Path, warm: Path, workers: int, model: str | None) -> dict[str, Any]:
    """Photos per second of ``albumen scan``, processor time per photo (which other programs
    disturb less), and this process's peak memory."""
    from core.cli.session import scan_folders
    from core.library.library import open_library

    with scratch() as folder:
        with open_library(folder / "first") as library:
            scan_folders(library, [warm], model, workers=workers)
        with open_library(folder / "library") as library:
            before = time.process_time()
            result = scan_folders(library, [album], model, workers=workers)
            used = time.process_time() - before
            peak = peak_rss_mb()
            _check_nothing_was_left_out(library, model)
    return {
        "per_s": result.scored / result.seconds,
        "cpu_ms": 1e3 * used / result.scored,
        "peak_rss_mb": peak,
    }


def _check_nothing_was_left_out(library: Any, model: str | None) -> None:
    """Every photo has its score, heatmaps, a described face and a thumbnail."""
    from core.analysis import DEFAULT_MODEL
    from core.domain import PhotoQuery, Status
    from core.inference.cards import find_model

    model_id = find_model(model or DEFAULT_MODEL).model_id
    ids = library.queries.photo_ids(PhotoQuery(model_id, statuses=frozenset(Status)))
    for photo in library.queries.photos([int(i) for i in ids], model_id, maps=True):
        complete = (
            photo.score is not None
            and photo.score.scene_maps is not None
            and any(face.descriptor is not None for face in photo.faces)
            and library.thumbnails.get(photo.id) is not None
        )
        if not complete:
            raise SystemExit(f"{photo.path.name} was not done: {photo.status}, {photo.reason}")


def decode_only(album: Path, threads: int = 2) -> dict[str, Any]:
    """Photos per second when decoding is all that is done."""
    from core.analysis import WORKING_SIDE
    from core.files.decode import decode
    from core.workers import keep_freed_memory

    keep_freed_memory()  # as the indexer does
    paths = sorted(album.iterdir())
    decode(paths[0], WORKING_SIDE, exact=False)
    waiting = iter(paths)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                path = next(waiting, None)
            if path is None:
                return
            decode(path, WORKING_SIDE, exact=False)

    crew = [threading.Thread(target=work) for _ in range(threads)]
    start = time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return {"per_s": len(paths) / (time.perf_counter() - start)}


def compare(
    folder: Path, kind: str, count: int, model: str | None, workers: Sequence[int]
) -> dict[str, Any]:
    """Scans with each number of workers and decodes alone, in turns; medians over the rounds.

    The scaling is the median of the ratios within each round, so that a machine that changes its
    speed meanwhile does not look like a program that does.
    """
    album, warm = folder / kind, folder / f"{kind}-warm"
    make_album(album, count, kind)
    warm.mkdir()
    for path in sorted(album.iterdir())[:2]:
        shutil.copy(path, warm)
    runs: dict[int, list[dict[str, Any]]] = {number: [] for number in workers}
    decodes: list[float] = []
    for _ in range(ROUNDS):
        for number in workers:
            runs[number].append(in_child(MODULE, "--scan", album, warm, number, model or ""))
        decodes.append(in_child(MODULE, "--decode", album)["per_s"])
    speeds = {number: [run["per_s"] for run in found] for number, found in runs.items()}
    scaling = [two / one for one, two in zip(speeds[1], speeds[2], strict=True)]
    shares = [two / alone for two, alone in zip(speeds[2], decodes, strict=True)]
    return {
        "per_s": {number: statistics.median(found) for number, found in speeds.items()},
        "decode_only_per_s": statistics.median(decodes),
        "share": statistics.median(shares),
        "scaling": statistics.median(scaling),
        "peak_rss_mb": max(run["peak_rss_mb"] for run in runs[2]),
    }


def usual(album: Path, folder: Path, count: int) -> dict[str, Any]:
    """The usual way's photos per second, and what it was made of."""
    found = in_child("tests.benchmarks.usual", album, count, folder / "deepface")
    return {"per_s": 1.0 / found["seconds_per_photo"], "nima": found["nima"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="12-Mpx JPEG only, as one JSON object")
    parser.add_argument("--photos", type=int, default=96, help="photos in each album")
    parser.add_argument("--model", help="a bundled model, or a model directory")
    parser.add_argument("--scan", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--decode", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan:
        album, warm, workers, model = options.scan
        print_json(scan(Path(album), Path(warm), int(workers), model or None))
    elif options.decode:
        print_json(decode_only(Path(options.decode)))
    elif options.json:
        print_json(_judged(options.photos, options.model))
    else:
        _print_all(options.photos, options.model)


def _judged(count: int, model: str | None) -> dict[str, float]:
    with scratch() as folder:
        found = compare(folder, "jpeg-12", count, model, (1, 2))
        slow = usual(folder / "jpeg-12", folder, 3)
    return {
        "photos_per_s": round(found["per_s"][2], 2),
        "decode_only_per_s": round(found["decode_only_per_s"], 2),
        "usual_per_s": round(slow["per_s"], 3),
        "scaling_1_to_2": round(found["scaling"], 3),
        "peak_rss_mb": round(found["peak_rss_mb"], 1),
    }


def _print_all(count: int, model: str | None) -> None:
    print(machine())
    print(quiet_note())
    rows = []
    with scratch() as folder:
        for kind in KINDS:
            found = compare(folder, kind, count, model, (1, 2, 4))
            slow = usual(folder / kind, folder, 2) if kind.startswith("jpeg") else None
            rows.append([
                kind, *found["per_s"].values(), found["decode_only_per_s"], found["share"],
                found["scaling"], slow and slow["per_s"],
                slow and found["per_s"][2] / slow["per_s"], found["peak_rss_mb"],
            ])  # fmt: skip
            nima = slow["nima"] if slow else ""
    print_table(
        f"Photos per second, medians of {ROUNDS} rounds of {count} photos "
        f"(the usual way: DeepFace on the file, NIMA in {nima or 'nothing'})",
        ["photos", "1 worker", "2", "4", "decode", "2/decode", "2/1", "usual", "x usual", "RSS MB"],
        rows,
    )


if __name__ == "__main__":
    main()
