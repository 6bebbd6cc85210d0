"""What the user does to photos and albums: each one call, each answered by a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.browsing import Browser
from app.jobs import Jobs
from app.models.history import entry_title
from app.notifications import Notifier
from app.translation import tr, trn
from app.wording import color_text, flag_text, phrase_text, stars_text
from core.curation.apply import Applied
from core.curation.undo import HistoryEntry, Undone, history, undo
from core.demo import make_demo
from core.domain import Album, ColorLabel, Flag, LibraryChange, SmartAlbum
from core.errors import UsageError
from core.library.library import Library
from core.paths import demo_dir


class UserActions(QObject):
    """User commands over the library's writer; undoable ones offer their undo in the message.

    Signals:
        album_added(object): a new ``Album``, to be shown and scanned.
        judged(): photos were rated, flagged or labelled by key, so the view may go on.
        undone(): an action was taken back or done again.
        search_saved(object): a new ``SmartAlbum``, to be named.
        ignoring_changed(object): an ``Album`` to be looked through again.

    Attributes:
        undoing: what an undo runs in; it is told of the photos whose judgement is back.
    """

    album_added = Signal(object)
    judged = Signal()
    undone = Signal()
    search_saved = Signal(object)
    ignoring_changed = Signal(object)

    def __init__(
        self,
        library: Library,
        browser: Browser,
        jobs: Jobs,
        notifier: Notifier,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._writer = library.writer
        self._browser = browser
        self._jobs = jobs
        self._notifier = notifier
        self.targets: Callable[[], Sequence[int]] = self._chosen
        """Which photos a key acts on; the loupe narrows it to the photo it shows."""
        self.undoing: Callable[[Callable[[], Undone]], Undone] = lambda work: work()

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the keys for judging photos call."""
        callbacks: dict[str, Callable[[], object]] = {
            f"rate_{n}": partial(self.rate, n) for n in range(6)
        }
        for color in (ColorLabel.RED, ColorLabel.YELLOW, ColorLabel.GREEN, ColorLabel.BLUE):
            callbacks[f"color_{color.value}"] = partial(self.label, color)
        return callbacks | {
            "pick": partial(self.flag, Flag.PICK),
            "reject": partial(self.flag, Flag.REJECT),
            "unflag": partial(self.flag, None),
            "undo": self.undo,
            "redo": self.redo,
            "demo": self.add_demo,
        }

    def _chosen(self) -> list[int]:
        return [int(i) for i in self._browser.chosen_ids()]

    def rate(self, stars: int, photo_ids: Sequence[int] | None = None) -> None:
        """Give the target photos (or these) 0..5 stars."""
        ids = list(self.targets() if photo_ids is None else photo_ids)
        if ids:
            future = self._writer.set_rating(ids, stars)
            self._jobs.follow(future, lambda _: self._judged(stars_text(stars), len(ids)))

    def flag(self, flag: Flag | None) -> None:
        """Pick, reject or clear the target photos."""
        ids = list(self.targets())
        if ids:
            future = self._writer.set_flag(ids, flag)
            self._jobs.follow(future, lambda _: self._judged(flag_text(flag), len(ids)))

    def label(self, color: ColorLabel) -> None:
        """Give the target photos a colour; the colour they all have already is taken off."""
        ids = list(self.targets())
        if not ids:
            return
        rows = [self._browser.photos.row(p) for p in map(self._browser.photos.position, ids)
                if p is not None]  # fmt: skip
        same = bool(rows) and all(row is not None and row.color is color for row in rows)
        wanted = None if same else color
        future = self._writer.set_color(ids, wanted)
        self._jobs.follow(future, lambda _: self._judged(color_text(wanted), len(ids)))

    def _judged(self, what: str, count: int) -> None:
        if count > 1:
            text = trn("{what}: {n} photo", "{what}: {n} photos", count, what=what)
            self._notifier.say(text, tr("Undo"), self.undo)
        self.judged.emit()

    def undo(self) -> None:
        """Take back the latest action, of this or an earlier session."""
        self._take_back(None)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._jobs.run(lambda: _redo(self._library), lambda done: self._tell_redone(*done))

    def _tell_undone(self, done: Undone, entry: HistoryEntry | None) -> None:
        self.undone.emit()
        self._look_again(entry)
        what = done.description if entry is None else entry_title(entry)
        text = tr("Undone: {what}", what=what)
        notes = [phrase_text(note) for note in done.notes]
        if done.unrestored:
            reasons = (phrase_text(left.phrase) for left in done.unrestored)
            self._notifier.warn("\n".join([text, *reasons, *notes]))
            return
        said = "\n".join([text, *notes])
        if done.repeatable:
            self._notifier.say(said, tr("Redo"), self.redo)
        else:
            self._notifier.say(said)

    def _undo_failed(self, error: BaseException) -> None:
        if isinstance(error, UsageError):
            self._notifier.say(tr("Nothing to undo"))
        else:
            self._notifier.report(error)

    def tell_applied(self, done: Applied) -> None:
        """Say what became of a plan, and offer the way back."""
        if done.journal_id is None:
            self._notifier.say(tr("Nothing was done"))
        else:
            text = trn("{n} photo rejected", "{n} photos rejected", done.rejected)
            entry = done.journal_id
            self._notifier.say(text, tr("Undo"), lambda: self.take_back(entry))
        if done.left_alone or done.notes:
            reasons = sorted({phrase_text(left.phrase) for left in done.left_alone})
            self._notifier.warn("\n".join([*reasons, *map(phrase_text, done.notes)]))

    def take_back(self, entry: int) -> None:
        """Take back one entry of the journal, whatever its age."""
        self._take_back(entry)

    def _take_back(self, entry: int | None) -> None:
        library, undoing = self._library, self.undoing
        self._jobs.run(
            lambda: _with_entry(library, undoing(lambda: _undo(library, entry))),
            lambda found: self._tell_undone(*found),
            self._undo_failed,
        )

    def _tell_redone(self, what: str | None, entry: HistoryEntry | None) -> None:
        if what is None:
            self._notifier.say(tr("Nothing to redo"))
            return
        self.undone.emit()
        self._look_again(entry)
        said = what if entry is None else entry_title(entry)
        self._notifier.say(tr("Done again: {what}", what=said), tr("Undo"), self.undo)

    def _look_again(self, entry: HistoryEntry | None) -> None:
        """An album that is back, or follows its earlier rules, is looked through."""
        if entry is None or entry.kind != "album":
            return
        path, queries = Path(entry.details["path"]), self._library.queries

        def tell(album: Album | None) -> None:
            if album is not None and album.path == path:
                self.ignoring_changed.emit(album)

        self._jobs.run(lambda: queries.album_of(path), tell)

    def add_albums(self, paths: Sequence[Path]) -> None:
        """Add folders as albums; a file stands for the folder it is in."""
        folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
        for folder in folders:
            future = self._writer.add_album(folder, journaled=True)
            self._jobs.follow(future, self.album_added.emit)

    def save_search(self, name: str, query: str) -> None:
        """Keep a search as a smart album."""
        self._jobs.follow(self._writer.save_search(name, query), self.search_saved.emit)

    def rename_search(self, album: SmartAlbum, name: str) -> None:
        """Give a smart album another name."""
        self._jobs.follow(self._writer.rename_search(album.id, name), lambda _: None)

    def remove_search(self, album: SmartAlbum) -> None:
        """Forget a smart album, and offer the way back."""

        def removed(_: None) -> None:
            text = tr("The smart album “{name}” is removed.", name=album.name)
            self._notifier.say(text, tr("Undo"), self.undo)

        self._jobs.follow(self._writer.remove_search(album.id), removed)

    def set_ignored(self, album: Album, patterns: Sequence[str]) -> None:
        """Leave files of these names out of an album from now on, and look through it again."""

        def tell(entry: int | None) -> None:
            self.ignoring_changed.emit(album)
            if entry is not None:
                text = tr("“{name}” is looked through by its new rules.", name=album.name)
                self._notifier.say(text, tr("Undo"), lambda: self.take_back(entry))

        self._jobs.follow(self._writer.set_ignore_patterns(album.id, patterns), tell)

    def add_demo(self) -> None:
        """Make the demo album in the user's pictures, or find it there, and add it."""
        folder = demo_dir()
        self._notifier.say(tr("Making the demo album…"))
        self._jobs.run(lambda: make_demo(folder), lambda _: self.add_albums([folder]))

    def remove_album(self, album: Album) -> None:
        """Forget an album. The photos on disk are not touched, and taking it back brings all
        ratings back, so it asks no question and offers the way back instead."""

        def removed(entry: int | None) -> None:
            text = tr("“{name}” is no longer watched. Its photos are untouched.", name=album.name)
            if entry is not None:
                self._notifier.say(text, tr("Undo"), lambda: self.take_back(entry))

        self._jobs.follow(self._writer.remove_album(album.id), removed)


def _undo(library: Library, entry: int | None) -> Undone:
    """Take back an entry of the journal once everything asked for before is written."""
    library.writer.submit(lambda _: (None, LibraryChange())).result()
    return undo(library, entry)


def _redo(library: Library) -> tuple[str | None, HistoryEntry | None]:
    """Do again what was taken back last; gives what that is, with its entry."""
    what = library.writer.redo().result()
    again = (e for e in history(library, 50) if e.description == what and not e.undone)
    return what, None if what is None else next(again, None)


def _with_entry(library: Library, done: Undone) -> tuple[Undone, HistoryEntry | None]:
    """What was undone with its entry, which can be told in the user's language."""
    found = history(library, 1, before=done.journal_id + 1)
    return done, next((entry for entry in found if entry.id == done.journal_id), None)
