"""The filters over the grid, and the chip that says what they hide."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from app.browsing import Browser
from app.listing import Listing
from app.theme import Theme, icon, icon_size
from app.translation import tr, trn
from app.views.controls import ChoiceButton, IconButton, push_button
from app.views.filter_menu import FilterMenu
from app.views.flow_layout import FlowLayout
from app.views.query_box import QueryBox
from app.views.score_range import HIGHEST, LOWEST, ScoreRange
from app.wording import flag_text
from core.domain import Flag, PhotoQuery, Status
from core.reasons.codes import title
from core.searching.writing import quoted

STATES: dict[str, frozenset[Status] | None] = {
    "any": None,
    "scored": frozenset({Status.SCORED}),
    "pending": frozenset({Status.PENDING}),
    "not_scored": frozenset({Status.NOT_SCORED}),
    "unreadable": frozenset({Status.UNREADABLE}),
    "missing": frozenset({Status.MISSING}),
}


class FilterBar(QWidget):
    """A search, score range, portraits, flag, stars, state, fault and more; they combine by AND.

    Signals:
        leave(): the user is done searching.
        save_requested(): keep what is asked for as a smart album.
    """

    leave = Signal()
    save_requested = Signal()

    def __init__(self, browser: Browser, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._browser = browser
        self._theme = theme
        self.search = QueryBox(browser.ask_search_values, theme)
        self.more = FilterMenu(browser, theme)
        self.save = IconButton("bookmark", tr("Keep this search as a smart album"), theme)
        self.save.clicked.connect(self.save_requested)

        self.scores = ScoreRange(theme)
        self.portraits = QToolButton()
        self.portraits.setAccessibleName(tr("Only photos with a face"))
        self.portraits.setToolTip(tr("Only photos with a face"))
        self.portraits.setCheckable(True)
        self.portraits.setProperty("framed", True)
        self.flags = ChoiceButton(tr("Flag"), "unflag", theme)
        self.flags.set_choices(
            [(None, tr("Any flag")), None, (Flag.PICK, tr("Picks")), (Flag.REJECT, tr("Rejects"))]
        )
        self.stars = ChoiceButton(tr("Stars"), "star-outline", theme)
        at_least = [(n, trn("{n} star or more", "{n} stars or more", n)) for n in range(1, 5)]
        self.stars.set_choices([(None, tr("Any stars")), None, *at_least, (5, tr("Five stars"))])
        self.states = ChoiceButton(tr("State"), "info", theme)
        self._offer_states({})
        self.reasons = ChoiceButton(tr("Fault"), "warning", theme)
        self.reasons.hide()
        self.chip = push_button("")
        self.chip.setProperty("chip", True)
        self.chip.clicked.connect(browser.show_all)

        row = FlowLayout(self)
        row.setContentsMargins(12, 7, 12, 7)
        for control in (
            self.search, self.scores, self.portraits, self.flags, self.stars, self.states,
            self.reasons, self.more, self.save,
        ):  # fmt: skip
            row.addWidget(control)
        row.add_last(self.chip)

        self.search.asked.connect(lambda terms: browser.change(text="", terms=terms))
        self.search.left.connect(self.leave)
        self.more.key_wanted.connect(self.search.write_key)
        self.scores.changed.connect(self._on_scores)
        self.portraits.toggled.connect(lambda on: browser.change(portraits_only=on))
        self.flags.chosen.connect(lambda flag: browser.change(flag=flag))
        self.stars.chosen.connect(lambda stars: browser.change(min_rating=stars))
        self.states.chosen.connect(lambda name: browser.change(statuses=STATES[name]))
        self.reasons.chosen.connect(lambda code: browser.change(reason=code))
        browser.query_changed.connect(self._show_query)
        browser.listed.connect(self._show_listing)
        theme.changed.connect(self._take_theme)
        self._take_theme()
        self._show_query(browser.query)
        self._show_listing(browser.listing)

    def _take_theme(self) -> None:
        self.portraits.setIcon(icon("face", self._theme.tokens))
        self.portraits.setIconSize(icon_size(self.font()))

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_scores(self, low: float, high: float) -> None:
        self._browser.change(
            min_score=None if low <= LOWEST else low, max_score=None if high >= HIGHEST else high
        )

    def _offer_states(self, counts: dict[Status, int]) -> None:
        names = {
            "scored": tr("Scored"),
            "pending": tr("Waiting"),
            "not_scored": tr("Not scored"),
            "unreadable": tr("Unreadable"),
            "missing": tr("Missing"),
        }
        choices: list[tuple[object, str] | None] = [("any", tr("Any state")), None]
        for name, text in names.items():
            count = counts.get(Status(name), 0)
            choices.append((name, f"{text} ({count})" if count else text))
        self.states.set_choices(choices)
        self._show_state(self._browser.query)

    def _offer_reasons(self, counts: dict[str, int]) -> None:
        wanted = self._browser.query.reason
        found = counts if wanted is None or wanted in counts else counts | {wanted: 0}
        self.reasons.setVisible(bool(found))
        faults = [(code, f"{tr(title(code))} ({count})") for code, count in found.items()]
        self.reasons.set_choices([(None, tr("Any fault")), None, *faults])
        self.reasons.show_value(wanted)

    def _show_state(self, query: PhotoQuery) -> None:
        state = next((name for name, value in STATES.items() if value == query.statuses), "any")
        self.states.show_value(state)

    def _show_query(self, query: PhotoQuery) -> None:
        self.search.show_terms(query.text and quoted(query.text), query.terms)
        self.save.setEnabled(self._browser.filtered)
        self.scores.set_bounds(query.min_score, query.max_score)
        was = self.portraits.blockSignals(True)
        self.portraits.setChecked(query.portraits_only)
        self.portraits.blockSignals(was)
        self.flags.show_value(query.flag)
        self.stars.show_value(query.min_rating)
        self._show_state(query)
        self.reasons.show_value(query.reason)

    def _show_listing(self, listing: Listing) -> None:
        self._offer_reasons(listing.reasons)
        self.scores.set_histogram(listing.histogram)
        self._offer_states(listing.statuses)
        shown = self._browser.filtered
        self.chip.setVisible(shown)
        if shown:
            hidden = trn("{n} hidden by filters", "{n} hidden by filters", listing.hidden)
            text = f"{hidden}  ·  {tr('Show all')}"
            self.chip.setText(text)
            self.chip.setAccessibleName(text)


def describe_filters(query: PhotoQuery) -> list[str]:
    """The filters in force in words, for the empty state."""
    parts: list[str] = []
    if query.text:
        parts.append(tr("name contains “{text}”", text=query.text))
    if query.min_score is not None:
        parts.append(tr("score of {score} or more", score=f"{query.min_score:g}"))
    if query.max_score is not None:
        parts.append(tr("score of {score} or less", score=f"{query.max_score:g}"))
    if query.portraits_only:
        parts.append(tr("with a face"))
    if query.flag is not None:
        parts.append(flag_text(query.flag))
    if query.reason is not None:
        parts.append(tr(title(query.reason)))
    if query.min_rating is not None:
        parts.append(trn("{n} star or more", "{n} stars or more", query.min_rating))
    if query.person is not None:
        parts.append(tr("a person without a name"))
    parts += [term.text for term in query.terms]
    return parts
