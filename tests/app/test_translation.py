"""Every text of the window is there in every language, with the same fields."""

from __future__ import annotations

import ast
import json
import string
from importlib import resources
from pathlib import Path

import pytest

import app
from app.translation import languages, tr, trn, use_language
from core.curation.phrases import PHRASES
from core.reasons.codes import NO_FAULT, NO_FAULT_ABOVE_HALF, SENTENCES, TITLES

SOURCES = Path(app.__file__).parent


def texts() -> set[str]:
    """All texts that the window may show, from the source code and from the core's tables."""
    found = {*TITLES.values(), *SENTENCES.values(), NO_FAULT, NO_FAULT_ABOVE_HALF, *PHRASES}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                count = {"tr": 1, "trn": 2}.get(node.func.id, 0)
                for argument in node.args[:count]:
                    if isinstance(argument, ast.Constant):
                        found.add(argument.value)
    return found


def catalogue(code: str) -> dict[str, str]:
    file = resources.files("resources") / "translations" / f"{code}.json"
    return json.loads(file.read_text("utf-8"))  # type: ignore[no-any-return]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_german_and_spanish_are_offered() -> None:
    assert {"en", "de", "es"} <= set(languages())


@pytest.mark.parametrize("code", ["de", "es"])
def test_a_language_is_complete(code: str) -> None:
    known = catalogue(code)
    assert sorted(texts() - known.keys()) == []


@pytest.mark.parametrize("code", ["de", "es"])
def test_a_language_holds_nothing_that_is_said_no_more(code: str) -> None:
    assert sorted(catalogue(code).keys() - texts()) == []


@pytest.mark.parametrize("code", ["de", "es"])
def test_translations_keep_the_fields(code: str) -> None:
    wrong = [text for text, said in catalogue(code).items() if fields(text) != fields(said)]
    assert wrong == []


def test_a_burst_has_one_name_in_each_language() -> None:
    """Who reads two words looks for two things."""
    assert sorted(text for text in texts() if "series" in text.lower()) == []
    for code, other in {"de": "burst", "es": "serie"}.items():
        assert [said for said in catalogue(code).values() if other in said.lower()] == []


def test_texts_without_a_translation_stay_english() -> None:
    assert use_language("de") == "de"
    assert tr("Albums") == "Alben"
    assert trn("{n} photo", "{n} photos", 3) == "3 Fotos"
    assert tr("no such text") == "no such text"
    assert use_language("xx") == "en"
    assert tr("Albums") == "Albums"


def test_no_text_is_put_together_where_it_cannot_be_translated() -> None:
    """An f-string or a variable inside ``tr`` would never be found in a catalogue."""
    wrong = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"tr", "trn"}
        and any(isinstance(argument, ast.JoinedStr) for argument in node.args[:2])
    ]
    assert wrong == []
