"""People: everybody with a face of theirs, and one person's photos, the best first."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.models.face_crops import FaceCrops
from app.models.people import NOBODY, ROW_ROLE, PeopleBook
from app.theme import Theme
from app.translation import tr, trn
from app.views.controls import IconButton, label, push_button
from app.views.face_tiles import FaceList, PersonTile, PhotoFaceTile
from app.views.flow_layout import FlowLayout
from core.library.people_queries import Person


class PeoplePage(QWidget):
    """Everybody, or one person.

    Signals:
        closed(): back to the grid.
        photos_wanted(int): show a person's photos in the grid.
        photo_wanted(int): open this photo.
    """

    closed = QtSignal()
    photos_wanted = QtSignal(int)
    photo_wanted = QtSignal(int)

    def __init__(
        self, book: PeopleBook, crops: FaceCrops, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("peoplePage")
        self.setAccessibleName(tr("People"))
        self._book = book
        self.everybody = FaceList(tr("People"))
        self.everybody.setModel(book.everybody)
        self.everybody.setItemDelegate(PersonTile(crops, theme, self.everybody))
        self.faces = FaceList(tr("Faces"))
        self.faces.setModel(book.faces)
        self.faces.setItemDelegate(PhotoFaceTile(crops, theme, self.faces))
        self.title = label(tr("People"), "title")
        self.count = label("", "dim")
        self.back = IconButton("chevron-left", tr("All people"), theme)
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("Who is this?"))
        self.name.setAccessibleName(tr("Name"))
        self.name.setMaxLength(200)
        self.name.setMinimumWidth(180)
        self.merge = push_button(tr("They are the same"))
        self.hide_button = push_button(tr("Hide"))
        self.nobody = push_button(tr("Faces of nobody yet"), link=True)
        self.hidden = push_button("", link=True)
        self.hidden.setCheckable(True)
        self.show_photos = push_button(tr("Show the photos"))
        self.deny = push_button(tr("Not this person"))
        self.move = push_button(tr("Somebody else"))
        self.move.setMenu(QMenu(self.move))
        self.empty = label("", "headline")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.body = QStackedWidget()
        self.hint = label("", "small")
        self.hint.setWordWrap(True)
        self._build()
        self._connect(crops, theme)
        self._show_person(None)

    def _build(self) -> None:
        bar = QWidget()
        bar.setObjectName("toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = FlowLayout(bar)
        row.setContentsMargins(12, 7, 12, 7)
        for control in (self.back, self.title, self.name, self.count, self.merge, self.deny,
                        self.move, self.show_photos, self.hide_button, self.nobody):  # fmt: skip
            row.addWidget(control)
        row.add_last(self.hidden)
        for view in (self.empty, self.everybody, self.faces):
            self.body.addWidget(view)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 0, 14, 0)
        foot.addWidget(self.hint, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(4)
        column.addWidget(bar)
        column.addWidget(self.body, 1)
        column.addLayout(foot)

    def _connect(self, crops: FaceCrops, theme: Theme) -> None:
        book = self._book
        book.changed.connect(self._show_counts)
        book.opened.connect(self._show_person)
        self.back.clicked.connect(lambda: book.open(None))
        self.everybody.activated.connect(self._open)
        self.everybody.doubleClicked.connect(self._open)
        self.faces.activated.connect(self._open_photo)
        self.faces.doubleClicked.connect(self._open_photo)
        for view in (self.everybody, self.faces):
            view.selectionModel().selectionChanged.connect(lambda *_: self._show_choice())
            crops.ready.connect(view.viewport().update)
            theme.changed.connect(view.viewport().update)
        self.name.editingFinished.connect(self._take_name)
        self.merge.clicked.connect(lambda: book.merge(self.everybody.chosen_ids()))
        self.hide_button.clicked.connect(self._hide)
        self.nobody.clicked.connect(book.open_nobody)
        self.hidden.toggled.connect(book.show_hidden)
        self.deny.clicked.connect(lambda: book.deny(self.faces.chosen_ids()))
        self.move.menu().aboutToShow.connect(self._fill_names)
        self.show_photos.clicked.connect(self._ask_photos)

    # --- showing ---------------------------------------------------------------------------------

    def showEvent(self, event: object) -> None:
        """Read who there is now."""
        self._book.refresh()

    def _show_person(self, person: Person | None) -> None:
        one, nobody = person is not None, person is NOBODY
        for control in (self.back, self.name):
            control.setVisible(one)
        for control in (self.deny, self.move, self.show_photos):
            control.setVisible(one and not nobody)
        for control in (self.merge, self.hidden, self.nobody):
            control.setVisible(not one)
        self.title.setText(tr("Faces of nobody yet") if nobody else tr("People"))
        self.title.setVisible(nobody or not one)
        self.hide_button.setVisible(not nobody)
        self.name.setEnabled(True)
        if person is not None and not self.name.hasFocus():
            self.name.setText(person.name)
        self._show_counts()
        if self.isVisible():
            self.list_in_use().setFocus()

    def list_in_use(self) -> QWidget:
        """What keys go to."""
        return self.everybody if self._book.person is None else self.faces

    def focusInEvent(self, event: object) -> None:
        """Keys go to the list."""
        self.list_in_use().setFocus()

    def _show_counts(self) -> None:
        book, person = self._book, self._book.person
        if person is None:
            count = book.everybody.rowCount()
            self.count.setText(trn("{n} person", "{n} people", count) if count else "")
            self.hidden.setText(
                tr("Leave hidden ones out")
                if book.with_hidden
                else trn("{n} hidden", "{n} hidden", book.hidden)
            )
            self.hidden.setVisible(book.hidden > 0)
            self.empty.setText(tr("Nobody yet. Who is in two photos or more shows up here."))
            self.body.setCurrentWidget(self.everybody if count else self.empty)
            self.hint.setText(
                tr("F2 names  ·  Return opens  ·  choose several to make them one") if count else ""
            )
        elif person is NOBODY:
            count = book.faces.rowCount()
            self.count.setText(trn("{n} face", "{n} faces", count) if count else "")
            self.empty.setText(tr("Every face that is large enough has somebody."))
            self.body.setCurrentWidget(self.faces if count else self.empty)
            self.hint.setText(tr("Choose faces of one person, then say who it is") if count else "")
        else:
            self.count.setText(trn("{n} photo", "{n} photos", person.photos))
            if not self.name.hasFocus() or not self.name.isModified():
                self.name.setText(person.name)
                self.name.setCursorPosition(0)
            self.body.setCurrentWidget(self.faces)
            self.hint.setText(
                tr("The best photo first  ·  a tick: you said so  ·  faces stay on this computer")
            )
        self._show_choice()

    def _show_choice(self) -> None:
        people, faces = len(self.everybody.selectedIndexes()), len(self.faces.selectedIndexes())
        one = self._book.person
        self.merge.setEnabled(people > 1)
        if one is NOBODY:
            self.name.setEnabled(faces > 0)
        self.deny.setEnabled(one is not None and faces > 0)
        self.move.setEnabled(one is not None and faces > 0)
        self.hide_button.setEnabled(one is not None or people > 0)
        hidden = self._chosen_hidden()
        self.hide_button.setText(tr("Show again") if hidden else tr("Hide"))
        self.hide_button.setAccessibleName(self.hide_button.text())

    def _chosen_people(self) -> list[int]:
        one = self._book.person
        return self.everybody.chosen_ids() if one is None else [one.id]

    def _chosen_hidden(self) -> bool:
        one = self._book.person
        if one is not None:
            return one.hidden
        rows = [index.data(ROW_ROLE) for index in self.everybody.selectedIndexes()]
        return bool(rows) and all(row.hidden for row in rows)

    # --- acting ----------------------------------------------------------------------------------

    def _open(self, index: QModelIndex) -> None:
        self._book.open(index.data(ROW_ROLE).id)

    def _open_photo(self, index: QModelIndex) -> None:
        self.photo_wanted.emit(index.data(ROW_ROLE).place.photo_id)

    def _take_name(self) -> None:
        person = self._book.person
        if person is NOBODY:
            self._name_loose()
        elif person is not None and self.name.isModified():
            self.name.setModified(False)
            if " ".join(self.name.text().split()) != person.name:
                self._book.name(person.id, self.name.text())

    def _name_loose(self) -> None:
        """The chosen faces are whom the user says."""
        rows = [index.data(ROW_ROLE) for index in self.faces.selectedIndexes()]
        if rows and self.name.text().strip():
            self._book.name_faces([row.place for row in rows], self.name.text())
            self.name.clear()

    def _hide(self) -> None:
        hidden = not self._chosen_hidden()
        ids = self._chosen_people()
        self._book.hide(ids, hidden)
        if self._book.person is not None and hidden:
            self._book.open(None)

    def _ask_photos(self) -> None:
        if self._book.person is not None:
            self.photos_wanted.emit(self._book.person.id)

    def _fill_names(self) -> None:
        menu, chosen = self.move.menu(), self.faces.chosen_ids()
        menu.clear()
        menu.addAction(tr("A new person"), lambda: self._book.split(chosen))
        names = self._book.names()
        if names:
            menu.addSeparator()
        for person_id, name in names[:40]:
            menu.addAction(name.replace("&", "&&"), partial(self._book.move, chosen, person_id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes faces out or hides people; Escape goes one step back."""
        one = self._book.person is not None
        if event.key() == Qt.Key.Key_Escape:
            if one:
                self._book.open(None)
            else:
                self.closed.emit()
        elif event.key() == Qt.Key.Key_Delete:
            if self._book.person is NOBODY:
                return
            if one:
                self._book.deny(self.faces.chosen_ids())
            else:
                self._hide()
        else:
            event.ignore()
