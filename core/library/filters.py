"""A ``PhotoQuery`` as SQL: which rows of the listing."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.sql.selectable import FromClause

from core.domain import PhotoQuery, SortKey, Status
from core.library.listing import FLAG_CODES, MISSING, SCORED, STATUS_CODES, listing
from core.library.schema import analyses, judgements, person_faces, photos, reasons
from core.library.term_filters import name_contains, term_filter, wanted_statuses

file_state = photos.c.size.concat(":").concat(photos.c.mtime_ns)
"""The file's state as the text that ``analyses.source`` and ``photos.facts_source`` keep."""

status_column: ColumnElement[str] = case(
    (photos.c.missing_since.is_not(None), literal(Status.MISSING.value)),
    (analyses.c.status.is_(None), literal(Status.PENDING.value)),
    else_=analyses.c.status,
)

rating_column = func.coalesce(judgements.c.rating, 0)


def joined(model_id: int | BindParameter[int]) -> FromClause:
    """Photos with their analysis under one model and the user's judgement, where there is one."""
    return photos.outerjoin(
        analyses, and_(analyses.c.photo_id == photos.c.id, analyses.c.model_id == model_id)
    ).outerjoin(judgements, judgements.c.photo_id == photos.c.id)


def below(folder: Path) -> ColumnElement[bool]:
    """Photos in ``folder`` or anywhere below it, as an index range over the folder's bytes."""
    prefix = os.fsencode(folder)
    separator = os.fsencode(os.sep)
    inside = prefix if prefix.endswith(separator) else prefix + separator
    after = inside[:-1] + bytes([inside[-1] + 1])
    return or_(
        photos.c.folder == prefix,
        and_(photos.c.folder >= inside, photos.c.folder < after),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """An index that leads to the rows of a query.

    ``index`` is ``None`` for the table's own order, by model and photo. ``rows`` are the rows
    asked for, ``probe`` selects what has to be looked at to find them (``None``: the whole index).
    """

    index: str | None
    rows: ColumnElement[bool]
    probe: Select[Any] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of the listing that a query asks for, its order and limit aside.

    ``scanned`` says the same for reading an index along: it looks at one row at a time, where
    ``rows`` makes a list of what lies in another table first. ``ways`` may be shorter than an
    order's own index. ``by_name`` where each row's name has to be looked at.
    """

    model_id: int
    rows: ColumnElement[bool]
    scanned: ColumnElement[bool]
    ways: tuple[Way, ...]
    by_name: bool = False


def selection(
    query: PhotoQuery, model_id: int, albums: Mapping[int, Path], common: Collection[str] = ()
) -> Selection:
    """What a query asks for; ``albums`` are all albums' folders by id, ``common`` those of its
    texts that very many names hold."""
    c = listing.c
    plain: list[ColumnElement[bool]] = [c.model_id == model_id]
    probes: list[tuple[str | None, Select[Any]]] = []

    def narrow(condition: ColumnElement[bool], index: str) -> None:
        plain.append(condition)
        hint = f"INDEXED BY {index}"
        probe = select(c.photo_id).where(plain[0], condition).with_hint(listing, hint, "sqlite")
        probes.append((index, probe))

    album_ids = _albums_of(query, albums)
    if album_ids is None:
        plain.append(c.album_id.is_not(None))
    else:
        narrow(c.album_id.in_(album_ids), "ix_listing_album")
    statuses = wanted_statuses(query.statuses, query.terms)
    if statuses is None:
        plain.append(c.status != MISSING)
    else:
        codes = sorted(STATUS_CODES[status] for status in statuses)
        if len(codes) == len(STATUS_CODES):
            pass
        elif SCORED in codes:
            plain.append(c.status.in_(codes))
        else:  # a partial index serves only where its own condition is spelled out
            narrow(and_(c.status.in_(codes), text("status <> 1")), "ix_listing_odd")
    if query.min_score is not None or query.max_score is not None:
        low, high = query.min_score, query.max_score
        narrow(
            and_(
                *([] if low is None else [c.mean >= low]),
                *([] if high is None else [c.mean <= high]),
            ),
            "ix_listing_mean",
        )
    if query.portraits_only:
        narrow(c.face_count > 0, "ix_listing_faces")
    if query.flag is not None:
        narrow(c.flag == FLAG_CODES[query.flag], "ix_listing_flag")
    if query.min_rating is not None and query.min_rating > 0:
        narrow(c.rating >= query.min_rating, "ix_listing_rating")

    elsewhere: list[tuple[ColumnElement[int], ColumnElement[bool]]] = []
    if query.folder is not None and _inside_an_album(query.folder, albums):
        elsewhere.append((photos.c.id, below(query.folder)))
    if query.reason is not None:
        elsewhere.append((reasons.c.photo_id, reasons.c.code == query.reason))
    if query.person is not None:
        shown = and_(person_faces.c.person_id == query.person, person_faces.c.source != "user_not")
        elsewhere.append((person_faces.c.photo_id, shown))
    lists = [select(photo).where(condition) for photo, condition in elsewhere]
    in_lists: list[Select[Any]] = []
    filters = [(term_filter(t, common), t.negated) for t in query.terms if t.key != "status"]
    filters += [(name_contains(query.text, common), False)] if query.text else []
    for asked, negated in filters:
        if negated:
            plain.append(asked.negation())
        elif asked.own is not None and asked.index is not None:
            narrow(asked.own, asked.index)
        elif asked.own is not None:
            plain.append(asked.own)
        elif asked.ids is not None:
            in_lists.append(asked.ids)
    rows = and_(*plain, *(c.photo_id.in_(ids) for ids in (*lists, *in_lists)))
    scanned = and_(
        *plain,
        *(exists().where(photo == c.photo_id, where) for photo, where in elsewhere),
        *(c.photo_id.in_(ids) for ids in in_lists),
    )
    probes += [(None, ids) for ids in (*lists, *in_lists)]
    ways = [Way(index, rows, probe) for index, probe in probes]
    if not common and (query.text or any(term.key == "name" for term in query.terms)):
        ways.append(Way("ix_listing_label", rows))
    return Selection(model_id, rows, scanned, tuple(ways), bool(common))


def in_folders(folders: Sequence[Path], albums: Mapping[int, Path]) -> ColumnElement[bool]:
    """Rows of the listing whose photo lies in or below one of the folders."""
    parts: list[ColumnElement[bool]] = []
    whole: set[int] = set()
    for folder in folders:
        if _inside_an_album(folder, albums):
            parts.append(listing.c.photo_id.in_(select(photos.c.id).where(below(folder))))
        else:
            whole.update(_within(folder, albums))
    return or_(listing.c.album_id.in_(sorted(whole)), *parts)


def _albums_of(query: PhotoQuery, albums: Mapping[int, Path]) -> list[int] | None:
    """Ids of the albums that a query keeps to, nested ones included; ``None`` for all."""
    ids: set[int] | None = None
    if query.album_id is not None:
        top = albums.get(query.album_id)
        ids = {query.album_id} if top is None else set(_within(top, albums))
    if query.folder is not None and not _inside_an_album(query.folder, albums):
        # Every photo below belongs to an album there: no need to look at folders one by one.
        within = set(_within(query.folder, albums))
        ids = within if ids is None else ids & within
    return None if ids is None else sorted(ids)


def _within(folder: Path, albums: Mapping[int, Path]) -> list[int]:
    return [i for i, path in albums.items() if path == folder or folder in path.parents]


def _inside_an_album(folder: Path, albums: Mapping[int, Path]) -> bool:
    return any(path in folder.parents for path in albums.values())


def as_if_new(query: PhotoQuery) -> PhotoQuery:
    """What a query means under a model that was never used: nothing is analyzed yet."""
    statuses = wanted_statuses(query.statuses, query.terms)
    scored = [term for term in query.terms if term.key in ("score", "low")]
    terms = tuple(t for t in query.terms if t.key not in ("score", "low", "status"))
    of_scores = any(not term.negated for term in scored)
    if query.min_score is not None or query.max_score is not None or of_scores:
        statuses = frozenset()
    elif statuses is not None:
        analyzed = {Status.SCORED, Status.NOT_SCORED, Status.UNREADABLE}
        statuses -= analyzed
        if Status.PENDING in statuses:
            statuses |= analyzed  # under whatever other model
    by_score = query.sort in (SortKey.SCORE, SortKey.LOW, SortKey.PERCENTILE, SortKey.MOVED)
    sort = SortKey.ADDED if by_score else query.sort
    return replace(query, statuses=statuses, sort=sort, terms=terms)
