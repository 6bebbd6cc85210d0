"""What the user says about groups: each one call, remembered, answered with the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from app.notifications import Notifier
from app.translation import tr, trn
from core.curation import marks
from core.curation.plan import rest_of_group
from core.errors import UsageError
from core.library.library import Library


class GroupWords(QObject):
    """Which photos are one burst and which are not, by the user's word.

    Signals:
        said(): photos are grouped differently from now on.
    """

    said = Signal()

    def __init__(
        self,
        library: Library,
        jobs: Jobs,
        notifier: Notifier,
        take_back: Callable[[int], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._jobs = jobs
        self._notifier = notifier
        self._take_back = take_back

    def merge(self, photo_ids: Sequence[int]) -> None:
        """These are one burst."""
        ids = list(photo_ids)
        text = trn("{n} photo is one burst", "{n} photos are one burst", len(ids))
        self._say(lambda: marks.merge(self._library, ids), text)

    def split(self, photo_ids: Sequence[int], rest: Sequence[int] | None = None) -> None:
        """These don't belong with the rest of their burst (that is looked for if not given)."""
        ids, library = list(photo_ids), self._library
        text = trn("{n} photo is not of its burst", "{n} photos are not of their bursts", len(ids))

        def work() -> int | None:
            others = rest_of_group(library, ids) if rest is None else list(rest)
            return marks.split(library, ids, others)

        self._say(work, text)

    def take_apart(self, photo_ids: Sequence[int]) -> None:
        """No two of these belong together."""
        ids = list(photo_ids)
        text = trn("{n} photo is no burst", "{n} photos are no burst", len(ids))
        self._say(lambda: marks.not_a_group(self._library, ids), text)

    def forget(self, photo_ids: Sequence[int]) -> None:
        """Group these as if nothing had been said of them and of those grouped with them."""
        ids, library = list(photo_ids), self._library

        def work() -> int | None:
            return marks.forget(library, [*ids, *marks.told_with(library, ids)])

        self._say(work, tr("Grouped by themselves again"))

    def _say(self, work: Callable[[], int | None], text: str) -> None:
        def done(entry: int | None) -> None:
            if entry is None:
                self._notifier.say(tr("These photos are grouped so already"))
                return
            self._notifier.say(text, tr("Undo"), lambda: self._take_back(entry))
            self.said.emit()

        self._jobs.run(work, done, self._failed)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, UsageError):
            self._notifier.say(tr("These photos are grouped so already"))
        else:
            self._notifier.report(error)
