"""Choosing the lowest scored photos in one go: so many of them, or all below a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.browsing import Browser
from app.jobs import Jobs
from app.listing import Listing
from app.theme import Theme
from app.translation import tr, trn
from app.views.controls import label, push_button
from app.views.sheet import Sheet
from core.domain import PhotoQuery, SortKey
from core.library.queries import Queries
from core.searching.parsing import parse

UNJUDGED = parse("-flag:pick stars:0")
"""What the user thinks well of is never among the lowest, whatever its score."""


def lowest(query: PhotoQuery, most: int | None, below: float | None) -> PhotoQuery:
    """Asks for the lowest scored photos of a query, the lowest first: at most so many, or all
    whose mean is below a score."""
    only = parse("status:scored") + (() if below is None else parse(f"score<{below:.2f}"))
    return replace(
        query, terms=(*query.terms, *UNJUDGED, *only), sort=SortKey.SCORE, descending=False,
        limit=most,
    )  # fmt: skip


class LowestSheet(Sheet):
    """Says how many photos it would choose before it chooses them; nothing is done to them.

    Signals:
        chosen(int): so many photos are chosen in the list now, which begins with the worst.
    """

    chosen = Signal(int)

    def __init__(
        self, browser: Browser, queries: Queries, jobs: Jobs, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(tr("Choose the lowest scored"), theme, parent)
        self._browser = browser
        self._queries = queries
        self._jobs = jobs
        self._asked: PhotoQuery | None = None
        self._found: NDArray[np.int64] | None = None
        self._waiting = False
        self.by_number = QRadioButton(tr("The lowest"))
        self.by_score = QRadioButton(tr("All below a score of"))
        group = QButtonGroup(self)
        group.addButton(self.by_number)
        group.addButton(self.by_score)
        self.by_number.setChecked(True)
        self.number = QSpinBox()
        self.number.setRange(1, 1_000_000)
        self.number.setValue(10)
        self.number.setAccessibleName(tr("How many photos"))
        self.score = QDoubleSpinBox()
        self.score.setRange(1.0, 10.0)
        self.score.setSingleStep(0.1)
        self.score.setValue(4.0)
        self.score.setAccessibleName(tr("Score, 1 to 10"))
        for spin in (self.number, self.score):
            spin.setMinimumSize(120, 30)
        self.count = label("", "")
        self.note = label(
            tr(
                "Photos that you picked or gave stars are left out. Choosing does nothing to the "
                "photos: look at them first, then reject them by their key."
            ),
            "small",
        )
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(380)
        self.use = push_button(tr("Choose these"), primary=True)
        self._build()
        group.buttonToggled.connect(lambda *_: self._ask())
        self.number.valueChanged.connect(self._take_number)
        self.score.valueChanged.connect(self._take_score)
        self.use.clicked.connect(self._decide)
        browser.listed.connect(self._on_listed)

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(9)
        grid.addWidget(self.by_number, 0, 0)
        grid.addWidget(self.number, 0, 1)
        grid.addWidget(self.by_score, 1, 0)
        grid.addWidget(self.score, 1, 1)
        grid.setColumnStretch(2, 1)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.use)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(14)
        column.addLayout(grid)
        column.addWidget(self.note)
        column.addLayout(row)
        self.set_body(body)

    def ask(self) -> None:
        """Open the sheet for the list as it is filtered now."""
        self._asked = None
        self._ask()
        self.open()
        (self.number if self.by_number.isChecked() else self.score).setFocus()

    def _take_number(self) -> None:
        self.by_number.setChecked(True)
        self._ask()

    def _take_score(self) -> None:
        self.by_score.setChecked(True)
        self._ask()

    def _ask(self) -> None:
        """Count what would be chosen; the answer to the last question counts."""
        by_number = self.by_number.isChecked()
        wanted = lowest(
            self._browser.query,
            self.number.value() if by_number else None,
            None if by_number else self.score.value(),
        )
        if wanted == self._asked:
            return
        self._asked = wanted
        self.use.setEnabled(False)
        queries = self._queries
        self._jobs.run(lambda: queries.photo_ids(wanted), lambda ids: self._show(wanted, ids))

    def _show(self, asked: PhotoQuery, ids: NDArray[np.int64]) -> None:
        if asked != self._asked:
            return
        self._found = ids
        self.count.setText(trn("{n} photo", "{n} photos", len(ids)))
        self.use.setEnabled(len(ids) > 0)

    def _decide(self) -> None:
        self.dismiss()
        browser = self._browser
        self._waiting = True
        if browser.query.sort is SortKey.SCORE and not browser.query.descending:
            self._choose()
        else:
            browser.change(sort=SortKey.SCORE, descending=False)  # they stand together there

    def _on_listed(self, _: Listing) -> None:
        if self._waiting:
            self._choose()

    def _choose(self) -> None:
        self._waiting = False
        if self._found is None:
            return
        positions = self._browser.photos.positions(self._found)
        if len(positions):
            self._browser.activate(int(positions[0]))
            self._browser.choose(positions)
        self.chosen.emit(len(positions))
