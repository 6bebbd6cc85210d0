"""The settings: what changes at once does, the rest when the window is opened anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.theme import Theme
from app.translation import languages, tr
from app.views.controls import ChoiceButton, Segments, label, push_button
from app.views.face_erasing import FaceErasing
from app.views.folder_settings import FolderSettings
from app.views.key_editor import PRESET_NAMES
from app.views.metadata_settings import MetadataSettings
from app.views.scoring_settings import ScoringSettings
from app.views.sheet import Sheet
from app.views.storage_settings import StorageSettings
from app.views.taste_settings import TasteSettings
from core.inference.cards import ModelCard
from core.settings import KEY_PRESETS, THEMES, Settings
from core.taste import Taste

NEEDS_REOPENING = (
    "language", "model", "workers", "thumbnail_memory_mb", "precision", "processor",
)  # fmt: skip


class SettingsSheet(Sheet):
    """All settings on one page.

    Signals:
        changed(object): the new ``Settings``.
        reopen_requested(): the user wants the new settings now.
        erase_faces_requested(bool): erase all face data; True: names of people, too.
        model_asked(str): the user wants to read about a model.
        opening(): it is about to be shown.
        keys_asked(): the user wants to change keys.
    """

    changed = Signal(object)
    reopen_requested = Signal()
    erase_faces_requested = Signal(bool)
    model_asked = Signal(str)
    opening = Signal()
    keys_asked = Signal()

    def __init__(
        self,
        settings: Settings,
        models: Sequence[ModelCard],
        default_model: str,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(tr("Settings"), theme, parent)
        self._settings = settings
        self._opened_with = settings
        self._models = {card.name: card for card in models}
        self._default_model = default_model
        self.themes = Segments(tr("Theme"))
        names = {"system": tr("As the system"), "dark": tr("Dark"), "light": tr("Light")}
        for name in THEMES:
            button = QToolButton()
            button.setText(names[name])
            button.setAccessibleName(names[name])
            self.themes.add(name, button)
        self.language = ChoiceButton(tr("Language"), "info", theme)
        self.language.set_choices(
            [("system", tr("As the system")), None, *((c, _language(c)) for c in languages())]
        )
        self.badges = QCheckBox(tr("Badges on thumbnails"))
        self.advance = QCheckBox(tr("Go on to the next photo after judging"))
        self.preset = ChoiceButton(tr("Keys"), "keyboard", theme)
        self.preset.set_choices([(name, PRESET_NAMES[name]) for name in KEY_PRESETS])
        self.edit_keys = push_button(tr("Change keys"), link=True)
        self.model = ChoiceButton(tr("Model"), "heatmap", theme)
        self.model.set_choices([(card.name, card.title) for card in models])
        self.card = label("", "small")
        self.card.setWordWrap(True)
        self.card.setMinimumWidth(300)
        self.about_model = push_button(tr("About this model"), link=True)
        self.workers = QSpinBox()
        self.workers.setRange(0, 64)
        self.workers.setSpecialValueText(tr("Automatic"))
        self.workers.setAccessibleName(tr("Photos scored at once"))
        self.workers.setMinimumSize(120, 30)
        self.storage = StorageSettings(self)
        self.folders = FolderSettings(theme)
        self.metadata = MetadataSettings(theme, self)
        self.scoring = ScoringSettings(theme, self)
        self.taste = TasteSettings(self)
        self.faces = FaceErasing()
        self.footer = QWidget()
        self.reopen = push_button(tr("Open the window anew"), primary=True)
        self._build()
        self._show()
        self._connect()

    def _build(self) -> None:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 4, 8, 4)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(9)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(1, 1)
        for title, rows in (
            (
                tr("Appearance"),
                ((tr("Theme"), self.themes), (tr("Language"), self.language), ("", self.badges)),
            ),
            (tr("Folders"), (("", self.folders),)),
            (tr("Judging"), ((tr("Keys as in"), self.preset), ("", self.edit_keys),
                             ("", self.advance))),
            (tr("Scoring"), ((tr("Model"), self.model), ("", self.card), ("", self.about_model),
                             (tr("Photos scored at once"), self.workers),
                             *self.scoring.rows())),
            (tr("Memory and disk"), self.storage.rows()),
            (tr("My taste"), self.taste.rows()),
            (tr("Other programs"), self.metadata.rows()),
            (tr("Privacy"), (("", self.faces),)),
        ):  # fmt: skip
            first = grid.rowCount()
            grid.setRowMinimumHeight(first, 36 if first > 1 else 0)
            bottom = Qt.AlignmentFlag.AlignBottom
            grid.addWidget(label(title, "section"), first, 0, 1, 2, bottom)
            for number, (name, control) in enumerate(rows, start=first + 1):
                grid.addWidget(label(name), number, 0)
                align = Qt.AlignmentFlag.AlignLeft
                wide = control in (
                    self.card, self.faces, self.folders, self.metadata.note, self.taste.note,
                    *self.storage.wide,
                )  # fmt: skip
                grid.addWidget(control, number, 1, Qt.AlignmentFlag(0) if wide else align)
        grid.setRowStretch(grid.rowCount(), 1)
        self.set_body(body)
        row = QHBoxLayout(self.footer)
        row.setContentsMargins(0, 8, 8, 0)
        row.addWidget(label(tr("Some changes show when the window is opened anew."), "small"), 1)
        row.addWidget(self.reopen)
        self.set_footer(self.footer)

    def _connect(self) -> None:
        self.themes.chosen.connect(lambda name: self._change(theme=name))
        self.language.chosen.connect(lambda code: self._change(language=code))
        self.badges.toggled.connect(lambda on: self._change(show_badges=on))
        self.advance.toggled.connect(lambda on: self._change(auto_advance=on))
        self.preset.chosen.connect(lambda name: self._change(key_preset=name))
        self.edit_keys.clicked.connect(self.keys_asked)
        self.model.chosen.connect(lambda name: self._change(model=name))
        self.about_model.clicked.connect(
            lambda: self.model_asked.emit(self._settings.model or self._default_model)
        )
        self.workers.valueChanged.connect(lambda count: self._change(workers=count))
        self.storage.changed.connect(lambda changes: self._change(**changes))
        self.reopen.clicked.connect(self.reopen_requested)
        self.scoring.changed.connect(lambda changes: self._change(**changes))
        self.taste.on.toggled.connect(lambda on: self._change(taste=on))
        self.metadata.changed.connect(lambda changes: self._change(**changes))
        self.faces.erase_requested.connect(self.erase_faces_requested)

    def show_settings(self, settings: Settings) -> None:
        """Open the sheet with the settings in force."""
        self._settings = settings
        self.faces.reset()
        self._show()
        self.opening.emit()
        self.open()

    def show_taste(self, known: Taste | None) -> None:
        """Tell what was learned of the user's taste."""
        self.taste.show_taste(known)
        if self.isVisible():
            self.place()

    def show_storage(self, folder: Path, size: int, thumbnails: int) -> None:
        """Tell where the library is, how many bytes it takes, and how many its thumbnails."""
        self.storage.show_sizes(folder, size, thumbnails)
        if self.isVisible():
            self.place()

    def _change(self, **changes: object) -> None:
        changed = replace(self._settings, **changes)  # type: ignore[arg-type]
        if changed != self._settings:
            self._settings = changed
            self._show()
            self.changed.emit(changed)

    def _show(self) -> None:
        settings = self._settings
        self.themes.show_value(settings.theme)
        self.language.show_value(settings.language)
        self.preset.show_value(settings.key_preset)
        name = settings.model or self._default_model
        self.model.show_value(name)
        self.card.setText(card_text(self._models.get(name)))
        self.badges.setChecked(settings.show_badges)
        self.advance.setChecked(settings.auto_advance)
        self.workers.setValue(settings.workers)
        self.storage.show_settings(settings)
        self.metadata.show_settings(settings)
        self.scoring.show_settings(settings)
        self.taste.on.setChecked(settings.taste)
        waiting = any(
            getattr(settings, field) != getattr(self._opened_with, field)
            for field in NEEDS_REOPENING
        )
        self.footer.setVisible(waiting)
        if self.isVisible():
            self.place()


def card_text(card: ModelCard | None) -> str:
    """What a model learnt from; the page about it tells the rest."""
    if card is None or not card.training_data:
        return ""
    return tr("Learnt from: {data}", data=card.training_data)


def _language(code: str) -> str:
    return QLocale(code).nativeLanguageName().capitalize() or code
