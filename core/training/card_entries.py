"""Figures as the entries of a model's card: plain values, four places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.training.crops import CropStatistics, LowerBound
from core.training.metrics import Agreement, Interval

if TYPE_CHECKING:
    from core.training.table import Ablation


def metric_entry(on: str, found: Agreement, note: str = "") -> dict[str, Any]:
    """One ``[[metrics]]`` entry of a card."""
    entry: dict[str, Any] = {"on": on, "n": found.n}
    figures = (
        ("accuracy", found.accuracy),
        ("normalised_accuracy", found.normalised_accuracy),
        ("lcc", found.lcc),
        ("srcc", found.srcc),
        ("emd", found.emd),
    )
    for name, interval in figures:
        if interval is not None:
            entry[name] = round(interval.value, 4)
            entry[f"{name}_interval"] = rounded(interval)
    spread = found.predicted
    for name in ("mean", "median", "std", "min", "max"):
        entry[f"score_{name}"] = round(getattr(spread, name), 3)
    if note:
        entry["source"] = note
    return entry


def rounded(interval: Interval) -> list[float]:
    """The two ends, to four places."""
    return [round(interval.low, 4), round(interval.high, 4)]


def ablation_entries(ablation: Ablation) -> list[dict[str, Any]]:
    """The table of sizes as ``[[ablation]]`` entries."""
    entries = []
    for row in ablation.rows:
        entry: dict[str, Any] = {"size": row.size, "encoder": ablation.encoder}
        for where, found in (("", row.overall), ("portraits_", row.portraits)):
            if found is not None:
                for figure in ("accuracy", "lcc", "srcc"):
                    entry[f"{where}{figure}"] = round(getattr(found, figure).value, 4)
        for key, gain in (("srcc_gain", row.gain), ("portraits_srcc_gain", row.portrait_gain)):
            if gain is not None:
                entry[key] = round(gain.value, 4)
                entry[f"{key}_interval"] = rounded(gain)
        entries.append(entry)
    return entries


def crop_entries(crops: Sequence[CropStatistics]) -> list[dict[str, Any]]:
    """Table 3 as ``[[crops]]`` entries."""
    entries = []
    for found in crops:
        entry: dict[str, Any] = {"crop": found.kind, "n": found.n}
        for name in ("mean", "median", "std", "min", "max"):
            entry[f"score_{name}"] = round(getattr(found.spread, name), 3)
        for name in ("accuracy", "normalised_accuracy", "lcc", "srcc", "under_line"):
            entry[name] = round(getattr(found, name), 4)
        entries.append(entry)
    return entries


def lower_bound_entries(bound: LowerBound) -> list[dict[str, Any]]:
    """``[[lower_bound]]``: the score as it is, the grid's best cells, and one chosen held out."""
    rows = (
        ("the score as it is", bound.plain),
        (f"best of {len(bound.cells)} settings on these very photos", bound.best),
        ("best of those that change a tenth of the photos", bound.best_active),
        ("setting chosen on the other folds", bound.held_out),
    )
    entries = []
    for label, found in rows:
        if found is None:
            continue
        entry: dict[str, Any] = {"on": label, "n": bound.n}
        if found is not bound.plain:
            entry["slope"], entry["offset"] = found.slope, found.offset
        for name in ("accuracy", "lcc", "srcc", "changed"):
            entry[name] = round(getattr(found, name), 4)
        entries.append(entry)
    return entries
