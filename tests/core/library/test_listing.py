"""Lists, pages and counts against the plain meaning of a query, over a library of every case."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain import (
    Analysis,
    Box,
    Face,
    FileState,
    Flag,
    Photo,
    PhotoMetadata,
    PhotoQuery,
    Score,
    ScoreDistribution,
    SortKey,
    Status,
)
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library

MODEL, OTHER, UNUSED = "first-1-aaaa", "second-1-bbbb", "never-used"
ALBUMS = ("/a", "/a/nested", "/b")
MEANS = (3.0, 4.5, 4.5, 6.0, 7.25)
FOLDERS = ("/a", "/a/x", "/a/x/deep", "/a/nested", "/a/nested/y", "/b")


def distribution(mean: float) -> ScoreDistribution:
    low = min(9, int(mean))
    return ScoreDistribution(
        tuple((1 - (mean - low)) * (k == low) + (mean - low) * (k == low + 1) for k in range(1, 11))
    )


def analysis(noise: random.Random, model: str) -> Analysis:
    status = noise.choice([Status.SCORED] * 6 + [Status.NOT_SCORED, Status.UNREADABLE])
    scored = status is Status.SCORED
    taken = datetime(2020, 1, 1) + timedelta(days=noise.randrange(5))
    return Analysis(
        metadata=PhotoMetadata(
            "jpeg", 40, 30, taken_at=taken if noise.random() < 0.7 else None, taken_source="exif"
        ),
        status=status,
        reason=None if scored else "a reason",
        score=Score(
            model,
            distribution(noise.choice([3.0, 4.5, 4.5, 6.0, 7.25])),
            uncertainty=noise.choice([None, 0.5, 2.0]),
        )
        if scored
        else None,
        faces=tuple(Face(Box(0.1, 0.1, 0.2, 0.2), 0.9) for _ in range(noise.randrange(3))),
    )


def state(noise: random.Random, number: int) -> FileState:
    folder = noise.choice(FOLDERS)
    name = noise.choice(["IMG", "img_50%", "Ärger"])
    return FileState(
        Path(folder, f"{name}-{number:03}.jpg"), noise.choice([10, 20, 30]), number, number, 1
    )


def save(library: Library, model: str, ids: list[int], noise: random.Random) -> None:
    sources = {photo.id: photo.source for photo in library.queries.pending(model, limit=1000)}
    library.writer.save_analyses(
        model,
        [AnalyzedPhoto(i, sources[i], analysis(noise, model)) for i in ids if i in sources],
    ).result()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """120 photos in nested albums: some missing, changed since, judged, of two models."""
    noise = random.Random(7)
    with open_library(tmp_path_factory.mktemp("library")) as opened:
        for path in ALBUMS:
            opened.writer.add_album(Path(path)).result()
        states = [state(noise, number) for number in range(120)]
        album = opened.queries.albums()[0].id
        ids = opened.writer.apply_files(FileChanges(album, new=states)).result()
        save(opened, MODEL, ids[:90], noise)
        save(opened, OTHER, ids[40:], noise)
        for number in range(40):
            chosen = noise.sample(ids, 3)
            if number % 2:
                opened.writer.set_rating(chosen, noise.randrange(6)).result()
            else:
                flag = noise.choice([Flag.PICK, Flag.REJECT, None])
                opened.writer.set_flag(chosen, flag).result()
        opened.writer.undo().result()
        gone = [(i, s.path) for i, s in zip(ids[10:20], states[10:20], strict=True)]
        opened.writer.apply_files(FileChanges(album, missing=gone)).result()
        changed = [
            (i, FileState(s.path, 99, s.mtime_ns + 1, s.inode, 1))
            for i, s in zip(ids[14:24], states[14:24], strict=True)
        ]
        opened.writer.apply_files(FileChanges(album, changed=changed)).result()
        save(opened, MODEL, ids[14:17], noise)
        opened.writer.remove_album(opened.queries.album_of(Path("/b")).id).result()  # type: ignore[union-attr]
        yield opened


@dataclass(frozen=True)
class Expected:
    """What a query gives, worked out from whole photos, one by one."""

    photos: list[Photo]
    before: dict[int, float] | None  # mean scores under the other model; None: nothing scored yet

    def ids(self, query: PhotoQuery) -> list[int]:
        chosen = [photo for photo in self.photos if self._wanted(photo, query)]
        known = [photo for photo in chosen if self._key(photo, query.sort) is not None]
        unknown = [photo for photo in chosen if self._key(photo, query.sort) is None]
        known.sort(key=lambda p: (self._key(p, query.sort), p.id), reverse=query.descending)
        unknown.sort(key=lambda p: p.id, reverse=query.descending)
        return [photo.id for photo in (*known, *unknown)][: query.limit]

    def _wanted(self, photo: Photo, query: PhotoQuery) -> bool:
        mean = photo.score.mean if photo.score else None
        folder = photo.path.parent
        below = query.folder is None or query.folder in (folder, *folder.parents)
        statuses = query.statuses or frozenset(Status) - {Status.MISSING}
        return (
            photo.album is not None
            and below
            and photo.status in statuses
            and (query.min_score is None or (mean is not None and mean >= query.min_score))
            and (query.max_score is None or (mean is not None and mean <= query.max_score))
            and (not query.portraits_only or len(photo.faces) > 0)
            and query.text.lower() in photo.path.name.lower()
            and (query.flag is None or photo.flag is query.flag)
            and photo.rating >= (query.min_rating or 0)
        )

    def _key(self, photo: Photo, sort: SortKey) -> object:
        match sort:
            case SortKey.SCORE:
                return photo.score.mean if photo.score else None
            case SortKey.LOW:
                score = photo.score
                return score.mean - (score.uncertainty or 0.0) if score else None
            case SortKey.PERCENTILE:
                return photo.percentile
            case SortKey.TAKEN:
                return photo.metadata.taken_at if photo.metadata else None
            case SortKey.NAME:
                return photo.path.name.encode()
            case SortKey.ADDED:
                return photo.id
            case SortKey.RATING:
                return photo.rating
            case SortKey.FACES:
                return len(photo.faces)
            case SortKey.SIZE:
                return photo.size
            case SortKey.MOVED:
                if self.before is None:
                    return photo.id
                if photo.score is None or photo.id not in self.before:
                    return None
                return abs(photo.score.mean - self.before[photo.id])


@pytest.fixture(scope="module")
def expected(library: Library) -> dict[str, Expected]:
    found = {
        model: library.queries.photos(list(range(1, 200)), model)
        for model in (MODEL, OTHER, UNUSED)
    }
    means = {
        model: {photo.id: photo.score.mean for photo in photos if photo.score}
        for model, photos in found.items()
    }
    before = {MODEL: means[OTHER], OTHER: means[MODEL], UNUSED: None}
    return {model: Expected(photos, before[model]) for model, photos in found.items()}


FILTERS: list[dict[str, object]] = [
    {},
    {"statuses": frozenset(Status)},
    {"statuses": frozenset({Status.MISSING})},
    {"statuses": frozenset({Status.PENDING, Status.UNREADABLE})},
    {"statuses": frozenset({Status.SCORED, Status.NOT_SCORED})},
    {"min_score": 4.5},
    {"min_score": 4.0, "max_score": 6.0},
    {"portraits_only": True},
    {"text": "img"},
    {"text": "50%"},
    {"flag": Flag.PICK},
    {"flag": Flag.REJECT, "min_rating": 1},
    {"min_rating": 3},
    {"folder": Path("/a")},
    {"folder": Path("/a/x")},
    {"folder": Path("/")},
    {"folder": Path("/nowhere")},
    {"folder": Path("/a/x"), "min_score": 4.0, "portraits_only": True},
    {"limit": 7},
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: "-".join(filters) or "none")
@pytest.mark.parametrize("model", [MODEL, OTHER, UNUSED])
def test_lists_pages_and_counts_mean_the_same(
    library: Library, expected: dict[str, Expected], model: str, filters: dict[str, object]
) -> None:
    for sort, descending in itertools.product(SortKey, (True, False)):
        query = PhotoQuery(model, sort=sort, descending=descending, **filters)  # type: ignore[arg-type]
        wanted = expected[model].ids(query)
        assert library.queries.photo_ids(query).tolist() == wanted, (sort, descending)
        if query.limit is not None:
            continue
        assert library.queries.count(query) == len(wanted)
        # Read along the order's index; fetch by the filter's and sort: looking through more than
        # there are, or through no more than counts as few.
        for few in (0, len(wanted), 1000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("core.library.pages.FEW", few)
                paged: list[int] = []
                mark = None
                while True:
                    page = library.queries.page(query, mark, 25)
                    paged += page.ids
                    mark = page.after
                    if mark is None:
                        break
                assert paged == wanted, (sort, descending, few)


def test_a_text_in_very_many_names_finds_the_same(
    library: Library, expected: dict[str, Expected], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Very many are looked at one by one instead of being listed first."""
    for common in (0, 1000):
        monkeypatch.setattr("core.library.term_filters.COMMON", common)
        for filters in ({"text": "img"}, {"text": "IMG_50%"}, {"text": "img", "min_rating": 1}):
            for sort in (SortKey.SCORE, SortKey.ADDED, SortKey.PERCENTILE):
                query = PhotoQuery(MODEL, sort=sort, **filters)  # type: ignore[arg-type]
                wanted = expected[MODEL].ids(query)
                assert wanted
                assert list(library.queries.page(query, None, 200).ids) == wanted
                assert library.queries.count(query) == len(wanted)


