"""What goes to other programs and what is taken over from them: off until it is switched on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import ChoiceButton, label
from core.settings import Settings


class MetadataSettings(QObject):
    """The controls of the settings about XMP; the sheet lays them out.

    Signals:
        changed(object): fields of ``Settings`` with their new values, as a dict.
    """

    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.place = ChoiceButton(tr("Write stars, flags, colours"), "star", theme)
        self.place.set_choices(
            [
                ("off", tr("nowhere")),
                ("sidecar", tr("beside the photo, as XMP")),
                ("embedded", tr("into the photo, else beside it")),
            ]
        )
        self.names = ChoiceButton(tr("New XMP files are called"), "info", theme)
        self.names.set_choices(
            [
                ("full", tr("IMG_1.jpg.xmp (darktable, digiKam)")),
                ("stem", tr("IMG_1.xmp (Lightroom, Capture One)")),
            ]
        )
        self.people = QCheckBox(tr("Names of people, too"))
        self.read = QCheckBox(tr("Take over what other programs write"))
        self.note = label(
            tr("What others wrote is kept; pictures are never changed. Everything that is taken "
               "over can be undone."), "small",
        )  # fmt: skip
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(300)
        self.place.chosen.connect(lambda place: self.changed.emit({"metadata": place}))
        self.names.chosen.connect(lambda names: self.changed.emit({"sidecar_names": names}))
        self.people.toggled.connect(lambda on: self.changed.emit({"metadata_people": on}))
        self.read.toggled.connect(lambda on: self.changed.emit({"metadata_read": on}))

    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """The controls in their order, each with its name."""
        return (
            (tr("Write stars, flags, colours"), self.place),
            (tr("New XMP files are called"), self.names),
            ("", self.people),
            ("", self.read),
            ("", self.note),
        )

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force."""
        self.place.show_value(settings.metadata)
        self.names.show_value(settings.sidecar_names)
        self.people.setChecked(settings.metadata_people)
        self.read.setChecked(settings.metadata_read)
        for control in (self.names, self.people):
            control.setEnabled(settings.metadata != "off")
