"""How values of the domain are put into words: one place, so that every view says the same."""

from __future__ import annotations

import string
from datetime import datetime
from typing import Any

from PySide6.QtCore import QLocale

from app.translation import decimal, number, tr, trn
from core.curation.phrases import Phrase
from core.domain import (
    ColorLabel,
    Flag,
    Photo,
    PhotoRow,
    Reason,
    ScoreDistribution,
    SortKey,
    Status,
)
from core.reasons.codes import SENTENCES


def status_text(status: Status) -> str:
    """A short label for a photo's state."""
    return {
        Status.PENDING: tr("Waiting"),
        Status.SCORED: tr("Scored"),
        Status.NOT_SCORED: tr("Not scored"),
        Status.UNREADABLE: tr("Unreadable"),
        Status.MISSING: tr("Missing"),
    }[status]


def reason_text(reason: str | None) -> str:
    """Why there is no score, as a sentence of its own."""
    text = reason or tr("This file can’t be read")
    return text[:1].upper() + text[1:]


class _Localized(string.Formatter):
    """Fills in numbers with the locale's decimal sign."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """A number with the digits that ``.Nf`` asks for."""
        digits = int(format_spec.strip(".f") or 0)
        return decimal(float(value), digits)


def fault_text(reason: Reason) -> str:
    """A measured fault as a sentence with its number; as core tells it where it is unknown here."""
    template = SENTENCES.get(reason.code)
    return (
        reason.text if template is None else _Localized().format(tr(template), value=reason.value)
    )


def phrase_text(phrase: Phrase) -> str:
    """Why a photo stays or goes, or what could not be done, in the user's language."""
    values: dict[str, str] = {}
    for name, value in phrase.values.items():
        if isinstance(value, float):
            values[name] = score_text(value)
        elif isinstance(value, int):
            values[name] = number(value)
        else:
            values[name] = tr(value) if name == "fault" else value
    return tr(phrase.text, **values)


def place_text(place: int, size: int) -> str:
    """Where a photo stands in its burst."""
    if place == 1:
        return tr("Best of the {size} shots of its burst", size=number(size))
    return tr("Shot {place} of {size} in its burst, best first", place=place, size=number(size))


def flag_text(flag: Flag | None) -> str:
    """The user's verdict in a word."""
    return {Flag.PICK: tr("Pick"), Flag.REJECT: tr("Reject"), None: tr("No flag")}[flag]


def color_text(color: ColorLabel | None) -> str:
    """A colour label's name."""
    return {
        ColorLabel.RED: tr("Red"),
        ColorLabel.YELLOW: tr("Yellow"),
        ColorLabel.GREEN: tr("Green"),
        ColorLabel.BLUE: tr("Blue"),
        ColorLabel.PURPLE: tr("Purple"),
        None: tr("No colour"),
    }[color]


def stars_text(rating: int) -> str:
    """A rating in words."""
    return tr("No stars") if rating == 0 else trn("{n} star", "{n} stars", rating)


def faces_text(count: int) -> str:
    """Number of faces in words."""
    return tr("No face") if count == 0 else trn("{n} face", "{n} faces", count)


def score_text(mean: float) -> str:
    """A mean score with two digits."""
    return decimal(mean, 2)


def scale_text(mean: float) -> str:
    """A mean score with the end of its scale: "5.41/10"."""
    return tr("{mean}/10", mean=score_text(mean))


def standing_text(row: PhotoRow, percentile: float | None, *, short: bool = False) -> str:
    """Where a photo stands in its album and its mean score, or its state: "98 %  5.36/10"."""
    if row.mean is None:
        return status_text(row.status)
    lead, second = standing_parts(row.mean, percentile)
    return lead if short or not second else f"{lead}  {second}"


def standing_parts(mean: float | None, percentile: float | None) -> tuple[str, str]:
    """What is said first of a score, and what second, if anything: "98 %" and "5.36/10"."""
    if mean is None:
        return "–", ""
    if percentile is None:
        return scale_text(mean), ""
    return share_text(percentile), scale_text(mean)


def spoken_standing(mean: float | None, percentile: float | None) -> list[str]:
    """The same in whole sentences, a line each."""
    lines = [] if percentile is None else [percentile_text(percentile)]
    return lines if mean is None else [*lines, tr("score {mean} of 10", mean=score_text(mean))]


def change_text(change: float) -> str:
    """How far a score moved, with an arrow: "▲ 0.42"."""
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return f"{arrow} {decimal(abs(change), 2)}"


