"""Albums made up for curation: real files of a few bytes, indexed and scored as told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
    Score,
    ScoreDistribution,
    Status,
)
from core.files.identity import fingerprint
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library
from core.library.schema import journal, judgements, moves, photos

MODEL = "made-up"
START = datetime(2024, 6, 1, 14, 0, 1)
PORTRAIT = 0x3C5A_96F0_0FA5_C369
"""A perceptual hash with as many ones as zeros."""


@dataclass(frozen=True)
class Shot:
    """One photo to make. ``mean`` None: not scored yet. ``person`` numbers the face's owner."""

    name: str
    mean: float | None = 5.0
    likeness: int | None = PORTRAIT
    taken_at: datetime | None = START
    taken_source: str = "exif"
    camera: str | None = "Canon EOS R5"
    person: int | None = None
    status: Status = Status.SCORED
    flag: Flag | None = None
    rating: int = 0
    content: bytes | None = None
    exposure_s: float | None = None
    size: tuple[int, int] = (6000, 4000)


def signed(value: int) -> int:
    """A 64-bit pattern as SQLite keeps it."""
    return value - (1 << 64) if value >= 1 << 63 else value


def flipped(likeness: int, bits: int, seed: int = 0) -> int:
    """A hash that differs in so many bits."""
    chosen = np.random.default_rng(seed).permutation(64)[:bits]
    for bit in chosen:
        likeness ^= 1 << int(bit)
    return likeness


def face_of(person: int, shot: int = 0) -> Face:
    """A face of a person: descriptors of one person have a cosine of about 0.9."""
    base = np.random.default_rng(person).normal(size=1024)
    own = np.random.default_rng(10_000 + 97 * person + shot).normal(size=1024)
    descriptor = (base + 0.3 * own).astype(np.float32)
    return Face(Box(0.3, 0.2, 0.3, 0.4), 0.95, (), descriptor)


def distribution(mean: float) -> ScoreDistribution:
    """Two neighbouring bins that give this mean."""
    low = min(9, int(mean))
    shares = [0.0] * 10
    shares[low - 1], shares[low] = 1 - (mean - low), mean - low
    return ScoreDistribution(tuple(shares))


def build(library: Library, album: Path, shots: Sequence[Shot]) -> list[int]:
    """Write the files, index them as one album, and store what a scan would have found."""
    album.mkdir(parents=True, exist_ok=True)
    library.writer.add_album(album).result()
    states = []
    for number, shot in enumerate(shots):
        path = album / shot.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(shot.content or f"{album.name}/{shot.name} ".encode() * (40 + number))
        os.utime(path, ns=(10**18 + number, 1_600_000_000_123_456_000 + number * 1_000_000_000))
        states.append(state_of(path))
    ids = library.writer.apply_files(FileChanges(None, new=states)).result()
    analyzed = [
        AnalyzedPhoto(i, f"{s.size}:{s.mtime_ns}", _analysis(shot, n), fingerprint(s.path))
        for n, (i, s, shot) in enumerate(zip(ids, states, shots, strict=True))
        if shot.status is not Status.PENDING
    ]
    library.writer.save_analyses(MODEL, analyzed).result()
    for photo_id, shot in zip(ids, shots, strict=True):
        if shot.flag:
            library.writer.set_flag([photo_id], shot.flag).result()
        if shot.rating:
            library.writer.set_rating([photo_id], shot.rating).result()
    return ids


def state_of(path: Path) -> FileState:
    """What the file system says of a file."""
    stat = path.stat()
    return FileState(path, stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_dev)


def _analysis(shot: Shot, number: int) -> Analysis:
    metadata = PhotoMetadata(
        "jpeg",
        *shot.size,
        taken_at=shot.taken_at,
        taken_source=shot.taken_source if shot.taken_at else None,
        camera=shot.camera,
        exposure_s=shot.exposure_s,
        aperture=2.8 if shot.exposure_s else None,
        iso=100 if shot.exposure_s else None,
    )
    scored = shot.status is Status.SCORED and shot.mean is not None
    return Analysis(
        metadata,
        shot.status,
        None if scored else "cut off",
        Score(MODEL, distribution(shot.mean or 1.0)) if scored else None,
        (face_of(shot.person, number),) if shot.person is not None else (),
        None,
        None if shot.likeness is None else signed(shot.likeness),
    )


Tree = dict[str, tuple[str, int]]


def tree(folder: Path) -> Tree:
    """Every file below a folder: its content (hashed) and modification time, by path."""
    found: Tree = {}
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory, name)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[os.fsencode(path.relative_to(folder)).hex()] = digest, path.stat().st_mtime_ns
    return found


def contents(folder: Path) -> list[str]:
    """Hashes of all files below a folder, sorted: what is there, wherever it lies."""
    return sorted(digest for digest, _ in tree(folder).values())


def database(library: Library, ids: Sequence[int]) -> list[Any]:
    """All that the library knows of some photos, as it is stored."""
    with library.queries.reading() as connection:
        return [
            *connection.execute(photos.select().where(photos.c.id.in_(ids)).order_by("id")),
            *connection.execute(
                judgements.select().where(judgements.c.photo_id.in_(ids)).order_by("photo_id")
            ),
        ]


def move_states(library: Library, journal_id: int) -> list[str]:
    """States of an entry's moves, in order."""
    with library.queries.reading() as connection:
        rows = connection.execute(
            moves.select().where(moves.c.journal_id == journal_id).order_by("id")
        )
        return [row.state for row in rows]


def entries(library: Library) -> int:
    """Number of entries in the journal."""
    with library.queries.reading() as connection:
        return len(connection.execute(journal.select()).all())
