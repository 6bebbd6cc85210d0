"""The one place that builds the window and joins it to the library."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

from app.opening import open_session
from app.session import Session
from app.theme import Theme, ThemeChoice, app_icon
from app.translation import use_language
from app.views.crash_page import show_alone
from app.views.library_question import ask_for_another_library
from app.views.main_window import MainWindow
from app.window_state import WindowState
from core.crashes import Crash, FatalWatch, crash_of
from core.errors import AlbumenError
from core.inference.session import shared_sessions
from core.logs import start_logging
from core.paths import absolute, default_library_dir, log_dir
from core.settings import Settings, SettingsError, load_settings, save_settings

log = logging.getLogger(__name__)


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with the program's name and icon."""
    app = QApplication(arguments)
    app.setApplicationName("Albumen")
    app.setApplicationDisplayName("Albumen")
    app.setDesktopFileName("albumen")
    app.setWindowIcon(app_icon())
    return app


def make_window(
    session: Session, theme: Theme, settings: Settings, state: WindowState | None = None
) -> MainWindow:
    """A window on a session; settings are saved as they change."""

    def save(changed: Settings) -> None:
        try:
            save_settings(changed)
        except SettingsError as error:
            session.notifier.report(error)

    return MainWindow(session, theme, state or WindowState(), settings, save)


def run_window(library: Path | None = None, folders: Sequence[Path] = ()) -> int:
    """Open the window on a library and run until it is closed; gives the exit code.

    ``folders`` become albums, and the last of them is shown.
    """
    handler = start_logging(log_dir())
    watch = FatalWatch(log_dir())
    try:
        app = make_application(sys.argv[:1])
        theme = Theme(app, ThemeChoice(load_settings().theme))
        folder = absolute(library) if library is not None else default_library_dir()
        earlier = watch.last
        while True:
            code, again = _run_once(app, theme, folder, folders, earlier)
            folders, earlier = (), None
            shared_sessions.forget()  # the settings may name another processor now
            if again is None:
                return code
            folder = again
    except Exception as error:
        log.exception("the window can't be opened")
        show_alone(crash_of(error), log_dir(), QApplication.exec)
        return 1
    finally:
        watch.stop()
        if handler is not None:
            logging.getLogger().removeHandler(handler)
            handler.close()


def _run_once(
    app: QApplication,
    theme: Theme,
    folder: Path,
    folders: Sequence[Path],
    earlier: Crash | None = None,
) -> tuple[int, Path | None]:
    """One window from opening to closing; gives the exit code and the library that is to be
    opened anew, if any.

    ``earlier`` is what ended the last run, if it didn't end well.
    """
    settings = load_settings()
    use_language(settings.language)
    app.setLayoutDirection(QLocale().textDirection())
    session = open_some_session(folder, settings)
    if session is None:
        return 1, None
    session.notifier.install_hooks()
    signals = None
    try:
        window = make_window(session, theme, settings)
        signals = QuitOnSignal(window.close)
        window.show()
        session.start()
        if earlier is not None:
            window.help.show_earlier_crash(earlier)
        if folders:
            session.actions.add_albums([absolute(path) for path in folders])
        return app.exec(), session.library.path if window.reopen_wanted else None
    finally:
        session.stop()
        session.notifier.remove_hooks()
        if signals is not None:
            signals.stop()


def open_some_session(
    folder: Path,
    settings: Settings,
    ask: Callable[[str], Path | None] = ask_for_another_library,
) -> Session | None:
    """A session on the library in ``folder``, or on the one that the user chooses where that
    can't be opened; ``None`` if the user would rather not."""
    while True:
        try:
            return open_session(folder, settings)
        except AlbumenError as error:
            log.warning("%s", error)
            other = ask(str(error))
            if other is None:
                return None
            folder = absolute(other)


class QuitOnSignal(QObject):
    """Ctrl+C and a termination request close the window as a click would.

    Python's handlers only run when Python code does, which an idle event loop never lets happen;
    the wake-up socket brings the news into the loop.
    """

    def __init__(self, close: Callable[[], object]) -> None:
        super().__init__()
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        self._previous = signal.set_wakeup_fd(self._write.fileno())
        self._handlers = {
            number: signal.signal(number, lambda *_: None)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda *_: (self._read.recv(16), close()))

    def stop(self) -> None:
        """Put everything back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._previous)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()
