"""A model's card as people read it: its size and speed, and what was found out beyond figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.models.card_facts import Measured, figure_text
from app.translation import decimal, number, tr
from core.inference.cards import ModelCard
from core.inference.precision import int8_facts


def size_lines(card: ModelCard) -> list[str]:
    """How large the model's file is, and how long a photo takes."""
    lines = [tr("{size} MB", size=decimal(card.bytes / 1e6, 1))]
    quick = int8_facts(card)
    if quick is not None:
        lines[0] += " · " + tr(
            "8-bit form {size} MB, {agreement} % the same order",
            size=decimal(quick["bytes"] / 1e6, 1),
            agreement=decimal(100 * float(quick["agreement"]), 1),
        )
    speed = card.facts.get("speed", {})
    if "ms_per_photo" in speed:
        text = tr(
            "{time} ms per photo on one core, without reading it and finding faces",
            time=decimal(float(speed["ms_per_photo"]), 1),
        )
        lines.append(f"{text} ({speed['machine']})" if speed.get("machine") else text)
    return lines


def folder_lines(card: ModelCard) -> list[str]:
    """The mean score of two folders of portraits: as published, without the face, and fused."""
    facts: Mapping[str, Any] = card.facts.get("folders", {})
    kinds = (
        ("published", tr("NIMA as published")),
        ("scene", tr("This model without the face")),
        ("fused", tr("This model")),
    )
    folders = {"man": tr("men"), "woman": tr("women")}
    lines = []
    for kind, name in kinds:
        names = [
            key.removeprefix(f"{kind}_")
            for key in facts
            if key.startswith(f"{kind}_") and not key.endswith("_difference")
        ]
        if len(names) != 2 or f"{kind}_difference" not in facts:
            continue
        first, second = (float(facts[f"{kind}_{folder}"]) for folder in names)
        lines.append(
            tr(
                "{model}: {first} {first_score}, {second} {second_score}, difference {difference}",
                model=name,
                first=folders.get(names[0], names[0]),
                first_score=decimal(first, 2),
                second=folders.get(names[1], names[1]),
                second_score=decimal(second, 2),
                difference=decimal(abs(float(facts[f"{kind}_difference"])), 2),
            )
        )
    return lines


def embedding_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Agreement in order against how many numbers describe the face."""
    lines = []
    for row in rows:
        size = int(row["size"])
        name = tr("{n} numbers", n=number(size)) if size else tr("without the face")
        text = tr("{what}: {order}", what=name, order=decimal(float(row["srcc"]), 3))
        if "portraits_srcc" in row:
            text += " · " + tr("portraits {order}", order=decimal(float(row["portraits_srcc"]), 3))
        gain = _interval(row, "portraits_srcc_gain")
        if gain:
            text += " · " + tr("gained on portraits {gain}", gain=gain)
        lines.append(text)
    return lines


def crop_lines(card: ModelCard) -> list[str]:
    """Faces and bodies cut out and scored alone, and their score as a lower bound."""
    kinds = {
        "Haar face": tr("Face (Haar cascade)"),
        "BlazeFace face": tr("Face (BlazeFace)"),
        "body": tr("Body"),
    }
    lines = [
        tr(
            "{crop}: mean score {mean}, on people’s side of the middle {accuracy} % "
            "({normalised} % after normalising), order {order}, {n} photos",
            crop=kinds.get(str(row["crop"]), str(row["crop"])),
            mean=decimal(float(row["score_mean"]), 2),
            accuracy=decimal(100 * float(row["accuracy"]), 0),
            normalised=decimal(100 * float(row["normalised_accuracy"]), 0),
            order=decimal(float(row["srcc"]), 2),
            n=number(int(row["n"])),
        )
        for row in card.facts.get("crops", ())
    ]
    bound = card.facts.get("lower_bound", ())
    if len(bound) >= 2:
        lines.append(
            tr(
                "The face’s score as a lower bound: order {adjusted} instead of {plain}",
                adjusted=decimal(float(bound[-1]["srcc"]), 3),
                plain=decimal(float(bound[0]["srcc"]), 3),
            )
        )
    return lines


def faithfulness_lines(card: ModelCard) -> list[str]:
    """Whether the heatmaps name the places that the score depends on."""
    facts: Mapping[str, Any] = card.facts.get("faithfulness", {})
    lines = []
    fall = _interval(facts, "deletion_below_random")
    if fall:
        lines.append(
            tr(
                "Blurring the map’s best places first costs {points} points of score more than "
                "blurring in random order",
                points=fall,
            )
        )
    rise = _interval(facts, "insertion_above_random")
    if rise:
        lines.append(
            tr("Bringing them back first gains {points} points more", points=rise),
        )
    if lines and isinstance(facts.get("n"), int):
        lines[-1] += " · " + tr("{n} photos", n=number(facts["n"]))
    return lines


def _interval(facts: Mapping[str, Any], key: str) -> str:
    """The figure of that name with its interval, empty where the card lacks either."""
    value, ends = facts.get(key), facts.get(f"{key}_interval")
    if value is None or not ends:
        return ""
    return figure_text(Measured("", None, float(value), *map(float, ends)), percent=False)
