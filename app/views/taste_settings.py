"""The settings about the learned taste: whether to learn, what is known, and forgetting it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.models.taste import taste_text
from app.translation import tr
from app.views.controls import label, push_button
from core.taste import Taste


class TasteSettings(QObject):
    """The controls; the sheet lays them out.

    Signals:
        reset_requested(): forget what was learned.
    """

    reset_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = QCheckBox(tr("Learn from my choices"))
        self.note = label("", "small")
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(300)
        self.forget = push_button(tr("Forget my taste"))
        self.forget.clicked.connect(self.reset_requested)
        self.show_taste(None)

    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """The controls in their order, each with its name."""
        return (("", self.on), ("", self.note), ("", self.forget))

    def show_taste(self, known: Taste | None) -> None:
        """Tell what is known."""
        self.note.setText(taste_text(known))
        self.forget.setEnabled(known is not None)
