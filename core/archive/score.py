"""Scoring an archive: each part is one task of a Dask cluster and one Parquet file.

Dask gives the parts out, and gives a part to somebody else when its worker dies. A part's file
appears under its name only when it is whole, so a restart skips exactly what is finished.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.analysis import Analyzer, open_analyzer
from core.archive.listing import ArchiveError, Listing, read_listing, read_part
from core.archive.rows import schema, to_row
from core.domain import Analysis, FileState, Status
from core.errors import ModelError, UnreadablePhotoError
from core.files.identity import fingerprint
from core.inference.precision import Precision
from core.workers import keep_freed_memory

log = logging.getLogger(__name__)

INTERNAL_ERROR = "an internal error; the worker's log has the details"
CHANGED_SINCE = "the file changed after the archive was listed"


@dataclass(frozen=True, slots=True)
class PartResult:
    """How many photos of a part got a score, and how many of the others are of which kind."""

    part: int
    scored: int
    not_scored: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """The whole archive; ``skipped_parts`` had been finished by an earlier run, ``failed_parts``
    cost several workers their lives and are left for another run."""

    files: int
    parts: int
    skipped_parts: int
    failed_parts: tuple[int, ...]
    scored: int
    not_scored: int
    unreadable: int


def part_file(out: Path, part: int) -> Path:
    """Where a finished part lies."""
    return out / f"part-{part:06}.parquet"


@contextmanager
def cluster_client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A Dask client: of the scheduler at that address, or of a cluster on this machine.

    Raises:
        ArchiveError: the scheduler does not answer.
    """
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="20s")
        except (OSError, TimeoutError, ValueError) as error:
            raise ArchiveError(f"No Dask scheduler answers at {scheduler}: {error}") from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # no fixed port: another program may have it
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def score_archive(
    out: Path, client: Any, progress: Callable[[int, int], None] = lambda done, total: None
) -> ArchiveResult:
    """Score every part of the listing in ``out`` that is not finished.

    ``client`` is a ``distributed.Client``; its workers must see the photos and ``out`` under the
    same paths, and have the program installed. ``progress`` is told files done and in all.

    Raises:
        ModelError: a worker can't use the model.
    """
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    listing = read_listing(out)
    waiting = [part for part in range(listing.parts) if not part_file(out, part).exists()]
    skipped = listing.parts - len(waiting)
    done = sum(rows_in(part_file(out, p)) for p in set(range(listing.parts)) - set(waiting))
    progress(done, listing.files)
    futures = {
        client.submit(score_part, str(out), part, key=f"albumen-{listing.model_id}-{out}-{part}",
                      pure=False, retries=0): part
        for part in waiting
    }  # fmt: skip
    results: list[PartResult] = []
    failed: list[int] = []
    for future in as_completed(list(futures)):
        error = future.exception()
        if isinstance(error, KilledWorker):
            log.error("part %d has cost several workers their lives", futures[future])
            failed.append(futures[future])
        elif error is not None:
            client.cancel(list(futures))
            raise error
        else:
            result: PartResult = future.result()
            results.append(result)
            done += result.scored + result.not_scored + result.unreadable
            progress(done, listing.files)
        future.release()
    return ArchiveResult(
        listing.files,
        listing.parts,
        skipped,
        tuple(sorted(failed)),
        sum(result.scored for result in results),
        sum(result.not_scored for result in results),
        sum(result.unreadable for result in results),
    )


def rows_in(file: Path) -> int:
    """Rows of a Parquet file, from its footer alone."""
    from pyarrow import parquet

    return int(parquet.read_metadata(file).num_rows)


def score_part(out_name: str, part: int) -> PartResult:
    """A worker's task: analyze one part's files and write its Parquet file."""
    import pyarrow
    from pyarrow import parquet

    out = Path(out_name)
    listing = read_listing(out)
    analyzer = _analyzer(listing)
    rows = [_row(analyzer, state) for state in read_part(out, part)]
    target = part_file(out, part)
    # Another worker that was believed dead may be writing the same part.
    unfinished = target.with_suffix(f".{socket.gethostname()}-{os.getpid()}.unfinished")
    described = schema().with_metadata({"model_id": listing.model_id})
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=described), unfinished)
    unfinished.replace(target)
    counts = dict.fromkeys(Status, 0)
    for row in rows:
        counts[Status(row["status"])] += 1
    return PartResult(
        part, counts[Status.SCORED], counts[Status.NOT_SCORED], counts[Status.UNREADABLE]
    )


def _analyzer(listing: Listing) -> Analyzer:
    analyzer = _opened(listing.model, listing.precision)
    if analyzer.model_id != listing.model_id:
        raise ModelError(
            f"A worker's model is {analyzer.model_id}, not {listing.model_id}: "
            "install the same version of the program everywhere."
        )
    return analyzer


@functools.lru_cache(maxsize=1)
def _opened(model: str, precision: str) -> Analyzer:
    keep_freed_memory()
    return open_analyzer(model, Precision(precision))


def _row(analyzer: Analyzer, state: FileState) -> dict[str, Any]:
    """One photo analyzed; whatever is wrong with its file is a reason in its row."""
    content: bytes | None = None
    try:
        stat = state.path.stat()
        if (stat.st_size, stat.st_mtime_ns) != (state.size, state.mtime_ns):
            raise UnreadablePhotoError(CHANGED_SINCE)
        content = fingerprint(state.path)
        analysis = analyzer.analyze(state.path)
    except ModelError:
        raise
    except UnreadablePhotoError as error:
        analysis = _unreadable(str(error))
    except OSError as error:
        analysis = _unreadable(f"the file can't be read: {error.strerror or error}")
    except Exception:
        log.exception("analysis failed")
        analysis = _unreadable(INTERNAL_ERROR)
    return to_row(state, analysis, content)


def _unreadable(reason: str) -> Analysis:
    return Analysis(None, Status.UNREADABLE, reason, None, ())
