"""The query language: what words mean, what is told of wrong ones, what may come next."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Flag, PhotoQuery, Span, Status, Term
from core.searching.completing import complete
from core.searching.keys import KEYS, Kind
from core.searching.parsing import QueryError, Wrong, parse, words
from core.searching.writing import query_text, quoted, with_term, written

EXAMPLE = 'score>6 faces:1 -reason:eyes_closed person:"Grandma Rose" taken:2024-06'


def test_the_example_means_what_it_says() -> None:
    assert [(t.key, t.values, t.negated) for t in parse(EXAMPLE)] == [
        ("score", (Span(low=6.0, above=True),), False),
        ("faces", (Span(1.0, 1.0),), False),
        ("reason", ("eyes_closed",), True),
        ("person", ("Grandma Rose",), False),
        ("taken", (Span(datetime(2024, 6, 1), datetime(2024, 7, 1), below=True),), False),
    ]
    assert written(parse(EXAMPLE)) == EXAMPLE


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("score:6", (Span(5.5, 6.5, below=True),)),  # as rounded to as many digits, not "or more"
        ("score:>=6.5", (Span(low=6.5),)),
        ("score<=4", (Span(high=4.0),)),
        ("score:4..6", (Span(4.0, 6.0),)),
        ("stars:3..", (Span(low=3.0),)),
        ("stars:1,5", (Span(1.0, 1.0), Span(5.0, 5.0))),
        ("size>2mb", (Span(low=2e6, above=True),)),
        ("taken>2024-12", (Span(low=datetime(2025, 1, 1)),)),
        ("taken>=2024-12", (Span(low=datetime(2024, 12, 1)),)),
        ("taken<2024", (Span(high=datetime(2024, 1, 1), below=True),)),
        ("taken<=2024", (Span(high=datetime(2025, 1, 1), below=True),)),
        ("date:2023-11..2024-02", (Span(datetime(2023, 11, 1), datetime(2024, 3, 1), below=True),)),
        ("format:JPG", ("jpeg",)),
        ("FLAG=pick,none", ("pick", "none")),
        ("reason:“Eyes closed”", ("eyes_closed",)),
        ("IMG_0042", ("IMG_0042",)),
        ('"two words"', ("two words",)),
    ],
)
def test_values(text: str, values: tuple[object, ...]) -> None:
    (term,) = parse(text)
    assert term.values == values


@pytest.mark.parametrize(
    ("text", "wrong", "place", "better"),
    [
        ("score>6 fases:1", Wrong.KEY, "fases", "faces"),
        ("-raeson:noise", Wrong.KEY, "raeson", "reason"),
        ("score>good", Wrong.NUMBER, "good", ""),
        ("faces:1.5", Wrong.NUMBER, "1.5", ""),
        ("taken:yesterday", Wrong.DATE, "yesterday", ""),
        ("taken:2024-13", Wrong.DATE, "2024-13", ""),
        ("size:big", Wrong.SIZE, "big", ""),
        ("reason:noise,eyes_shut", Wrong.VALUE, "eyes_shut", "eyes_closed"),
        ("flag>pick", Wrong.OPERATOR, "flag>pick", ""),
        ("x score:", Wrong.EMPTY, "score:", ""),
        ('album:"the one', Wrong.QUOTE, 'album:"the one', ""),
    ],
)
def test_a_wrong_word_is_told_at_its_place(
    text: str, wrong: Wrong, place: str, better: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert (error.wrong, text[error.start : error.end], error.better) == (wrong, place, better)
    assert str(error).endswith((".", "?"))


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found = list(words(text))
    assert all(first.end <= second.start for first, second in pairwise(found))
    wrong = None
    terms: tuple[Term, ...] = ()
    try:
        terms = parse(text)
    except QueryError as error:
        wrong = error
    assert wrong is None or 0 <= wrong.start <= wrong.end <= len(text)
    assert parse(written(terms)) == terms


@given(st.text(min_size=1))
def test_a_quoted_value_is_one_value(value: str) -> None:
    (term,) = parse(f"camera:{quoted(value)}") if value.strip() else (Term("camera", (value,)),)
    assert term.key == "camera"
    assert len(term.values) == 1


def test_filters_of_a_query_can_be_written_down() -> None:
    query = PhotoQuery(
        "m", min_score=6.0, portraits_only=True, flag=Flag.PICK, min_rating=2, reason="noise",
        statuses=frozenset({Status.SCORED}), text="holiday in", terms=parse("-camera:canon"),
    )  # fmt: skip
    assert query_text(query) == (
        '"holiday in" score>=6 faces>=1 flag:pick stars>=2 reason:noise status:scored -camera:canon'
    )
    assert len(parse(query_text(query))) == 8


def test_a_filter_takes_the_place_of_its_like() -> None:
    terms = parse("format:png -format:raw score>5")
    assert written(with_term(terms, "format", parse("format:jpeg")[0])) == (
        "-format:raw score>5 format:jpeg"
    )
    assert written(with_term(terms, "format", None)) == "-format:raw score>5"


KNOWN = {"person": ["Grandma", "Grandpa Joe"], "camera": ["Canon EOS R6"]}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("sc", ["score:"]),
        ("-fa", ["faces:", "reason:"]),  # "fault" is another word for reason
        ("flag:", ["pick", "reject", "none", "any"]),
        ("reason:eyes", ["eyes_closed"]),
        ("score>6 person:gra", ["Grandma", '"Grandpa Joe"']),
        ("person:joe", ['"Grandpa Joe"']),
        ("camera:Canon,c", ['"Canon EOS R6"']),
        ("flag:pick", []),
        ("", []),
        ('"sc', []),
        ("nothing:x", []),
    ],
)
def test_what_may_come_next_is_offered(typed: str, offered: list[str]) -> None:
    found = complete(typed, len(typed), KNOWN)
    assert [completion.text for completion in found] == offered
    for completion in found:
        whole = typed[: completion.start] + completion.text + typed[completion.end :]
        if not completion.key:
            assert parse(whole)


def test_every_choice_of_every_key_can_be_asked_for() -> None:
    for key in KEYS.values():
        for choice in key.choices if key.kind is Kind.CHOICE else ():
            assert parse(f"{key.name}:{choice}")[0].values == (choice,)
