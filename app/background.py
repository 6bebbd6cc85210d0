"""What the window needs of the work that goes on behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.domain import IndexProgress
from core.power import on_battery


class BackgroundWork(Protocol):
    """What the window needs of the indexer."""

    def start(self) -> None:
        """Start the threads."""

    def stop(self) -> None:
        """Finish what is in hand and join the threads."""

    def rescan(self, album_id: int | None = None) -> None:
        """Reconcile albums with their folders."""

    def pause(self) -> None:
        """Analyze nothing more for now."""

    def resume(self) -> None:
        """Go on."""

    def cancel(self) -> None:
        """Drop this work until the next scan."""

    def prioritize(self, photo_ids: list[int]) -> None:
        """Analyze these first."""

    def retry(self, photo_ids: list[int] | None = None) -> int:
        """Analyze again what could not be read; gives how many there are."""

    def subscribe(self, listener: Callable[[IndexProgress], None]) -> Callable[[], None]:
        """Be told of progress on any thread."""


class BatteryRule:
    """Whether background work waits now; the rule may change while it works."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted

    def __call__(self) -> bool:
        """True while the work is to wait for the mains."""
        return self.wanted and on_battery()