def spoken_row(row: PhotoRow, percentile: float | None = None) -> str:
    """One photo in a sentence: the tooltip, and what a screen reader says."""
    parts = [row.name, *spoken_standing(row.mean, percentile)]
    if row.mean is None:
        parts.append(status_text(row.status))
    if row.moved is not None:
        change = decimal(abs(row.moved), 2)
        parts.append(
            tr("{change} lower than by the model before", change=change) if row.moved < 0
            else tr("{change} higher than by the model before", change=change)
        )  # fmt: skip
    if row.reason:
        parts.append(row.reason)
    if row.status in (Status.SCORED, Status.NOT_SCORED):
        parts.append(faces_text(row.face_count))
    if row.partners:
        parts.append(tr("with its raw file"))
    if row.rating:
        parts.append(stars_text(row.rating))
    if row.flag is not None:
        parts.append(flag_text(row.flag))
    if row.color is not None:
        parts.append(color_text(row.color))
    return "\n".join(parts)


def hint_text(row: PhotoRow, photo: Photo | None) -> str:
    """A photo in a few lines, with its gravest fault where one was measured."""
    first = photo.reasons[0] if photo is not None and photo.reasons else None
    percentile = None if photo is None else photo.percentile
    return spoken_row(row, percentile) + ("" if first is None else f"\n{fault_text(first)}")


def agreement_text(distribution: ScoreDistribution) -> str:
    """What the spread means: the ratings between which the middle half of people would stay."""
    low, high = middle_half(distribution)
    if low == high:
        return tr("Half of all people would give it a {rating}", rating=low)
    return tr("Half of all people would give it {low} to {high}", low=low, high=high)


def middle_half(distribution: ScoreDistribution) -> tuple[int, int]:
    """The ratings at which a quarter and three quarters of the predicted shares are reached."""
    found = []
    for share in (0.25, 0.75):
        reached, rating = 0.0, 0
        while reached < share and rating < len(distribution.probabilities):
            reached += distribution.probabilities[rating]
            rating += 1
        found.append(rating)
    return found[0], found[1]


def percentile_text(percentile: float) -> str:
    """Where a photo stands among the scored photos of its album."""
    return tr("Better than {share} % of this album", share=decimal(percentile, 0))


def share_text(percentile: float) -> str:
    """A percentile as it leads a photo's cell."""
    return tr("{share} %", share=decimal(percentile, 0))


def sort_text(key: SortKey, descending: bool) -> str:
    """An order in words."""
    return {
        (SortKey.SCORE, True): tr("Best first"),
        (SortKey.SCORE, False): tr("Worst first"),
        (SortKey.LOW, True): tr("Surely good first"),
        (SortKey.LOW, False): tr("Surely good last"),
        (SortKey.PERCENTILE, True): tr("Best of their albums first"),
        (SortKey.PERCENTILE, False): tr("Best of their albums last"),
        (SortKey.TAKEN, True): tr("Newest first"),
        (SortKey.TAKEN, False): tr("Oldest first"),
        (SortKey.NAME, False): tr("Name, A to Z"),
        (SortKey.NAME, True): tr("Name, Z to A"),
        (SortKey.RATING, True): tr("Most stars first"),
        (SortKey.RATING, False): tr("Fewest stars first"),
        (SortKey.FACES, True): tr("Most faces first"),
        (SortKey.FACES, False): tr("Fewest faces first"),
        (SortKey.SIZE, True): tr("Largest first"),
        (SortKey.SIZE, False): tr("Smallest first"),
        (SortKey.ADDED, True): tr("Last added first"),
        (SortKey.ADDED, False): tr("First added first"),
        (SortKey.MOVED, True): tr("Moved most by the new model"),
        (SortKey.MOVED, False): tr("Moved least by the new model"),
    }[key, descending]


def duration_text(seconds: float) -> str:
    """A rough time that is left: "12 s", "3 min", "2 h 5 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    minutes = round(whole / 60)
    if minutes < 60:
        return tr("{minutes} min", minutes=minutes)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def date_text(moment: datetime) -> str:
    """A camera's wall-clock time in the user's own style; plain ISO where there is none."""
    locale = QLocale()
    if locale.language() is QLocale.Language.C:
        return moment.strftime("%Y-%m-%d  %H:%M")
    short = QLocale.FormatType.ShortFormat
    return f"{locale.toString(moment.date(), short)}  {locale.toString(moment.time(), short)}"


def size_text(count: int) -> str:
    """A file's size."""
    return QLocale().formattedDataSize(count)


def pixels_text(width: int, height: int) -> str:
    """Pixel size with megapixels."""
    return tr(
        "{width} × {height} ({mega} MP)",
        width=number(width),
        height=number(height),
        mega=decimal(width * height / 1e6, 1),
    )
