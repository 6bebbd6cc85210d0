"""How long a graph takes for one photo, as a card states it."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

from core.inference.cards import ModelCard
from core.inference.session import OnnxSession, sample_inputs

RUNS = 15


def milliseconds(card: ModelCard, runs: int = RUNS) -> float:
    """The fastest of ``runs`` runs of one photo: what else the machine does can only add to it."""
    session, inputs = OnnxSession(card), sample_inputs(card)
    fastest = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        session.run(inputs)
        fastest = min(fastest, time.perf_counter() - started)
    return fastest * 1000


def speed_entry(card: ModelCard) -> dict[str, Any]:
    """The card's ``speed``: the graph alone, decoding and finding faces apart."""
    return {
        "ms_per_photo": round(milliseconds(card), 1),
        "what": f"the graph alone on one photo and one core, fastest of {RUNS} runs",
        "machine": machine(),
    }


def machine() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
