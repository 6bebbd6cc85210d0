"""Putting an archive's scores into a library, as if they had been made there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.archive.listing import read_listing
from core.archive.rows import to_analysis, to_state
from core.archive.score import part_file
from core.domain import FileState
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_queries import KnownFile
from core.library.file_writes import FileChanges
from core.library.library import Library

BATCH = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """``photos`` rows read, ``new`` photos made, ``stored`` analyses taken over; the others were
    of files that the library knows in another state. ``missing_parts`` are not scored yet."""

    photos: int
    new: int
    stored: int
    missing_parts: int


def import_archive(
    library: Library, out: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> Imported:
    """Take over every finished part. The archive's root becomes an album, if no album holds it.

    Raises:
        ArchiveError: there is no archive in ``out``.
        LibraryError: the library can't be written.
    """
    listing = read_listing(out)
    album = library.queries.album_of(listing.root)
    if album is None:
        album = library.writer.add_album(listing.root).result()
    photos = new = stored = missing = 0
    for part in range(listing.parts):
        file = part_file(out, part)
        if not file.exists():
            missing += 1
            continue
        for rows in _batches(file):
            made, kept = _take_over(library, album.id, listing.model_id, rows)
            photos, new, stored = photos + len(rows), new + made, stored + kept
            progress(photos, listing.files)
    return Imported(photos, new, stored, missing)


def _batches(file: Path) -> Iterator[list[Mapping[str, Any]]]:
    from pyarrow import parquet

    with parquet.ParquetFile(file) as opened:
        for batch in opened.iter_batches(BATCH):
            yield batch.to_pylist()


def _take_over(
    library: Library, album_id: int, model_id: str, rows: list[Mapping[str, Any]]
) -> tuple[int, int]:
    states = [to_state(row) for row in rows]
    known = _known(library, states)
    fresh = [state for state in states if state.path not in known]
    if fresh:
        library.writer.apply_files(FileChanges(album_id, new=fresh)).result()
        known = _known(library, states)
    analyzed = []
    thumbnails = []
    for state, row in zip(states, rows, strict=True):
        analysis = to_analysis(row, model_id)
        source = f"{state.size}:{state.mtime_ns}"
        photo = known[state.path]
        analyzed.append(AnalyzedPhoto(photo.id, source, analysis, row["fingerprint"]))
        if analysis.thumbnail is not None and photo.matches(state):
            thumbnails.append((photo.id, analysis.thumbnail))
    library.thumbnails.put_many(thumbnails)
    return len(fresh), library.writer.save_analyses(model_id, analyzed).result()


def _known(library: Library, states: Sequence[FileState]) -> dict[Path, KnownFile]:
    return {
        path: file
        for folder in {state.path.parent for state in states}
        for path, file in library.queries.known_files(folder, recursive=False).items()
    }
