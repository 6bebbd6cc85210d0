"""Photos that people rated: AVA with its two text files, or any CSV of counts or means."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import SCORE_BINS
from core.errors import UsageError

Array = NDArray[np.float64]

PORTRAIT_TAGS = ("portraiture",)
"""AVA's tag (see ``tags.txt``) for portraits, as the paper chose its photos; more may be named."""

MEAN_SPREAD = 1.4
"""Standard deviation assumed for a photo whose CSV gives only a mean: AVA's typical one (Talebi
and Milanfar, figure 2)."""

NAME_COLUMNS = ("file", "filename", "image", "path", "photo", "name")
TRAILING_NUMBER = re.compile(r"[\s_-]*\d+$")


@dataclass(frozen=True, slots=True)
class RatedPhoto:
    """One photo and how people rated it.

    ``distribution`` is the share of ratings 1..10, float64 (10,). ``group`` names what must not be
    split between training and testing (a theme, a series). ``raters`` is 0 where unknown.
    """

    path: Path
    distribution: Array = field(repr=False)
    group: str
    raters: int = 0
    tags: tuple[str, ...] = ()
    extras: tuple[tuple[str, float], ...] = ()

    @property
    def mean(self) -> float:
        """Mean rating, 1..10."""
        return float(self.distribution @ np.arange(1, SCORE_BINS + 1))


def theme(name: str) -> str:
    """The file name without its extension and trailing number: ``Lake 12.jpg`` -> ``Lake``."""
    stem = Path(name).stem
    return TRAILING_NUMBER.sub("", stem) or stem


def stretch(counts: Sequence[float] | Array) -> Array:
    """Counts on any number of levels -> shares of 1..10, by interpolating the cumulative share.

    Level i of n covers the i-th n-th of the scale, so order and shape are kept: 4 of 7 becomes
    5.5 of 10. Ten levels pass through unchanged.
    """
    votes = np.asarray(counts, np.float64)
    total = votes.sum()
    if votes.ndim != 1 or len(votes) < 2 or total <= 0 or (votes < 0).any():
        raise UsageError("Rating counts must be at least two numbers, none negative, not all zero.")
    if len(votes) == SCORE_BINS:
        return votes / total
    cumulative = np.concatenate([[0.0], np.cumsum(votes) / total])
    edges = np.linspace(0.0, 1.0, len(votes) + 1)
    shares = np.diff(np.interp(np.linspace(0.0, 1.0, SCORE_BINS + 1), edges, cumulative))
    return np.asarray(shares, np.float64)


def around(mean: float, spread: float = MEAN_SPREAD) -> Array:
    """A distribution over 1..10 with this mean: exponentially tilted from a discretised normal.

    ``spread`` is the standard deviation of the normal; the mean is met to 1e-6, also near the ends.
    """
    levels = np.arange(1, SCORE_BINS + 1, dtype=np.float64)
    if not levels[0] < mean < levels[-1]:
        raise UsageError(f"A mean rating must lie between 1 and 10, not at {mean}.")
    low, high = -20.0, 20.0
    base = -0.5 * ((levels - mean) / spread) ** 2
    shares = np.full(SCORE_BINS, 1 / SCORE_BINS)
    for _ in range(80):
        tilt = (low + high) / 2
        weights = np.exp(base + tilt * (levels - mean) - np.max(base + tilt * (levels - mean)))
        shares = weights / weights.sum()
        if shares @ levels < mean:
            low = tilt
        else:
            high = tilt
    return np.asarray(shares, np.float64)


def read_ava(
    folder: Path, tags: Sequence[str] | None = PORTRAIT_TAGS, images: Path | None = None
) -> list[RatedPhoto]:
    """AVA's photos that carry one of ``tags`` (``None``: all of them) and whose image is there.

    ``folder`` holds ``AVA.txt`` (row, image id, the counts of ratings 1..10, two tag ids, challenge
    id) and ``tags.txt`` (tag id, name); the images lie in ``images``, by default ``images/`` or
    ``image/`` beside them, as ``<id>.jpg``. Tags match by name, ignoring case. The group is the
    challenge, whose photos share a subject. Raises ``UsageError`` saying what is missing.
    """
    table, names = folder / "AVA.txt", folder / "tags.txt"
    for needed in (table, names):
        if not needed.is_file():
            raise UsageError(f"AVA needs {needed.name} in {folder}; it is not there.")
    if images is None:
        images = next((folder / n for n in ("images", "image") if (folder / n).is_dir()), folder)
    known = {}
    for line in names.read_text(encoding="utf-8", errors="replace").splitlines():
        number, _, name = line.strip().partition(" ")
        if number.isdigit() and name:
            known[int(number)] = name.strip()
    wanted = None
    if tags is not None:
        by_name = {name.lower(): number for number, name in known.items()}
        missing = [tag for tag in tags if tag.lower() not in by_name]
        if missing:
            raise UsageError(
                f"tags.txt has no tag {', '.join(missing)}; it has: {', '.join(sorted(by_name))}."
            )
        wanted = {by_name[tag.lower()] for tag in tags}
    found = []
    for line in table.read_text(encoding="utf-8").splitlines():
        fields = [int(word) for word in line.split()]
        if len(fields) < 14:
            continue
        marks = {tag for tag in fields[12:14] if tag}
        if wanted is not None and not marks & wanted:
            continue
        path = images / f"{fields[1]}.jpg"
        if not path.is_file() or not sum(fields[2:12]):
            continue
        challenge = fields[14] if len(fields) > 14 else fields[1]
        found.append(
            RatedPhoto(
                path=path,
                distribution=stretch(fields[2:12]),
                group=f"challenge {challenge}",
                raters=sum(fields[2:12]),
                tags=tuple(known[tag] for tag in sorted(marks) if tag in known),
            )
        )
    if not found:
        raise UsageError(f"No photo of AVA.txt with those tags has its image in {images}.")
    return found


