"""The keys of the query language: what each asks for and which values it takes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from core.domain import ColorLabel, Flag, Status
from core.files.formats import FORMATS
from core.reasons.codes import TITLES


class Kind(enum.Enum):
    """What a key's values look like."""

    NUMBER = "number"  # 6, 6.5, 5..7
    COUNT = "count"  # whole numbers
    SIZE = "size"  # 300kb, 2mb, 1.5gb
    DATE = "date"  # 2024, 2024-06, 2024-06-03
    CHOICE = "choice"  # one of a few words
    WORDS = "words"  # any text; found where it is contained


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``choices`` are a ``CHOICE``'s values, ``meaning`` is a line for the completion."""

    name: str
    kind: Kind
    meaning: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


ANY, NONE = "any", "none"
"""Values of choices that ask whether there is one at all."""

_KEYS = (
    Key("score", Kind.NUMBER, "Mean score, 1 to 10"),
    Key("low", Kind.NUMBER, "Score less its uncertainty", ("lower",)),
    Key("faces", Kind.COUNT, "Number of faces", ("face",)),
    Key("stars", Kind.COUNT, "Your stars, 0 to 5", ("rating", "star")),
    Key("flag", Kind.CHOICE, "Pick, reject or none", (), (*Flag, NONE, ANY)),
    Key("color", Kind.CHOICE, "Colour label", ("colour", "label"), (*ColorLabel, NONE, ANY)),
    Key("reason", Kind.CHOICE, "Measured fault", ("fault",), (*TITLES, NONE, ANY)),
    Key("person", Kind.WORDS, "A named person", ("people", "who")),
    Key("taken", Kind.DATE, "Day, month or year", ("date",)),
    Key("added", Kind.DATE, "When it came into the library"),
    Key("camera", Kind.WORDS, "Camera"),
    Key("lens", Kind.WORDS, "Lens"),
    Key("iso", Kind.COUNT, "Sensitivity"),
    Key("format", Kind.CHOICE, "Kind of file", ("type",), (*FORMATS, "raw")),
    Key("size", Kind.SIZE, "Size of the file"),
    Key("mp", Kind.NUMBER, "Megapixels", ("megapixels",)),
    Key("status", Kind.CHOICE, "Scored, waiting, unreadable …", ("state",), tuple(Status)),
    Key("name", Kind.WORDS, "Name of the file"),
    Key("folder", Kind.WORDS, "Folder", ("path",)),
    Key("album", Kind.WORDS, "Album"),
)

KEYS: dict[str, Key] = {key.name: key for key in _KEYS}
"""All keys by name, in the order in which they are offered."""

BY_WORD: dict[str, Key] = KEYS | {alias: key for key in _KEYS for alias in key.aliases}
"""Keys by every word that stands for them."""
