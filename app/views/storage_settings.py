"""What the program keeps: how much memory it may take, where on the disk, and how to make room."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QSpinBox, QWidget

from app.translation import tr
from app.views.controls import label, push_button
from app.wording import size_text
from core.settings import Settings


class StorageSettings(QObject):
    """The controls; the sheet lays them out.

    Signals:
        changed(object): fields of ``Settings`` with their new values, as a dict.
        delete_requested(): thumbnails on the disk are to be deleted.
    """

    changed = Signal(object)
    delete_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self.memory = QSpinBox()
        self.memory.setRange(16, 8192)
        self.memory.setSingleStep(32)
        self.memory.setSuffix(" MB")
        self.memory.setAccessibleName(tr("Memory for thumbnails"))
        self.memory.setMinimumSize(120, 30)
        self.place = label("")
        self.place.setWordWrap(True)
        self.place.setMinimumWidth(300)
        self.open_place = push_button(tr("Open in the file manager"), link=True)
        self.open_place.hide()
        self.thumbnails = label("")
        self.delete = push_button(tr("Delete thumbnails"), link=True)
        self.delete.setEnabled(False)
        self.note = label(
            tr("They are made again from the photos when they are looked at. Those of photos whose "
               "drive is away stay."), "small",
        )  # fmt: skip
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(300)
        self.memory.valueChanged.connect(
            lambda size: self.changed.emit({"thumbnail_memory_mb": size})
        )
        self.open_place.clicked.connect(self._open)
        self.delete.clicked.connect(self._ask_to_delete)

    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """Controls in their order, each with its name."""
        return (
            (tr("Memory for thumbnails"), self.memory),
            (tr("Library and thumbnails"), self.place),
            ("", self.open_place),
            (tr("Thumbnails on the disk"), self.thumbnails),
            ("", self.delete),
            ("", self.note),
        )

    @property
    def wide(self) -> tuple[QWidget, ...]:
        """Controls that take the whole width."""
        return self.place, self.note

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force."""
        self.memory.setValue(settings.thumbnail_memory_mb)

    def show_sizes(self, folder: Path, size: int, thumbnails: int) -> None:
        """Where the library is kept, how many bytes it takes, and how many its thumbnails."""
        self._folder = folder
        self.place.setText(tr("{size} in {folder}", size=size_text(size), folder=str(folder)))
        self.open_place.show()
        self.thumbnails.setText(size_text(thumbnails))
        self.delete.setEnabled(True)

    def _open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _ask_to_delete(self) -> None:
        self.delete.setEnabled(False)  # until the new size is told
        self.delete_requested.emit()
