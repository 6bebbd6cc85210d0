"""Cards as TOML text: written whole, or one section of one put in place of an older one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.inference.cards import CARD_FILE

Section = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def is_table(value: object) -> bool:
    """Whether a value becomes a section (or several) of its own."""
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def toml(card: Mapping[str, Any]) -> str:
    """A mapping of plain values, then tables and lists of tables, as TOML text."""
    lines = ["# What this model is, where it comes from, and how it must be fed."]
    for key, value in card.items():
        if is_table(value):
            lines += _section(key, value)
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def put_sections(folder: Path, sections: Mapping[str, Section]) -> None:
    """Write sections at the end of the card in ``folder``, each in place of those of its name.

    Everything else of the card, comments too, stays as it is; it is whole or as it was.
    """
    card = folder / CARD_FILE
    text = card.read_text("utf-8")
    for name, content in sections.items():
        older = rf"(?:\n*^\[\[?{re.escape(name)}\]\]?\n(?:(?!\[).*(?:\n|\Z))*)+"
        text = re.sub(older, "\n\n", text, flags=re.MULTILINE)
        text = text.rstrip("\n") + "\n" + "\n".join(_section(name, content)) + "\n"
    aside = card.with_name(f".{CARD_FILE}.part")
    aside.write_text(text, "utf-8")
    aside.replace(card)


def _section(key: str, content: Section) -> list[str]:
    if isinstance(content, Mapping):
        return ["", f"[{key}]", *_pairs(content)]
    return [line for entry in content for line in ("", f"[[{key}]]", *_pairs(entry))]


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, int):
        return str(value)
    number = float(value)
    return repr(number) if np.isfinite(number) else "nan"
