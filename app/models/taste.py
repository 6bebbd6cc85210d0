"""My taste: what was learned from the user's choices, learned again once they are done rating."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Jobs
from app.translation import number, tr
from core import taste
from core.errors import UsageError
from core.library.library import Library
from core.taste import Taste
from core.taste_fitting import MIN_PAIRS, MIN_SCENES, Report

LOOK_MS = 60_000
"""How often it is looked whether there is something new to learn from; a look costs one read."""


class TasteBook(QObject):
    """Holds the learned taste of one model's scores.

    Signals:
        changed(object): the ``Taste`` that is known now, or None.

    Attributes:
        idle: whether nothing more urgent is under way; asked before learning.
    """

    changed = Signal(object)

    def __init__(
        self, library: Library, jobs: Jobs, model: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._jobs = jobs
        self._model = model
        self._on = True
        self.idle: Callable[[], bool] = lambda: True
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self, on: bool) -> None:
        """Begin to look now and then, if the user lets it learn."""
        self._on = on
        self._timer.start() if on else self._timer.stop()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def refresh(self) -> None:
        """Read what is known."""
        library, model = self._library, self._model
        self._jobs.run(lambda: taste.load(library, model), self.changed.emit)

    def look(self) -> None:
        """Learn, if there are new choices and the user is done rating."""
        if not self._on or not self.idle():
            return
        library, model = self._library, self._model

        def work() -> Taste | None:
            return taste.train(library, model) if taste.is_due(library, model) else None

        self._jobs.run(work, self._take, self._failed)

    def _take(self, found: Taste | None) -> None:
        if found is not None:
            self.changed.emit(found)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, UsageError):  # they began to rate again just now
            self._jobs.failed.emit(error)

    def reset(self) -> None:
        """Forget it, with the choices it was learned from."""
        library, model = self._library, self._model

        def work() -> Taste | None:
            taste.reset(library)
            return taste.load(library, model)

        self._jobs.run(work, self.changed.emit)


def taste_text(known: Taste | None) -> str:
    """What is known of the user's taste and whether it is used, in a sentence or two."""
    if known is None:
        return tr(
            "Nothing is learned yet. It begins a few minutes after you have picked, rejected or "
            "starred photos."
        )
    report = known.report
    if report.pairs < MIN_PAIRS or report.scenes < MIN_SCENES:
        return tr(
            "Not used yet: it knows {pairs} of your choices between two photos, from {days} days; "
            "it takes {min_pairs} from {min_days}.",
            pairs=number(report.pairs),
            days=number(report.scenes),
            min_pairs=number(MIN_PAIRS),
            min_days=number(MIN_SCENES),
        )
    figures = _figures(report)
    if known.on:
        return tr("Used when the best are kept.") + " " + figures
    return tr("Not used: it does not know you surely better than the model alone.") + " " + figures


def _figures(report: Report) -> str:
    return tr(
        "Of {pairs} choices that it was not fitted on it predicts {taste} %, the model alone "
        "{model} %.",
        pairs=number(report.pairs),
        taste=number(round(100 * report.taste_accuracy)),
        model=number(round(100 * report.model_accuracy)),
    )
