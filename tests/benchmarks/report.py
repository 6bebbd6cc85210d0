"""What benchmarks share: the machine in words, tables, and measuring in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def machine() -> str:
    """Processor, cores, load, memory and versions: figures mean little without them."""
    import numpy
    import onnxruntime

    from core.workers import available_cores

    flags = _cpu_flags()
    simd = next((name for name in ("avx512_vnni", "avx512f", "avx2") if name in flags), "")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{_cpu_name()} {simd}, {available_cores()} cores{load}, {platform.platform()}, "
        f"Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"onnxruntime {onnxruntime.__version__}"
    )


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def _cpu_name() -> str:
    names = [line.partition(":")[2].strip() for line in _cpu_lines() if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()


def _cpu_flags() -> set[str]:
    return next((set(line.split()) for line in _cpu_lines() if line.startswith("flags")), set())


def quiet_note() -> str:
    """A warning where other programs keep the machine busy."""
    if not hasattr(os, "getloadavg"):
        return ""
    busy = os.getloadavg()[0]
    return "" if busy < 0.7 else f"Load {busy:.1f} at the start: compare ratios, not figures."


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table for people: left-aligned names, right-aligned figures."""
    cells = [list(head), *[[_text(value) for value in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        first, rest = row[0].ljust(widths[0]), row[1:]
        print("  ".join([first, *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]))
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "-" if value is None else str(value)


def print_json(document: Any) -> None:
    """The one JSON document of ``--json``."""
    sys.stdout.write(json.dumps(document) + "\n")


def in_child(module: str, *arguments: Any, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs ``python -m module arguments`` and gives the JSON object on its last output line.

    A process of its own starts with empty caches and has a peak of memory that is its own.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path} | (env or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def peak_rss_mb() -> float:
    """This process's greatest resident memory so far, in MB (10^6 bytes)."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    import psutil

    info = psutil.Process().memory_info()
    return float(getattr(info, "peak_wset", info.rss)) / 1e6


def rss_mb() -> float:
    """This process's resident memory now, in MB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def median_ms(call: Callable[[], Any], times: int = 7, *, warm: int = 1) -> float:
    """Median wall-clock milliseconds of a call."""
    for _ in range(warm):
        call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder, on the disk that ``TMPDIR`` names."""
    with tempfile.TemporaryDirectory(prefix="albumen-bench-") as name:
        yield Path(name)
