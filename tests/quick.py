"""Cheap stand-ins for tests of the machinery: tiny photos, and an analyzer without a network.

Decoding, thumbnails, likeness and everything of files and database stay the real ones; only the
score is made of the picture's mean, and no face is looked for.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
from pathlib import Path

from PIL import Image

from core.analysis import WORKING_SIDE, likeness, why_not_scored
from core.domain import Analysis, Score, ScoreDistribution, Status
from core.errors import PhotoChangedError, UnreadablePhotoError
from core.files.decode import decode
from core.files.thumbnails import make_thumbnail
from tests.making import picture

MODEL = "stand-in"


class QuickAnalyzer:
    """Does what `core.analysis.Analyzer` does, with the picture's mean for a score."""

    model_id = MODEL

    def analyze(self, path: Path) -> Analysis:
        try:
            seen = decode(path, WORKING_SIDE, exact=False)
        except PhotoChangedError:
            raise
        except UnreadablePhotoError as error:
            return Analysis(None, Status.UNREADABLE, str(error), None, ())
        thumbnail = make_thumbnail(seen.pixels)
        reason = why_not_scored(seen)
        if reason is not None:
            return Analysis(seen.metadata, Status.NOT_SCORED, reason, None, (), thumbnail)
        return Analysis(
            metadata=seen.metadata,
            status=Status.SCORED,
            reason=None,
            score=self.score_of(1 + 9 * float(seen.pixels.mean()) / 255),
            faces=(),
            thumbnail=thumbnail,
            likeness=likeness(seen.pixels),
        )

    @staticmethod
    def score_of(mean: float) -> Score:
        """A score with this mean, 1..10."""
        return Score(MODEL, distribution(mean))


def distribution(mean: float) -> ScoreDistribution:
    """Two neighbouring bins with this mean, 1..10."""
    low = min(9, int(mean))
    high = mean - low
    return ScoreDistribution(
        tuple((1 - high) * (k == low) + high * (k == low + 1) for k in range(1, 11))
    )


class TinyPhotos:
    """JPEGs of a few kilobytes, no two of them equal: few pictures, each with a number behind.

    Decoders pass over what follows the end of a JPEG, so that making a new one costs nothing.
    """

    def __init__(self, distinct: int = 8, first: int = 0) -> None:
        self._pictures = [_jpeg(seed) for seed in range(distinct)]
        self._numbers = itertools.count(first)

    def next(self) -> bytes:
        """A JPEG unlike all others so far."""
        number = next(self._numbers)
        mark = hashlib.blake2b(b"%d" % number, digest_size=16).hexdigest().encode()
        return self._pictures[number % len(self._pictures)] + mark

    def save(self, path: Path) -> Path:
        """Write a new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.next())
        return path

    def album(self, folder: Path, count: int) -> list[Path]:
        """Write ``count`` new ones into a folder."""
        return [self.save(folder / f"photo-{number:05}.jpg") for number in range(count)]


@functools.cache
def _jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture(seed, 96, 72)).save(out, "JPEG", quality=80)
    return out.getvalue()
