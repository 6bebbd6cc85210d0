"""Reads the query language.

Words stand for names of files; ``key:value`` asks about a photo's facts; ``-`` before a word means
"not"; commas within a value mean "any of". Numbers, dates and sizes also take ``>``, ``>=``, ``<``,
``<=`` and ranges with ``..``. A value with blanks stands in quotation marks.

    score>6 faces:1 -reason:eyes_closed person:"Grandma" taken:2024-06
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain import Span, Term
from core.errors import UsageError
from core.files.formats import format_named
from core.searching.keys import BY_WORD, Key, Kind

QUOTES = '"“”„«»'
_OPERATOR = re.compile(r"(:?[<>]=?|:=?|=)")
_SIZES = {"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?i?b?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


class Wrong(enum.Enum):
    """What can be wrong with a query."""

    KEY = "key"
    VALUE = "value"
    NUMBER = "number"
    DATE = "date"
    SIZE = "size"
    OPERATOR = "operator"
    EMPTY = "empty"
    QUOTE = "quote"


_SENTENCES = {
    Wrong.KEY: "There is no “{word}:” to search by.",
    Wrong.VALUE: "“{word}” is nothing that {key} can be.",
    Wrong.NUMBER: "“{word}” is no number; {key} takes numbers like 6, >5.5 or 5..7.",
    Wrong.DATE: "“{word}” is no date; {key} takes 2024, 2024-06, 2024-06-03 or 2024-05..2024-07.",
    Wrong.SIZE: "“{word}” is no size; {key} takes 300kb, 2mb or >1.5gb.",
    Wrong.OPERATOR: "{key} can't be larger or smaller; write {key}: and the value.",
    Wrong.EMPTY: "After {key} a value is missing.",
    Wrong.QUOTE: "A quotation mark is not closed.",
}


class QueryError(UsageError):
    """A query that can't be read; ``start`` and ``end`` are the wrong part's place in the text."""

    def __init__(
        self, wrong: Wrong, word: str, start: int, end: int, *, key: str = "", better: str = ""
    ) -> None:
        sentence = _SENTENCES[wrong].format(word=word, key=key)
        super().__init__(f"{sentence} Did you mean “{better}”?" if better else sentence)
        self.wrong = wrong
        self.word = word
        self.key = key
        self.better = better
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query as it stands in the text, ``start`` to ``end``; not judged yet.

    ``key`` and ``operator`` are empty for a plain word; ``values`` are (text, start, end) each.
    """

    start: int
    end: int
    negated: bool
    key: str
    operator: str
    values: tuple[tuple[str, int, int], ...]
    quoted: bool
    open_quote: bool


