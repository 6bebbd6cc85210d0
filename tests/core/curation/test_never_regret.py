"""Whatever the album, the choice and the accident: N stay, picks stay, nothing is lost, and undo
brings everything back."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.curation import moving
from core.curation.apply import Rejects, apply
from core.curation.plan import Plan, preview
from core.curation.undo import recover, undo
from core.domain import Flag, Status
from core.grouping.groups import Grouping
from core.library.library import Library, open_library
from tests.core.curation.made_album import (
    MODEL,
    PORTRAIT,
    START,
    Shot,
    build,
    contents,
    database,
    flipped,
    tree,
)

_number = itertools.count()

EXAMPLES = int(os.environ.get("ALBUMEN_EXAMPLES", "60"))
"""Albums to try; thousands where there is time for it."""


ODD_STATES = [Status.UNREADABLE, Status.PENDING]


class Killed(BaseException):
    """The program dies here."""


@pytest.fixture(scope="module", autouse=True)
def unsynced() -> Iterator[None]:
    """No power cuts here: waiting for the disk would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(tmp_path_factory.mktemp("library")) as opened:
        yield opened


@st.composite
def albums(draw: st.DrawFn) -> list[tuple[Shot, tuple[str, ...]]]:
    """Shots, each with the extensions of the companions beside it."""
    count = draw(st.integers(3, 9))
    shots = []
    for number in range(count):
        scene = draw(st.integers(0, 2))
        shot = Shot(
            name=draw(st.sampled_from(["", "sub/", "söb/"])) + f"IMG_{number:04}.jpg",
            mean=draw(st.sampled_from([None, *(2.0 + 0.37 * step for step in range(12))])),
            likeness=flipped(PORTRAIT, draw(st.integers(0, 6)) + 20 * scene, seed=scene),
            taken_at=draw(
                st.one_of(
                    st.none(),
                    st.integers(0, 9).map(lambda s: START + timedelta(seconds=s)),
                )
            ),
            person=draw(st.one_of(st.none(), st.integers(1, 2))),
            flag=draw(st.sampled_from([None] * 8 + [Flag.PICK, Flag.REJECT])),
            rating=draw(st.sampled_from([0] * 9 + [3])),
            status=draw(st.sampled_from([Status.SCORED] * 9 + ODD_STATES)),
        )
        if shot.mean is None and shot.status is Status.SCORED:
            shot = replace(shot, status=Status.NOT_SCORED)
        beside = draw(st.sampled_from([(), (), ("jpg.xmp",), ("xmp", "mov"), ("CR2",)]))
        shots.append((shot, beside))
    return shots


@st.composite
def accidents(draw: st.DrawFn) -> tuple[str, int]:
    kind = draw(
        st.sampled_from(
            [
                "none",
                "killed before",
                "killed after",
                "disk full",
                "changed",
                "gone",
                "in the way",
                "in the way, killed",
            ]
        )
    )
    return kind, draw(st.integers(0, 3))


@contextmanager
def failing(kind: str, at: int) -> Iterator[None]:
    """Have the ``at``-th move fail in one of several ways."""
    real = moving.move
    calls = itertools.count()

    def move(source: Path, target: Path) -> None:
        call = next(calls)
        if kind == "in the way, killed" and call == at + 1:
            real(source, target)
            raise Killed
        if call != at:
            return real(source, target)
        if kind == "killed before":
            raise Killed
        if kind == "disk full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if kind.startswith("in the way"):
            target.write_bytes(b"somebody else's")
        real(source, target)
        if kind == "killed after":
            raise Killed
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "move", move)
        yield


def disturb(kind: str, at: int, shots: list[Path]) -> None:
    """Change the disk between preview and apply."""
    path = shots[at % len(shots)]
    if kind == "changed":
        path.write_bytes(path.read_bytes() + b" edited elsewhere")
    elif kind == "gone":
        path.unlink()


