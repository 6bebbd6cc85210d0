"""Why photos stay and go, in words: templates, so that every language can say them its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with its values; ``str`` says it in English.

    ``text`` is one of `PHRASES`. Numbers in it are scores with two digits, or counts; a text is a
    file's name or one of `FAULTS`.
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(
            **{
                name: f"{value:.2f}" if isinstance(value, float) else value
                for name, value in self.values.items()
            }
        )


EYES_CLOSED = "closed eyes"
MOTION_BLUR = "motion blur"
FACE_BLURRED = "the face is not sharp"
FACE_COVERED = "the face is covered"
FACE_CUT = "the face is cut off"
SOFTER = "softer than the sharpest of the burst"

FAULTS = (EYES_CLOSED, MOTION_BLUR, FACE_BLURRED, FACE_COVERED, FACE_CUT, SOFTER)
"""Faults that go before any score."""

AWAY = "its drive is away"
UNREADABLE = "it can't be read"
NOT_SCORED = "it was not scored"
PENDING = "it is not scored yet"
NO_SCORE = "it has no score"
NO_DAY = "nobody knows its day"
BRACKET = "part of an exposure bracket"
SERIES = "part of a bracket or panorama"
FEW = "no more than {n} are there"
YOU_KEEP = "you keep it"
YOUR_PICK = "your pick"
ONE_STAR = "1 star from you"
STARS = "{stars} stars from you"
FAULTY_BUT = "{fault}, but at least {n} stay"
REJECTED_BUT = "you rejected it, but at least {n} stay"
DIFFERS = "differs from the others that stay"
BEST = "the best"
AMONG_BEST = "among the best"
YOU_REJECTED = "you rejected it"
COPY = "an exact copy of {name}"
ALIKE_HIGHER = "nearly the same as {name}, which scores {gap} higher"
ALIKE_STAYS = "nearly the same as {name}, which stays"
YOUR_CHOICES = "scores {mean}; your choices stay"
SHOW_MORE = "scores {mean}; those that stay show more"
BELOW = "scores {mean}, below the {lowest} of the last that stays"
ELSEWHERE = "stays for another group"

PHRASES = (
    *FAULTS, AWAY, UNREADABLE, NOT_SCORED, PENDING, NO_SCORE, NO_DAY, BRACKET, SERIES, FEW,
    YOU_KEEP, YOUR_PICK, ONE_STAR, STARS, FAULTY_BUT, REJECTED_BUT, DIFFERS, BEST, AMONG_BEST,
    YOU_REJECTED, COPY, ALIKE_HIGHER, ALIKE_STAYS, YOUR_CHOICES, SHOW_MORE, BELOW, ELSEWHERE,
)  # fmt: skip
"""Every text of a `Phrase`."""
