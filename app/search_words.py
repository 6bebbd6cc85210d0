"""The query language in the user's words: what keys mean, values, and what is wrong."""

from __future__ import annotations

from app.translation import tr
from app.wording import color_text, flag_text, status_text
from core.domain import ColorLabel, Flag, Status
from core.reasons.codes import TITLES, title
from core.searching.keys import ANY, NONE
from core.searching.parsing import QueryError, Wrong


def key_text(key: str) -> str:
    """What a key asks for."""
    return {
        "score": tr("mean score, 1 to 10: score>6"),
        "low": tr("score less its uncertainty: low>5.5"),
        "faces": tr("number of faces: faces:1"),
        "stars": tr("your stars: stars>=3"),
        "flag": tr("pick, reject or none"),
        "color": tr("colour label"),
        "reason": tr("measured fault"),
        "person": tr("a person with a name"),
        "taken": tr("day, month or year: taken:2024-06"),
        "added": tr("when it came into the library"),
        "camera": tr("camera"),
        "lens": tr("lens"),
        "iso": tr("sensitivity: iso>800"),
        "format": tr("kind of file: format:raw"),
        "size": tr("size of the file: size>2mb"),
        "mp": tr("megapixels: mp>12"),
        "status": tr("scored, waiting, unreadable …"),
        "name": tr("name of the file"),
        "folder": tr("folder"),
        "album": tr("album"),
    }[key]


def value_text(value: str) -> str:
    """A value with what it means, where that is not said by itself."""
    meanings: dict[str, str] = {
        NONE: tr("without any"),
        ANY: tr("with one, whichever"),
        **{flag.value: flag_text(flag) for flag in Flag},
        **{color.value: color_text(color) for color in ColorLabel},
        **{status.value: status_text(status) for status in Status},
        **{code: tr(title(code)) for code in TITLES},
    }
    meaning = meanings.get(value)
    return value if meaning is None or meaning.lower() == value else f"{value}    {meaning}"


def wrong_text(error: QueryError) -> str:
    """What is wrong with a query, and what may have been meant."""
    text = {
        Wrong.KEY: tr("There is no “{word}:” to search by."),
        Wrong.VALUE: tr("“{word}” is nothing that {key} can be."),
        Wrong.NUMBER: tr("“{word}” is no number; {key} takes numbers like 6, >5.5 or 5..7."),
        Wrong.DATE: tr("“{word}” is no date; {key} takes 2024, 2024-06 or 2024-05..2024-07."),
        Wrong.SIZE: tr("“{word}” is no size; {key} takes 300kb, 2mb or >1.5gb."),
        Wrong.OPERATOR: tr("{key} can’t be larger or smaller; write {key}: and the value."),
        Wrong.EMPTY: tr("After {key} a value is missing."),
        Wrong.QUOTE: tr("A quotation mark is not closed."),
    }[error.wrong].format(word=error.word, key=error.key)
    if error.better:
        text += " " + tr("Did you mean “{word}”?", word=error.better)
    return text
