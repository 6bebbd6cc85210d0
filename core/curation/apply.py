"""Does what a plan says: flags, or moves files, each step written down before it is taken.

The plan is a frozen list, but it is not taken on trust: just before an item goes, its files must
still be what they were, the user must not have picked it meanwhile, and N of its group must be
there to stay. What fails that is left alone and named.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.curation import moving, phrases, trash
from core.curation.guard import disk_objection, sort_out, too_few_left
from core.curation.lock import locked
from core.curation.phrases import Phrase
from core.curation.places import REJECTS_FOLDER, Placer, sync
from core.curation.plan import Plan, PlannedFile, PlannedReject
from core.curation.restore import take_back
from core.library import curation_writes, group_queries
from core.library.curation_writes import NewMove
from core.library.database import DATABASE_NAME
from core.library.library import Library
from core.paths import display_name

log = logging.getLogger(__name__)


class Rejects(enum.StrEnum):
    """Where rejects go."""

    FLAG = "flag"  # nowhere: they are marked
    MOVE = "move"  # into a folder inside their album
    TRASH = "trash"  # the system's; a drive without one gets the folder


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A photo that was to go and stayed, and why."""

    path: Path
    phrase: Phrase

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.phrase)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan.

    ``journal_id`` names the entry that takes it back; ``None`` where nothing was done.
    ``rejected`` counts items, ``moved`` files, ``bytes`` those of the files of rejected items.
    ``notes`` are sentences for the user (a drive without a trash, say).
    """

    journal_id: int | None
    rejected: int = 0
    moved: int = 0
    bytes: int = 0
    left_alone: tuple[LeftAlone, ...] = ()
    notes: tuple[Phrase, ...] = ()


Progress = Callable[[int, int], None]


def apply(
    library: Library,
    plan: Plan,
    rejects: Rejects = Rejects.FLAG,
    *,
    on_progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Applied:
    """Carry a plan out; one entry of the journal takes it back.

    Args:
        on_progress: told (items done, items in all) after each item that was to be moved.
        stopped: asked before each item; once true, the rest stays where it is.

    Raises:
        CurationError: a folder can't be written to; nothing was done.
        CurationBusyError: another curation is under way.
        LibraryError: the library can't be written.
    """
    with locked(library.path):
        going, staying = sort_out(library, plan)
        left_alone = [LeftAlone(reject.item.lead.path, reason) for reject, reason in staying]
        if not going:
            return Applied(None, left_alone=tuple(left_alone))
        if rejects is Rejects.FLAG:
            journal_id, _ = _begin(library, plan, going, rejects, [])
            total = sum(reject.bytes for reject in going)
            return Applied(journal_id, len(going), 0, total, tuple(left_alone))
        return _Moving(library, plan, going, rejects, left_alone).run(on_progress, stopped)


def describe(plan: Plan, rejected: int, rejects: Rejects) -> str:
    """The entry's line in the history."""
    what = "1 photo" if rejected == 1 else f"{rejected} photos"
    how = {
        Rejects.FLAG: "flagged as rejects",
        Rejects.MOVE: f"moved to {REJECTS_FOLDER}",
        Rejects.TRASH: "moved to the trash",
    }[rejects]
    return f"Keep the best {plan.n} by {plan.by.value}: {what} {how}"


def _begin(
    library: Library,
    plan: Plan,
    going: Sequence[PlannedReject],
    rejects: Rejects,
    planned: Sequence[NewMove],
) -> tuple[int, list[int]]:
    ids = [photo.id for reject in going for photo in reject.item.photos]
    details = {"rejects": rejects.value, "n": plan.n, "by": plan.by.value}
    text = describe(plan, len(going), rejects)
    return library.writer.submit(
        lambda connection: curation_writes.begin(connection, text, ids, planned, details)
    ).result()


