"""What the grid's place shows when there is nothing to show: why, and the one thing to do."""

from __future__ import annotations

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import QFontPixels, Theme, icon_pixmap
from app.translation import tr
from app.views.controls import label, push_button


class EmptyState(QWidget):
    """No album yet, an album being looked through, an empty album, filters too narrow, all read.

    Signals:
        add_requested(): choose a folder.
        pictures_requested(str): add the user's pictures folder.
        show_all_requested(): take the filters off.
    """

    add_requested = Signal()
    pictures_requested = Signal(str)
    show_all_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._icon_name = "albumen"
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = label("", "headline")
        self.text = label("", "dim")
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
        self.add = push_button(tr("Add a folder of photos"), primary=True)
        self.add.clicked.connect(self.add_requested)
        self.pictures = push_button("")
        self.pictures.clicked.connect(lambda: self.pictures_requested.emit(self._pictures()))
        self.show_all = push_button(tr("Show all photos"), primary=True)
        self.show_all.clicked.connect(self.show_all_requested)
        self.hint = label(tr("or drop folders anywhere in this window"), "small")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)

        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch()
        for button in (self.add, self.pictures, self.show_all):
            buttons.addWidget(button)
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
        column.addWidget(self.hint)
        column.addStretch(3)
        theme.changed.connect(self._draw_icon)
        self.show_no_album()

    @staticmethod
    def _pictures() -> str:
        kind = QStandardPaths.StandardLocation.PicturesLocation
        return QStandardPaths.writableLocation(kind)

    def show_no_album(self) -> None:
        """The very first start."""
        folder = self._pictures()
        self.pictures.setText(tr("Use my pictures folder"))
        self.pictures.setAccessibleName(tr("Use my pictures folder"))
        self.pictures.setToolTip(folder)
        self._show(
            "albumen",
            tr("Find your best portraits"),
            tr(
                "Albumen looks at every photo in a folder, scores it, and shows why. "
                "Everything stays on this computer."
            ),
            add=True,
        )

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

    def _show(
        self, icon_name: str, title: str, text: str, *, add: bool = False, show_all: bool = False
    ) -> None:
        self._icon_name = icon_name
        self.title.setText(title)
        self.text.setText(text)
        self.add.setVisible(add)
        self.pictures.setVisible(add and bool(self._pictures()))
        self.hint.setVisible(add)
        self.show_all.setVisible(show_all)
        self.setFocusProxy(self.add if add else self.show_all if show_all else None)
        self._draw_icon()

    def _draw_icon(self) -> None:
        own = self._icon_name == "albumen"
        size = QFontPixels(self.font()).scaled(8 if own else 4)
        color = self._theme.tokens.colors["text_faint"]
        self.picture.setPixmap(icon_pixmap(self._icon_name, color, size, self.devicePixelRatioF()))
