"""Texts of the window in the user's language.

Every visible text is written in English as ``tr("...")``; the catalogues in
resources/translations map it to other languages (``tests/app/test_translation.py`` holds them
complete). Placeholders are ``str.format`` fields, so that a language may reorder them.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QLocale

log = logging.getLogger(__name__)

_catalogue: dict[str, str] = {}


def languages() -> list[str]:
    """Codes of the languages that there is a catalogue for, English first."""
    folder = resources.files("resources") / "translations"
    files = folder.iterdir() if folder.is_dir() else ()
    codes = sorted(f.name.removesuffix(".json") for f in files if f.name[-5:] == ".json")
    return ["en", *codes]


def use_language(code: str) -> str:
    """Use a language from now on; ``"system"`` asks the desktop. Returns the code in force."""
    QLocale.setDefault(QLocale.system() if code == "system" else QLocale(code))
    if code == "system":
        wanted = [name.split("-")[0] for name in QLocale.system().uiLanguages()]
        code = next((name for name in wanted if name in languages()), "en")
    _catalogue.clear()
    if code != "en":
        source = resources.files("resources") / "translations" / f"{code}.json"
        if source.is_file():
            _catalogue.update(json.loads(source.read_text("utf-8")))
        else:
            log.warning("no translation for %s", code)
            code = "en"
    return code


def tr(text: str, /, **values: object) -> str:
    """``text`` in the user's language, its ``{fields}`` filled with ``values``."""
    found = _catalogue.get(text, text)
    return found.format(**values) if values else found


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """One of two texts by number; ``{n}`` is the number in the user's own digit grouping."""
    return tr(one if n == 1 else many, n=number(n), **values)


def number(value: int) -> str:
    """A whole number with the locale's grouping (12,345)."""
    return QLocale().toString(value)


@lru_cache(maxsize=4096)
def _decimal(value: float, digits: int, locale: str) -> str:
    return QLocale(locale).toString(value, "f", digits)


def decimal(value: float, digits: int = 2) -> str:
    """A number with the locale's decimal sign."""
    return _decimal(round(float(value), digits), digits, QLocale().name())
