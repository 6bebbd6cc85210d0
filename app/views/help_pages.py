"""The pages that explain something, joined to the session: the model's card, and faults."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.session import Session
from app.theme import Theme
from app.views.crash_page import CrashPage
from app.views.model_page import ModelPage
from core.crashes import Crash
from core.inference.cards import bundled_models, model_name
from core.paths import log_dir


class HelpPages(QObject):
    """Makes the pages over the window and shows them when they are asked for or needed.

    Signals:
        closed(): one of them was closed.
    """

    closed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._parent = parent
        self.crash = CrashPage(log_dir(), theme, parent)
        self.crash.closed.connect(self.closed)
        session.notifier.crashed.connect(self.crash.show_crash)

    @cached_property
    def model(self) -> ModelPage:
        """The models' cards; read when they are first asked for."""
        page = ModelPage(bundled_models(kind=None), self._theme, self._parent)
        page.closed.connect(self.closed)
        return page

    def show_model(self, name: str = "") -> None:
        """The card of a model, or of the one that scores now."""
        in_force = model_name(self._session.browser.query.model)
        self.model.show_model(name or in_force, in_force)

    def show_report(self) -> None:
        """How things stand, to be copied."""
        self.crash.show_report()

    def show_earlier_crash(self, crash: Crash) -> None:
        """What ended the last run."""
        self.crash.show_earlier_crash(crash)
