"""Progress on the desktop's bar: in the docks of KDE, Ubuntu and others, as a number elsewhere."""

from __future__ import annotations

import logging
import sys

from PySide6.QtGui import QGuiApplication

log = logging.getLogger(__name__)

LAUNCHER = "application://albumen.desktop"


class TaskBar:
    """Shows how far the background work is while there is any.

    Linux: the signal ``com.canonical.Unity.LauncherEntry.Update``, which docks listen to
    (Ubuntu wiki, "Unity/LauncherAPI"). macOS and Windows: a badge with the photos that are left.
    """

    def __init__(self) -> None:
        self._shown: tuple[int, int] | None = None

    def show(self, done: int, found: int) -> None:
        """So many of so many photos are done; all of them (or none to do) takes it away."""
        busy = 0 <= done < found
        state = (done * 100 // found, found - done) if busy else None
        if state == self._shown:
            return
        self._shown = state
        if sys.platform.startswith("linux"):
            _tell_docks(None if state is None else state[0] / 100)
        else:
            app = QGuiApplication.instance()
            if isinstance(app, QGuiApplication):
                app.setBadgeNumber(0 if state is None else state[1])


def _tell_docks(share: float | None) -> None:
    """Send the share (0..1) to whoever shows launchers; nothing hears it where there is no bus."""
    try:
        from PySide6.QtDBus import (  # noqa: PLC0415 - costs the start nothing
            QDBusConnection,
            QDBusMessage,
        )
    except ImportError as error:
        log.debug("no progress on the task bar: %s", error)
        return
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return
    message = QDBusMessage.createSignal("/", "com.canonical.Unity.LauncherEntry", "Update")
    shown = {"progress": share or 0.0, "progress-visible": share is not None}
    message.setArguments([LAUNCHER, shown])
    bus.send(message)
