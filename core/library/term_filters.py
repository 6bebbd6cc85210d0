"""The terms of the query language as SQL, over the listing or over other tables by photo id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy import (
    column as plain_column,
)
from sqlalchemy.engine import Connection

from core.domain import Flag, PhotoQuery, Span, Status, Term
from core.files.formats import RAW_FORMATS
from core.library.listing import FLAG_CODES, listing
from core.library.schema import albums, judgements, people, person_faces, photos, reasons
from core.searching.keys import ANY, NONE

GRAM = 3
"""Letters of the pieces that names are indexed by; shorter texts are looked for in every name."""

COMMON = 20_000
"""Names that hold a text from which on it counts as common."""

_names = table("photo_names", plain_column("rowid"))


@dataclass(frozen=True, slots=True)
class TermFilter:
    """What a term asks for: a condition on the listing's own columns with the index that leads
    there, or else the ids of photos (``ids``)."""

    own: ColumnElement[bool] | None = None
    index: str | None = None
    ids: Select[Any] | None = None

    def condition(self) -> ColumnElement[bool]:
        """The term as a condition on a row of the listing."""
        if self.own is not None:
            return self.own
        assert self.ids is not None
        return listing.c.photo_id.in_(self.ids)

    def negation(self) -> ColumnElement[bool]:
        """Rows that the term does not hold for, those without a value among them."""
        return ~func.coalesce(self.condition(), false())


def term_filter(term: Term, common: Collection[str] = ()) -> TermFilter:
    """A term (its negation aside); ``status`` is taken care of by the query's statuses."""
    if term.key == "name" and len(term.values) == 1:
        return name_contains(str(term.values[0]), common)
    return _FILTERS[term.key](term.values)


def name_contains(wanted: str, common: Collection[str] = ()) -> TermFilter:
    """Photos whose file's name contains a text, whatever the case of its letters.

    Args:
        common: texts (see `common_texts`) that are looked for in name after name.
    """
    if len(wanted) < GRAM or wanted in common:
        return TermFilter(own=listing.c.label.contains(wanted, autoescape=True))
    return TermFilter(ids=_named(wanted))


def _named(wanted: str) -> Select[Any]:
    """Ids of the photos whose names hold a text of at least `GRAM` letters."""
    phrase = '"' + wanted.replace('"', '""') + '"'
    match = literal_column("photo_names").op("MATCH")(phrase)
    return select(_names.c.rowid).where(match)


def common_texts(connection: Connection, query: PhotoQuery) -> frozenset[str]:
    """Texts of a query that more than `COMMON` names hold: “img”, say.

    To list all those photos first takes five times as long as to look at each name. (Other letters
    than ASCII's are left out: LIKE does not know their cases.)
    """
    texts = {query.text} if query.text else set()
    texts |= {str(t.values[0]) for t in query.terms if t.key == "name" and len(t.values) == 1}
    return frozenset(
        text
        for text in texts
        if len(text) >= GRAM
        and text.isascii()
        and connection.execute(_named(text).limit(1).offset(COMMON)).first() is not None
    )


def _between(column: ColumnElement[Any], spans: Sequence[str | Span]) -> ColumnElement[bool]:
    parts = []
    for span in spans:
        assert isinstance(span, Span)
        bounds = []
        if span.low is not None and span.low == span.high:
            bounds.append(column == span.low)
        else:
            if span.low is not None:
                bounds.append(column > span.low if span.above else column >= span.low)
            if span.high is not None:
                bounds.append(column < span.high if span.below else column <= span.high)
        parts.append(and_(*bounds))
    return or_(*parts)


def _listed(name: str, index: str | None) -> Callable[[Sequence[str | Span]], TermFilter]:
    return lambda values: TermFilter(own=_between(listing.c[name], values), index=index)


def _fact(column: ColumnElement[Any]) -> Callable[[Sequence[str | Span]], TermFilter]:
    return lambda values: TermFilter(ids=select(photos.c.id).where(_between(column, values)))


def _words(column: ColumnElement[str]) -> Callable[[Sequence[str | Span]], TermFilter]:
    """A fact of photos that contains any of the words."""

    def make(values: Sequence[str | Span]) -> TermFilter:
        found = or_(*(column.contains(value, autoescape=True) for value in values))
        return TermFilter(ids=select(photos.c.id).where(found))

    return make


def _name(values: Sequence[str | Span]) -> TermFilter:
    filters = [name_contains(str(value)) for value in values]
    if len(filters) == 1:
        return filters[0]
    return TermFilter(own=or_(*(one.condition() for one in filters)))


