"""What the window shows before there is any album: it asks for a folder and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import QFontPixels, Theme, icon_pixmap
from app.translation import tr
from app.views.controls import label, push_button
from core.paths import pictures_dir

MARK = 22
TEXT_WIDTH = 460


class WelcomePage(QWidget):
    """The first start: choose a folder, take Pictures, or look at the demo album.

    Signals:
        add_requested(): choose a folder.
        pictures_requested(str): add the user's pictures folder.
        demo_requested(): make the demo album and add it.
    """

    add_requested = Signal()
    pictures_requested = Signal(str)
    demo_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Welcome"))
        self._theme = theme
        self._marks: list[tuple[QLabel, str]] = []
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add = push_button(tr("Choose a folder of photos"), primary=True)
        self.add.clicked.connect(self.add_requested)
        self.pictures = push_button(tr("Use my pictures folder"))
        self.pictures.clicked.connect(lambda: self.pictures_requested.emit(str(pictures_dir())))
        self.demo = push_button(tr("Try the demo album"))
        self.demo.setToolTip(
            tr("One portrait, spoiled in twenty ways: see the ranking and its reasons")
        )
        self.demo.clicked.connect(self.demo_requested)
        self.setFocusProxy(self.add)
        self._build()
        theme.changed.connect(self._draw)
        self.refresh()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self.picture)
        for text, role in (
            (tr("Find your best portraits"), "headline"),
            (
                tr("Albumen looks at every photo in a folder, ranks them, and shows why."),
                "dim",
            ),
        ):
            line = label(text, role)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setWordWrap(True)
            column.addWidget(line)
        column.addSpacing(12)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch()
        for button in (self.add, self.pictures, self.demo):
            buttons.addWidget(button)
        buttons.addStretch()
        column.addLayout(buttons)
        hint = label(tr("or drop folders anywhere in this window"), "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(hint)
        column.addSpacing(26)
        middle = QHBoxLayout()
        middle.addStretch()
        middle.addWidget(self._promises())
        middle.addStretch()
        column.addLayout(middle)
        column.addStretch(3)

    def _promises(self) -> QWidget:
        """What stays on the machine, in three lines."""
        result = QWidget()
        grid = QGridLayout(result)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(9)
        for row, (icon_name, text) in enumerate(promises()):
            mark = QLabel()
            self._marks.append((mark, icon_name))
            line = label(text, "dim")
            line.setWordWrap(True)
            line.setMinimumWidth(TEXT_WIDTH)
            grid.addWidget(mark, row, 0)
            grid.addWidget(line, row, 1)
        grid.setColumnStretch(1, 1)
        return result

    def refresh(self) -> None:
        """Offer the pictures folder where there is one."""
        folder = pictures_dir()
        self.pictures.setToolTip(str(folder))
        self.pictures.setVisible(folder.is_dir())
        self._draw()

    def _draw(self) -> None:
        colors, ratio = self._theme.tokens.colors, self.devicePixelRatioF()
        size = QFontPixels(self.font()).scaled(7)
        self.picture.setPixmap(icon_pixmap("albumen", colors["text_faint"], size, ratio))
        for mark, icon_name in self._marks:
            mark.setPixmap(icon_pixmap(icon_name, colors["accent_text"], MARK, ratio))


def promises() -> Iterator[tuple[str, str]]:
    """Icon and sentence of each."""
    yield "photos", tr("Your photos stay where they are. Albumen only reads them.")
    yield "face", tr("Scores, faces and stars are kept in one folder on this computer.")
    yield "check", tr("Nothing is sent: no account, no network, no questions.")
