"""The background work's progress, told wherever the window tells it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.session import Session
from app.task_bar import TaskBar
from app.translation import trn
from app.views.activity_area import ActivityArea
from app.views.failed_list import UNREADABLE
from app.views.pages import Pages
from core.domain import IndexProgress


class ProgressReport(QObject):
    """Tells of the work in the sidebar, the window's title, the task bar, and once it is done."""

    def __init__(
        self, session: Session, activity: ActivityArea, pages: Pages, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._activity = activity
        self._pages = pages
        self._window = window
        self._task_bar = TaskBar()
        self._busy = False
        self._done_before = 0
        work, browser = session.work, session.browser
        session.progress.changed.connect(self.show)
        activity.pause_requested.connect(lambda on: work.pause() if on else work.resume())
        activity.cancel_requested.connect(work.cancel)
        activity.unreadable_requested.connect(lambda: browser.change(statuses=UNREADABLE))

    def show(self, progress: IndexProgress) -> None:
        """Tell how far the work is."""
        self._activity.show_progress(progress)
        self._pages.show_progress(progress)
        self._task_bar.show(progress.done, progress.found)
        if progress.busy and progress.found:
            share = 100 * progress.done // progress.found
            self._window.setWindowTitle(f"Albumen – {share} %")
        else:
            self._window.setWindowTitle("Albumen")
        if self._busy and not progress.busy:
            new = progress.done - self._done_before
            if new:
                self._session.notifier.say(trn("{n} photo scored", "{n} photos scored", new))
            self._done_before = progress.done
        self._busy = progress.busy

    def end(self) -> None:
        """Leave nothing on the task bar."""
        self._task_bar.show(0, 0)
