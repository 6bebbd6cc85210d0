"""From one day to another: the dates between which photos were taken."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QDateEdit, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import label, push_button
from app.views.sheet import Sheet


class DateRange(Sheet):
    """Two days, both of them meant.

    Signals:
        decided(object, object): the first and the last ``date``.
    """

    decided = Signal(object, object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Taken between"), theme, parent)
        body = QWidget()
        self.first = _day(tr("First day"))
        self.last = _day(tr("Last day"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(9)
        for row, (name, edit) in enumerate(
            ((tr("First day"), self.first), (tr("Last day"), self.last))
        ):
            grid.addWidget(label(name), row, 0)
            grid.addWidget(edit, row, 1)
        grid.setColumnStretch(1, 1)
        self.use = push_button(tr("Show these"), primary=True)
        self.use.clicked.connect(self._decide)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.use)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(16)
        column.addLayout(grid)
        column.addLayout(buttons)
        self.set_body(body)

    def ask(self, first: date, last: date) -> None:
        """Open the sheet with these days."""
        self.first.setDate(QDate(first.year, first.month, first.day))
        self.last.setDate(QDate(last.year, last.month, last.day))
        self.open()
        self.first.setFocus()

    def _decide(self) -> None:
        days = sorted(
            date(day.year(), day.month(), day.day())
            for day in (self.first.date(), self.last.date())
        )
        self.dismiss()
        self.decided.emit(*days)


def _day(name: str) -> QDateEdit:
    edit = QDateEdit()
    edit.setCalendarPopup(True)
    edit.setAccessibleName(name)
    edit.setMinimumSize(200, 32)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # red there is hard to read on dark
        edit.calendarWidget().setWeekdayTextFormat(day, QTextCharFormat())
    return edit
