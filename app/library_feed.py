"""What changed in the library, and how far the background work is, as Qt signals."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.jobs import MergingFeed
from core.domain import IndexProgress, LibraryChange


class LibraryFeed(MergingFeed):
    """Merges ``LibraryChange`` values of about 150 ms into one ``changed`` signal."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(lambda old, new: old | new, 150, parent)

    def publish(self, value: LibraryChange) -> None:
        """Take one write's change; called on the writer's thread."""
        if value:
            super().publish(value)


class ProgressFeed(MergingFeed):
    """Keeps the latest ``IndexProgress``; ten signals a second are enough for the eye."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(lambda _old, new: new, 100, parent)

    def publish(self, value: IndexProgress) -> None:
        """Take a report; called on the indexer's threads."""
        super().publish(value)
