"""The model's card in the window: what it learnt from, how well it does, where it fails."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.models.card_facts import (
    Measure,
    Measured,
    fault_lines,
    figure_text,
    measures,
    uncertainty_text,
)
from app.models.card_tables import (
    crop_lines,
    embedding_lines,
    faithfulness_lines,
    folder_lines,
    size_lines,
)
from app.theme import Theme
from app.translation import tr, trn
from app.views.controls import ChoiceButton, label
from app.views.sheet import Sheet
from core.inference.cards import AESTHETICS, ModelCard

WIDTH = 660
BAR_WIDTH = 190


class ModelPage(Sheet):
    """One model's card at a time, and the credits of the models that find faces."""

    def __init__(self, cards: Sequence[ModelCard], theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("About the model"), theme, parent)
        self._theme = theme
        self._cards = {card.name: card for card in cards if card.kind == AESTHETICS}
        self._others = [card for card in cards if card.kind != AESTHETICS]
        self._in_force = ""
        self._shown = ""

    def show_model(self, name: str, in_force: str) -> None:
        """Open on a model; ``in_force`` is the one that scores now."""
        self._in_force = in_force
        self._fill(name if name in self._cards else next(iter(self._cards), ""))
        self.open()

    def _fill(self, name: str) -> None:
        self._shown = name
        body = _Body()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 10, 4)
        column.setSpacing(7)
        card = self._cards.get(name)
        if card is not None:
            if len(self._cards) > 1:
                column.addLayout(self._choice())
            self._describe(card, column)
        self._credit_others(column)
        column.addStretch()
        self.set_body(body)

    def _choice(self) -> QHBoxLayout:
        choice = ChoiceButton(tr("Model"), "heatmap", self._theme)
        choice.set_choices([(card.name, card.title) for card in self._cards.values()])
        choice.show_value(self._shown)
        choice.chosen.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(choice)
        if self._shown == self._in_force:
            row.addWidget(label(tr("scores your photos now"), "small"))
        row.addStretch()
        return row

    def _choose(self, name: str) -> None:
        self._fill(name)
        self.place()

    def _describe(self, card: ModelCard, column: QVBoxLayout) -> None:
        if len(self._cards) == 1:
            column.addWidget(_text(card.title, "headline"))
        column.addWidget(
            _text(tr("Predicts how people would spread their ratings over 1 to 10."), "dim")
        )
        if card.scale:
            column.addWidget(_text(card.scale))
        _section(column, tr("Learnt from"), [card.training_data])
        found = measures(card)
        if found:
            _section(column, tr("How well it agrees with people"), [])
            if any(row.low is not None for measure in found for row in measure.rows):
                explanation = tr(
                    "In brackets, and as a bar: where the figure lies with 95 % probability."
                )
                column.addWidget(_text(explanation, "small"))
            for measure in found:
                column.addLayout(self._measure(measure))
        limits = [*card.limits, uncertainty_text(card)]
        _section(column, tr("Where it fails"), limits, bullets=True)
        faults = fault_lines(card)
        if faults:
            title = tr("Copies spoiled on purpose that did not score above the photo")
            _section(column, title, faults, bullets=True)
        for title, lines in (
            (
                tr("Order, by how many numbers describe the face"),
                embedding_lines(card.facts.get("ablation", ())),
            ),
            (
                tr("The same, trained in both stages as the paper does"),
                embedding_lines(card.facts.get("ablation_paper", ())),
            ),
            (tr("Faces and bodies cut out and scored alone"), crop_lines(card)),
            (tr("Do the heatmaps tell the truth?"), faithfulness_lines(card)),
            (tr("Mean score of portraits in two folders"), folder_lines(card)),
            (tr("Size and speed"), size_lines(card)),
        ):
            if lines:
                _section(column, title, lines, bullets=True)
        _section(column, tr("Licence and credit"), [card.licence, card.credit, card.source])
        identity = f"{card.model_id} · SHA-256 {card.sha256[:16]}…"
        column.addWidget(_text(identity, "small"))

    def _measure(self, measure: Measure) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 6, 0, 4)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.addWidget(_text(measure.name, "title"), 0, 0, 1, 3)
        grid.addWidget(_text(measure.meaning, "small"), 1, 0, 1, 3)
        for number, row in enumerate(measure.rows, start=2):
            on = row.on
            if row.count is not None:
                on += " · " + trn("{n} photo", "{n} photos", row.count)
            grid.addWidget(_text(on), number, 0)
            grid.addWidget(IntervalBar(row, measure.scale_end, self._theme), number, 1)
            figure = _text(figure_text(row, measure.percent))
            figure.setWordWrap(False)
            figure.setAccessibleName(f"{measure.name}, {on}: {figure.text()}")
            grid.addWidget(figure, number, 2, Qt.AlignmentFlag.AlignRight)
        return grid

    def _credit_others(self, column: QVBoxLayout) -> None:
        lines = [
            " · ".join(part for part in (card.title, card.licence, card.credit) if part)
            for card in self._others
        ]
        _section(column, tr("Models that find and describe faces"), lines, bullets=True)


class IntervalBar(QWidget):
    """A figure as a dot on a line from 0 to ``end``, its interval as a bar."""

    def __init__(
        self, row: Measured, end: float, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._row = row
        self._end = end
        self._theme = theme
        self.setFixedSize(QSize(BAR_WIDTH, 18))

    def _x(self, value: float) -> float:
        margin = 5.0
        share = min(1.0, max(0.0, value / self._end))
        x = margin + share * (self.width() - 2 * margin)
        return self.width() - x if self.isRightToLeft() else x

    def paintEvent(self, event: QPaintEvent) -> None:
        """Line, bar, dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tokens, middle = self._theme.tokens, self.height() / 2
        painter.setBrush(tokens.color("border"))
        left, right = sorted((self._x(0.0), self._x(self._end)))
        painter.drawRoundedRect(QRectF(left, middle - 1, right - left, 2), 1, 1)
        if self._row.low is not None and self._row.high is not None:
            painter.setBrush(tokens.color("outline"))
            left, right = sorted((self._x(self._row.low), self._x(self._row.high)))
            painter.drawRoundedRect(QRectF(left, middle - 3, right - left, 6), 3, 3)
        painter.setBrush(tokens.color("accent_text"))
        painter.drawEllipse(QPointF(self._x(self._row.value), middle), 5, 5)


class _Body(QWidget):
    """A column of wrapped text asks for the height that it has at this width."""

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(WIDTH, layout.totalHeightForWidth(WIDTH) if layout else 0)


def _section(
    column: QVBoxLayout, title: str, lines: Sequence[str], *, bullets: bool = False
) -> None:
    """A heading with the lines that say something; nothing where none does and none is due."""
    said = [line for line in lines if line]
    if lines and not said:
        return
    column.addSpacing(10)
    column.addWidget(label(title, "section"))
    for line in said:
        column.addWidget(_text(f"•  {line}" if bullets else line))


def _text(text: str, role: str = "") -> QLabel:
    """Wrapped text that can be selected and copied."""
    result = label(text, role)
    result.setWordWrap(True)
    flags = Qt.TextInteractionFlag.TextSelectableByMouse
    result.setTextInteractionFlags(flags)
    return result
