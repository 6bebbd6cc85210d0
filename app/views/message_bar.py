"""Short messages over the bottom of the window; never in the way, never modal."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.notifications import Message, Urgency
from app.theme import Theme, icon_pixmap
from app.translation import tr
from app.views.controls import IconButton, label, push_button

SHOWN_MS = 6000


class MessageBar(QWidget):
    """The latest message; information goes away by itself, warnings wait to be closed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._message: Message | None = None
        self._waiting: list[Message] = []
        self.mark = QLabel()
        self.text = label("")
        self.text.setWordWrap(False)
        self.action = push_button("", link=True)
        self.action.clicked.connect(self._act)
        self.dismiss = IconButton("close", tr("Close this message"), theme)
        self.dismiss.clicked.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self.mark)
        row.addWidget(self.text)
        row.addWidget(self.action)
        row.addWidget(self.dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self._next)
        parent.installEventFilter(self)
        self.hide()

    @property
    def message(self) -> Message | None:
        """What is shown now."""
        return self._message

    def post(self, message: Message) -> None:
        """Show a message; one that only informs replaces another of its kind."""
        if self._message is not None and self._message.urgency is Urgency.WARNING:
            if message != self._message and message not in self._waiting:
                self._waiting.append(message)
            return
        self._show(message)

    def _show(self, message: Message) -> None:
        self._message = message
        self.text.setText(message.text)
        self.action.setText(message.action_label)
        self.action.setAccessibleName(message.action_label)
        self.action.setVisible(message.action is not None)
        warning = message.urgency is Urgency.WARNING
        token = "warning" if warning else "text_dim"
        name = "warning" if warning else "info"
        self.mark.setPixmap(
            icon_pixmap(name, self._theme.tokens.colors[token], 18, self.devicePixelRatioF())
        )
        self.setAccessibleName(message.text)
        self._place()
        self.show()
        self.raise_()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        if warning:
            self._timer.stop()
        else:
            self._timer.start()

    def _act(self) -> None:
        message = self._message
        self._next()
        if message is not None and message.action is not None:
            message.action()

    def _next(self) -> None:
        self._timer.stop()
        self._message = None
        self.hide()
        if self._waiting:
            self._show(self._waiting.pop(0))

    def _place(self) -> None:
        parent = self.parentWidget()
        room = parent.width() - 48
        self.text.setWordWrap(False)
        if self.sizeHint().width() > room:
            self.text.setWordWrap(True)
        width = min(self.sizeHint().width(), room)
        height = max(self.sizeHint().height(), self.heightForWidth(width))
        self.setGeometry(
            (parent.width() - width) // 2, parent.height() - height - 20, width, height
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom centre when the window is resized."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
