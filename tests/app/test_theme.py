"""Both themes: complete, readable, and every icon drawable."""

from __future__ import annotations

from importlib import resources

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.theme import Theme, ThemeChoice, icon_pixmap, style_sheet, tokens

GROUNDS = ("window", "panel", "raised", "tile", "tile_hover", "accent_soft")
TEXTS = {
    "text": GROUNDS,
    "text_dim": (*GROUNDS, "canvas"),
    "text_faint": ("window", "panel", "tile"),
    "accent_text": ("window", "panel", "raised", "tile", "accent_soft"),
    "on_accent": ("accent", "accent_hover"),
    "on_badge": ("badge",),
    "warning": ("raised", "panel"),
    "pick": ("badge",),
    "reject": ("badge",),
}
OUTLINES = {"accent": ("window", "panel", "raised", "tile"), "outline": ("panel", "window")}


def luminance(color: QColor) -> float:
    """Relative luminance (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = [color.redF(), color.greenF(), color.blueF()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_texts_have_wcag_aa_contrast(name: str) -> None:
    colors = tokens(name).colors
    weak = [
        f"{text} on {ground}: {contrast(colors[text], colors[ground]):.2f}"
        for text, grounds in TEXTS.items()
        for ground in grounds
        if contrast(colors[text], colors[ground]) < 4.5
    ]
    weak += [
        f"{line} on {ground}: {contrast(colors[line], colors[ground]):.2f}"
        for line, grounds in OUTLINES.items()
        for ground in grounds
        if contrast(colors[line], colors[ground]) < 3.0
    ]
    assert weak == []


def test_both_themes_name_the_same_colours() -> None:
    assert tokens("dark").colors.keys() == tokens("light").colors.keys()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_sheet_knows_all_its_names(qapp: QApplication, name: str) -> None:
    sheet = style_sheet(tokens(name), qapp.font())
    assert "$" not in sheet
    assert tokens(name).colors["accent"] in sheet


def test_every_icon_draws_something(qapp: QApplication) -> None:
    folder = resources.files("resources") / "icons"
    names = [f.name.removesuffix(".svg") for f in folder.iterdir() if f.name.endswith(".svg")]
    assert len(names) > 40
    for name in names:
        image = icon_pixmap(name, "#ffffff", 24).toImage()
        drawn = sum(image.pixelColor(x, y).alpha() > 100 for x in range(24) for y in range(24))
        assert drawn > 8, name


def test_choosing_a_theme_restyles_at_once(qapp: QApplication) -> None:
    theme = Theme(qapp, ThemeChoice.DARK)
    dark = qapp.styleSheet()
    changes: list[str] = []
    theme.changed.connect(lambda: changes.append(theme.tokens.name))
    theme.choose(ThemeChoice.LIGHT)
    assert changes == ["light"]
    assert qapp.styleSheet() != dark
    assert not theme.tokens.dark


def test_twenty_thousand_texts_do_not_end_the_process(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.11 aborts here: a reference to None too few at each call."""
    from PySide6.QtWidgets import QLabel

    label = QLabel()
    for number in range(20_000):
        label.setText(str(number))
    assert label.text() == "19999"
