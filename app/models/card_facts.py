"""A model's card as people read it: how well it agrees with people, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.translation import decimal, number, tr
from core.inference.cards import ModelCard


@dataclass(frozen=True)
class Measured:
    """One figure with its 95 % interval, if the card gives one. ``on`` says on which photos."""

    on: str
    count: int | None
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Measure:
    """A kind of figure: what it means, and what was found. ``best`` is its best value.

    ``percent`` figures are shares; the others are plain numbers. ``scale_end`` is what a picture
    of it reaches to.
    """

    name: str
    meaning: str
    rows: tuple[Measured, ...]
    percent: bool = False
    scale_end: float = 1.0


def measures(card: ModelCard) -> list[Measure]:
    """The kinds of figures that the card has, the ones that tell most first."""
    kinds = (
        (
            "srcc",
            tr("Order"),
            tr("Does it put photos into people’s order? 1 is the same order, 0 is chance."),
            False,
        ),
        (
            "lcc",
            tr("Score"),
            tr("Do its scores rise in step with people’s? 1 is in step, 0 is chance."),
            False,
        ),
        (
            "accuracy",
            tr("Good or bad"),
            tr("How often is it on people’s side of the middle? A coin would reach 50 %."),
            True,
        ),
        (
            "emd",
            tr("Spread of ratings"),
            tr("How far is the predicted spread from the real one? 0 is the same."),
            False,
        ),
    )
    found = []
    for key, name, meaning, percent in kinds:
        rows = tuple(_measured(entry, key) for entry in card.metrics if _is_number(entry.get(key)))
        if rows:
            top = max(max(row.value, row.high or 0.0) for row in rows)
            end = 1.0 if key != "emd" else max(0.05, top * 1.1)
            found.append(Measure(name, meaning, rows, percent, end))
    return found


def _measured(entry: Mapping[str, Any], key: str) -> Measured:
    interval = entry.get(f"{key}_interval")
    known = isinstance(interval, Sequence) and len(interval) == 2 and all(map(_is_number, interval))
    low, high = (float(interval[0]), float(interval[1])) if known else (None, None)
    count = entry.get("n")
    return Measured(
        on=str(entry.get("on") or entry.get("data") or entry.get("name") or ""),
        count=count if isinstance(count, int) else None,
        value=float(entry[key]),
        low=low,
        high=high,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def figure_text(row: Measured, percent: bool) -> str:
    """The figure with its interval: "0.61 (0.45 to 0.74)"."""

    def shown(value: float) -> str:
        return tr("{share} %", share=decimal(100 * value, 0)) if percent else decimal(value, 2)

    if row.low is None or row.high is None:
        return shown(row.value)
    return tr(
        "{value} ({low} to {high})",
        value=shown(row.value),
        low=shown(row.low),
        high=shown(row.high),
    )


def fault_lines(card: ModelCard) -> list[str]:
    """Of each fault that photos were spoiled with: how many did not score above the unspoiled."""
    lines = []
    for entry in card.faults:
        shares = [
            float(value)
            for key, value in entry.items()
            if key.startswith("not_above") and _is_number(value)
        ]
        if not shares:
            continue
        low, high = (decimal(100 * share, 0) for share in (min(shares), max(shares)))
        count = entry.get("n")
        text = f"{fault_text(str(entry.get('fault', '')))}: " + (
            tr("{share} %", share=low)
            if low == high
            else tr("{low} to {high} %", low=low, high=high)
        )
        if isinstance(count, int):
            text += " · " + tr("{n} photos", n=number(count))
        lines.append(text)
    return lines


def uncertainty_text(card: ModelCard) -> str:
    """How close two scores must be for "too close to call"; empty where the card says nothing."""
    rule = card.uncertainty
    if rule is None:
        return ""
    if rule.per_std == 0:
        width = decimal(rule.base, 2)
        return tr("Two photos within {width} of each other are too close to call.", width=width)
    share = decimal(rule.per_std, 2)
    if rule.base == 0:
        return tr(
            "Two photos within {share} times the predicted spread are too close to call.",
            share=share,
        )
    return tr(
        "Two photos within {base} plus {share} times the predicted spread are too close to call.",
        base=decimal(rule.base, 2),
        share=share,
    )


def fault_text(name: str) -> str:
    """A card's word for a fault as people say it."""
    known = {
        "blur": tr("Blurred"),
        "noise": tr("Noisy"),
        "over": tr("Overexposed"),
        "under": tr("Underexposed"),
    }
    return known.get(name, name)
