"""Command models: the models there are, and what each card says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.session import JsonOption, print_json, told_errors
from core.inference.cards import ModelCard, bundled_models, find_model
from core.inference.precision import int8_facts


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A model or its directory: its card.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The models there are; with a name the whole card of one."""
    with told_errors():
        cards = bundled_models(kind=None) if name is None else (find_model(name),)
        if as_json:
            documents = [card_json(card) for card in cards]
            print_json(documents if name is None else documents[0])
            return
        lines = [] if name is None else list(card_lines(cards[0]))
    if name is not None:
        typer.echo("\n".join(lines))
        return
    from core.cli.tables import add_row, make_table, print_table

    table = make_table(left=("Name", "Version", "What", "MB", "Licence"))
    for card in cards:
        size = f"{card.bytes / 1e6:.1f}"
        add_row(table, card.name, card.version, card.title, size, card.licence)
    print_table(table, "albumen models NAME shows a model's card.")


def card_json(card: ModelCard) -> dict[str, Any]:
    """A model card as JSON."""
    document = {
        name: getattr(card, name)
        for name in (
            "name", "title", "version", "kind", "file", "sha256", "bytes", "licence", "credit",
            "source", "training_data", "model_id",
        )
    }  # fmt: skip
    images, vectors = map(asdict, card.images), map(asdict, card.vectors)
    document["inputs"] = [*images, *vectors]
    document["outputs"] = [asdict(output) for output in card.outputs]
    document["metrics"] = [dict(metric) for metric in card.metrics]
    document["limits"] = list(card.limits)
    document["uncertainty"] = asdict(card.uncertainty) if card.uncertainty else None
    document["int8"] = int8_facts(card)
    document["scale"], document["faults"] = card.scale, [dict(row) for row in card.faults]
    return document | dict(card.facts)


def card_lines(card: ModelCard) -> Iterator[str]:
    """A card for people to read, line by line."""
    yield f"{card.title} ({card.model_id})"
    yield f"{card.bytes / 1e6:.1f} MB, {card.licence}"
    quick = int8_facts(card)
    if quick is not None:
        yield (
            f"8-bit form: {quick['bytes'] / 1e6:.1f} MB, agrees with the exact one by "
            f"{quick['agreement']:.4f} on {quick.get('photos', '?')} photos"
        )
    if "speed" in card.facts:
        yield f"Speed: {_pairs(card.facts['speed'])}"
    for title, text in (
        ("Learnt from", card.training_data),
        ("Scale", card.scale),
        ("Face", card.facts.get("face", "")),
        ("Credit", card.credit),
        ("Made by", card.source),
    ):
        if text:
            yield f"{title}: {text}"
    if card.uncertainty:
        yield (
            f"Too close to call: within {card.uncertainty.base:.2f} + "
            f"{card.uncertainty.per_std:.2f} x the predicted spread of ratings"
        )
    if card.metrics:
        yield ""
        yield "Agreement with people (95 % intervals):"
        for metric in card.metrics:
            yield f"  {metric.get('on', '')}, n = {metric.get('n', '?')}"
            yield f"    {_figures(metric)}"
    yield from _tables({**card.facts, "faults": card.faults})
    if card.limits:
        yield ""
        yield "Known limits:"
        yield from (f"  - {limit}" for limit in card.limits)


def _tables(facts: Mapping[str, Any]) -> Iterator[str]:
    for title, key in (
        ("Agreement by size of the face's descriptor (0: no face):", "ablation"),
        ("The same with the paper's settings, both stages:", "ablation_paper"),
        ("Crops scored alone, against people's ratings of the whole photo:", "crops"),
        ("The face's score as a lower bound, (face - offset) / slope:", "lower_bound"),
        ("Share of portraits whose degraded copy is not scored above the clean one:", "faults"),
    ):
        if facts.get(key):
            yield ""
            yield title
            for row in facts[key]:
                words = "".join(f"{row[key]}: " for key in ("crop", "on", "fault") if key in row)
                yield f"  {words}{_figures(row).replace(' 1 6 ', ' 1.6 ')}"
    if facts.get("faithfulness"):
        row = facts["faithfulness"]
        yield ""
        yield f"Do the maps tell the truth ({row.get('on', '')}, n = {row.get('n', '?')}):"
        yield f"  {_figures(row)}"
    if facts.get("folders"):
        yield ""
        yield f"Mean score of two folders of portraits: {_pairs(facts['folders'])}"


def _figures(row: Mapping[str, Any]) -> str:
    """``srcc 0.589 [0.495, 0.668], ...``: values with their intervals, words left out."""
    parts = []
    for key, value in row.items():
        if isinstance(value, str) or key in ("n", "held_out") or key.endswith("_interval"):
            continue
        interval = row.get(f"{key}_interval")
        text = f"{key.replace('_', ' ')} {_short(value)}"
        parts.append(f"{text} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else text)
    return ", ".join(parts)


def _pairs(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in table.items())


def _short(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("models")(models)
