"""A library of 10,000, 100,000 and a million photos: opening, pages, counts, writes, rescans.

Up to 100,000 rows are written by the program's own writer, further ones are copied (``growing``).
A page is 200 ids and the rows that the grid paints of them; ``page_ms`` is the slowest of all
orders, both ways, at the start, in the middle and at the end, unfiltered and filtered;
``filter_count_ms`` the slowest count of all filters. Both are medians of repeated calls on the
warm library. Rescans walk real files, up to 100,000 of them unless ``--files`` says more.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import (
    Analysis,
    Box,
    Face,
    FileState,
    Flag,
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
from core.library.pages import PageMark
from core.reconcile import reconcile
from tests.benchmarks.growing import grow
from tests.benchmarks.report import (
    in_child,
    machine,
    median_ms,
    print_json,
    print_table,
    quiet_note,
    scratch,
)

MODULE = "tests.benchmarks.library"
MODEL = "fused-1-benchmark"
SIZES = (10_000, 100_000, 1_000_000)
PER_FOLDER = 500
FOLDERS_PER_ALBUM = 40
BATCH = 2000
WRITTEN = 100_000
FILES = 100_000
"""Up to here there are files behind the rows, to scan; making a million takes minutes."""

BUILT = "built"
"""A file of this name says that the folder holds a whole library."""


def build(place: Path, album_root: Path, count: int, *, files: bool) -> None:
    """A library of ``count`` scored photos: 20,000 in an album, 500 in a folder.

    With ``files`` there are (empty) files behind the rows. Maps and descriptors are left out:
    they lie in tables that lists do not read.
    """
    noise = random.Random(0)
    distributions = _distributions(noise)
    written = min(count, WRITTEN)
    roots = [
        album_root / f"album-{number:03}"
        for number in range(-(-count // (PER_FOLDER * FOLDERS_PER_ALBUM)))
    ]
    albums: list[tuple[int, Path]] = []
    with open_library(place) as library:
        for root in roots:
            root.mkdir(parents=True, exist_ok=True)
            albums.append((library.writer.add_album(root).result().id, root))
        states = _states(roots, 0, written, files=files)
        for start in range(0, written, BATCH):
            part = list(itertools.islice(states, min(BATCH, written - start)))
            # One album's photos come together, as a scan finds them.
            album_id = albums[start // (PER_FOLDER * FOLDERS_PER_ALBUM)][0]
            ids = library.writer.apply_files(FileChanges(album_id, new=part)).result()
            analyzed = [
                AnalyzedPhoto(i, f"{s.size}:{s.mtime_ns}", _analysis(noise, distributions))
                for i, s in zip(ids, part, strict=True)
                if noise.random() < 0.999
            ]
            library.writer.save_analyses(MODEL, analyzed).result()
            for stars in (1, 3, 5):
                rated = noise.sample(ids, len(ids) // 40)
                library.writer.set_rating(rated, stars).result()
            flagged = noise.sample(ids, len(ids) // 50)
            library.writer.set_flag(flagged, noise.choice(list(Flag))).result()
    if count > written:
        more = _states(roots, written, count - written, files=files)
        grow(place / "library.db", more, albums, written)


def _states(roots: Sequence[Path], first: int, count: int, *, files: bool) -> Iterator[FileState]:
    folder = roots[0]
    for number in range(first, first + count):
        if number == first or number % PER_FOLDER == 0:
            root = roots[number // (PER_FOLDER * FOLDERS_PER_ALBUM)]
            folder = root / f"day-{number // PER_FOLDER:05}"
            if files:
                folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"IMG_{number:07}.jpg"
        if files:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            facts = path.stat()
            yield FileState(path, facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_dev)
        else:
            yield FileState(path, 2_000_000 + number * 7919 % 6_000_000, number, number + 1, 1)


def _distributions(noise: random.Random) -> list[ScoreDistribution]:
    found = []
    for _ in range(500):
        weights = np.exp(-((np.arange(1, 11) - noise.gauss(5.2, 0.7)) ** 2) / 4)
        found.append(ScoreDistribution(tuple(float(w) for w in weights / weights.sum())))
    return found


def _analysis(noise: random.Random, distributions: list[ScoreDistribution]) -> Analysis:
    taken = datetime(2015, 1, 1) + timedelta(minutes=noise.randrange(5_000_000))
    status = Status.SCORED if noise.random() < 0.995 else Status.UNREADABLE
    scored = status is Status.SCORED
    return Analysis(
        metadata=PhotoMetadata("jpeg", 4000, 3000, taken_at=taken, taken_source="exif"),
        status=status,
        reason=None if scored else "the file is empty",
        score=Score(MODEL, noise.choice(distributions), 0.6) if scored else None,
        faces=(Face(Box(0.3, 0.3, 0.2, 0.2), 0.9),) if noise.random() < 0.6 else (),
    )


def filters(library: Library) -> dict[str, dict[str, Any]]:
    """Every kind of filter, wide and narrow, alone and together."""
    albums = library.queries.albums()
    album = albums[len(albums) // 2]
    return {
        "none": {},
        "all statuses": {"statuses": frozenset(Status)},
        "unreadable": {"statuses": frozenset({Status.UNREADABLE})},
        "scored or not": {"statuses": frozenset({Status.SCORED, Status.NOT_SCORED})},
        "score >= 4": {"min_score": 4.0},
        "score >= 6.5": {"min_score": 6.5},
        "score 5..5.1": {"min_score": 5.0, "max_score": 5.1},
        "portraits": {"portraits_only": True},
        "3 stars": {"min_rating": 3},
        "picks": {"flag": Flag.PICK},
        "rejects with 5 stars": {"flag": Flag.REJECT, "min_rating": 5},
        "album": {"album_id": album.id},
        "album's folder": {"folder": album.path},
        "folder in it": {"folder": next(iter(_folders(library, album.id)))},
        "text, many": {"text": "img"},
        "text, few": {"text": "77777"},
        "several": {"min_score": 5.0, "portraits_only": True, "min_rating": 1},
    }


def _folders(library: Library, album_id: int) -> Iterator[Path]:
    page = library.queries.page(PhotoQuery(MODEL, album_id=album_id), None, 1)
    yield library.queries.photo_rows(page.ids, MODEL)[page.ids[0]].path.parent


def marks(library: Library, query: PhotoQuery) -> dict[str, PageMark | None]:
    """Where pages begin: at the start, in the middle, near the end."""
    ids = library.queries.photo_ids(query)
    found: dict[str, PageMark | None] = {"start": None}
    for name, place in (("middle", len(ids) // 2), ("end", len(ids) - 250)):
        if place > 0:
            found[name] = mark_of(library, query, int(ids[place]), place)
    return found


def mark_of(library: Library, query: PhotoQuery, photo_id: int, place: int) -> PageMark | None:
    """The mark behind one photo, as a page that ends there gives it."""
    from sqlalchemy import select, type_coerce
    from sqlalchemy.types import NullType

    from core.library.listing import ORDERS, listing

    if query.sort not in ORDERS:  # computed
        return library.queries.page(query, None, place + 1).after
    column = type_coerce(listing.c[ORDERS[query.sort][0]], NullType())  # as it is stored
    with library.queries.reading() as connection:
        value = connection.scalar(select(column).where(listing.c.photo_id == photo_id))
    return PageMark(value, photo_id)


def measure(place: Path, times: int) -> dict[str, Any]:
    """All figures of one library."""
    opened = median_ms(lambda: _open(place), 5)
    with open_library(place) as library:
        queries = library.queries
        pages: dict[str, float] = {}
        for sort in SortKey:
            for descending in (True, False):
                query = PhotoQuery(MODEL, sort=sort, descending=descending)
                for where, mark in marks(library, query).items():
                    direction = "down" if descending else "up"
                    pages[f"{sort.value} {direction}, {where}"] = _page_ms(
                        library, query, mark, times
                    )
        counts: dict[str, float] = {}
        for name, chosen in filters(library).items():
            for sort in (SortKey.SCORE, SortKey.TAKEN):
                query = PhotoQuery(MODEL, sort=sort, **chosen)
                pages[f"{name}, by {sort.value}"] = _page_ms(library, query, None, times)
            query = PhotoQuery(MODEL, **chosen)
            counts[name] = median_ms(lambda query=query: queries.count(query), times)
        everything = PhotoQuery(MODEL)
        ranked = PhotoQuery(MODEL, sort=SortKey.PERCENTILE)
        other = {
            "all ids by percentile": median_ms(lambda: queries.photo_ids(ranked), 3),
            "all ids by score": median_ms(lambda: queries.photo_ids(everything), 3),
            "histogram": median_ms(lambda: queries.score_histogram(everything), 3),
            "counts by status": median_ms(lambda: queries.status_counts(None, MODEL), 3),
            "albums with counts": median_ms(queries.albums, 3),
            "pending, first 64": median_ms(lambda: queries.pending(MODEL), times),
            "pending, how many": median_ms(lambda: queries.pending_count(MODEL), times),
        }
        ids = queries.page(everything, None, 200).ids
        stars = iter(range(10_000))
        other["rate one photo"] = median_ms(
            lambda: library.writer.set_rating([ids[0]], next(stars) % 6).result(), times
        )
        other["rate 200 photos"] = median_ms(
            lambda: library.writer.set_rating(ids, next(stars) % 6).result(), 5
        )
        other["page while another thread writes"] = _page_while_writing(library, ids, times)
    size = sum(file.stat().st_size for file in place.glob("library.db*"))
    return {"open_ms": opened, "pages": pages, "counts": counts, "other": other, "bytes": size}


def _open(place: Path) -> None:
    """Open the library and fetch what the window shows first."""
    with open_library(place) as library:
        page = library.queries.page(PhotoQuery(MODEL), None, 200)
        library.queries.photo_rows(page.ids, MODEL)


def _page_ms(library: Library, query: PhotoQuery, mark: PageMark | None, times: int) -> float:
    def call() -> None:
        page = library.queries.page(query, mark, 200)
        library.queries.photo_rows(page.ids, MODEL)

    return median_ms(call, times)


def _page_while_writing(library: Library, ids: tuple[int, ...], times: int) -> float:
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            library.writer.set_rating(ids[number % 100 :: 100], number % 6).result()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return _page_ms(library, PhotoQuery(MODEL), None, times)
    finally:
        done.set()
        writer.join()


def rescan(place: Path, album_root: Path, *, first: bool) -> dict[str, Any]:
    """Seconds to reconcile every album with its folder: new files, or unchanged ones."""
    with open_library(place) as library:
        roots = sorted(path for path in album_root.iterdir())
        if first:
            for root in roots:
                library.writer.add_album(root).result()
        start = time.perf_counter()
        seen = [reconcile(library, root) for root in roots]
        seconds = time.perf_counter() - start
    changes = sum(s.new + s.changed + s.moved + s.missing for s in seen)
    return {"seconds": seconds, "found": sum(s.found for s in seen), "changes": changes}


def run(count: int, times: int, *, files: bool, keep: Path | None = None) -> dict[str, Any]:
    """Build one library and measure it, each step in a process of its own.

    What lies in ``keep`` from an earlier call is measured again instead of being built anew.
    """
    with contextlib.nullcontext(keep / str(count)) if keep else scratch() as folder:
        place, album_root = folder / "library", folder / "albums"
        if not (folder / BUILT).exists():
            in_child(MODULE, "--build", place, album_root, count, "files" if files else "")
            (folder / BUILT).touch()
        found = in_child(MODULE, "--measure", place, times)
        found["rows"] = count
        found["rescan_s"] = found["first_scan_s"] = None
        if files:
            again = in_child(MODULE, "--rescan", place, album_root, "")
            assert (again["found"], again["changes"]) == (count, 0), again
            found["rescan_s"] = again["seconds"]
            with scratch() as other:
                fresh = in_child(MODULE, "--rescan", other / "library", album_root, "first")
            assert fresh["changes"] == count, fresh
            found["first_scan_s"] = fresh["seconds"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="a JSON list, one object per size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--times", type=int, default=9, help="repetitions of each call")
    parser.add_argument("--files", type=int, default=FILES, help="rescan libraries up to this size")
    parser.add_argument("--keep", type=Path, help="build the libraries here, once, and keep them")
    parser.add_argument("--build", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--rescan", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        place, album_root, count, files = options.build
        build(Path(place), Path(album_root), int(count), files=bool(files))
        print_json({})
    elif options.measure:
        print_json(measure(Path(options.measure[0]), int(options.measure[1])))
    elif options.rescan:
        place, album_root, first = options.rescan
        print_json(rescan(Path(place), Path(album_root), first=bool(first)))
    else:
        _report(options)


def _report(options: argparse.Namespace) -> None:
    if not options.json:
        print(machine())
        print(quiet_note())
    found = [
        run(size, options.times, files=size <= options.files, keep=options.keep)
        for size in options.sizes
    ]
    if options.json:
        print_json([
            {
                "rows": one["rows"],
                "open_ms": round(one["open_ms"], 1),
                "page_ms": round(max(one["pages"].values()), 2),
                "filter_count_ms": round(max(one["counts"].values()), 1),
                "rescan_s": one["rescan_s"] and round(one["rescan_s"], 2),
            }
            for one in found
        ])  # fmt: skip
        return
    names = [f"{size:,}" for size in options.sizes]
    for title, key in (
        ("A page of 200: ids and grid rows, ms", "pages"),
        ("Counting, ms", "counts"),
        ("Other calls, ms", "other"),
    ):
        rows = [[name, *(one[key][name] for one in found if name in one[key])]
                for name in found[0][key]]  # fmt: skip
        print_table(title, [title.split(",")[0].split(":")[0], *names], rows)
    print_table(
        "The library as a whole",
        ["", *names],
        [
            ["opening and first page, ms", *(one["open_ms"] for one in found)],
            ["rescan of unchanged files, s", *(one["rescan_s"] for one in found)],
            ["first scan, s", *(one["first_scan_s"] for one in found)],
            ["database, bytes a photo", *(one["bytes"] / one["rows"] for one in found)],
        ],
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
