"""Erasing what is known of faces: it can't be undone, so it is asked for twice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from app.translation import tr
from app.views.controls import label, push_button


class FaceErasing(QWidget):
    """A button that turns into a question with two answers.

    Signals:
        erase_requested(bool): erase all face data; True: names of people, too.
    """

    erase_requested = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.erase = push_button(tr("Erase face data…"))
        self.question = label(
            tr("Faces, what tells them apart and the groups made of them are erased for good. "
               "Scores, stars and flags stay; so do names you gave, and where those faces are, "
               "unless you say so."), "small",
        )  # fmt: skip
        self.question.setWordWrap(True)
        self.question.setMinimumWidth(300)
        self.people = QCheckBox(tr("Also the names I gave"))
        self.sure = push_button(tr("Erase for good"))
        self.cancel = push_button(tr("Cancel"))
        answers = QHBoxLayout()
        answers.setSpacing(9)
        answers.addWidget(self.sure)
        answers.addWidget(self.cancel)
        answers.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        first = QHBoxLayout()
        first.addWidget(self.erase)
        first.addStretch()
        column.addLayout(first)
        column.addWidget(self.question)
        column.addWidget(self.people)
        column.addLayout(answers)
        self.erase.clicked.connect(lambda: self._ask(True))
        self.cancel.clicked.connect(lambda: self._ask(False))
        self.sure.clicked.connect(self._erase)
        self._ask(False)

    def _ask(self, on: bool) -> None:
        self.erase.setVisible(not on)
        for part in (self.question, self.people, self.sure, self.cancel):
            part.setVisible(on)
        (self.cancel if on else self.erase).setFocus()

    def _erase(self) -> None:
        self.erase_requested.emit(self.people.isChecked())
        self._ask(False)

    def reset(self) -> None:
        """Ask nothing any more."""
        self.people.setChecked(False)
        self._ask(False)
