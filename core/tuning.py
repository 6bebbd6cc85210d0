"""How many photos at a time this machine analyzes fastest: measured at its first real work.

A machine may have cores that share their arithmetic, a narrow way to memory, or a limit on
processor time that none of its figures tells. So the whole analysis of one photo is timed with
different numbers of threads, and the outcome remembered until the machine is another one.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.resources
import json
import logging
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.files.atomic import write_atomically
from core.paths import config_dir
from core.workers import MOST_WORKERS, available_cores, default_workers

log = logging.getLogger(__name__)

FILE_NAME = "machine.json"
WORTH_MEASURING = 200
"""So many photos must wait: measuring takes as long as analyzing some thirty."""

ROUNDS = 2
PHOTOS_A_THREAD = 3
AS_FAST = 0.95
"""Fewer threads are preferred where they reach this share of the greatest speed: each takes some
thirty megabytes, and the processor from other programs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Photos per second by number of threads, and the number to use."""

    workers: int
    speeds: dict[int, float]


def remembered(folder: Path | None = None) -> Measured | None:
    """What was measured on this machine, if it was."""
    try:
        content = json.loads(((folder or config_dir()) / FILE_NAME).read_text("utf-8"))
        if content["machine"] != _machine():
            return None
        speeds = {int(count): float(speed) for count, speed in content["photos_per_s"].items()}
        workers = int(content["workers"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Measured(workers, speeds) if 1 <= workers <= MOST_WORKERS else None


def usual_workers() -> int:
    """As many as were measured to be best here, else one a core."""
    found = remembered()
    return found.workers if found is not None else default_workers()


def measured_workers(analyze: Callable[[Path], object]) -> int:
    """The best number of workers for this analysis; measures it now unless it is remembered."""
    found = remembered()
    if found is None:
        found = measure(analyze)
        log.info("photos per second by threads: %s; %d are used", found.speeds, found.workers)
        remember(found)
    return found.workers


def measure(
    analyze: Callable[[Path], object],
    counts: tuple[int, ...] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Measured:
    """Time the analysis of the demo's portrait in each number of threads (the caller's priority).

    The best of some rounds counts, since whatever else runs can only slow a round down.
    """
    wanted = counts or _counts(available_cores())
    speeds = dict.fromkeys(wanted, 0.0)
    portrait = importlib.resources.files("resources") / "demo" / "portrait.jpg"
    with importlib.resources.as_file(portrait) as path:
        work = functools.partial(analyze, path)
        work()  # what is only done once
        for _ in range(ROUNDS):
            for count in wanted:
                taken = _timed(work, count, clock)
                speeds[count] = max(speeds[count], count * PHOTOS_A_THREAD / max(taken, 1e-9))
    fastest = max(speeds.values())
    best = min(count for count, speed in speeds.items() if speed >= AS_FAST * fastest)
    return Measured(best, {count: round(speed, 2) for count, speed in speeds.items()})


def remember(measured: Measured, folder: Path | None = None) -> None:
    """Write down what was measured; where that fails, it is measured again next time."""
    content = {
        "machine": _machine(),
        "workers": measured.workers,
        "photos_per_s": measured.speeds,
    }
    target = (folder or config_dir()) / FILE_NAME
    try:
        write_atomically(target, json.dumps(content, indent=2).encode() + b"\n", 0o600)
    except OSError as error:
        log.info("%s can't be written: %s", target.name, error.strerror)


def described() -> str:
    """A sentence on how many photos are analyzed at a time, and how that is known."""
    found = remembered()
    if found is None:
        return (
            f"{default_workers()} photos are analyzed at a time, one a core; which number is best "
            f"here is measured when {WORTH_MEASURING} photos or more wait."
        )
    speeds = ", ".join(f"{count}: {speed:g}" for count, speed in sorted(found.speeds.items()))
    return (
        f"{found.workers} photos are analyzed at a time, as was measured to be best here "
        f"(portraits per second by number: {speeds})."
    )


def _counts(cores: int) -> tuple[int, ...]:
    """1, and half the cores (where two share their arithmetic), all of them, and half more."""
    tried = {1, cores // 2, cores, cores + cores // 2}
    return tuple(sorted(count for count in tried if 1 <= count <= MOST_WORKERS))


def _timed(work: Callable[[], object], count: int, clock: Callable[[], float]) -> float:
    def several() -> None:
        for _ in range(PHOTOS_A_THREAD):
            work()

    crew = [threading.Thread(target=several, name="albumen-measure") for _ in range(count)]
    start = clock()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return clock() - start


def _machine() -> str:
    """What a figure was measured on; any change of it calls for another."""
    parts = [platform.machine(), platform.processor(), f"{available_cores()} cores"]
    parts.append(f"onnxruntime {importlib.metadata.version('onnxruntime')}")
    return ", ".join(part for part in parts if part)
