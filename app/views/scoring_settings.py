"""How scoring uses the machine: precision, processor, battery."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import ChoiceButton
from core.settings import Settings

PROCESSOR_NAMES = {
    "cpu": "CPU",
    "cuda": "NVIDIA (CUDA)",
    "directml": "DirectML",
    "coreml": "Core ML",
    "openvino": "OpenVINO",
}
"""What can run models, as its makers call it."""


class ScoringSettings(QObject):
    """The controls; the sheet lays them out.

    Signals:
        changed(object): fields of ``Settings`` with their new values, as a dict.
    """

    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = "cpu"
        self._there: tuple[str, ...] = ("cpu",)
        self.precision = ChoiceButton(tr("Precision"), "contrast", theme)
        self.precision.set_choices(
            [("quick", tr("quick, where it agrees with exact")), ("exact", tr("exact"))]
        )
        self.processor = ChoiceButton(tr("Processor"), "settings", theme)
        self.battery = QCheckBox(tr("Wait while the computer runs on its battery"))
        self.precision.chosen.connect(lambda name: self.changed.emit({"precision": name}))
        self.processor.chosen.connect(lambda name: self.changed.emit({"processor": name}))
        self.battery.toggled.connect(lambda on: self.changed.emit({"pause_on_battery": on}))

    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """Controls about scoring in their order, each with its name."""
        return (
            (tr("Precision"), self.precision),
            (tr("Processor"), self.processor),
            ("", self.battery),
        )

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force."""
        self.precision.show_value(settings.precision)
        self._wanted = settings.processor
        self._offer()
        self.battery.setChecked(settings.pause_on_battery)

    def show_processors(self, there: Sequence[str]) -> None:
        """Offer what this computer has."""
        self._there = tuple(there)
        self._offer()

    def _offer(self) -> None:
        names = dict.fromkeys([*self._there, self._wanted])
        self.processor.set_choices(
            [
                (name, PROCESSOR_NAMES[name] if name in self._there
                 else tr("{name} (not there)", name=PROCESSOR_NAMES[name]))
                for name in names
            ]
        )  # fmt: skip
        self.processor.show_value(self._wanted)
        self.processor.setEnabled(len(names) > 1)
