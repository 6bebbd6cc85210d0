"""The filters that have no control of their own: a menu that writes them into the search box."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.browsing import Browser
from app.theme import Theme, icon, icon_size
from app.translation import tr, trn
from app.views.date_range import DateRange
from app.views.query_box import KnownValues
from app.wording import color_text
from core.domain import ColorLabel, Span, Term
from core.searching.keys import NONE
from core.searching.parsing import parse
from core.searching.writing import quoted, with_term

MOST = 40
"""Entries of a submenu; what is not among them can be written into the box."""


class FilterMenu(QToolButton):
    """“More”: colour, camera, date, faces, format, person.

    Signals:
        key_wanted(str): the user wants to write a key's value.
    """

    key_wanted = Signal(str)

    def __init__(self, browser: Browser, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._browser = browser
        self._theme = theme
        self._known: KnownValues = {}
        self.dates: DateRange | None = None
        self.setText(tr("More"))
        self.setAccessibleName(tr("More filters"))
        self.setToolTip(tr("Colour, camera, date, faces, format, person"))
        self.setProperty("framed", True)
        self.setProperty("choice", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        menu = QMenu(self)
        self.setMenu(menu)
        titles = {
            "color": tr("Colour label"),
            "faces": tr("Number of faces"),
            "taken": tr("Date"),
            "camera": tr("Camera"),
            "lens": tr("Lens"),
            "person": tr("Person"),
            "format": tr("Kind of file"),
        }
        self.menus = {key: menu.addMenu(title) for key, title in titles.items()}
        menu.aboutToShow.connect(self._prepare)
        theme.changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icon("filter", self._theme.tokens))
        self.setIconSize(icon_size(self.font()))

    def _prepare(self) -> None:
        self._fill(self._known)
        self._browser.ask_search_values(self._fill)

    def _fill(self, known: KnownValues) -> None:
        self._known = known
        today = date.today()
        days = [("7", today - timedelta(days=7)), ("30", today - timedelta(days=30))]
        recent = [
            (f"taken>={day.isoformat()}", tr("The last {n} days", n=count)) for count, day in days
        ]
        self._show("color", [
            *((f"color:{color.value}", color_text(color)) for color in ColorLabel),
            (f"color:{NONE}", color_text(None)),
        ])  # fmt: skip
        self._show("faces", [
            ("faces:0", tr("No face")),
            *((f"faces:{n}", trn("{n} face", "{n} faces", n)) for n in range(1, 5)),
            ("faces>=5", tr("Five or more")),
        ])  # fmt: skip
        self._show("taken", [*recent, *((f"taken:{v}", v) for v in known.get("taken", ()))])
        self.menus["taken"].addAction(tr("From … to …"), self.ask_for_dates)
        for key in ("camera", "lens", "person", "format"):
            values = known.get(key, ())
            self._show(key, [(f"{key}:{quoted(value)}", value) for value in values])
            self.menus[key].menuAction().setVisible(bool(values) or key == "person")
        if not known.get("person"):
            self.menus["person"].addAction(tr("Nobody has a name yet")).setEnabled(False)

    def ask_for_dates(self) -> None:
        """Let the user choose the first and the last day."""
        if self.dates is None:
            self.dates = DateRange(self._theme, self.window())
            self.dates.decided.connect(
                lambda first, last: self._choose("taken", parse(f"taken:{first}..{last}")[0])
            )
            self.dates.closed.connect(self.setFocus)
        asked = next((t for t in self._browser.query.terms if t.key == "taken"), None)
        months = [one for one in self._known.get("taken", ()) if "-" in one]
        if asked is None and months:  # all that there is
            asked = parse(f"taken:{months[-1]}..{months[0]}")[0]
        self.dates.ask(*_days(asked))

    def _show(self, key: str, choices: Iterable[tuple[str, str]]) -> None:
        menu = self.menus[key]
        menu.clear()
        in_force = [t for t in self._browser.query.terms if t.key == key and not t.negated]
        anything = menu.addAction(tr("Any"))
        anything.setCheckable(True)
        anything.setChecked(not in_force)
        anything.triggered.connect(lambda: self._choose(key, None))
        menu.addSeparator()
        for text, shown in list(choices)[:MOST]:
            term = parse(text)[0]
            action = menu.addAction(shown.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(any(term.values == t.values for t in in_force))
            action.triggered.connect(lambda _=False, term=term: self._choose(key, term))
        menu.addSeparator()
        menu.addAction(tr("Write it…"), lambda: self.key_wanted.emit(key))

    def _choose(self, key: str, term: Term | None) -> None:
        self._browser.change(terms=with_term(self._browser.query.terms, key, term))


def _days(asked: Term | None) -> tuple[date, date]:
    """The first and the last day of what is asked for; today where it is open or nothing."""
    span = asked.values[0] if asked is not None else None
    first = last = date.today()
    if isinstance(span, Span):
        if isinstance(span.low, datetime):
            first = span.low.date()
        if isinstance(span.high, datetime):
            last = (span.high - timedelta(days=1) if span.below else span.high).date()
    return first, last
