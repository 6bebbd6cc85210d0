"""Watching 10,000 folders: what it costs at rest, and a burst of 1,000 new files."""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.report import machine, print_json, print_table, quiet_note, rss_mb, scratch

PATIENCE = 120.0


def measure(root: Path, folders: int, files: int) -> dict[str, Any]:
    """Seconds to begin, share of a core at rest, seconds from the last file to all being known."""
    from core.files.watch import FolderWatcher

    places = [root / f"year-{n // 100:03}" / f"day-{n:05}" for n in range(folders)]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    seen: set[Path] = set()
    complete = threading.Event()
    before = rss_mb()

    def changed(change: Any) -> None:
        if change.path.name.startswith("new-"):
            seen.add(change.path)
        if len(seen) >= files:
            complete.set()

    stands = threading.Event()
    watcher = FolderWatcher(changed, on_rescan=lambda _root: stands.set())
    start = time.perf_counter()
    watcher.add_root(root)
    watcher.start()
    stands.wait(PATIENCE)
    begun = time.perf_counter() - start
    try:
        rest, at = time.process_time(), time.perf_counter()
        threading.Event().wait(5.0)
        idle = (time.process_time() - rest) / (time.perf_counter() - at)
        for number in range(files):
            (places[number * 7 % folders] / f"new-{number}.jpg").write_bytes(b"x" * 100)
        written, used = time.perf_counter(), time.process_time()
        found_all = complete.wait(PATIENCE)
        return {
            "start_s": begun,
            "idle_core_share": idle,
            "burst_s": time.perf_counter() - written,
            "burst_cpu_s": time.process_time() - used,
            "seen": len(seen),
            "all_seen": found_all,
            "memory_mb": rss_mb() - before,
        }
    finally:
        watcher.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folders", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=1_000)
    options = parser.parse_args()
    with scratch() as root:
        found = measure(root, options.folders, options.files)
    if options.json:
        print_json(found)
        return
    print(machine())
    print(quiet_note())
    title = f"{options.folders:,} folders watched, {options.files:,} files written at once"
    print_table(title, ["", "value"], [list(row) for row in found.items()])


if __name__ == "__main__":
    main()
