"""The list of an archive's files, made once and cut into parts: what a restart goes on with.

One Parquet file; each of its row groups is a part. Every worker reads its own part from there,
so that no path travels through the scheduler.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.domain import FileState
from core.errors import AlbumenError, UsageError
from core.files.scan import IgnoreRules, walk

log = logging.getLogger(__name__)

LISTING_FILE = "listing.parquet"
PART_FILES = 1000
"""Photos in a part: minutes of work, so that little is lost with a worker and nothing waits."""


class ArchiveError(AlbumenError):
    """An archive's folder can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found below ``root``: ``files`` in ``parts`` parts, and how it is to be scored.

    ``model`` is a bundled model's name or a directory that all workers see.
    """

    root: Path
    model: str
    model_id: str
    precision: str
    files: int
    parts: int


def make_listing(
    out: Path, root: Path, model: str, model_id: str, precision: str, part_files: int = PART_FILES
) -> Listing:
    """List ``root`` into ``out``, or take up the listing that is there.

    Raises:
        UsageError: ``out`` belongs to another folder or another model.
    """
    target = out / LISTING_FILE
    if target.exists():
        known = read_listing(out)
        if (known.root, known.model_id, known.precision) != (root, model_id, precision):
            raise UsageError(
                f"{out} holds the scores of {known.root} by {known.model_id} ({known.precision}); "
                "choose another folder."
            )
        return known
    out.mkdir(parents=True, exist_ok=True)
    import pyarrow
    from pyarrow import parquet

    facts = {
        "root": os.fsencode(root).hex(),
        "model": model,
        "model_id": model_id,
        "precision": precision,
    }
    schema = pyarrow.schema(
        [
            ("path", pyarrow.binary()),
            ("size", pyarrow.int64()),
            ("mtime_ns", pyarrow.int64()),
            ("inode", pyarrow.string()),
            ("device", pyarrow.string()),
        ],
        metadata={"albumen": json.dumps(facts)},
    )
    unfinished = target.with_suffix(".unfinished")
    with parquet.ParquetWriter(unfinished, schema) as writer:
        for states in _cut(_found(root, out), part_files):
            columns = [
                [os.fsencode(state.path) for state in states],
                [state.size for state in states],
                [state.mtime_ns for state in states],
                [str(state.inode) for state in states],
                [str(state.device) for state in states],
            ]
            writer.write_table(pyarrow.table(columns, schema=schema), row_group_size=part_files)
    unfinished.replace(target)
    return read_listing(out)


def _found(root: Path, out: Path) -> Iterator[FileState]:
    def problem(_path: Path, reason: str) -> None:
        log.warning("a folder is skipped: %s", reason)

    for state in walk(root, IgnoreRules(), on_problem=problem):
        if out not in state.path.parents:
            yield state


def _cut(states: Iterator[FileState], size: int) -> Iterator[list[FileState]]:
    part: list[FileState] = []
    for state in states:
        part.append(state)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def read_listing(out: Path) -> Listing:
    """The listing in ``out``, without its files.

    Raises:
        ArchiveError: there is none, or it can't be read.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        meta = parquet.read_metadata(out / LISTING_FILE)
        facts = json.loads(meta.metadata[b"albumen"])
        return Listing(
            root=Path(os.fsdecode(bytes.fromhex(facts["root"]))),
            model=facts["model"],
            model_id=facts["model_id"],
            precision=facts["precision"],
            files=meta.num_rows,
            parts=meta.num_row_groups,
        )
    except (OSError, pyarrow.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"{out} holds no listing that can be read: {error}.") from error


def read_part(out: Path, part: int) -> Sequence[FileState]:
    """The files of one part."""
    from pyarrow import parquet

    with parquet.ParquetFile(out / LISTING_FILE) as file:
        rows = file.read_row_group(part).to_pylist()
    return [
        FileState(
            Path(os.fsdecode(row["path"])), row["size"], row["mtime_ns"],
            int(row["inode"]), int(row["device"]),
        )
        for row in rows
    ]  # fmt: skip