def test_a_computed_order_follows_what_is_written(tmp_path: Path) -> None:
    noise = random.Random(3)
    with open_library(tmp_path) as opened:
        opened.writer.add_album(Path("/a")).result()
        album = opened.queries.albums()[0].id
        states = [FileState(Path("/a", f"{n}.jpg"), 1, n, n, 1) for n in range(20)]
        ids = opened.writer.apply_files(FileChanges(album, new=states)).result()
        query = PhotoQuery(MODEL, sort=SortKey.PERCENTILE, statuses=frozenset(Status))
        assert sorted(opened.queries.page(query, None, 50).ids) == ids  # none has a score yet
        save(opened, MODEL, ids, noise)
        for _ in range(2):  # computed, then remembered
            shown = opened.queries.page(query, None, 50).ids
            photos = {photo.id: photo for photo in opened.queries.photos(ids, MODEL)}
            known = [p for i in shown if (p := photos[i].percentile) is not None]
            assert known == sorted(known, reverse=True)
            assert known


def test_a_computed_order_follows_what_another_program_writes(tmp_path: Path) -> None:
    with open_library(tmp_path) as opened:
        opened.writer.add_album(Path("/a")).result()
        album = opened.queries.albums()[0].id
        states = [FileState(Path("/a", f"{n}.jpg"), 1, n, n, 1) for n in range(9)]
        ids = opened.writer.apply_files(FileChanges(album, new=states)).result()
        save(opened, MODEL, ids, random.Random(3))
        query = PhotoQuery(MODEL, sort=SortKey.PERCENTILE)
        before = opened.queries.photo_ids(query).tolist()
        last = next(i for i in reversed(before) if opened.queries.photos([i], MODEL)[0].score)
        with contextlib.closing(sqlite3.connect(tmp_path / "library.db")) as other, other:
            other.execute("UPDATE analyses SET mean = 9.9 WHERE photo_id = ?", [last])
        assert opened.queries.page(query, None, 5).ids[0] == last
        assert opened.queries.photo_ids(query).tolist() == [last, *(i for i in before if i != last)]
        row = opened.queries.photo_rows([last], MODEL)[last]
        assert opened.queries.album_ranks(MODEL).percentile(row.album_id, row.mean) > 90  # type: ignore[operator]


