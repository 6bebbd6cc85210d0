"""How many photos to analyze at a time on this machine."""

from __future__ import annotations

import ctypes
import functools
import logging
import os
import sys

log = logging.getLogger(__name__)


MOST_WORKERS = 16
"""More than these photos at a time are never analyzed unless the user says so."""


def available_cores() -> int:
    """Cores this process may use (a container may allow fewer than the machine has)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_workers() -> int:
    """One worker a core, up to 8: decoding scales with cores, memory with workers."""
    return max(1, min(8, available_cores()))


@functools.cache
def keep_freed_memory() -> None:
    """Keep the working memory of one photo for the next (Linux's C library; elsewhere a no-op).

    A photo takes and gives back some ten megabytes in large pieces. Given to the system each
    time, they come back as thousands of page faults that cost a quarter of the analysis. Single
    pieces above 32 MB, as very large photos need, are still given back at once (mallopt(3)).
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    for parameter, value in ((_MMAP_THRESHOLD, 32 << 20), (_TRIM_THRESHOLD, 64 << 20)):
        if mallopt(parameter, value) != 1:
            log.debug("the memory allocator refuses parameter %d", parameter)


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
