"""Why the active photo scored as it did, beyond what is stored: asked off the GUI thread.

Where it stands in its burst is read at once. Whether a map tells the truth and how fragile a score
is take model runs; both are kept for photos that were asked about.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.browsing import Browser
from app.jobs import Jobs
from app.models.heatmap import MapChoice
from core.domain import Photo
from core.explaining.enhancing import Fragility
from core.explaining.maps import Branch
from core.inference.saliency import Target
from core.library.queries import Queries
from core.library.standing import Standing, standing

REST_MS = 500
"""A photo that is looked at for so long is worth checking its map."""

KEPT = 500


class Asking(Protocol):
    """What is asked of `core.explaining.asking.Asked`."""

    def informative(self, photo: Photo, target: Target, rating: int | None, branch: Branch) -> bool:
        """Whether a photo's map tells the truth."""

    def fragility(self, photo: Photo, level: float) -> Fragility:
        """The smallest change that takes a photo's score across a level."""


@dataclass(frozen=True)
class Known:
    """What is known about the active photo.

    ``informative`` is None until the map was checked; ``checking`` and ``trying`` while the map
    and the fragility are under way.
    """

    photo_id: int
    standing: Standing | None = None
    informative: bool | None = None
    checking: bool = False
    fragility: Fragility | None = None
    trying: bool = False


class PhotoWhy(QObject):
    """Follows the active photo's details and the map that is looked at.

    Signals:
        changed(object): a ``Known`` about the active photo, None without one.
    """

    changed = Signal(object)

    def __init__(
        self,
        queries: Queries,
        browser: Browser,
        jobs: Jobs,
        asking: Callable[[], Asking] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queries = queries
        self._browser = browser
        self._jobs = jobs
        self._open = asking
        self._asking: Asking | None = None
        self._photo: Photo | None = None
        self._choice = MapChoice()
        self._map_shown = False
        self._standing: Standing | None = None
        self._answers: OrderedDict[Hashable, bool | Fragility] = OrderedDict()
        self._under_way: set[Hashable] = set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._check)

    @property
    def can_ask(self) -> bool:
        """Whether there is a model to ask."""
        return self._open is not None

    # --- what is looked at -----------------------------------------------------------------------

    def show_photo(self, photo: Photo | None) -> None:
        """Follow another photo, or the same one after a change."""
        if photo is None or self._photo is None or photo.id != self._photo.id:
            self._standing = None
        self._photo = photo
        self._rest.start()
        self._tell()
        if photo is not None and photo.score is not None:
            model = self._browser.query.model
            self._jobs.run(
                lambda: standing(self._queries, model, photo.id),
                lambda found: self._take_standing(photo.id, found),
            )

    def show_map(self, shown: bool, choice: MapChoice) -> None:
        """Follow the map: one that is looked at is checked."""
        self._map_shown = shown
        self._choice = choice
        self._rest.start()
        self._tell()

    def _take_standing(self, photo_id: int, found: Standing) -> None:
        if self._photo is not None and self._photo.id == photo_id:
            self._standing = found
            self._tell()

    # --- what takes model runs -------------------------------------------------------------------

    def _check(self) -> None:
        """Check the map on screen once the user rests on it."""
        photo = self._photo
        if photo is None or not self._map_shown or photo.score is None:
            return
        if photo.score.scene_maps is None:
            return
        choice = self._choice.possible(photo.score)
        self._ask(
            _key(photo, choice),
            lambda asking: asking.informative(photo, choice.target, choice.rating, choice.branch),
        )

    def try_fragility(self) -> None:
        """Look for the smallest change that moves the photo across its album's median."""
        photo, known = self._photo, self._standing
        if photo is None or photo.score is None or known is None or known.median is None:
            return
        level = known.median
        self._ask(_key(photo, level), lambda asking: asking.fragility(photo, level))

    def _ask(self, key: Hashable, question: Callable[[Asking], bool | Fragility]) -> None:
        if self._open is None or key in self._answers or key in self._under_way:
            return
        self._under_way.add(key)
        self._tell()
        self._jobs.run(
            lambda: question(self._opened()),
            lambda answer: self._take(key, answer),
            lambda error: self._give_up(key, error),
        )

    def _opened(self) -> Asking:
        if self._asking is None:
            assert self._open is not None
            self._asking = self._open()
        return self._asking

    def _take(self, key: Hashable, answer: bool | Fragility) -> None:
        self._under_way.discard(key)
        self._answers[key] = answer
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        self._tell()

    def _give_up(self, key: Hashable, error: BaseException) -> None:
        self._under_way.discard(key)
        self._tell()
        self._jobs.failed.emit(error)

    # --- telling ---------------------------------------------------------------------------------

    def _tell(self) -> None:
        photo = self._photo
        if photo is None:
            self.changed.emit(None)
            return
        if photo.score is None:
            self.changed.emit(Known(photo.id))
            return
        median = self._standing.median if self._standing is not None else None
        map_key = _key(photo, self._choice.possible(photo.score))
        fragile_key = _key(photo, median)
        informative, fragility = self._answers.get(map_key), self._answers.get(fragile_key)
        self.changed.emit(
            Known(
                photo.id,
                self._standing,
                informative if isinstance(informative, bool) else None,
                map_key in self._under_way,
                fragility if isinstance(fragility, Fragility) else None,
                fragile_key in self._under_way,
            )
        )


def _key(photo: Photo, question: Hashable) -> Hashable:
    mean = photo.score.mean if photo.score is not None else None
    return photo.id, photo.model, mean, question
