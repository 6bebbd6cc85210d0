"""Joins the exchange of metadata with other programs to what is done in this one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from app.actions import UserActions
from app.models.culling import Culling
from app.notifications import Notifier
from app.translation import tr, trn
from core.curation.apply import Applied
from core.curation.undo import Undone
from core.library.library import Library
from core.metadata_exchange import MetadataExchange
from core.metadata_xmp import Exchange
from core.settings import Settings

PATIENCE_S = 2.0
"""How long a preview waits for sidecars that are being written."""


class MetadataSync(QObject):
    """Keeps sidecars still while photos move and judgements are undone, and tells what came in.

    Signals:
        _exchanged(object): an ``Exchange`` of metadata, from its own thread.
    """

    _exchanged = Signal(object)

    def __init__(
        self,
        library: Library,
        settings: Settings,
        actions: UserActions,
        culling: Culling,
        notifier: Notifier,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._notifier = notifier
        self._silent = False
        self._untold: set[str] = set()
        self.exchange = MetadataExchange(library, settings, self._exchange_told)
        self._exchanged.connect(self._tell_exchanged, Qt.ConnectionType.QueuedConnection)
        actions.undoing = self._undo
        culling.settle = lambda: self.exchange.wait_until_idle(PATIENCE_S)
        culling.applying = self._apply

    def be_silent(self) -> None:
        """Tell nothing more: the window is closed."""
        self._silent = True

    def _undo(self, work: Callable[[], Undone]) -> Undone:
        """Any thread: nothing is read from sidecars until what was undone is out of them."""
        with self.exchange.held():
            done = work()
            self.exchange.take_back(done.photo_ids)
        return done

    def _apply(self, work: Callable[[], Applied]) -> Applied:
        """Any thread: no sidecar changes while it is moved."""
        with self.exchange.held():
            return work()

    def _exchange_told(self, done: Exchange) -> None:
        self._exchanged.emit(done)  # from the exchange's thread to the window's

    def _tell_exchanged(self, done: Exchange) -> None:
        if self._silent:
            return
        if done.read and done.changed:
            self._notifier.say(
                trn(
                    "{n} photo was judged in another program",
                    "{n} photos were judged in another program",
                    done.changed,
                ),
                tr("Undo"),
                self._actions.undo,
            )
        fresh = sorted(set(done.failed.values()) - self._untold)
        if fresh:  # a folder that can't be written to is told of once, not at every star
            self._untold |= set(fresh)
            more = [] if len(fresh) < 4 else ["…"]
            self._notifier.warn("\n".join([*fresh[:3], *more]))
