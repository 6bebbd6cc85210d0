"""Everything about the active photo, at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.models.why import Known
from app.theme import Theme
from app.translation import decimal, tr, trn
from app.views.controls import ElidedLabel, IconButton, StarRating, label, push_button
from app.views.distribution_chart import DistributionChart
from app.views.reason_list import ReasonList
from app.views.why_section import WhySection
from app.wording import (
    agreement_text,
    date_text,
    faces_text,
    pixels_text,
    place_text,
    reason_text,
    score_text,
    share_text,
    size_text,
    status_text,
)
from core.domain import Flag, Photo
from core.library.standing import Standing
from core.paths import display_name

WIDTH = 288


class ScorePanel(QWidget):
    """Score, distribution, the user's own verdict, faces, and the file's facts.

    Signals:
        rated(int): stars given by the mouse.
        flagged(object): a ``Flag``, or None to clear.
        pointed(object): the ``Box`` of a reason under the mouse, or None.
        opened(object): the ``Box`` of a reason that was clicked.
        compare_wanted(int): with the photo of this id, the best of the burst.
    """

    rated = Signal(int)
    flagged = Signal(object)
    pointed = Signal(object)
    opened = Signal(object)
    compare_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scorePanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Details"))
        self.setFixedWidth(WIDTH)
        self._photo: Photo | None = None

        self.name = ElidedLabel("", "title")
        self.score = label("", "hero")
        self.of_ten = label("", "dim")
        self.of_ten.setWordWrap(True)
        self.rank = label("", "")
        self.rank.setWordWrap(True)
        self.place = label("", "small")
        self.place.setWordWrap(True)
        self.compare = push_button(tr("Compare with the best of its burst"), link=True)
        self.compare.clicked.connect(self._compare)
        self._best: int | None = None
        self.chart = DistributionChart(theme)
        self.agreement = label("", "small")
        self.agreement.setWordWrap(True)
        self.chosen = label("", "small")
        self.stars = StarRating(tr("Stars"), theme)
        self.stars.rated.connect(self.rated)
        self.pick = IconButton("pick", tr("Pick"), theme, key="P", checkable=True)
        self.reject = IconButton("reject", tr("Reject"), theme, key="X", checkable=True)
        self.pick.clicked.connect(lambda on: self.flagged.emit(Flag.PICK if on else None))
        self.reject.clicked.connect(lambda on: self.flagged.emit(Flag.REJECT if on else None))
        self.reasons = ReasonList(theme)
        self.reasons.pointed.connect(self.pointed)
        self.reasons.opened.connect(self.opened)
        self.why = WhySection(theme)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(14)
        self.facts.setVerticalSpacing(5)
        self.facts.setColumnStretch(1, 1)
        self.empty = label(tr("Choose a photo to see its score"), "dim")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self._build()
        self.show_photo(None)

    def _build(self) -> None:
        headline = QHBoxLayout()
        headline.setSpacing(8)
        headline.addWidget(self.score)
        headline.addWidget(self.of_ten, 1, Qt.AlignmentFlag.AlignBottom)
        self.of_ten.setContentsMargins(0, 0, 0, 7)
        verdict = QHBoxLayout()
        verdict.setSpacing(4)
        verdict.addWidget(self.stars)
        verdict.addStretch()
        verdict.addWidget(self.pick)
        verdict.addWidget(self.reject)
        self._body = QWidget()
        self._body.setObjectName("scorePanelBody")
        column = QVBoxLayout(self._body)
        column.setContentsMargins(18, 14, 14, 16)
        column.setSpacing(6)
        column.addWidget(self.name)
        column.addLayout(headline)
        column.addWidget(self.rank)
        column.addWidget(self.place)
        column.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(4)
        column.addWidget(self.chart)
        column.addWidget(self.agreement)
        column.addSpacing(10)
        column.addWidget(self.reasons)
        column.addSpacing(10)
        column.addWidget(self.why)
        column.addSpacing(10)
        column.addWidget(label(tr("Your verdict"), "section"))
        column.addLayout(verdict)
        column.addWidget(self.chosen)
        column.addSpacing(10)
        column.addWidget(label(tr("Photo"), "section"))
        column.addLayout(self.facts)
        column.addStretch()
        area = QScrollArea()
        area.setWidget(self._body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setAccessibleName(tr("Details"))
        self._area = area
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(area)
        outer.addWidget(self.empty)

    @property
    def photo(self) -> Photo | None:
        """The photo that is shown."""
        return self._photo

    def show_chosen(self, count: int) -> None:
        """Say when a key acts on more than the photo that is shown."""
        self.chosen.setVisible(count > 1)
        self.chosen.setText(
            trn("Keys act on {n} chosen photo", "Keys act on {n} chosen photos", count)
        )

    def show_photo(self, photo: Photo | None) -> None:
        """Show another photo; None for no choice."""
        other = photo is None or self._photo is None or photo.id != self._photo.id
        self._photo = photo
        self._area.setVisible(photo is not None)
        self.empty.setVisible(photo is None)
        if photo is None:
            return
        self.name.setText(display_name(photo.path.name))
        scored = photo.score is not None
        self._show_headline(photo)
        self.score.setProperty("role", "hero" if scored else "headline")
        self.score.style().polish(self.score)
        self.chart.setVisible(scored)
        self.agreement.setVisible(scored)
        self.chart.set_distribution(
            photo.score.distribution if photo.score else None,
            photo.score.uncertainty if photo.score else None,
        )
        if photo.score is not None:
            self.agreement.setText(self._agreement(photo))
        self.rank.setText(self._rank(photo))
        self.rank.setVisible(bool(self.rank.text()))
        self.stars.set_rating(photo.rating)
        self.pick.setChecked(photo.flag is Flag.PICK)
        self.reject.setChecked(photo.flag is Flag.REJECT)
        self.reasons.show_photo(photo)
        self.why.show_photo(photo)
        if other:
            self._show_standing(None)
        self._show_facts(photo)

    def show_known(self, known: Known | None) -> None:
        """Take what was found out about the photo that is shown."""
        if known is not None and self._photo is not None and known.photo_id == self._photo.id:
            self._show_standing(known.standing)
            self.why.show_known(known)

    def _show_standing(self, found: Standing | None) -> None:
        """Where the photo stands in its burst."""
        in_burst = found is not None and found.size > 1
        self.place.setVisible(in_burst)
        self.compare.setVisible(in_burst and found is not None and found.place > 1)
        self._best = found.best_id if found is not None else None
        if found is not None and in_burst:
            self.place.setText(place_text(found.place, found.size))

    def _compare(self) -> None:
        if self._best is not None:
            self.compare_wanted.emit(self._best)

    def _show_headline(self, photo: Photo) -> None:
        """The place in the album first: of the score alone one can't tell whether it is high."""
        if photo.score is None:
            headline, beside = status_text(photo.status), ""
        elif photo.percentile is None:
            headline, beside = score_text(photo.score.mean), tr("of 10")
        else:
            headline = share_text(photo.percentile)
            beside = tr("of this album scored lower")
        self.score.setText(headline)
        self.of_ten.setText(beside)
        self.of_ten.setVisible(bool(beside))

    @staticmethod
    def _rank(photo: Photo) -> str:
        if photo.reason:
            return reason_text(photo.reason)
        if photo.score is None or photo.percentile is None:
            return ""
        return tr("Mean score {mean} (scale: 1–10)", mean=score_text(photo.score.mean))

    @staticmethod
    def _agreement(photo: Photo) -> str:
        if photo.score is None:
            return ""
        parts = [agreement_text(photo.score.distribution)]
        if photo.score.uncertainty:
            parts.append(
                tr("Photos within {gap} are too close to call",
                   gap=decimal(photo.score.uncertainty, 2))
            )  # fmt: skip
        return ". ".join(parts)

    def _show_facts(self, photo: Photo) -> None:
        while self.facts.count():
            widget = self.facts.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, (name, value) in enumerate(photo_facts(photo)):
            key = label(name, "dim")
            text = ElidedLabel(value) if name == tr("Folder") else label(value)
            text.setToolTip(value)
            text.setWordWrap(name != tr("Folder"))
            self.facts.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(text, row, 1)


