"""A storm of changes in a watched tree during a scan: index and disk agree, no rating is lost.

Twenty writers (in a process of their own) create, rename, move, swap, replace and delete photos,
while the album is watched and scanned and photos get stars. When all is at rest, one reconcile
follows, and the index is compared with the disk. The score comes from a stand-in for the network;
files, watcher, decoding and database are the real ones.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.domain import FileState
from core.files.scan import IgnoreRules, walk
from core.files.watch import FolderWatcher
from core.indexer import Indexer
from core.library.filters import joined
from core.library.library import Library, open_library
from core.library.rows import row_path
from core.library.schema import analyses, judgements, photos
from core.logs import start_logging
from core.watching import AlbumWatcher
from tests.benchmarks.report import print_json, scratch
from tests.benchmarks.storm_writers import Identity, Lineage, Writer, blow, make_writers
from tests.quick import MODEL, QuickAnalyzer

PATIENCE_S = 1800.0
RATING_PAUSE_S = 0.02

Report = Callable[[str], None]


@dataclass(frozen=True)
class Stars:
    """Stars that were given to a photo, as the index saw its file just then."""

    photo_id: int
    path: Path
    identity: Identity
    stars: int


class Rater:
    """Gives stars to photos at random while the storm blows."""

    def __init__(self, library: Library, seed: int) -> None:
        self._library = library
        self._choose = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.given: dict[int, Stars] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(RATING_PAUSE_S):
            seen = self._some()
            if not seen:
                continue
            stars = self._choose.randint(1, 5)
            self._library.writer.set_rating([photo.id for photo in seen], stars).result()
            for photo in seen:
                identity = int(photo.inode), photo.size, photo.mtime_ns
                self.given[photo.id] = Stars(photo.id, row_path(photo), identity, stars)

    def _some(self) -> list[Any]:
        """A handful of photos, with their files as the index sees them now."""
        with self._library.queries.reading() as connection:
            top = connection.scalar(select(func.max(photos.c.id))) or 0
            ids = [self._choose.randint(1, top) for _ in range(20)] if top else []
            return list(
                connection.execute(
                    select(photos).where(photos.c.id.in_(ids), photos.c.missing_since.is_(None))
                )
            )


def run(
    folder: Path, *, seconds: float, files: int, writers: int, rate: float, seed: int,
    report: Report,
) -> dict[str, int]:  # fmt: skip
    """The storm and what is left after it."""
    root = folder / "album"
    crew = make_writers(root, writers, files, writers / rate, seed)
    report(f"{sum(len(w.photos) for w in crew)} files are there")
    process, begin, results = _start_process(crew, seconds)
    with open_library(folder / "library") as library:
        indexer = Indexer(library, QuickAnalyzer, model_id=MODEL, workers=2)  # type: ignore[arg-type]
        watchers: list[FolderWatcher] = []

        def watch(change: Any, rescan: Any, note: Any) -> FolderWatcher:
            watchers.append(FolderWatcher(change, on_rescan=rescan, on_note=note))
            return watchers[0]

        watcher = AlbumWatcher(library, indexer, watch)
        rater = Rater(library, seed)
        indexer.start()
        watcher.start()
        library.writer.add_album(root).result()
        rater.start()
        begin.send(True)
        crew = pickle.loads(results.recv())
        process.join()
        report(f"the storm is over after {sum(w.operations for w in crew)} operations")
        rater.stop()
        _wait_for_rest(watchers[0], indexer)
        by_events = compare(library, root, report)
        report(f"{by_events} differences before the reconcile")
        indexer.scan(root)
        _wait_for_rest(watchers[0], indexer)
        watcher.stop()
        indexer.stop()
        differences = compare(library, root, report)
        lost = lost_ratings(library, crew, rater.given, report)
        rows = len(present(library))
        for key, text in indexer.progress().notes.items():
            report(f"note {key}: {text}")
    return {
        "operations": sum(writer.operations for writer in crew),
        "rows": rows,
        "files": sum(1 for _ in walk(root, IgnoreRules())),
        "differences": differences,
        "ratings_lost": lost,
    }


def _start_process(crew: list[Writer], seconds: float) -> tuple[Any, Any, Any]:
    """The writers' process, forked before there are threads; it waits for the sign to begin."""
    context = multiprocessing.get_context("fork")
    waiting, begin = context.Pipe(duplex=False)
    results, sending = context.Pipe(duplex=False)

    def work() -> None:
        waiting.recv()
        blow(crew, seconds)
        sending.send(pickle.dumps(crew))

    process = context.Process(target=work)
    process.start()
    return process, begin, results