def still_there(plan: Plan) -> None:
    """At least N of each group are where they were (or all that there were before)."""
    for group in plan.groups:
        there = sum(choice.item.lead.path.exists() for choice in group.choices)
        assert there >= min(plan.n, len(group.choices))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    made=albums(),
    n=st.integers(1, 3),
    by=st.sampled_from([*Grouping, Grouping.ALBUM, Grouping.ALBUM]),
    rejects=st.sampled_from([Rejects.FLAG] + [Rejects.MOVE] * 7),
    accident=accidents(),
)
def test_n_stay_picks_stay_nothing_is_lost_and_undo_restores_all(
    library: Library,
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[Shot, tuple[str, ...]]],
    n: int,
    by: Grouping,
    rejects: Rejects,
    accident: tuple[str, int],
) -> None:
    album = tmp_path_factory.getbasetemp() / f"album-{next(_number)}"
    shots = [shot for shot, _ in made]
    ids = build(library, album, shots)
    for shot, beside in made:
        for ending in beside:
            (album / shot.name).with_suffix(f".{ending}").write_bytes(
                f"{shot.name} {ending}".encode()
            )
    kind, at = accident
    plan = preview(library, MODEL, n, by, folder=album)
    disturb(kind, at, [album / shot.name for shot in shots])
    files_before, known_before = tree(album), database(library, ids)
    held_before = contents(album)

    picks = [
        album / shot.name
        for shot in shots
        if shot.flag is Flag.PICK or (shot.rating and shot.flag is not Flag.REJECT)
    ]
    picks = [path for path in picks if path.exists()]
    unjudged = [album / s.name for s in shots if s.status is not Status.SCORED]

    died = False
    with failing(kind, at):
        try:
            applied = apply(library, plan, rejects)
        except Killed:
            died = True
    event(f"{kind}: {'died' if died else 'moved' if applied.moved else 'flagged or nothing'}")
    strangers = [b"somebody else's"] if kind.startswith("in the way") else []
    assert _without(contents(album), strangers) == held_before
    assert all(path.exists() for path in picks)
    assert all(
        path.exists()
        for path in unjudged
        if os.fsencode(path.relative_to(album)).hex() in files_before
    )
    if kind != "gone":
        still_there(plan)
    rows = library.queries.photo_rows(ids, MODEL)
    for photo_id, shot in zip(ids, shots, strict=True):
        if shot.flag is Flag.PICK:
            assert rows[photo_id].flag is Flag.PICK

    if died:
        assert [done.unrestored for done in recover(library)] == [()]
    elif applied.journal_id is not None:
        with failing("killed after" if kind == "none" else "none", at):
            try:
                assert undo(library, applied.journal_id).unrestored == ()
            except Killed:
                event("died while undoing")
                assert [done.unrestored for done in recover(library)] == [()]
    assert _without_strangers(tree(album)) == files_before
    assert database(library, ids) == known_before
    assert recover(library) == []
    for known in library.queries.albums():
        library.writer.remove_album(known.id).result()


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _without(digests: list[str], strangers: list[bytes]) -> list[str]:
    unknown = {_digest(content) for content in strangers}
    return [digest for digest in digests if digest not in unknown]


def _without_strangers(found: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    unknown = _digest(b"somebody else's")
    return {path: facts for path, facts in found.items() if facts[0] != unknown}


def test_a_group_that_lost_its_keepers_keeps_its_rejects(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    shots = [Shot(f"IMG_{i}.jpg", 6 - i * 0.5, flipped(PORTRAIT, i, seed=i)) for i in range(1, 6)]
    build(library, album, shots)
    plan = preview(library, MODEL, 2, Grouping.ALBUM, folder=album)
    for choice in plan.groups[0].kept:
        choice.item.lead.path.unlink()

    applied = apply(library, plan, Rejects.MOVE)

    assert sorted(path.name for path in album.glob("*.jpg")) == ["IMG_3.jpg", "IMG_4.jpg"]
    assert applied.rejected == 1
    assert len(applied.left_alone) == 2