def test_how_far_each_photo_moved_is_told_with_the_model_before(library: Library) -> None:
    ids = library.queries.photo_ids(PhotoQuery(OTHER, sort=SortKey.MOVED)).tolist()
    moved = library.queries.movements(ids, OTHER)
    changes = [abs(moved[photo_id].change) for photo_id in ids if photo_id in moved]
    assert changes == sorted(changes, reverse=True)
    assert max(changes) > min(changes)
    assert {movement.model_before for movement in moved.values()} == {MODEL}
    first = moved[ids[0]]
    now, then = (library.queries.photos(ids[:1], model)[0].score for model in (OTHER, MODEL))
    assert (first.after, first.before) == (now.mean, then.mean)  # type: ignore[union-attr]
    assert library.queries.movements(ids, UNUSED) == {}


def test_the_model_before_is_the_last_one_of_the_same_name(tmp_path: Path) -> None:
    noise = random.Random(1)
    with open_library(tmp_path) as opened:
        opened.writer.add_album(Path("/a")).result()
        album = opened.queries.albums()[0].id
        states = [FileState(Path("/a", f"{n}.jpg"), 1, n, n, 1) for n in range(30)]
        ids = opened.writer.apply_files(FileChanges(album, new=states)).result()
        for model in ("fused-1-aaaa", "fused-1-bbbb", "nima-1-cccc", "fused-2-dddd"):
            save(opened, model, ids, noise)
        moved = opened.queries.movements(ids, "fused-2-dddd")
        assert {movement.model_before for movement in moved.values()} == {"fused-1-bbbb"}


def test_an_album_lists_the_photos_of_albums_inside_it(
    library: Library, expected: dict[str, Expected]
) -> None:
    for path in ("/a", "/a/nested"):
        album = library.queries.album_of(Path(path))
        assert album is not None
        query = PhotoQuery(MODEL, album_id=album.id)
        same = PhotoQuery(MODEL, folder=Path(path))
        assert library.queries.photo_ids(query).tolist() == expected[MODEL].ids(same)
        assert album.photo_count == len(expected[MODEL].ids(same))


def test_what_is_pending_is_what_was_not_analyzed_as_it_is_now(library: Library) -> None:
    for model in (MODEL, OTHER, UNUSED):
        pending = {photo.id for photo in library.queries.pending(model, limit=1000)}
        statuses = library.queries.status_counts(None, model)
        if model == UNUSED:
            assert len(pending) == statuses[Status.PENDING]
        present = library.queries.photo_ids(PhotoQuery(model)).tolist()
        assert pending <= set(present)
        assert library.queries.pending_count(model) == len(pending)
        inside = library.queries.pending(model, limit=1000, folders=[Path("/a/x")])
        assert {p.id for p in inside} == {
            p.id
            for p in library.queries.pending(model, limit=1000)
            if Path("/a/x") in (p.path.parent, *p.path.parent.parents)
        }
        assert library.queries.pending_count(model, [Path("/a/x")]) == len(inside)
    changed = {photo.id for photo in library.queries.pending(MODEL, limit=1000)}
    assert changed & set(range(18, 25))


def test_the_listing_is_what_the_tables_say(library: Library) -> None:
    with library.queries.reading() as connection:
        kept, computed = (
            connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1, 2").all()
            for name in ("listing", "listed")
        )
    assert kept == computed
    assert len(kept) == 2 * 120
