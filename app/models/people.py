"""People for showing, and what the user does about them: each one call, each undoable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from app.jobs import Jobs
from app.notifications import Notifier
from app.translation import tr, trn
from app.wording import spoken_standing, standing_parts
from core import people
from core.grouping.items import MIN_FACE_AREA
from core.library import people_queries
from core.library.library import Library
from core.library.people_queries import Person, PersonFace
from core.library.people_rows import FacePlace

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""Gives the ``Person`` or the ``PersonFace`` of a row."""

REFRESH_MS = 400
"""While faces stream in, people are asked for again at most this often."""


def person_name(person: Person) -> str:
    """The name, or what stands for it."""
    return person.name or tr("Who is this?")


NOBODY = Person(0, "", False, 0, 0, None)
"""Stands for the faces of whom nobody said who they are."""


class RowsModel(QAbstractListModel):
    """Rows with ids; a new list that has the same rows is only repainted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Any] = []

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show these."""
        same = [row.id for row in rows] == [row.id for row in self.rows]
        if same:
            self.rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def row_of(self, row_id: int) -> int | None:
        """Where the row with an id stands."""
        return next((n for n, row in enumerate(self.rows) if row.id == row_id), None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """All rows."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)


class PeopleModel(RowsModel):
    """Everybody; a name is changed in place.

    Signals:
        named(int, str): a person's id and the name that was typed.
    """

    named = Signal(int, str)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Names can be typed."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The person, the name, and all in words."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        person: Person = self.rows[index.row()]
        if role == ROW_ROLE:
            return person
        if role == Qt.ItemDataRole.EditRole:
            return person.name
        if role == Qt.ItemDataRole.DisplayRole:
            return person_name(person)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            photos = trn("{n} photo", "{n} photos", person.photos)
            return f"{person_name(person)}\n{photos}"
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a name that was typed."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        person: Person = self.rows[index.row()]
        if str(value).strip() != person.name:
            self.named.emit(person.id, str(value))
        return True


class FacesModel(RowsModel):
    """One person's faces, those in the best photos first.

    Attributes:
        percentile: gives the share (0..100) of an album that scored lower than a mean score.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.percentile: Callable[[int | None, float | None], float | None] = lambda *_: None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The face, and all in words."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        face: PersonFace = self.rows[index.row()]
        if role == ROW_ROLE:
            return face
        percentile = self.percentile(face.album_id, face.mean)
        if role == Qt.ItemDataRole.DisplayRole:
            return "  ".join(filter(None, standing_parts(face.mean, percentile)))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            said = spoken_standing(face.mean, percentile)
            return "\n".join(said or [tr("Not scored")])
        return None


class PeopleBook(QObject):
    """Holds who there is and whose faces are looked at; takes the user's words.

    Signals:
        changed(): the people, or the faces of the one that is open, were read anew.
        opened(object): the ``Person`` whose faces are shown now, or None.
        said(int): id of a person of whom the user just said something.
    """

    changed = Signal()
    opened = Signal(object)
    said = Signal(int)

    def __init__(
        self, library: Library, jobs: Jobs, notifier: Notifier, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._jobs = jobs
        self._notifier = notifier
        self.everybody = PeopleModel(self)
        self.faces = FacesModel(self)
        self.person: Person | None = None
        self.with_hidden = False
        self.hidden = 0
        self.model = ""
        self.undo_wanted: Callable[[], object] = lambda: None
        """What the offer to undo calls; the session sets it."""
        self._all: list[Person] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self.everybody.named.connect(self.name)

    # --- reading ---------------------------------------------------------------------------------

    def refresh_soon(self) -> None:
        """Something changed: read again in a moment."""
        if not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Read who there is, and the faces of the one that is open."""
        library, model = self._library, self.model
        open_id = None if self.person is None else self.person.id

        def work() -> tuple[list[Person], list[PersonFace]]:
            everybody = people_queries.everybody(library.queries)
            if open_id is None:
                return everybody, []
            if open_id == NOBODY.id:
                return everybody, people_queries.loose_faces(library.queries, model, MIN_FACE_AREA)
            return everybody, people_queries.faces_of(library.queries, open_id, model)

        self._jobs.run(work, lambda found: self._take(open_id, *found))

    def _take(self, open_id: int | None, everybody: list[Person], faces: list[PersonFace]) -> None:
        self._all = everybody
        self.hidden = sum(person.hidden for person in everybody)
        self.everybody.set_rows([p for p in everybody if self.with_hidden or not p.hidden])
        current = None if self.person is None else self.person.id
        if current == open_id == NOBODY.id:
            self.faces.set_rows(faces)
        elif current is not None and current == open_id:
            self.person = next((p for p in everybody if p.id == current), None)
            self.faces.set_rows(faces)
            if self.person is None:
                self.opened.emit(None)
        self.changed.emit()

    def open_nobody(self) -> None:
        """Show the faces of whom nobody said who they are."""
        self.person = NOBODY
        self.faces.set_rows([])
        self.opened.emit(NOBODY)
        self.refresh()

    def name_faces(self, places: Sequence[FacePlace], name: str) -> None:
        """These faces, which were nobody's, are somebody of this name."""
        wanted = " ".join(name.split())
        if places and wanted:
            said = trn("{n} face is {name}", "{n} faces are {name}", len(places), name=wanted)
            self._say(people.name_faces(self._library, places, wanted), said)

    def open(self, person_id: int | None) -> None:
        """Show one person's faces, or everybody again."""
        self.person = next((p for p in self._all if p.id == person_id), None)
        self.faces.set_rows([])
        self.opened.emit(self.person)
        self.refresh()

    def show_hidden(self, on: bool) -> None:
        """Show people who were hidden, too."""
        self.with_hidden = on
        self.refresh()

    def names(self) -> list[tuple[int, str]]:
        """Everybody with a name but the one that is open, by name."""
        here = None if self.person is None else self.person.id
        named = [(p.id, p.name) for p in self._all if p.name and p.id != here]
        return sorted(named, key=lambda one: one[1].casefold())

    def name_of(self, person_id: int) -> str:
        """A person's name where it is nobody else's too; else an empty text."""
        name = next((p.name for p in self._all if p.id == person_id), "")
        alike = [p for p in self._all if p.name.casefold() == name.casefold()]
        return name if len(alike) == 1 else ""

    # --- the user's words ------------------------------------------------------------------------

    def name(self, person_id: int, name: str) -> None:
        """Name a person."""
        wanted = " ".join(name.split())
        other = next(
            (p for p in self._all if p.name.casefold() == wanted.casefold() and p.name), None
        )
        joined = wanted and other is not None and other.id != person_id
        said = tr("Both are {name} now", name=wanted) if joined else ""
        self._say(people.name_person(self._library, person_id, name), said, follow=person_id)

    def merge(self, person_ids: Sequence[int]) -> None:
        """Let people be one: the first one that has a name stays."""
        if len(person_ids) < 2:
            return
        known = {person.id: person for person in self._all}
        first = next((i for i in person_ids if i in known and known[i].name), person_ids[0])
        others = [i for i in person_ids if i != first]
        said = trn("{n} person merged", "{n} people merged", len(person_ids))
        self._say(people.merge_people(self._library, first, others), said)

    def split(self, face_ids: Sequence[int]) -> None:
        """These faces of the open person are somebody else."""
        if self.person is not None and face_ids:
            said = trn("{n} face is another person now", "{n} faces are another person now",
                       len(face_ids))  # fmt: skip
            self._say(people.split_person(self._library, self.person.id, face_ids), said)

    def move(self, face_ids: Sequence[int], target: int) -> None:
        """These faces of the open person are a known one."""
        if self.person is not None and face_ids:
            name = next((p.name for p in self._all if p.id == target), "")
            said = trn("{n} face is {name}", "{n} faces are {name}", len(face_ids), name=name)
            self._say(people.move_faces(self._library, self.person.id, face_ids, target), said)

    def deny(self, face_ids: Sequence[int]) -> None:
        """These faces are not the open person."""
        if self.person is not None and face_ids:
            said = trn("{n} face taken out", "{n} faces taken out", len(face_ids))
            self._say(people.not_this_person(self._library, self.person.id, face_ids), said)

    def hide(self, person_ids: Sequence[int], hidden: bool = True) -> None:
        """Leave people out of the list, or show them again."""
        for person_id in person_ids:
            name = next((person_name(p) for p in self._all if p.id == person_id), "")
            said = tr("Hidden: {name}", name=name) if hidden else ""
            self._say(people.hide_person(self._library, person_id, hidden), said)

    def _say(self, future: Future[int], said: str, follow: int | None = None) -> None:
        def done(person_id: int) -> None:
            if said:
                self._notifier.say(said, tr("Undo"), self.undo_wanted)
            self.said.emit(person_id)
            here = self.person
            if follow is not None and here is not None and here.id == follow != person_id:
                self.open(person_id)  # it became one with another
            else:
                self.refresh()

        self._jobs.follow(future, done)
