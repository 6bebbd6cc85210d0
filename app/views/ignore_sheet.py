"""Which files of an album are ignored: one pattern a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import label, push_button
from app.views.sheet import Sheet
from core.domain import Album


class IgnoreSheet(Sheet):
    """Patterns like ``*_small.jpg``, as the file system's own wildcards read.

    Signals:
        decided(object, object): the ``Album`` and its patterns.
    """

    decided = Signal(object, object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Ignored files"), theme, parent)
        self._album: Album | None = None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(10)
        self.name = label("", "dim")
        self.patterns = QPlainTextEdit()
        self.patterns.setAccessibleName(tr("Patterns, one a line"))
        self.patterns.setPlaceholderText("*_small.jpg\nexports/*")
        self.patterns.setTabChangesFocus(True)
        self.patterns.setMinimumSize(420, 160)
        hint = label(
            tr(
                "One pattern a line: * stands for anything, ? for one letter. Photos that match "
                "leave the album; their stars and flags are kept should they come back."
            ),
            "small",
        )
        hint.setWordWrap(True)
        column.addWidget(self.name)
        column.addWidget(self.patterns)
        column.addWidget(hint)
        self.use = push_button(tr("Use these"), primary=True)
        self.use.clicked.connect(self._decide)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.use)
        column.addLayout(row)
        self.set_body(body)

    def show_patterns(self, album: Album, patterns: Sequence[str]) -> None:
        """Open the sheet for an album."""
        self._album = album
        self.name.setText(album.name)
        self.patterns.setPlainText("\n".join(patterns))
        self.open()
        self.patterns.setFocus()

    def _decide(self) -> None:
        lines = [line.strip() for line in self.patterns.toPlainText().splitlines()]
        if self._album is not None:
            self.decided.emit(self._album, [line for line in lines if line])
        self.dismiss()
