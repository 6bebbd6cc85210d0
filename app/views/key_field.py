"""A button that shows a key and takes another one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from app.translation import tr

MODIFIERS = {
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr,
    Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_unknown,
}  # fmt: skip

FIXED = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home,
    Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Return, Qt.Key.Key_Enter,
    Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space,
}  # fmt: skip
"""Keys that move among photos and controls everywhere, alone or with Shift."""


class KeyField(QPushButton):
    """Pressed, it waits for the next key; Escape leaves things as they are, Backspace takes the
    key off.

    Signals:
        taken(str): the key that was pressed, as settings keep it; empty for none.
        refused(str): a key that can't be a command's.
    """

    taken = Signal(str)
    refused = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._keys: tuple[str, ...] = ()
        self.waiting = False
        self.setObjectName("keyField")
        self.setMinimumWidth(150)
        self.clicked.connect(self._wait)

    def show_keys(self, keys: tuple[str, ...]) -> None:
        """Show these keys."""
        self._keys = keys
        self._show()

    def _show(self) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        shown = ", ".join(QKeySequence(key).toString(native) for key in self._keys)
        self.setText(tr("Press a key…") if self.waiting else shown or "–")
        self.setAccessibleName(f"{self._name}: {shown or tr('no key')}")

    def _wait(self) -> None:
        self.waiting = True
        self.setFocus()
        self._show()

    def _stop(self) -> None:
        self.waiting = False
        self._show()

    def event(self, event: QEvent) -> bool:
        """While it waits, no key is a command; Tab is refused like any other fixed key."""
        if self.waiting and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self._take(event)
                return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        if key in MODIFIERS:
            return
        self._stop()
        plain = modifiers & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        alone = plain == Qt.KeyboardModifier.NoModifier
        if key == Qt.Key.Key_Escape and modifiers == Qt.KeyboardModifier.NoModifier:
            return
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and alone:
            self.taken.emit("")
            return
        said = key_name(event)
        if key in FIXED and alone:
            self.refused.emit(said)
        elif said:
            self.taken.emit(said)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever goes elsewhere wants no key."""
        self._stop()
        super().focusOutEvent(event)


def key_name(event: QKeyEvent) -> str:
    """A pressed key as settings keep it. A sign that needs Shift on this keyboard ("?") goes
    without it, since it needs none on another."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    shift = Qt.KeyboardModifier.ShiftModifier
    text = event.text()
    if modifiers & shift and text and not text.isalnum() and text.isprintable() and text != " ":
        modifiers &= ~shift
    combined = QKeySequence(modifiers.value | event.key())
    return combined.toString(QKeySequence.SequenceFormat.PortableText)
