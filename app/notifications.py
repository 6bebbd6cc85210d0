"""Messages for the user, and what happens to exceptions that nobody caught."""

from __future__ import annotations

import enum
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.translation import tr
from core.crashes import Crash, crash_of
from core.errors import AlbumenError

log = logging.getLogger(__name__)


class Urgency(enum.Enum):
    """How long a message stays and how it is marked."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True)
class Message:
    """One sentence for the user, perhaps with one thing to do about it."""

    text: str
    urgency: Urgency = Urgency.INFO
    action_label: str = ""
    action: Callable[[], object] | None = None


class Notifier(QObject):
    """Where any part of the window leaves a message.

    Signals:
        posted(object): a ``Message`` to show.
        crashed(object): a ``Crash`` that was not seen before in this run.
    """

    posted = Signal(object)
    crashed = Signal(object)
    _failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._failed.connect(self._report, Qt.ConnectionType.QueuedConnection)
        self._previous: tuple[object, object] | None = None
        self._seen: set[str] = set()
        self._latest: Crash | None = None

    def say(
        self, text: str, action_label: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """Show a short message that goes away by itself."""
        self.posted.emit(Message(text, Urgency.INFO, action_label, action))

    def warn(self, text: str) -> None:
        """Show a message that stays until it is closed."""
        self.posted.emit(Message(text, Urgency.WARNING))

    def report(self, error: BaseException) -> None:
        """Tell the user of an error; any thread. What isn't an ``AlbumenError`` is a bug."""
        if isinstance(error, AlbumenError):
            log.warning("%s", error)
        else:
            log.error("unexpected error", exc_info=error)
        self._failed.emit(error)

    @Slot(object)
    def _report(self, error: BaseException) -> None:
        if isinstance(error, AlbumenError):
            self.warn(str(error))
            return
        crash = crash_of(error)
        self._latest = crash
        if crash.place not in self._seen:
            self._seen.add(crash.place)
            self._show_latest()
            return
        # What fails again and again (while painting, say) must not cover the window each time.
        text = tr(
            "Something went wrong, and the details are in the log. Your photos are untouched."
        )
        self.posted.emit(Message(text, Urgency.WARNING, tr("Details"), self._show_latest))

    def _show_latest(self) -> None:
        self.crashed.emit(self._latest)

    def install_hooks(self) -> None:
        """Report exceptions that nobody caught, on any thread, instead of losing them."""
        if self._previous is None:
            self._previous = (sys.excepthook, threading.excepthook)
            sys.excepthook = self._on_uncaught
            threading.excepthook = self._on_thread_uncaught

    def remove_hooks(self) -> None:
        """Put back the hooks that were there before."""
        if self._previous is not None:
            sys.excepthook, threading.excepthook = self._previous  # type: ignore[assignment]
            self._previous = None

    def _on_uncaught(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error.with_traceback(trace))

    def _on_thread_uncaught(self, hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            self.report(hook.exc_value)
