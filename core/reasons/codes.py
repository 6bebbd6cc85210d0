"""The measured reasons: their codes and their plain words."""

from __future__ import annotations

import enum


class Code(enum.StrEnum):
    """What can be wrong, as the library and the command line name it."""

    EYES_CLOSED = "eyes_closed"
    FACE_BLURRED = "face_blurred"
    MOTION_BLUR = "motion_blur"
    FACE_DARK = "face_dark"
    BACK_LIGHT = "back_light"
    FACE_OVEREXPOSED = "face_overexposed"
    FACE_COVERED = "face_covered"
    FACE_CUT = "face_cut"
    TURNED_AWAY = "turned_away"
    LOOKING_AWAY = "looking_away"
    MID_WORD = "mid_word"
    RED_EYE = "red_eye"
    FACE_TINY = "face_tiny"
    NOISE = "noise"
    HORIZON_TILTED = "horizon_tilted"
    HIGHLIGHTS_CLIPPED = "highlights_clipped"
    COMPRESSED = "compressed"
    LOW_RESOLUTION = "low_resolution"
    COLOUR_CAST = "colour_cast"


TITLES: dict[str, str] = {
    Code.EYES_CLOSED: "Eyes closed",
    Code.FACE_BLURRED: "Face not sharp",
    Code.MOTION_BLUR: "Motion blur",
    Code.FACE_DARK: "Face too dark",
    Code.BACK_LIGHT: "Light from behind",
    Code.FACE_OVEREXPOSED: "Face overexposed",
    Code.FACE_COVERED: "Face covered",
    Code.FACE_CUT: "Face cut off",
    Code.TURNED_AWAY: "Face turned away",
    Code.LOOKING_AWAY: "Looking away",
    Code.MID_WORD: "Mouth open",
    Code.RED_EYE: "Red eyes",
    Code.FACE_TINY: "Face very small",
    Code.NOISE: "Noise",
    Code.HORIZON_TILTED: "Tilted",
    Code.HIGHLIGHTS_CLIPPED: "Highlights burnt out",
    Code.COMPRESSED: "Heavy compression",
    Code.LOW_RESOLUTION: "Low resolution",
    Code.COLOUR_CAST: "Colour cast",
}
"""Two or three words each: what a chip says."""

SENTENCES: dict[str, str] = {
    Code.EYES_CLOSED: "The eyes are closed.",
    Code.FACE_BLURRED: "The face is not sharp: edges are {value:.1f} % of its width wide.",
    Code.MOTION_BLUR: "The face is smeared in one direction, {value:.1f} % of its width.",
    Code.FACE_DARK: "The face is too dark: its bright parts reach {value:.0f} of 100 in lightness.",
    Code.BACK_LIGHT: "Light from behind: the face is {value:.1f} stops darker than around it.",
    Code.FACE_OVEREXPOSED: "{value:.0f} % of the face's skin is burnt out.",
    Code.FACE_COVERED: "Something covers part of the face.",
    Code.FACE_CUT: "{value:.0f} % of the face lies outside the photo.",
    Code.TURNED_AWAY: "The face is turned away from the camera.",
    Code.LOOKING_AWAY: "The eyes look past the camera.",
    Code.MID_WORD: "The mouth is open, as in the middle of a word.",
    Code.RED_EYE: "The pupils are red from the flash.",
    Code.FACE_TINY: "The face is only {value:.0f} pixels wide.",
    Code.NOISE: "The photo is noisy: by {value:.0f} of 255 grey levels.",
    Code.HORIZON_TILTED: "The photo is tilted by {value:.1f} degrees.",
    Code.HIGHLIGHTS_CLIPPED: "{value:.0f} % of the photo is burnt out.",
    Code.COMPRESSED: "The file is heavily compressed: the edges of blocks show.",
    Code.LOW_RESOLUTION: "The photo has only {value:.2f} megapixels.",
    Code.COLOUR_CAST: "The colours are off: skin does not look like skin.",
}

"""A sentence each, with a place for the measured value."""

NO_FAULT = "No measurable fault: the model simply prefers other photos."
NO_FAULT_ABOVE_HALF = "No measurable fault."


def no_fault(percentile: float | None) -> str:
    """What is said where nothing was measured to be wrong; ``percentile`` (0..100) is the photo's
    place in its album. Of one in the upper half nobody asks why it scored low."""
    return NO_FAULT if percentile is None or percentile < 50 else NO_FAULT_ABOVE_HALF


def title(code: str) -> str:
    """What a chip says; an unknown code (of a newer version) as it is."""
    return TITLES.get(code, code.replace("_", " "))


def sentence(code: str, value: float) -> str:
    """The reason in plain words with its number."""
    words = SENTENCES.get(code)
    return title(code) if words is None else words.format(value=value)
