"""The words of the field as frozen values: what rooms of the program hand to each other.

Coordinates of anything drawn on a photo are fractions (0..1) of the *upright* photo, so they hold
at every decode scale and zoom. Images in memory are ``uint8`` arrays of shape (height, width, 3),
RGB, sRGB, upright, unless a name says otherwise.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ImageArray = NDArray[np.uint8]

SCORE_BINS = 10
"""Ratings run over 1..10, one bin each, as in AVA."""


class Status(enum.StrEnum):
    """What is known of a photo under one model."""

    PENDING = "pending"  # found on disk, not analyzed yet
    SCORED = "scored"
    NOT_SCORED = "not_scored"  # readable, but a score would mean nothing (a flat frame)
    UNREADABLE = "unreadable"  # see the reason
    MISSING = "missing"  # the file is gone or its drive is away; nothing is forgotten


class Flag(enum.StrEnum):
    """The user's verdict on a photo; no flag is ``None``."""

    PICK = "pick"
    REJECT = "reject"


class ColorLabel(enum.StrEnum):
    """The colour labels that cullers agree on (keys 6-9 give the first four)."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the upright photo; may reach past the frame (a cut face)."""

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        """Share of the frame, 0..1 for boxes inside it."""
        return self.w * self.h

    @property
    def center(self) -> tuple[float, float]:
        """Centre as (x, y) fractions."""
        return self.x + self.w / 2, self.y + self.h / 2


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    ``keypoints`` are six (x, y) fractions in BlazeFace's order: the eye at the left of the upright
    picture, the eye at its right, nose tip, mouth, the ear at the left, the ear at the right.
    ``score`` is the detector's confidence, 0..1. ``descriptor`` is FaceRes's 1024-d vector
    (float32, as the model gives it, not normalised), ``None`` where it was not computed.
    """

    box: Box
    score: float
    keypoints: tuple[tuple[float, float], ...] = ()
    descriptor: FloatArray | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """Predicted share of ratings 1..10 (sums to 1), as NIMA gives it.

    ``mean`` is ``sum k p_k`` (1..10) and ``std`` ``sqrt(sum (k - mean)^2 p_k)``
    (Talebi and Milanfar, "NIMA", section 2).
    """

    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.probabilities) != SCORE_BINS:
            raise ValueError(f"a distribution has {SCORE_BINS} bins, not {len(self.probabilities)}")

    @property
    def mean(self) -> float:
        """Mean score, 1..10."""
        return float(sum(k * p for k, p in enumerate(self.probabilities, start=1)))

    @property
    def std(self) -> float:
        """Standard deviation of the predicted ratings, 0..4.5: how much people would disagree."""
        mean = self.mean
        variance = sum((k - mean) ** 2 * p for k, p in enumerate(self.probabilities, start=1))
        return float(max(variance, 0.0) ** 0.5)


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file system says of a file: enough to see that it changed, cheap to ask for."""

    path: Path
    size: int
    mtime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class PhotoMetadata:
    """Facts read from the file's header; ``None`` where the file does not say.

    ``taken_at`` is the camera's wall-clock time without a zone; ``taken_source`` says where it
    comes from: ``exif``, ``name`` (a date in the file's name) or ``mtime``.
    ``width`` and ``height`` are those of the full upright photo, in pixels. ``exposure_bias`` is
    the exposure that was asked for against the metered one, in stops; ``auto_bracket`` is true
    where the camera says that it took a bracket.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    animated: bool = False
    taken_at: datetime | None = None
    taken_source: str | None = None
    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    focal_mm: float | None = None
    exposure_bias: float | None = None
    auto_bracket: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded photo: upright sRGB pixels, perhaps smaller than the file's own.

    ``pixels``: uint8 (h, w, 3). ``metadata.width``/``height`` are the full upright size; the
    pixels have the same aspect ratio (to rounding).
    """

    pixels: ImageArray = field(repr=False)
    metadata: PhotoMetadata


@dataclass(frozen=True, slots=True)
class Score:
    """One model's verdict on one photo.

    ``uncertainty`` is in score units: the half-width within which two photos are too close to
    call; ``None`` where the model does not state it. ``scene_maps`` (10, h, w) float32 are the
    contributions of each place to each class's logit, so that the Grad-CAM of any target is a
    weighted sum of them; ``face_maps`` the same for the face branch, drawn in ``face_map_box``.
    """

    model: str
    distribution: ScoreDistribution
    uncertainty: float | None = None
    scene_maps: FloatArray | None = field(default=None, compare=False, repr=False)
    face_maps: FloatArray | None = field(default=None, compare=False, repr=False)
    face_map_box: Box | None = None

    @property
    def mean(self) -> float:
        """Mean score, 1..10."""
        return self.distribution.mean

    @property
    def std(self) -> float:
        """Standard deviation of the predicted ratings."""
        return self.distribution.std


