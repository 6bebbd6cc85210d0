"""The box that understands the query language: it completes words and tells of wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.search_words import key_text, value_text, wrong_text
from app.theme import Theme
from app.translation import tr
from app.views.controls import SearchField, label
from core.domain import Term
from core.searching.completing import Completion, complete
from core.searching.parsing import QueryError, Wrong, parse
from core.searching.writing import written

TYPING_MS = 180
NARROWEST, WIDEST = 250, 520
"""The box grows with what is written in it, so that a search can be read whole."""
UNFINISHED = (Wrong.EMPTY, Wrong.QUOTE)
"""What is only wrong once one has stopped typing."""

KnownValues = Mapping[str, Sequence[str]]
AskForValues = Callable[[Callable[[KnownValues], object]], object]
"""Asks the library for its cameras, people and so on; the answer comes on the GUI thread."""


class QueryBox(SearchField):
    """A line for a search.

    Down offers what may be written next, Tab or Return takes it, Escape puts it away.

    Signals:
        asked(object): the ``Term`` values of what is written now.
        left(): the user is done here.
    """

    asked = Signal(object)
    left = Signal()

    def __init__(
        self, ask_for_values: AskForValues, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Name, or score>6 faces:1"), theme, parent)
        self.setToolTip(
            tr("Words are looked for in names; score>6, faces:1, -reason:noise ask for more.")
        )
        self._ask_for_values = ask_for_values
        self._known: KnownValues = {}
        self._terms: tuple[Term, ...] = ()
        self._theme = theme
        self.help: QueryHelp | None = None
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(lambda: self._read(typing=True))
        self.textEdited.connect(self._on_edited)
        self.textChanged.connect(self._fit)
        self._fit()

    # --- what it says ----------------------------------------------------------------------------

    def show_terms(self, text: str, terms: tuple[Term, ...]) -> None:
        """Show a query that came from elsewhere; what is being typed is left as it is."""
        shown = " ".join(part for part in (text, written(terms)) if part)
        try:
            same = parse(self.text()) == parse(shown)
        except QueryError:
            same = self.hasFocus()
        if not same:
            self._typing.stop()
            self.setText(shown)
            self._mark(None)

    def write_key(self, key: str) -> None:
        """Begin a word for the user to end, and offer its values."""
        text = self.text().strip()
        self.setText(f"{text} {key}:".strip())
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.setCursorPosition(len(self.text()))
        self._offer(asked=True)

    def _fit(self) -> None:
        """As wide as the text, with room for the next few letters."""
        needed = self.fontMetrics().horizontalAdvance(self.text() + "mmm") + 48
        if not NARROWEST <= needed <= self.width() or self.width() - needed > NARROWEST // 2:
            self.setFixedWidth(min(max(needed, NARROWEST), WIDEST))

    def _on_edited(self) -> None:
        self._typing.start()
        self._offer()

    def _read(self, *, typing: bool) -> None:
        """Take the text as a query, or tell what is wrong with it."""
        self._typing.stop()
        try:
            terms = parse(self.text())
        except QueryError as error:
            unfinished = typing and error.wrong in UNFINISHED
            self._mark(None if unfinished else error)
            return
        self._mark(None)
        if typing and len(terms) > 1 and self.help is not None and self.help.offers_keys:
            return  # the beginning of a key is not looked for as a name meanwhile
        self.asked.emit(terms)

    def _mark(self, error: QueryError | None) -> None:
        """Underline the wrong part and say what is wrong with it."""
        attributes = []
        if error is not None:
            wrong = QTextCharFormat()
            wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wrong.setUnderlineColor(self._theme.tokens.color("reject"))
            wrong.setForeground(self._theme.tokens.color("warning"))
            attributes.append(
                QInputMethodEvent.Attribute(
                    QInputMethodEvent.AttributeType.TextFormat,
                    error.start - self.cursorPosition(),
                    max(1, error.end - error.start),
                    wrong,
                )
            )
        super().inputMethodEvent(QInputMethodEvent("", attributes))
        text = "" if error is None else wrong_text(error)
        self.setAccessibleDescription(text)
        if text or self.help is not None:
            self._help().show_error(text)

    # --- completion ------------------------------------------------------------------------------

    def _help(self) -> QueryHelp:
        if self.help is None:
            self.help = QueryHelp(self, self._theme)
            self.help.taken.connect(self._take)
        return self.help

    def _offer(self, *, asked: bool = False) -> None:
        found = complete(self.text(), self.cursorPosition(), self._known, asked=asked)
        if found or self.help is not None:
            self._help().offer(found)

    def _take(self, completion: Completion) -> None:
        text = self.text()
        rest = text[completion.end :]
        done = completion.text + ("" if completion.key or rest.startswith((" ", ",")) else " ")
        self.setText(text[: completion.start] + done + rest)
        self.setCursorPosition(completion.start + len(done))
        if completion.key:
            self._offer()
        else:
            self._help().offer([])
        self._typing.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the offer first, then those of a line."""
        shown = self.help is not None and self.help.offering
        key = event.key()
        if key == Qt.Key.Key_Down or (
            key == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.help.step(1) if shown and self.help is not None else self._offer(asked=True)
        elif key == Qt.Key.Key_Up and shown and self.help is not None:
            self.help.step(-1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not (shown and self.help is not None and self.help.take_current()):
                self._done()
        elif key == Qt.Key.Key_Escape:
            if shown and self.help is not None:
                self.help.offer([])
            else:
                self._done()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tab takes what is offered before it moves on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            offering = self.help is not None and self.help.offering
            if event.key() == Qt.Key.Key_Tab and offering and self.help is not None:
                self.help.take_current(first=True)
                return True
        return super().event(event)

    def _done(self) -> None:
        self._read(typing=False)
        if self.help is not None:
            self.help.offer([])
            if self.help.error.text():
                return
        self.left.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Learn what the library holds."""
        super().focusInEvent(event)
        self._ask_for_values(self._take_values)

    def _take_values(self, known: KnownValues) -> None:
        self._known = known
        if self.hasFocus() and self.help is not None and not self.help.isHidden():
            self._offer()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing is offered to somebody who is elsewhere."""
        super().focusOutEvent(event)
        if self.help is not None and event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.help.offer([])
            if not self.text():
                self.help.show_error("")


class QueryHelp(QWidget):
    """What stands below the box: what is wrong, and what may come next.

    Signals:
        taken(object): a ``Completion`` that was chosen.
    """

    taken = Signal(object)

    def __init__(self, box: QueryBox, theme: Theme) -> None:
        super().__init__(box.window())
        self.setObjectName("queryHelp")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._box = box
        self._completions: list[Completion] = []
        self.error = label("", "warning")
        self.error.setWordWrap(True)
        self.list = QListWidget()
        self.list.setObjectName("completions")
        self.list.setAccessibleName(tr("What may come next"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda item: self._take(self.list.row(item)))
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        self.error.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(4)
        column.addWidget(self.error)
        column.addWidget(self.list)
        box.window().installEventFilter(self)
        self.hide()

    @property
    def offering(self) -> bool:
        """Whether there is something to take."""
        return self.isVisible() and bool(self._completions)

    @property
    def offers_keys(self) -> bool:
        """Whether what is being written may become a key."""
        return self.offering and bool(self._completions[0].key)

    def show_error(self, text: str) -> None:
        """Say what is wrong; an empty text: nothing."""
        self.error.setText(text)
        self._place()

    def offer(self, completions: list[Completion]) -> None:
        """Offer these."""
        self._completions = completions
        self.list.clear()
        for one in completions:
            text = f"{one.key}:    {key_text(one.key)}" if one.key else value_text(one.value)
            self.list.addItem(QListWidgetItem(text))
        self._place()

    def step(self, by: int) -> None:
        """Another one of the offer."""
        count = self.list.count()
        row = self.list.currentRow()
        self.list.setCurrentRow((row + by) % count if row >= 0 else 0 if by > 0 else count - 1)

    def take_current(self, *, first: bool = False) -> bool:
        """Take the chosen one (or the first); False where none is chosen."""
        row = self.list.currentRow()
        if row < 0 and first:
            row = 0
        return self._take(row)

    def _take(self, row: int) -> bool:
        if not 0 <= row < len(self._completions):
            return False
        self.taken.emit(self._completions[row])
        return True

    def _place(self) -> None:
        self.error.setVisible(bool(self.error.text()))
        self.list.setVisible(bool(self._completions))
        if not (self.error.text() or self._completions):
            self.hide()
            return
        line = self.list.sizeHintForRow(0) if self._completions else 0
        self.list.setFixedHeight(min(len(self._completions), 9) * max(line, 20) + 6)
        width = max(380, self._box.width())
        corner = self._box.mapTo(self.window(), QPoint(0, self._box.height() + 4))
        if self._box.isRightToLeft():
            corner.setX(corner.x() + self._box.width() - width)
        corner.setX(max(4, min(corner.x(), self.window().width() - width - 4)))
        self.setFixedWidth(min(width, self.window().width() - 8))
        self.move(corner)
        self.show()
        self.adjustSize()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay below the box when the window is resized."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
