"""Writes queries down in the query language, so that they can be kept and read again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.domain import PhotoQuery, Term
from core.searching.parsing import QUOTES

_PLAIN = re.compile(r"\w[\w.-]*")
"""Values that are nothing else when they stand without quotation marks."""


def quoted(value: str) -> str:
    """A value as it may stand after a key."""
    plain = "".join("'" if letter in QUOTES else letter for letter in value)
    return plain if _PLAIN.fullmatch(plain) else f'"{plain}"'


def written(terms: Iterable[Term]) -> str:
    """Terms as one text."""
    return " ".join(term.text for term in terms)


def query_text(query: PhotoQuery) -> str:
    """All filters of a query as one text that means the same (album, folder and order aside)."""
    parts = [quoted(query.text)] if query.text else []
    if query.min_score is not None:
        parts.append(f"score>={query.min_score:g}")
    if query.max_score is not None:
        parts.append(f"score<={query.max_score:g}")
    if query.portraits_only:
        parts.append("faces>=1")
    if query.flag is not None:
        parts.append(f"flag:{query.flag.value}")
    if query.min_rating:
        parts.append(f"stars>={query.min_rating}")
    if query.reason is not None:
        parts.append(f"reason:{query.reason}")
    if query.statuses is not None:
        parts.append("status:" + ",".join(sorted(status.value for status in query.statuses)))
    return " ".join([*parts, *(term.text for term in query.terms)])


def with_term(terms: tuple[Term, ...], key: str, new: Term | None) -> tuple[Term, ...]:
    """Terms in which what was (positively) asked of ``key`` is replaced, or taken out."""
    kept = tuple(term for term in terms if term.key != key or term.negated)
    return kept if new is None else (*kept, new)