def _count_columns(header: Sequence[str]) -> list[str]:
    """The columns that count ratings per level: one common stem and the levels 1..n, n >= 2."""
    families: dict[str, dict[int, str]] = {}
    for column in header:
        match = re.fullmatch(r"(.*?)(\d+)", column.strip())
        if match:
            families.setdefault(match.group(1), {})[int(match.group(2))] = column
    best: list[str] = []
    for levels in families.values():
        if sorted(levels) == list(range(1, len(levels) + 1)) and len(levels) > max(1, len(best)):
            best = [levels[k] for k in sorted(levels)]
    return best


def read_csv(
    table: Path,
    images: Path | None = None,
    *,
    mean_column: str | None = None,
    mean_range: tuple[float, float] = (1.0, 10.0),
    group_column: str | None = None,
    extra_columns: Sequence[str] = (),
) -> list[RatedPhoto]:
    """Any CSV with a file column and either rating counts per level or mean ratings.

    Counts are columns that share a stem and end in 1..n (``beauty_1`` .. ``beauty_7``). Without
    them a mean is read from ``mean_column`` (by default ``mean``, or the one column ending in
    ``_mean``) on the scale ``mean_range``. ``images`` defaults to ``images/`` beside the table, or
    the table's folder. The group is ``group_column`` or the file's theme. Rows whose photo is not
    there are left out. Raises ``UsageError`` saying what the table lacks.
    """
    if not table.is_file():
        raise UsageError(f"There is no table of ratings at {table}.")
    if images is None:
        images = table.parent / "images" if (table.parent / "images").is_dir() else table.parent
    with table.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
        header = list(reader.fieldnames or ())
    name_column = next((c for c in header if c.strip().lower() in NAME_COLUMNS), None)
    if name_column is None:
        raise UsageError(f"{table.name} needs a column named file with each photo's file name.")
    for column in (group_column, mean_column, *extra_columns):
        if column is not None and column not in header:
            raise UsageError(f"{table.name} has no column {column}.")
    counts = [] if mean_column else _count_columns(header)
    if not counts and mean_column is None:
        means = [c for c in header if c.lower() == "mean" or c.lower().endswith("_mean")]
        if len(means) != 1:
            raise UsageError(
                f"{table.name} needs rating counts (rating_1, rating_2, ...) or one mean column."
            )
        mean_column = means[0]
    low, high = mean_range
    found = []
    for line, row in enumerate(rows, start=2):
        path = images / row[name_column]
        if not path.is_file():
            continue
        try:
            votes = [float(row[c] or 0) for c in counts]
            if counts:
                distribution = stretch(votes)
            else:
                share = (float(row[mean_column or ""]) - low) / (high - low)
                distribution = around(float(np.clip(1 + 9 * share, 1.01, 9.99)))
            extras = tuple((c, float(row[c])) for c in extra_columns)
        except ValueError as error:
            raise UsageError(f"{table.name}, line {line}: {error}.") from error
        group = row[group_column] if group_column else theme(row[name_column])
        found.append(RatedPhoto(path, distribution, group, raters=int(sum(votes)), extras=extras))
    if not found:
        raise UsageError(f"None of the photos that {table.name} names is in {images}.")
    return found


def distributions(photos: Iterable[RatedPhoto]) -> Array:
    """(n, 10) rating shares."""
    return np.stack([photo.distribution for photo in photos])


def folds(groups: Sequence[str], count: int, seed: int = 0) -> NDArray[np.intp]:
    """(n,) fold numbers 0..count-1: whole groups, shuffled, each to the smallest fold so far.

    Raises ``UsageError`` when there are fewer groups than folds.
    """
    names = sorted(set(groups))
    if len(names) < count:
        raise UsageError(f"{count} folds need at least {count} groups of photos, not {len(names)}.")
    np.random.default_rng(seed).shuffle(names)
    sizes = dict.fromkeys(names, 0)
    for group in groups:
        sizes[group] += 1
    load = [0] * count
    where = {}
    for name in sorted(names, key=lambda n: -sizes[n]):
        smallest = int(np.argmin(load))
        where[name] = smallest
        load[smallest] += sizes[name]
    return np.array([where[group] for group in groups], np.intp)
