"""What a check found, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome.

    Attributes:
        check: which one: ``database``, ``thumbnails``, ``photos``, ``models``, ``workers``,
            ``watching``, ``space`` or ``privacy``.
        ok: nothing is wrong.
        text: a sentence about how things are.
        would: a sentence about what a repair would do; ``None`` where there is nothing to do or
            nothing that the program could do.
        repaired: the repair was done.
    """

    check: str
    ok: bool
    text: str
    would: str | None = None
    repaired: bool = False
    mend: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    """Does the repair; gives the sentence that then stands for ``text``."""
