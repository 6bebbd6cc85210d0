"""What the grid's place shows when there is nothing to show: why, and the one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import QFontPixels, Theme, icon_pixmap
from app.translation import tr
from app.views.controls import label, push_button


class EmptyState(QWidget):
    """An album being looked through, an empty album, filters too narrow, all read.

    Signals:
        show_all_requested(): take the filters off.
    """

    show_all_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._icon_name = "photos"
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = label("", "headline")
        self.text = label("", "dim")
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
        self.show_all = push_button(tr("Show all photos"), primary=True)
        self.show_all.clicked.connect(self.show_all_requested)

        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch()
        buttons.addWidget(self.show_all)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self.picture)
        column.addSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(10)
        column.addLayout(buttons)
        column.addStretch(3)
        theme.changed.connect(self._draw_icon)
        self.show_looking()

    def show_looking(self) -> None:
        """An album whose photos are being looked for."""
        self._show(
            "photos",
            tr("Looking for photos"),
            tr("They appear here one by one, best first, as they are scored."),
        )

    def show_empty_album(self) -> None:
        """An album without photos."""
        self._show(
            "album",
            tr("No photos here yet"),
            tr("Photos put into this folder appear here within seconds."),
        )

    def show_offline_album(self) -> None:
        """An album whose folder can't be seen."""
        self._show(
            "album-offline",
            tr("This folder can’t be reached now"),
            tr("Connect its drive. Scores, stars and flags are kept."),
        )

    def show_filtered(self, filters: list[str]) -> None:
        """Filters that hide everything."""
        self._show(
            "filter",
            tr("No photo passes the filters"),
            "  ·  ".join(filters),
            show_all=True,
        )

    def show_all_read(self) -> None:
        """Nothing failed (any more)."""
        self._show(
            "check",
            tr("Every file could be read"),
            tr("Files that can’t be read are listed here with the reason."),
            show_all=True,
        )

    def _show(self, icon_name: str, title: str, text: str, *, show_all: bool = False) -> None:
        self._icon_name = icon_name
        self.title.setText(title)
        self.text.setText(text)
        self.show_all.setVisible(show_all)
        self.setFocusProxy(self.show_all if show_all else None)
        self._draw_icon()

    def _draw_icon(self) -> None:
        size = QFontPixels(self.font()).scaled(4)
        color = self._theme.tokens.colors["text_faint"]
        self.picture.setPixmap(icon_pixmap(self._icon_name, color, size, self.devicePixelRatioF()))
