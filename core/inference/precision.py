"""Exact or quick: the 8-bit graph that a model may have beside its exact one.

``int8.toml`` in the model's folder names the graph, says of which exact one it was made, and how
far the two agree on photos that it was not made with. It is used where those figures allow it;
a graph that was made of other weights is not used at all. Scores go by the exact model's id:
they differ by less than its own uncertainty, and the order of photos hardly does.
"""

from __future__ import annotations

import enum
import logging
import tomllib
from dataclasses import replace
from typing import Any

from core.errors import ModelError
from core.inference.cards import ModelCard

logger = logging.getLogger(__name__)

INT8_CARD = "int8.toml"
LEAST_AGREEMENT = 0.995
"""SRCC between the scores of both graphs, or mean cosine between descriptors, from which on the
quick one is the default."""


class Precision(enum.StrEnum):
    """Which graph of a model to run."""

    EXACT = "exact"  # float32
    QUICK = "quick"  # 8-bit integers, where the model has them


def at_precision(card: ModelCard, precision: Precision) -> ModelCard:
    """The card with the graph of that precision; the exact one where there is no other.

    Raises:
        ModelError: the 8-bit graph's card can't be understood, or the exact graph, of which the
            quick one is only another form, is missing or damaged.
    """
    if precision is Precision.EXACT:
        return card
    facts = int8_facts(card)
    if facts is None or float(facts["agreement"]) < LEAST_AGREEMENT:
        return card
    card.graph()
    return replace(
        card,
        file=str(facts["file"]),
        sha256=str(facts["sha256"]).lower(),
        bytes=int(facts["bytes"]),
        made_of=card.sha256,
    )


def int8_facts(card: ModelCard) -> dict[str, Any] | None:
    """What ``int8.toml`` says, if it is there and of this model's weights.

    Raises:
        ModelError: it can't be understood.
    """
    file = card.directory / INT8_CARD
    if not file.is_file():
        return None
    try:
        facts = tomllib.loads(file.read_text("utf-8"))
        made_of = facts["made_of"]
        if not {"file", "sha256", "bytes", "agreement"} <= facts.keys():
            raise KeyError("file, sha256, bytes or agreement")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise ModelError(f"The card {file} can't be read: {error}.") from error
    if made_of != card.sha256:
        logger.warning("the 8-bit graph of %s was made of other weights; not used", card.name)
        return None
    return facts
