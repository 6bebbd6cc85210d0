"""How many photos to analyze at a time on this machine."""

from __future__ import annotations

import os


def available_cores() -> int:
    """Cores this process may use (a container may allow fewer than the machine has)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_workers() -> int:
    """One worker a core, up to 8: decoding scales with cores, memory with workers."""
    return max(1, min(8, available_cores()))