def _flag(values: Sequence[str | Span]) -> TermFilter:
    flag = listing.c.flag
    codes = [FLAG_CODES[Flag(str(value))] for value in values if value not in (ANY, NONE)]
    if ANY in values:
        codes = list(FLAG_CODES.values())
    if NONE in values:
        return TermFilter(own=or_(flag.is_(None), flag.in_(codes)))
    return TermFilter(own=flag.in_(codes), index="ix_listing_flag")


def _color(values: Sequence[str | Span]) -> TermFilter:
    labelled = select(judgements.c.photo_id).where(judgements.c.color.is_not(None))
    if ANY in values:
        return TermFilter(ids=labelled)
    named = select(judgements.c.photo_id).where(judgements.c.color.in_(list(values)))
    if NONE in values:
        id_ = listing.c.photo_id
        return TermFilter(own=or_(id_.not_in(labelled), id_.in_(named)))
    return TermFilter(ids=named)


def _reason(values: Sequence[str | Span]) -> TermFilter:
    every = select(reasons.c.photo_id)
    if ANY in values:
        return TermFilter(ids=every)
    named = every.where(reasons.c.code.in_(list(values)))
    if NONE in values:
        # Nothing measured is not the same as no fault: only measured photos can have none.
        measured = select(photos.c.id).where(photos.c.reasons_source.is_not(None))
        id_ = listing.c.photo_id
        clean = and_(id_.in_(measured), id_.not_in(every))
        return TermFilter(own=or_(clean, id_.in_(named)))
    return TermFilter(ids=named)


def _called(name: ColumnElement[str], values: Sequence[str | Span]) -> ColumnElement[bool]:
    """Has one of these names whole, or where nothing has, holds it: “Ann” finds no Anna beside
    an Ann, and “gran” finds Grandma."""
    parts = []
    for value in values:
        whole = name.collate("NOCASE") == value
        nobody = ~exists(select(name).where(whole).correlate(None))
        parts.append(or_(whole, and_(name.contains(value, autoescape=True), nobody)))
    return or_(*parts)


def _person(values: Sequence[str | Span]) -> TermFilter:
    named = select(people.c.id).where(_called(people.c.name, values))
    shown = select(person_faces.c.photo_id).where(
        person_faces.c.person_id.in_(named), person_faces.c.source != "user_not"
    )
    return TermFilter(ids=shown)


def _album(values: Sequence[str | Span]) -> TermFilter:
    named = select(albums.c.id).where(_called(albums.c.name, values))
    return TermFilter(own=listing.c.album_id.in_(named))


def _format(values: Sequence[str | Span]) -> TermFilter:
    kinds = {str(value) for value in values}
    if "raw" in kinds:
        kinds |= RAW_FORMATS
    own = photos.c.format.in_(sorted(kinds))
    raw = photos.alias()
    endings = [raw.c.label.ilike(f"%.{kind}") for kind in sorted(kinds & RAW_FORMATS)]
    if not endings:
        return TermFilter(ids=select(photos.c.id).where(own))
    # A raw file that goes with a picture is found by that picture.
    paired = select(raw.c.lead_id).where(raw.c.lead_id.is_not(None), or_(*endings))
    return TermFilter(ids=select(photos.c.id).where(or_(own, photos.c.id.in_(paired))))


_MEGAPIXELS = photos.c.width * photos.c.height / 1e6

_FILTERS: dict[str, Callable[[Sequence[str | Span]], TermFilter]] = {
    "score": _listed("mean", "ix_listing_mean"),
    "low": _listed("low", "ix_listing_low"),
    "faces": _listed("face_count", "ix_listing_faces"),
    "stars": _listed("rating", "ix_listing_rating"),
    "taken": _listed("taken_at", "ix_listing_taken"),
    "size": _listed("size", "ix_listing_size"),
    "flag": _flag,
    "color": _color,
    "reason": _reason,
    "person": _person,
    "added": _fact(photos.c.added_at),
    "camera": _words(photos.c.camera),
    "lens": _words(photos.c.lens),
    "iso": _fact(photos.c.iso),
    "format": _format,
    "mp": _fact(_MEGAPIXELS),
    "name": _name,
    "folder": _words(cast(photos.c.folder, Text)),
    "album": _album,
}


def wanted_statuses(
    statuses: frozenset[Status] | None, terms: Sequence[Term]
) -> frozenset[Status] | None:
    """The statuses that a query's own field and its terms leave; ``None`` for the usual ones."""
    chosen = statuses
    for term in _of_status(terms):
        named = frozenset(Status(str(value)) for value in term.values)
        if term.negated:
            present = frozenset(Status) - {Status.MISSING}
            chosen = (present if chosen is None else chosen) - named
        else:
            chosen = named if chosen is None else chosen & named
    return chosen


def _of_status(terms: Sequence[Term]) -> Iterator[Term]:
    # "-status:scored status:missing" means the same in either order.
    named = [term for term in terms if term.key == "status"]
    yield from sorted(named, key=lambda term: term.negated)