@dataclass(slots=True)
class _Moving:
    """One application that moves files."""

    library: Library
    plan: Plan
    going: Sequence[PlannedReject]
    rejects: Rejects
    left_alone: list[LeftAlone]
    notes: list[Phrase] = field(default_factory=list)
    placer: Placer = field(init=False)
    journal_id: int = 0
    rejected: int = 0
    moved: int = 0
    bytes: int = 0

    def run(self, on_progress: Progress | None, stopped: Callable[[], bool]) -> Applied:
        """Move item after item."""
        self.placer = Placer({album.id: album.path for album in self.library.queries.albums()})
        self.placer.check_writable([reject.item.lead for reject in self.going])
        # Places are found for all before the first is moved: the journal names every one.
        targets = [self.placer.places(reject) for reject in self.going]
        trashing = self.rejects is Rejects.TRASH
        planned = [
            NewMove(
                photo_id=file.photo_id,
                source=file.path,
                target=None if trashing else places[file.path],
                how=self.rejects.value,
                size=file.size,
                mtime_ns=file.mtime_ns,
                content_hash=file.fingerprint,
            )
            for reject, places in zip(self.going, targets, strict=True)
            for file in reject.files
        ]
        self.journal_id, ids = _begin(self.library, self.plan, self.going, self.rejects, planned)
        self._make_durable()
        numbers = iter(ids)
        leaving = {reject.item.id for reject in self.going}
        for index, (reject, places) in enumerate(zip(self.going, targets, strict=True)):
            own = [next(numbers) for _ in reject.files]
            if stopped():
                problem: Phrase | None = Phrase(phrases.STOPPED)
            elif too_few_left(self.plan, leaving, reject.item.id):
                problem = Phrase(phrases.TOO_FEW)
            else:
                problem = disk_objection(reject) or self._move_item(reject, own, places)
            if problem is not None:
                self._leave(reject, own, problem)
            if on_progress is not None:
                on_progress(index + 1, len(self.going))
        done = self.rejected > 0
        self.library.writer.submit(
            lambda c: curation_writes.set_state(c, self.journal_id, "applied", undone=not done)
        ).result()
        return Applied(
            self.journal_id if done else None,
            self.rejected,
            self.moved,
            self.bytes,
            tuple(self.left_alone),
            tuple({str(note): note for note in self.notes}.values()),
        )

    def _move_item(
        self, reject: PlannedReject, move_ids: Sequence[int], places: dict[Path, Path]
    ) -> Phrase | None:
        """Move an item's files, all or none; gives what stood in the way, if anything did."""
        for file, move_id in zip(reject.files, move_ids, strict=True):
            try:
                target = self._move_file(file, move_id, places[file.path])
            except OSError as error:
                name = display_name(file.path.name)
                return Phrase(
                    phrases.CANT_MOVE, {"name": name, "error": error.strerror or str(error)}
                )
            note = [(move_id, file.photo_id, target)]
            self.library.writer.submit(
                lambda c, note=note: curation_writes.note_moved(c, note)  # type: ignore[misc]
            ).result()
        self.rejected += 1
        self.moved += len(reject.files)
        self.bytes += reject.bytes
        return None

    def _move_file(self, file: PlannedFile, move_id: int, place: Path) -> Path | None:
        """Move one file; gives where it is now, if the system tells."""
        if self.rejects is Rejects.TRASH:
            try:
                trashed = trash.put(file.path)
                return trashed.file if trashed else None
            except trash.NoTrashError as error:
                log.info("no trash for a photo, so it goes to the folder: %s", error)
                self.notes.append(Phrase(phrases.NO_TRASH, {"folder": REJECTS_FOLDER}))
                self._retarget(move_id, place)
        while True:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                moving.move(file.path, place)
            except FileExistsError:  # somebody took the place meanwhile
                place = self.placer.free(place)
                self._retarget(move_id, place)
            else:
                return place

    def _retarget(self, move_id: int, place: Path) -> None:
        self.library.writer.submit(
            lambda c: curation_writes.retarget(c, move_id, Rejects.MOVE.value, place)
        ).result()
        self._make_durable()

    def _make_durable(self) -> None:
        """The journal must be on the disk before the first file moves, also in a power cut."""
        sync(self.library.path / f"{DATABASE_NAME}-wal")

    def _leave(self, reject: PlannedReject, move_ids: Sequence[int], problem: Phrase) -> None:
        """Put back what of an item was moved already, and note that it stays after all."""
        self.left_alone.append(LeftAlone(reject.item.lead.path, problem))
        record = group_queries.record(self.library.queries, self.journal_id)
        stuck: set[int] = set()
        for move in record.moves if record else ():
            if move.id in move_ids and move.state == "done":
                failure = take_back(self.library, move).problem
                if failure is not None:
                    stuck.add(move.id)
                    self.left_alone.append(LeftAlone(move.source, failure))
        left = [move_id for move_id in move_ids if move_id not in stuck]
        ids = [photo.id for photo in reject.item.photos]

        self.library.writer.submit(
            lambda c: curation_writes.leave(c, self.journal_id, left, ids, problem.stored())
        ).result()
