"""Small controls that several views share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.theme import Theme, icon, icon_pixmap, icon_size


def label(text: str = "", role: str = "") -> QLabel:
    """A label with a role of the style sheet (title, headline, section, dim, small)."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        result.setProperty("role", role)
    return result


class ElidedLabel(QLabel):
    """A one-line label that shortens long names in the middle and tells them whole on hovering."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self.setMinimumWidth(24)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much as fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, self.contentsRect().width()
        )
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        align = self.alignment() | Qt.TextFlag.TextSingleLine
        painter.drawText(self.contentsRect(), int(align), text)


class IconButton(QToolButton):
    """A button with an icon of the theme and an accessible name; its tooltip tells the key."""

    def __init__(
        self,
        icon_name: str,
        name: str,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        key: str = "",
        checkable: bool = False,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon_name
        self.setCheckable(checkable)
        self.set_name(name, key)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self._redraw)
        self._redraw()

    def set_name(self, name: str, key: str = "") -> None:
        """What a screen reader says, and the tooltip with the key."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name}  ({key})" if key else name)

    def set_icon(self, icon_name: str) -> None:
        """Show another icon."""
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self._redraw()

    def _redraw(self) -> None:
        self.setIcon(icon(self._icon_name, self._theme.tokens))
        self.setIconSize(icon_size(self.font()))


class SearchField(QLineEdit):
    """A line to search with, marked by a glass."""

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("search")
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line, then the glass at its start."""
        super().paintEvent(event)
        size = 16
        pixmap = icon_pixmap(
            "search", self._theme.tokens.colors["text_dim"], size, self.devicePixelRatioF()
        )
        left = self.width() - size - 9 if self.isRightToLeft() else 9
        QPainter(self).drawPixmap(left, (self.height() - size) // 2, pixmap)


class ChoiceButton(QToolButton):
    """A drop-down of a few named choices.

    Signals:
        chosen(object): the value of the entry that was chosen.
    """

    chosen = Signal(object)

    def __init__(
        self, name: str, icon_name: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._icon_name = icon_name
        self._theme = theme
        self._entries: dict[object, QAction] = {}
        self.setProperty("framed", True)
        self.setProperty("choice", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setMenu(QMenu(self))
        theme.changed.connect(self._redraw)
        self._redraw()

    def set_choices(self, choices: Iterable[tuple[object, str] | None]) -> None:
        """Offer these (value, text) pairs; None draws a line."""
        menu = self.menu()
        menu.clear()
        self._entries.clear()
        for choice in choices:
            if choice is None:
                menu.addSeparator()
                continue
            value, text = choice
            action = menu.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(self._teller(value))
            self._entries[value] = action

    def _teller(self, value: object) -> Callable[[], None]:
        return lambda: self.chosen.emit(value)

    def show_value(self, value: object) -> None:
        """Mark a choice as the one in force."""
        for entry, action in self._entries.items():
            action.setChecked(entry == value)
            if entry == value:
                self.setText(action.text())
                self.setAccessibleName(f"{self._name}: {action.text()}")
                self.setToolTip(self.accessibleName())

    def _redraw(self) -> None:
        self.setIcon(icon(self._icon_name, self._theme.tokens))
        self.setIconSize(icon_size(self.font()))


class Segments(QWidget):
    """A row of joined buttons of which one is on.

    Signals:
        chosen(object): the value of the button that was pressed.
    """

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("segments")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(2)
        self._buttons: dict[object, QToolButton] = {}

    def add(self, value: object, button: QToolButton) -> None:
        """Add a checkable button that stands for ``value``."""
        button.setCheckable(True)
        self._group.addButton(button)
        self._row.addWidget(button)
        self._buttons[value] = button
        button.clicked.connect(lambda: self.chosen.emit(value))

    def show_value(self, value: object) -> None:
        """Mark one as on; none for a value that has no button."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)
        elif (button := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            button.setChecked(False)
            self._group.setExclusive(True)

    def button(self, value: object) -> QToolButton:
        """The button of a value."""
        return self._buttons[value]


class StarRating(QWidget):
    """Five stars to click; the number keys do the same everywhere.

    Signals:
        rated(int): 0..5; clicking the current rating takes it off.
    """

    rated = Signal(int)
    SIZE = 20

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._rating = 0
        self._hover = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(QSize(self.SIZE * 5 + 4, self.SIZE + 8))
        theme.changed.connect(self.update)
        self.set_rating(0)

    def set_rating(self, rating: int) -> None:
        """Show a rating, 0..5."""
        self._rating = rating
        self.setAccessibleName(f"{self._name}: {rating}")
        self.update()

    def _star_at(self, x: float) -> int:
        if self.isRightToLeft():
            x = self.width() - x
        return min(5, max(1, int((x - 2) // self.SIZE) + 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Full and empty stars; the shape tells, not only the colour."""
        painter = QPainter(self)
        colors = self._theme.tokens.colors
        shown = self._hover or self._rating
        ratio = self.devicePixelRatioF()
        for star in range(5):
            full = star < shown
            name = "star" if full else "star-outline"
            token = "accent_text" if full else "text_faint"
            place = 4 - star if self.isRightToLeft() else star
            pixmap = icon_pixmap(name, colors[token], self.SIZE - 2, ratio)
            painter.drawPixmap(2 + place * self.SIZE, 5, pixmap)
        if self.hasFocus():
            painter.setPen(self._theme.tokens.color("accent"))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what a click would give."""
        self._hover = self._star_at(event.position().x())
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Back to the real rating."""
        self._hover = 0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Rate."""
        star = self._star_at(event.position().x())
        self.rated.emit(0 if star == self._rating else star)


def push_button(text: str, *, primary: bool = False, link: bool = False) -> QPushButton:
    """A text button; ``primary`` for the one thing to do here, ``link`` for a quiet one."""
    result = QPushButton(text)
    result.setAccessibleName(text)
    if primary:
        result.setProperty("primary", True)
    if link:
        result.setProperty("link", True)
    return result