def photo_facts(photo: Photo) -> list[tuple[str, str]]:
    """What is known of a photo's file, as (name, value) pairs worth showing."""
    facts: list[tuple[str, str]] = []
    if photo.faces:
        largest = max(face.box.area for face in photo.faces)
        facts.append((tr("Faces"), faces_text(len(photo.faces))))
        share = tr("{share} % of the photo", share=decimal(largest * 100, 0))
        facts.append((tr("Largest"), share))
    elif photo.score is not None:
        facts.append((tr("Faces"), faces_text(0)))
    meta = photo.metadata
    if meta is not None:
        facts.append((tr("Size"), pixels_text(meta.width, meta.height)))
        if meta.taken_at is not None:
            # A file's own date is not the camera's word: it is named as what it is.
            name = tr("Saved") if meta.taken_source == "mtime" else tr("Taken")
            facts.append((name, date_text(meta.taken_at)))
        if meta.camera:
            facts.append((tr("Camera"), meta.camera))
        if meta.lens:
            facts.append((tr("Lens"), meta.lens))
        exposure = _exposure(meta.exposure_s, meta.aperture, meta.iso, meta.focal_mm)
        if exposure:
            facts.append((tr("Exposure"), exposure))
    kind = f"{meta.format.upper()}, " if meta is not None else ""
    facts.append((tr("File"), f"{kind}{size_text(photo.size)}"))
    facts.append((tr("Folder"), display_name(photo.path.parent)))
    return facts


def _exposure(
    seconds: float | None, aperture: float | None, iso: int | None, focal: float | None
) -> str:
    parts = []
    if seconds:
        parts.append(f"1/{round(1 / seconds)} s" if seconds < 0.6 else f"{decimal(seconds, 1)} s")
    if aperture:
        parts.append(f"f/{aperture:g}")
    if iso:
        parts.append(f"ISO {iso}")
    if focal:
        parts.append(f"{focal:g} mm")
    return "  ".join(parts)
