"""The bar at the top: where one is, how it is shown, in which order."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QVBoxLayout, QWidget

from app.grouping import GROUPINGS
from app.theme import Theme
from app.translation import tr, trn
from app.views.command_set import CommandSet
from app.views.controls import ChoiceButton, ElidedLabel, IconButton, Segments
from app.views.photo_grid import MAX_SIDE, MIN_SIDE
from app.wording import sort_text
from core.domain import SortKey

ORDERS: tuple[tuple[SortKey, bool] | None, ...] = (
    (SortKey.SCORE, True), (SortKey.SCORE, False), (SortKey.LOW, True),
    (SortKey.PERCENTILE, True), None,
    (SortKey.TAKEN, True), (SortKey.TAKEN, False), None,
    (SortKey.NAME, False), (SortKey.NAME, True), None,
    (SortKey.RATING, True), (SortKey.FACES, True), (SortKey.SIZE, True), (SortKey.ADDED, True),
    None, (SortKey.MOVED, True),
)  # fmt: skip


VIEWS = ("grid", "loupe", "compare", "survey", "overview", "keep", "people")
NARROW = 900
"""Below this width the side panels make room for the photos."""
WORDS_FROM = 1100
VIEW_ICONS = {"keep": "trophy", "people": "person"}


class Toolbar(QWidget):
    """Title, views, order, size of thumbnails, panels, menu.

    Signals:
        order_chosen(object): (SortKey, descending).
        side_changed(int): side of the thumbnails.
    """

    order_chosen = Signal(object)
    side_changed = Signal(int)

    def __init__(
        self, commands: CommandSet, menu: QMenu, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.sidebar = _bound(IconButton("sidebar", "", theme), commands, "sidebar")
        self.title = ElidedLabel("", "title")
        self.count = ElidedLabel("", "small")
        self.views = Segments(tr("View"))
        for name in VIEWS:
            self.views.add(
                name, _bound(IconButton(VIEW_ICONS.get(name, name), "", theme), commands, name)
            )
        self._keep_text = commands["keep"].text()
        self.order = ChoiceButton(tr("Order"), "sort", theme)
        self.order.set_choices([None if o is None else (o, sort_text(*o)) for o in ORDERS])
        self.order.chosen.connect(self.order_chosen)
        self.size = QSlider(Qt.Orientation.Horizontal)
        self.size.setRange(MIN_SIDE // 8, MAX_SIDE // 8)
        self.size.setFixedWidth(110)
        self.size.setAccessibleName(tr("Size of the thumbnails"))
        self.size.setToolTip(tr("Size of the thumbnails"))
        self.size.valueChanged.connect(lambda value: self.side_changed.emit(value * 8))
        self.groups = IconButton("stack", tr("Groups"), theme)
        self.groups.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.groups.setMenu(QMenu(self.groups))
        self.groups.menu().addActions([commands[name] for name in GROUPINGS])
        self.info = _bound(IconButton("panel", "", theme), commands, "info")
        self.menu = IconButton("more", tr("Menu"), theme)
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu.setMenu(menu)

        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        names.addWidget(self.count)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(8)
        row.addWidget(self.sidebar)
        row.addSpacing(4)
        row.addLayout(names, 1)
        row.addWidget(self.views)
        row.addSpacing(4)
        row.addWidget(self.order)
        row.addWidget(self.groups)
        row.addWidget(self.size)
        row.addWidget(self.info)
        row.addWidget(self.menu)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With room, what a newcomer looks for is said in words; without, panels that have no
        room themselves need no buttons."""
        super().resizeEvent(event)
        style = Qt.ToolButtonStyle
        wide = self.width() >= WORDS_FROM
        keep = self.views.button("keep")
        keep.setText(self._keep_text if wide else "")
        keep.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly
        )
        for button in (self.sidebar, self.info):
            button.setVisible(self.width() >= NARROW)

    def show_place(self, title: str, shown: int, total: int, chosen: int) -> None:
        """Say which album this is and how much of it is shown and chosen."""
        self.title.setText(title)
        count = trn("{n} photo", "{n} photos", total)
        if shown != total:
            count = trn("{n} of {total}", "{n} of {total}", shown, total=count)
        if chosen > 1:
            count += "  ·  " + trn("{n} chosen", "{n} chosen", chosen)
        self.count.setText(count)

    def show_side(self, side: int) -> None:
        """Show the size of thumbnails on the slider."""
        self.size.setValue(side // 8)


def _bound(button: IconButton, commands: CommandSet, name: str) -> IconButton:
    """Let a button give a command and show its state, name and key."""
    action: QAction = commands[name]
    button.set_name(action.text(), commands.key_text(name))
    button.clicked.connect(action.trigger)
    if action.isCheckable():
        button.setCheckable(True)
        button.setChecked(action.isChecked())
        action.toggled.connect(button.setChecked)
        # trigger() toggles the action, which sets the button: undo the click's own toggling.
        button.clicked.connect(lambda: button.setChecked(action.isChecked()))
    action.changed.connect(lambda: button.set_name(action.text(), commands.key_text(name)))
    return button
