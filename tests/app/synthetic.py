"""A library with made-up photos: real rows in a real database, no models and no waiting."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from core.domain import (
    Analysis,
    Box,
    Face,
    FileState,
    PhotoMetadata,
    Score,
    ScoreDistribution,
    Status,
)
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library

MODEL = "made-up-1"


def distribution(mean: float) -> ScoreDistribution:
    """A bell over 1..10 whose mean is about ``mean``."""
    ratings = np.arange(1, 11)
    weights = np.exp(-((ratings - mean) ** 2) / 3.0)
    return ScoreDistribution(tuple(float(w) for w in weights / weights.sum()))


def scored(number: int, faces: int = 1) -> Analysis:
    """Photo ``number``'s analysis: the higher the number, the higher the score (up to 100)."""
    mean = 2.5 + 5.0 * (number % 100) / 100
    maps = np.zeros((10, 7, 7), np.float32)
    maps[8, 1:3, 1:3] = 1.0
    maps[1, 5:, 5:] = 1.0
    found = tuple(Face(Box(0.1 + 0.2 * n, 0.2, 0.15, 0.2), 0.9) for n in range(faces))
    return Analysis(
        metadata=PhotoMetadata("jpeg", 600, 400),
        status=Status.SCORED,
        reason=None,
        score=Score(MODEL, distribution(mean), scene_maps=maps),
        faces=found,
    )


def unreadable(reason: str = "the file is empty") -> Analysis:
    """A file that can't be read."""
    return Analysis(None, Status.UNREADABLE, reason, None, ())


def fill(
    library: Library,
    folder: Path,
    count: int,
    analysis: Callable[[int], Analysis | None] = scored,
    thumbnails: bool = False,
) -> list[int]:
    """An album of ``count`` photos; those whose ``analysis`` is None stay pending.

    With ``thumbnails`` there are pictures too, as thumbnails and as files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    album = library.writer.add_album(folder).result()
    states = [FileState(folder / f"photo-{n:05}.jpg", 1000 + n, 1, n + 1, 1) for n in range(count)]
    ids = library.writer.apply_files(FileChanges(album.id, new=states)).result()
    results = [(i, s, analysis(n)) for n, (i, s) in enumerate(zip(ids, states, strict=True))]
    done = [AnalyzedPhoto(i, f"{s.size}:{s.mtime_ns}", a) for i, s, a in results if a is not None]
    for start in range(0, len(done), 400):
        library.writer.save_analyses(MODEL, done[start : start + 400]).result()
    if thumbnails:
        for n, state in enumerate(states):
            Image.new("RGB", (600, 400), (n % 256, 90, 160)).save(state.path)
        library.thumbnails.put_many([(i, thumbnail(n)) for n, i in enumerate(ids)])
    return ids


def thumbnail(number: int) -> bytes:
    """A plain JPEG whose grey tells the number."""
    image = Image.new("RGB", (512, 342), (number % 256, 90, 160))
    content = io.BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()
