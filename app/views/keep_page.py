"""Keep the best: per group what stays and what goes, and why, before anything is done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from app.group_words import GroupWords
from app.models.culling import Culling, PlanModel, Scope
from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import number, tr, trn
from app.views.controls import ChoiceButton, label, push_button
from app.views.flow_layout import FlowLayout
from app.views.group_menu import group_menu
from app.views.keep_list import ChoiceDelegate, PlanView
from app.views.tie_view import TieView
from app.wording import size_text
from core.curation.apply import Rejects
from core.curation.choice import Choice, GroupChoice
from core.curation.faults import SCENE
from core.curation.plan import Plan
from core.grouping.groups import Grouping


class KeepPage(QWidget):
    """How many, of what, where the rest goes; the groups; and one button that does it.

    Signals:
        closed(): back to the grid.
        rejects_chosen(object): the ``Rejects`` that the user wants from now on.
    """

    closed = Signal()
    rejects_chosen = Signal(object)

    def __init__(
        self,
        culling: Culling,
        scope: Callable[[], Scope],
        model: Callable[[], str],
        thumbnails: ThumbnailCache,
        ties: TieView,
        theme: Theme,
        words: GroupWords,
        rejects: Rejects = Rejects.FLAG,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("keepPage")
        self.setAccessibleName(tr("Keep the best"))
        self._culling = culling
        self._scope = scope
        self._model = model
        self._thumbnails = thumbnails
        self._theme = theme
        self._words = words
        self._plan = PlanModel(culling.percentile, self)
        self.ties = ties
        self._decided: set[str] = set()
        self._place: int | None = None
        self.decide = push_button("")
        self.view = PlanView(self._plan)
        self.view.setItemDelegate(ChoiceDelegate(thumbnails, theme, self.view))
        self.count = QSpinBox()
        self.count.setRange(1, 999)
        self.count.setValue(1)
        self.count.setMinimumSize(70, 30)
        self.count.setAccessibleName(tr("How many stay in each group"))
        self.by = ChoiceButton(tr("Groups"), "survey", theme)
        self.by.set_choices(
            [
                (Grouping.BURST, tr("of each burst")),
                (Grouping.PERSON, tr("of each person")),
                (Grouping.DAY, tr("of each day")),
                (Grouping.ALBUM, tr("of each album")),
            ]
        )
        self._grouping = Grouping.BURST
        self.by.show_value(self._grouping)
        self.rejects = ChoiceButton(tr("The rest"), "reject", theme)
        self.rejects.set_choices(
            [
                (Rejects.FLAG, tr("flag the rest")),
                (Rejects.MOVE, tr("move the rest to “_rejected”")),
                (Rejects.TRASH, tr("move the rest to the trash")),
            ]
        )
        self._rejects = rejects
        self.rejects.show_value(self._rejects)
        self.summary = label("", "dim")
        self.go = push_button(tr("Apply"), primary=True)
        self.message = label("", "headline")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.instead = push_button(tr("Choose among all photos of each album instead"))
        self.instead.clicked.connect(lambda: self._choose_grouping(Grouping.ALBUM))
        self.nothing = QWidget()
        self.body = QStackedWidget()
        self._build()
        self._connect()

    def _build(self) -> None:
        bar = QWidget()
        bar.setObjectName("toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = FlowLayout(bar)
        row.setContentsMargins(12, 7, 12, 7)
        row.addWidget(label(tr("Keep the best"), "title"))
        for control in (self.count, self.by, self.rejects):
            row.addWidget(control)
        row.addWidget(self.decide)
        row.add_last(self.go)
        self.hint = label(
            tr(
                "Click a photo to change its fate, a heading to split or join groups\n"
                "Shift+P: keep only this one of its group"
            ),
            "small",
        )
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        middle = QVBoxLayout(self.nothing)
        middle.setSpacing(14)
        middle.addStretch()
        middle.addWidget(self.message)
        middle.addWidget(self.instead, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch()
        self.body.addWidget(self.nothing)
        self.body.addWidget(self.view)
        self.body.addWidget(self.ties)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(4)
        column.addWidget(bar)
        column.addWidget(self.body, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 0, 12, 0)
        foot.setSpacing(24)
        foot.addWidget(self.summary)
        foot.addWidget(self.hint, 1)
        column.addLayout(foot)
        self.setFocusProxy(self.view)

    def _connect(self) -> None:
        self.count.valueChanged.connect(lambda _: self.ask())
        self.by.chosen.connect(self._choose_grouping)
        self.rejects.chosen.connect(self._choose_rejects)
        self.go.clicked.connect(lambda: self._culling.carry_out(self._rejects))
        self.view.toggled.connect(self._culling.toggle)
        self.view.only_wanted.connect(self._culling.keep_only)
        self.view.left.connect(self.closed)
        self.view.menu_wanted.connect(self._open_menu)
        self._words.said.connect(self.ask_again)
        self.decide.clicked.connect(self._start_deciding)
        self.ties.only_wanted.connect(self._decide)
        self.ties.skipped.connect(self._skip)
        self.ties.left.connect(self._stop_deciding)
        self._culling.planned.connect(self._show_plan)
        self._culling.applied.connect(lambda _: self.closed.emit())
        self._thumbnails.loaded.connect(self._repaint)
        self._theme.changed.connect(self.view.viewport().update)

    # --- ties ------------------------------------------------------------------------------------

    @property
    def deciding(self) -> bool:
        """Whether close shots are shown side by side."""
        return self.body.currentWidget() is self.ties

    def keep_only(self) -> None:
        """Keep only the chosen photo of its group and go to the next group."""
        if self.deciding:
            self.ties.keep_only()
        else:
            self.view.keep_only()

    def toggle_zoom(self) -> None:
        """Zoom shots that are side by side."""
        if self.deciding:
            self.ties.toggle_zoom()

    def _open_ties(self) -> list[GroupChoice]:
        plan = self._culling.plan
        return [] if plan is None else [
            group
            for group in plan.groups
            if len(group.too_close) > 1
            and group.group.kind in SCENE
            and group.group.id not in self._decided
        ]  # fmt: skip

    def _start_deciding(self) -> None:
        self._decided.clear()
        self._next_tie()

    def _next_tie(self) -> None:
        waiting = self._open_ties()
        if not waiting:
            self._stop_deciding()
            return
        done = len(self._decided)
        self.body.setCurrentWidget(self.ties)
        self.hint.hide()  # the ties have keys of their own
        self.ties.show_group(waiting[0], done + 1, done + len(waiting))
        self.ties.setFocus()

    def _decide(self, group: GroupChoice, choice: Choice) -> None:
        self._decided.add(group.group.id)
        self._culling.keep_only(group, choice)
        self._next_tie()

    def _skip(self) -> None:
        if self.ties.group is not None:
            self._decided.add(self.ties.group.group.id)
        self._next_tie()

    def _stop_deciding(self) -> None:
        self.hint.show()
        self.body.setCurrentWidget(self.view)
        self.view.setFocus()

    def _repaint(self, _photo_id: int) -> None:
        if self.isVisible():
            self.view.viewport().update()

    def showEvent(self, event: object) -> None:
        """Ask for a preview of what is shown now."""
        self.ask()

    def ask(self) -> None:
        """Ask again with these settings."""
        if self.isVisible():
            self._culling.ask(self._scope(), self._model(), self.count.value(), self._grouping)

    def ask_again(self) -> None:
        """Groups or judgements changed: ask again, and stay at the place that is looked at."""
        if self.isVisible():
            self._place = self.view.verticalScrollBar().value()
            self._culling.ask_again()

    def _open_menu(self, point: QPoint, group: GroupChoice, choice: Choice | None) -> None:
        above = self._plan.group_above(group.group.id)
        menu = group_menu(self._words, group, choice, above, self)
        if menu is not None:
            menu.popup(point)

    def _choose_grouping(self, by: Grouping) -> None:
        self._grouping = by
        self.by.show_value(by)
        self.ask()

    def _choose_rejects(self, rejects: Rejects) -> None:
        self._rejects = rejects
        self.rejects.show_value(rejects)
        self.rejects_chosen.emit(rejects)

    def _show_plan(self, plan: Plan | None) -> None:
        self._plan.set_plan(plan)
        place, self._place = self._place, None
        if place is not None and plan is not None:
            self.view.doItemsLayout()
            self.view.verticalScrollBar().setValue(place)
        self.go.setEnabled(plan is not None and plan.rejected > 0)
        if plan is None:
            self._decided.clear()
            self.decide.hide()
            self.summary.setText("")
            self.instead.hide()
            self.message.setText(tr("Looking for groups…"))
            self.body.setCurrentWidget(self.nothing)
            return
        self.summary.setText(
            tr(
                "{stay} stay, {go} go ({size})",
                stay=number(plan.kept),
                go=number(plan.rejected),
                size=size_text(plan.bytes),
            )
        )
        self.go.setText(
            trn("Reject {n} photo", "Reject {n} photos", plan.rejected)
            if plan.rejected
            else tr("Nothing to reject")
        )
        self.go.setAccessibleName(self.go.text())
        if not self.deciding:
            self._decided.clear()
        ties = len(self._open_ties())
        self.decide.setVisible(ties > 0)
        self.decide.setText(trn("Decide {n} tie", "Decide {n} ties", ties))
        self.decide.setAccessibleName(self.decide.text())
        if not plan.groups:
            self.message.setText(tr("No two photos here belong together"))
            self.instead.setVisible(self._grouping is not Grouping.ALBUM)
            self.body.setCurrentWidget(self.nothing)
            return
        if not self.deciding:
            self.body.setCurrentWidget(self.view)
