"""What may be written next in a query: keys, then a key's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.searching.keys import BY_WORD, KEYS, Kind
from core.searching.parsing import words
from core.searching.writing import quoted

MOST = 12


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may replace ``start`` to ``end`` of the query.

    ``key`` is set for a key, whose meaning may be told; ``value`` is a value as one reads it.
    """

    text: str
    start: int
    end: int
    key: str = ""
    value: str = ""


def complete(
    text: str, cursor: int, known: Mapping[str, Sequence[str]], *, asked: bool = False
) -> list[Completion]:
    """What may stand where the cursor is; ``known`` are values by key that the library holds.

    Between words there is only something to offer when it is ``asked`` for.
    """
    word = next((w for w in words(text) if w.start <= cursor <= w.end), None)
    if word is None:
        offered = KEYS if asked else ()
        return [Completion(f"{name}:", cursor, cursor, key=name) for name in offered]
    if not word.key:
        begun = text[word.start + word.negated : cursor].lower()
        if word.quoted or not begun:
            return []
        keys = [key for key in KEYS.values() if key.name.startswith(begun)]
        keys += [
            BY_WORD[name]
            for name in BY_WORD
            if name.startswith(begun) and BY_WORD[name] not in keys
        ]
        start = word.start + word.negated
        return [Completion(f"{key.name}:", start, word.end, key=key.name) for key in keys[:MOST]]
    key_of = BY_WORD.get(word.key)
    if key_of is None:
        return []
    value, start, end = next((v for v in word.values if v[1] <= cursor <= v[2]), word.values[-1])
    begun = value.lower()
    choices = [*key_of.choices] if key_of.kind is Kind.CHOICE else [*known.get(key_of.name, ())]
    found = [one for one in choices if one.lower().startswith(begun)]
    found += [one for one in choices if begun in one.lower() and one not in found]
    if len(found) == 1 and found[0].lower() == begun and end == word.end:
        return []
    return [Completion(quoted(one), start, end, value=one) for one in found[:MOST]]