@dataclass(frozen=True, slots=True)
class Reason:
    """A measured fault that cleared its threshold; `core.reasons` measures it.

    ``code`` is stable (``core.reasons.codes.Code``), ``text`` a plain sentence. ``value`` is the
    measurement and ``threshold`` what it had to pass, in the code's own unit (some faults are too
    much of something, some too little). ``severity`` is 0 (just noticed) .. 1 (as bad as it gets);
    ``box`` is where, or ``None`` for the whole photo.
    """

    code: str
    text: str
    value: float
    threshold: float
    severity: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the program derives from one photo's pixels, under one model."""

    metadata: PhotoMetadata | None
    status: Status
    reason: str | None
    score: Score | None
    faces: tuple[Face, ...]
    thumbnail: bytes | None = field(default=None, repr=False)
    likeness: int | None = None  # 64-bit perceptual hash, for near-duplicates


@dataclass(frozen=True, slots=True)
class Album:
    """A watched folder. ``online`` is False while its folder can't be seen (a drive is away)."""

    id: int
    path: Path
    name: str
    online: bool = True
    photo_count: int = 0


@dataclass(frozen=True, slots=True)
class SmartAlbum:
    """A search that was kept under a name; ``query`` is in the query language."""

    id: int
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """What the grid paints of a photo: cheap to fetch by the hundred.

    ``file`` is the path as text: taking it apart for a ``Path`` would cost half the time of a row.
    ``partners`` counts the raw files that are one item with it.
    """

    id: int
    file: str
    name: str
    status: Status
    reason: str | None
    mean: float | None
    uncertainty: float | None
    face_count: int
    rating: int
    flag: Flag | None
    color: ColorLabel | None
    width: int | None
    height: int | None
    taken_at: datetime | None
    main_reason: str | None = None  # the gravest measured fault's code
    reasons: tuple[str, ...] = ()  # the codes of the gravest few, the gravest first
    album_id: int | None = None
    moved: float | None = None  # since the model before, where that was asked for
    partners: int = 0

    @property
    def path(self) -> Path:
        """Where the photo's file is (or was)."""
        return Path(self.file)


@dataclass(frozen=True, slots=True)
class Photo:
    """Everything the library knows of one photo under one model (``core.cli`` prints this).

    ``percentile`` is the share (0..100) of the album's scored photos with a lower mean, ties
    counted half; None where it is the only one. ``rating`` is 0..5 stars. ``reasons`` are the
    measured faults, the gravest first; they say nothing until ``reasons_measured`` (on the file
    as it is now).
    """

    id: int
    path: Path
    album: Path | None
    status: Status
    reason: str | None
    metadata: PhotoMetadata | None
    size: int
    model: str | None
    score: Score | None
    percentile: float | None
    faces: tuple[Face, ...]
    rating: int = 0
    flag: Flag | None = None
    color: ColorLabel | None = None
    content_hash: str | None = None
    reasons: tuple[Reason, ...] = ()
    reasons_measured: bool = False


class SortKey(enum.StrEnum):
    """Orders of a photo list; every one breaks ties by photo id."""

    SCORE = "score"
    LOW = "low"  # the score less its uncertainty: what is certain to be good comes first
    PERCENTILE = "percentile"  # within each photo's own album
    TAKEN = "taken"
    NAME = "name"
    ADDED = "added"
    RATING = "rating"
    FACES = "faces"
    SIZE = "size"
    MOVED = "moved"  # how far the score moved from the model before


@dataclass(frozen=True, slots=True)
class Span:
    """A range of values: numbers or moments; ``None`` is open. ``above`` and ``below`` leave the
    bound itself out."""

    low: float | datetime | None = None
    high: float | datetime | None = None
    above: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query: ``key`` is one of ``core.searching.keys``, any of ``values`` will do.

    ``text`` is the word as it was written, so that a query can be written down again.
    """

    key: str
    values: tuple[str | Span, ...]
    negated: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    """Which photos, in which order. Filters combine by AND; ``None`` means "any".

    ``model`` names the model whose scores count. ``folder`` restricts to a folder and everything
    below it. ``terms`` are what the query language says (``core.searching``). Missing photos are
    left out unless asked for by ``statuses`` or a term.
    """

    model: str
    album_id: int | None = None
    folder: Path | None = None
    statuses: frozenset[Status] | None = None
    min_score: float | None = None
    max_score: float | None = None
    portraits_only: bool = False
    text: str = ""
    flag: Flag | None = None
    min_rating: int | None = None
    reason: str | None = None  # only photos with this measured fault (its code)
    person: int | None = None  # only photos of this person (an id of the table people)
    terms: tuple[Term, ...] = ()
    sort: SortKey = SortKey.SCORE
    descending: bool = True
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """What one write changed; each listener decides what that means for it.

    ``photo_ids`` is empty with ``everything`` set when a change is too wide to list.
    """

    added: frozenset[int] = frozenset()
    updated: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()
    albums: bool = False
    everything: bool = False

    def __or__(self, other: LibraryChange) -> LibraryChange:
        return LibraryChange(
            added=self.added | other.added,
            updated=self.updated | other.updated,
            removed=self.removed | other.removed,
            albums=self.albums or other.albums,
            everything=self.everything or other.everything,
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed or self.albums or self.everything)


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Where the background work stands."""

    found: int = 0
    done: int = 0
    scored: int = 0
    not_scored: int = 0
    unreadable: int = 0
    faces: int = 0
    scanning: bool = False
    paused: bool = False
    photos_per_second: float | None = None
    seconds_left: float | None = None
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """True while there is anything left to do."""
        return self.scanning or self.done < self.found