def _wait_for_rest(watcher: FolderWatcher, indexer: Indexer) -> None:
    """Until no event is on its way and nothing is left to analyze."""
    end = time.monotonic() + PATIENCE_S
    calm = 0
    while calm < 3 and time.monotonic() < end:
        idle = indexer.wait_until_idle(10.0)
        calm = calm + 1 if idle and not watcher.unsettled() else 0
        time.sleep(0.5)


def present(library: Library) -> list[Any]:
    """Rows of photos that the index believes to be on disk."""
    with library.queries.reading() as connection:
        statement = (
            select(photos, analyses.c.source, analyses.c.status, judgements.c.rating)
            .select_from(joined(_model(connection)))
            .where(photos.c.missing_since.is_(None))
        )
        return list(connection.execute(statement).all())


def _model(connection: Any) -> int:
    from core.library.schema import models

    return int(connection.scalar(select(models.c.id).where(models.c.key == MODEL)) or -1)


def compare(library: Library, root: Path, report: Report) -> int:
    """Number of files and rows that don't agree in every respect."""
    disk = {state.path: state for state in walk(root, IgnoreRules())}
    rows = {row_path(row): row for row in present(library)}
    wrong = [f"only on disk: {path.name}" for path in disk.keys() - rows.keys()]
    wrong += [f"only in the index: {path.name}" for path in rows.keys() - disk.keys()]
    for path in disk.keys() & rows.keys():
        fault = _disagreement(disk[path], rows[path])
        if fault:
            wrong.append(f"{path.name}: {fault}")
    for text in wrong[:20]:
        report(text)
    return len(wrong)


def _disagreement(state: FileState, row: Any) -> str | None:
    if (row.size, row.mtime_ns, int(row.inode)) != (state.size, state.mtime_ns, state.inode):
        return "another state"
    if row.source != f"{state.size}:{state.mtime_ns}":
        return "not analyzed as it is now"
    if row.status != "scored":
        return f"is {row.status}"
    return None


def lost_ratings(
    library: Library, crew: list[Writer], given: dict[int, Stars], report: Report
) -> int:
    """Stars whose photo is still there, under whatever name, without them.

    A photo is still there if the very file that was rated is (by inode, size and time), or if it
    stayed where it was and was only saved over since.
    """
    lineages = [lineage for writer in crew for lineage in (*writer.photos, *writer.gone)]
    by_identity = {seen: lineage for lineage in lineages for _, seen in lineage.history if seen}
    now = {row_path(row): row for row in present(library)}
    followed, lost = 0, 0
    for stars in given.values():
        lineage = by_identity.get(stars.identity)
        if lineage is None or lineage.path is None or not _can_be_followed(lineage, stars):
            continue
        followed += 1
        row = now.get(lineage.path)
        if row is None or row.rating != stars.stars:
            lost += 1
            had = f"photo {stars.photo_id} at {stars.path.name}"
            has = f"photo {row.id} with {row.rating}" if row is not None else "nothing"
            report(f"{stars.stars} stars of {had} are lost: {lineage.path.name} is {has}")
            report(f"    {lineage.history}")
    report(f"{len(given)} photos were rated, {followed} of them are still there")
    return lost


def _can_be_followed(lineage: Lineage, stars: Stars) -> bool:
    place = next(i for i, (_, seen) in enumerate(lineage.history) if seen == stars.identity)
    since = lineage.history[place + 1 :]
    if lineage.history[-1][1] == stars.identity:
        return True  # the very file that was rated
    return all(deed == "replace" for deed, _ in since)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--rate", type=float, default=300.0, help="calm operations a second")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    with scratch() as folder:
        start_logging(folder / "log")
        result = run(
            folder, seconds=options.seconds, files=options.files, writers=options.writers,
            rate=options.rate, seed=options.seed,
            report=lambda line: print(line, file=sys.stderr),
        )  # fmt: skip
    if options.json:
        print_json(result)
    else:
        for name, value in result.items():
            print(f"{name:14} {value}")


if __name__ == "__main__":
    main()
