"""Why photos stay and go, and what could not be done, in words: templates, so that every language
can say them its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with its values; ``str`` says it in English.

    ``text`` is one of `PHRASES`. Numbers in it are scores with two digits, or counts; a text is a
    file's name, what the system says of an error, or one of `FAULTS`.
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

    def stored(self) -> str:
        """As the journal keeps it; `read_phrase` is the way back."""
        return json.dumps({"text": self.text, "values": dict(self.values)})


def read_phrase(stored: str) -> Phrase:
    """A phrase that was `Phrase.stored`; any other text stands for itself."""
    if stored.startswith('{"text":'):
        content = json.loads(stored)
        return Phrase(content["text"], content["values"])
    return Phrase("{said}", {"said": stored})


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

NOT_IN_ALBUM = "it is not in the album any more"
WANTED_NOW = "you picked it or gave it stars meanwhile"
FILES_UNKNOWN = "its files are not known"
NEW_COMPANION = "another file that belongs to it appeared meanwhile"
NOT_ORDINARY = "{name} is not an ordinary file"
CHANGED = "{name} changed after the preview"
GONE = "{name} is gone"
CANT_READ = "{name} can't be read: {error}"
TOO_FEW = "others of its group are gone, so it stays to make up the number"
STOPPED = "the work was stopped"
CANT_MOVE = "{name} can't be moved: {error}"
NO_TRASH = (
    "This drive has no trash that can be used, so photos were moved to the folder {folder} instead."
)

LEFT_ALONE = (
    NOT_IN_ALBUM, WANTED_NOW, FILES_UNKNOWN, NEW_COMPANION, NOT_ORDINARY, CHANGED, GONE, CANT_READ,
    TOO_FEW, STOPPED, CANT_MOVE, NO_TRASH,
)  # fmt: skip
"""Why something that was to go did not, or went elsewhere."""

CANT_MOVE_BACK = "{name} can't be moved back: {error}"
CHANGED_AWAY = "{name} was changed while it lay among the rejects; it is back as it is now."
NO_FOLDER = "{name} can't be restored: its folder is not there. It stays in {where}."
BLOCKED = "{name} can't be restored: another file has its name now. It stays in {where}."
LOST_AND_TAKEN = (
    "{name} can't be restored: it is gone from among the rejects, and another file has its name."
)
IN_TRASH = "{name} is in the system's trash, or gone from it: restore it from there."
LOST = "{name} can't be restored: it is gone from {where}."
THERE_ALREADY = "{name} was there already; an equal copy stays in {where}."
ONE_JUDGED_ANEW = "1 photo was judged anew since and left so."
JUDGED_ANEW = "{n} photos were judged anew since and left so."
ONE_TOLD_ANEW = "Faces in 1 photo were told anew since and are left so."
TOLD_ANEW = "Faces in {n} photos were told anew since and are left so."
GROUPED_ANEW = "What was said of some of these photos since is left so."
ALBUM_ANEW = "What was decided about this album since is left so."

TAKEN_BACK = (
    CANT_MOVE_BACK, CHANGED_AWAY, NO_FOLDER, BLOCKED, LOST_AND_TAKEN, IN_TRASH, LOST, THERE_ALREADY,
    ONE_JUDGED_ANEW, JUDGED_ANEW, ONE_TOLD_ANEW, TOLD_ANEW, GROUPED_ANEW, ALBUM_ANEW,
)  # fmt: skip
"""What an undo could not do, or did otherwise."""

PHRASES = (
    *FAULTS, AWAY, UNREADABLE, NOT_SCORED, PENDING, NO_SCORE, NO_DAY, BRACKET, SERIES, FEW,
    YOU_KEEP, YOUR_PICK, ONE_STAR, STARS, FAULTY_BUT, REJECTED_BUT, DIFFERS, BEST, AMONG_BEST,
    YOU_REJECTED, COPY, ALIKE_HIGHER, ALIKE_STAYS, YOUR_CHOICES, SHOW_MORE, BELOW, ELSEWHERE,
    *LEFT_ALONE, *TAKEN_BACK,
)  # fmt: skip
"""Every text of a `Phrase`."""
