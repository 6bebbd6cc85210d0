"""The background work: how far it is, how fast, what went wrong, and how to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import decimal, number, tr, trn
from app.views.controls import IconButton, label, push_button
from app.wording import duration_text
from core.domain import IndexProgress


class ActivityArea(QWidget):
    """Hidden while there is nothing to tell.

    Signals:
        pause_requested(bool): pause (True) or go on.
        cancel_requested(): stop this work; the next scan takes it up again.
        unreadable_requested(): show the photos that could not be read.
    """

    pause_requested = Signal(bool)
    cancel_requested = Signal()
    unreadable_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._progress = IndexProgress()
        self._plate = QWidget(self)
        self._plate.setObjectName("activity")
        self._plate.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = label("", "")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.detail = label("", "small")
        self.detail.setWordWrap(True)
        self.note = label("", "warning")
        self.note.setWordWrap(True)
        self.pause = IconButton("pause", tr("Pause"), theme)
        self.cancel = IconButton("close", tr("Cancel"), theme)
        self.failed = push_button("", link=True)
        self.pause.clicked.connect(lambda: self.pause_requested.emit(not self._progress.paused))
        self.cancel.clicked.connect(self.cancel_requested)
        self.failed.clicked.connect(self.unreadable_requested)

        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.title, 1)
        top.addWidget(self.pause)
        top.addWidget(self.cancel)
        column = QVBoxLayout(self._plate)
        column.setContentsMargins(12, 6, 6, 10)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.detail)
        column.addWidget(self.note)
        column.addWidget(self.failed, 0, Qt.AlignmentFlag.AlignLeft)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 10, 10)
        outer.addWidget(self._plate)
        self.show_progress(self._progress)

    def show_progress(self, progress: IndexProgress) -> None:
        """Show where the work stands."""
        self._progress = progress
        notes = "\n".join(progress.notes.values())
        self.setVisible(progress.busy or bool(notes))
        self.title.setText(self._title(progress))
        self.pause.set_icon("play" if progress.paused else "pause")
        self.pause.set_name(tr("Go on") if progress.paused else tr("Pause"))
        for part in (self.pause, self.cancel, self.bar):
            part.setVisible(progress.busy)
        if progress.found:
            self.bar.setRange(0, progress.found)
            self.bar.setValue(progress.done)
        else:
            self.bar.setRange(0, 0)
        self.detail.setText(self._detail(progress))
        self.detail.setVisible(bool(self.detail.text()))
        self.note.setText(notes)
        self.note.setVisible(bool(notes))
        self.failed.setVisible(progress.busy and progress.unreadable > 0)
        self.failed.setText(trn("{n} unreadable", "{n} unreadable", progress.unreadable))

    @staticmethod
    def _title(progress: IndexProgress) -> str:
        if progress.paused:
            return tr("Paused")
        if progress.done < progress.found:
            return tr("Scoring photos")
        return tr("Looking for photos") if progress.scanning else tr("Needs attention")

    @staticmethod
    def _detail(progress: IndexProgress) -> str:
        if not progress.busy:
            return ""
        parts = []
        if progress.found:
            parts.append(
                tr("{done} of {all}", done=number(progress.done), all=number(progress.found))
            )
        if progress.photos_per_second and not progress.paused:
            parts.append(tr("{speed}/s", speed=decimal(progress.photos_per_second, 1)))
        if progress.seconds_left and not progress.paused:
            parts.append(tr("{time} left", time=duration_text(progress.seconds_left)))
        return "  ·  ".join(parts)
