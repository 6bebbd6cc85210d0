"""What the score looks at: which map is drawn, whether it is true, how fragile a score is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from app.models.heatmap import MapChoice
from app.models.why import Known
from app.theme import Theme
from app.translation import decimal, tr
from app.views.controls import IconButton, Segments, label, push_button
from core.domain import SCORE_BINS, Photo, Score
from core.errors import AlbumenError
from core.explaining.enhancing import Fragility
from core.explaining.maps import Branch, explain
from core.inference.saliency import Target

FIRST_RATING = 8
"""The rating whose map is shown first: what would make people give a high one."""


class WhySection(QWidget):
    """The map's switches, and the question of how fragile the score is.

    Signals:
        heat_toggled(bool): the map is wanted, or not any more.
        map_chosen(object): the ``MapChoice`` to draw.
        fragility_wanted(): look for the smallest change that moves the photo.
    """

    heat_toggled = Signal(bool)
    map_chosen = Signal(object)
    fragility_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo: Photo | None = None
        self._known: Known | None = None
        self.choice = MapChoice()
        self.heat = IconButton(
            "heatmap", tr("What the score looks at"), theme, key="H", checkable=True
        )
        self.heat.clicked.connect(self.heat_toggled)
        self.targets = Segments(tr("What the map explains"))
        for target, text, tip in (
            (Target.MEAN, tr("Score"), tr("What raises and lowers the mean score")),
            (Target.AVERAGE, tr("Average"), tr("The maps of all ratings, by their shares")),
            (Target.PROBABILITY, tr("Rating"), tr("What makes people give one rating")),
        ):
            self.targets.add(target, _text_button(text, tip))
        self.targets.chosen.connect(self._choose_target)
        self.rating = QSlider(Qt.Orientation.Horizontal)
        self.rating.setRange(1, SCORE_BINS)
        self.rating.setPageStep(1)
        self.rating.setValue(FIRST_RATING)
        self.rating.setTickPosition(QSlider.TickPosition.NoTicks)
        self.rating.valueChanged.connect(lambda _: self._choose_target(Target.PROBABILITY))
        self.rating_text = label("", "small")
        self.rating_text.setMinimumWidth(
            self.rating_text.fontMetrics().horizontalAdvance("10 ") + 4
        )
        self.branches = Segments(tr("Whose map"))
        for branch, text, tip in (
            (Branch.BOTH, tr("Both"), tr("Scene and face together")),
            (Branch.SCENE, tr("Scene"), tr("What the score sees in the whole photo")),
            (Branch.FACE, tr("Face"), tr("What the score sees in the face")),
        ):
            self.branches.add(branch, _text_button(text, tip))
        self.branches.chosen.connect(self._choose_branch)
        self.share = label("", "small")
        self.verdict = label("", "small")
        self.fragile = push_button(tr("How fragile is this score?"), link=True)
        self.fragile.clicked.connect(self.fragility_wanted)
        self.fragility = label("", "small")
        for text in (self.share, self.verdict, self.fragility):
            text.setWordWrap(True)
        self._build()
        self._mark()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label(tr("What the score looks at"), "section"), 1)
        head.addWidget(self.heat)
        slide = QHBoxLayout()
        slide.setSpacing(8)
        slide.addWidget(self.rating, 1)
        slide.addWidget(self.rating_text)
        self.switches = QWidget()
        inner = QVBoxLayout(self.switches)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.targets, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addLayout(slide)
        inner.addWidget(self.branches, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.switches)
        column.addWidget(self.share)
        column.addWidget(self.verdict)
        column.addWidget(self.fragile, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.fragility)

    # --- what is shown ---------------------------------------------------------------------------

    def set_heat(self, on: bool) -> None:
        """The map is shown, or not."""
        self.heat.setChecked(on)
        self.switches.setVisible(on)
        self._show_verdict()

    def show_photo(self, photo: Photo) -> None:
        """Take another photo, or the same after a change."""
        if self._photo is None or self._photo.id != photo.id:
            self._known = None
        self._photo = photo
        score = photo.score
        self.setVisible(score is not None)
        if score is not None:
            self.branches.button(Branch.FACE).setEnabled(score.face_maps is not None)
            self.branches.button(Branch.BOTH).setEnabled(score.face_maps is not None)
        self._mark()
        self._show_verdict()
        self._show_fragility()

    def show_known(self, known: Known | None) -> None:
        """Take what was found out about the photo."""
        if known is None or self._photo is None or known.photo_id != self._photo.id:
            return
        self._known = known
        self._show_verdict()
        self._show_fragility()

    def _mark(self) -> None:
        """Buttons and slider as the choice is, for this photo."""
        score = self._photo.score if self._photo is not None else None
        shown = self.choice
        if score is not None and score.face_maps is None:
            shown = MapChoice(shown.target, shown.rating, Branch.SCENE)
        self.targets.show_value(shown.target)
        self.branches.show_value(shown.branch)
        one = shown.target is Target.PROBABILITY
        self.rating_text.setText(str(self.rating.value()) if one else "–")
        self.rating.setAccessibleName(tr("Rating {rating}", rating=self.rating.value()))
        self.rating.setToolTip(
            tr("What makes people give it a {rating}", rating=self.rating.value())
        )
        self.share.setText("" if score is None else self._share(score))
        self.share.setVisible(bool(self.share.text()))

    def _share(self, score: Score) -> str:
        """How much comes from scene and from face."""
        try:
            found = explain(score, self.choice.target, self.choice.rating).share
        except AlbumenError:
            return ""
        if score.face_maps is None:
            return tr("No face took part in this score")
        return tr(
            "Pull on it: {scene} % from the scene, {face} % from the face",
            scene=decimal(100 * found.scene, 0),
            face=decimal(100 * found.face, 0),
        )

    def _show_verdict(self) -> None:
        known = self._known if self.heat.isChecked() else None
        text = ""
        if known is not None and known.checking:
            text = tr("Checking the map…")
        elif known is not None and known.informative is False:
            text = tr(
                "The map is not informative for this photo: blurring what it calls important "
                "changes the score no more than blurring anything."
            )
        elif known is not None and known.informative:
            text = tr("Checked: the score follows what the map calls important.")
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))

    def _show_fragility(self) -> None:
        known = self._known
        standing = known.standing if known is not None else None
        possible = standing is not None and standing.median is not None
        trying = known is not None and known.trying
        found = known.fragility if known is not None else None
        self.fragile.setVisible(possible and found is None)
        self.fragile.setEnabled(not trying)
        text = tr("Looking for the smallest change…") if trying else ""
        if found is not None:
            text = fragility_text(found)
        self.fragility.setText(text)
        self.fragility.setVisible(bool(text))

    # --- choosing --------------------------------------------------------------------------------

    def _choose_target(self, target: Target) -> None:
        rating = self.rating.value() if target is Target.PROBABILITY else None
        self._choose(MapChoice(target, rating, self.choice.branch))

    def _choose_branch(self, branch: Branch) -> None:
        self._choose(MapChoice(self.choice.target, self.choice.rating, branch))

    def _choose(self, choice: MapChoice) -> None:
        if choice != self.choice:
            self.choice = choice
            if self._known is not None:
                self._known = None
                self._show_verdict()
            self.map_chosen.emit(choice)
        self._mark()


def fragility_text(found: Fragility) -> str:
    """What the smallest change was, and that it is no improvement."""
    change = found.change
    numbers = {
        "before": decimal(change.before, 2),
        "after": decimal(change.after, 2),
        "median": decimal(found.level, 2),
        "mean": decimal(change.mean_change, 2),
        "largest": decimal(change.largest_change, 0),
    }
    if not found.crossed:
        return tr(
            "No change too small to be seen moves this photo across its album’s median ({median}).",
            median=numbers["median"],
        )
    return tr(
        "A change that nobody sees ({mean} of 255 grey levels on average, at most {largest}) moves "
        "this photo across its album’s median of {median}: from {before} to {after}. That is no "
        "improvement of the photo. It shows how little its score may rest on.",
        **numbers,
    )


def _text_button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    return button