def words(text: str) -> Iterator[Word]:
    """The words of a text, whatever they are worth."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        word = _word(text, place)
        yield word
        place = word.end


def _word(text: str, start: int) -> Word:
    place = start
    negated = text[place] == "-" and place + 1 < len(text) and not text[place + 1].isspace()
    place += negated
    key = operator = ""
    begun = re.compile(r"[^\W\d_][\w-]*").match(text, place)
    if begun is not None:
        found = _OPERATOR.match(text, begun.end())
        if found is not None:
            key, operator, place = begun.group().lower(), found.group(), found.end()
            operator = operator.removeprefix(":") or ":"
    values: list[tuple[str, int, int]] = []
    quoted = open_quote = False
    while True:
        value, begin, place, in_quotes, unclosed = _value(text, place, bool(key))
        values.append((value, begin, place))
        quoted, open_quote = quoted or in_quotes, open_quote or unclosed
        if not (key and place < len(text) and text[place] == ","):
            break
        place += 1
    return Word(start, place, negated, key, operator, tuple(values), quoted, open_quote)


def _value(text: str, start: int, listed: bool) -> tuple[str, int, int, bool, bool]:
    if start < len(text) and text[start] in QUOTES:
        for end in range(start + 1, len(text)):
            if text[end] in QUOTES:
                return text[start + 1 : end], start, end + 1, True, False
        return text[start + 1 :], start, len(text), True, True
    end = start
    while end < len(text) and not text[end].isspace() and not (listed and text[end] == ","):
        end += 1
    return text[start:end], start, end, False, False


def parse(text: str) -> tuple[Term, ...]:
    """The terms that a text means.

    Raises:
        QueryError: it can't be read; says where and why.
    """
    return tuple(_term(text, word) for word in words(text))


def _term(text: str, word: Word) -> Term:
    if word.open_quote:
        raise QueryError(Wrong.QUOTE, text[word.start :], word.start, word.end)
    written = text[word.start : word.end]
    if not word.key:
        value = word.values[0][0]
        if not value:
            raise QueryError(Wrong.EMPTY, written, word.start, word.end, key=written)
        return Term("name", (value,), word.negated, written)
    key = BY_WORD.get(word.key)
    if key is None:
        end = word.start + word.negated + len(word.key)
        raise QueryError(
            Wrong.KEY, word.key, word.start + word.negated, end, better=_near(word.key, BY_WORD)
        )
    values = tuple(_meaning(key, word, *value) for value in word.values)
    return Term(key.name, values, word.negated, written)


def _meaning(key: Key, word: Word, value: str, start: int, end: int) -> str | Span:
    if not value:
        raise QueryError(Wrong.EMPTY, value, word.start, word.end, key=word.key + word.operator)
    if key.kind in (Kind.CHOICE, Kind.WORDS):
        if word.operator not in (":", "="):
            raise QueryError(Wrong.OPERATOR, word.operator, word.start, end, key=key.name)
        return value if key.kind is Kind.WORDS else _choice(key, value, start, end)
    try:
        low, dots, high = value.partition("..")
        if dots and word.operator in (":", "="):
            first = _span(key.kind, low) if low else Span()
            last = _span(key.kind, high) if high else Span()
            if not (low or high):
                raise ValueError
            return Span(first.low, last.high, below=last.below)
        span = _span(key.kind, value)
        if key.kind is Kind.NUMBER and word.operator in (":", "="):
            return _shown_as(value, span)
        return _compared(span, word.operator)
    except ValueError:
        wrong = {Kind.DATE: Wrong.DATE, Kind.SIZE: Wrong.SIZE}.get(key.kind, Wrong.NUMBER)
        raise QueryError(wrong, value, start, end, key=key.name) from None


def _compared(span: Span, operator: str) -> Span:
    """What lies beyond a value; for a value of some width (a month), beyond all of it."""
    point = span.low == span.high
    match operator:
        case ">":
            return Span(low=span.high, above=point or not span.below)
        case ">=":
            return Span(low=span.low)
        case "<":
            return Span(high=span.low, below=True)
        case "<=":
            return Span(high=span.high, below=span.below)
    return span


def _shown_as(text: str, span: Span) -> Span:
    """The numbers that are written like this when rounded to as many digits."""
    half = 0.5 / 10 ** len(text.partition(".")[2])
    assert isinstance(span.low, float)
    return Span(span.low - half, span.low + half, below=True)


def _span(kind: Kind, text: str) -> Span:
    """The values that a text stands for: a number for itself, a date for all of its day, month
    or year."""
    if kind is Kind.DATE:
        first, following = _dates(text)
        return Span(first, following, below=True)
    if kind is Kind.SIZE:
        found = _SIZE.fullmatch(text.strip())
        if found is None or found[2].lower() not in _SIZES | {"k": 1, "m": 1, "g": 1}:
            raise ValueError(text)
        unit = found[2].lower()
        size = float(found[1]) * _SIZES.get(unit, _SIZES.get(f"{unit}b", 1))
        return Span(size, size)
    if kind is Kind.COUNT:
        return Span(float(int(text)), float(int(text)))
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise ValueError(text)
    return Span(float(text), float(text))


def _dates(text: str) -> tuple[datetime, datetime]:
    """A day, month or year as its first moment and the first one after it."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    first = datetime(year, month or 1, day or 1)
    if day is not None:
        return first, first + timedelta(days=1)
    if month is not None:
        return first, datetime(year + (month == 12), month % 12 + 1, 1)
    return first, datetime(year + 1, 1, 1)


def _choice(key: Key, value: str, start: int, end: int) -> str:
    word = value.lower().replace(" ", "_")
    if key.name == "format":
        word = format_named(word)
    if word not in key.choices:
        better = _near(word, key.choices)
        raise QueryError(Wrong.VALUE, value, start, end, key=key.name, better=better)
    return word


def _near(word: str, known: Sequence[str] | dict[str, Key]) -> str:
    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.6)), "")
