"""Look of the program: colour tokens, the style sheet made from them, and tinted icons."""

from __future__ import annotations

import enum
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

MENU_ICON = 16
"""Side of icons in menus, device-independent pixels (what Qt's styles ask for)."""
# A bare X server reports a generic family; these are asked for first, in this order.
PREFERRED_FAMILIES = (
    "Inter", "Adwaita Sans", "Cantarell", "Noto Sans", "Open Sans", "Roboto", "Ubuntu",
    "Nimbus Sans", "DejaVu Sans",
)  # fmt: skip
GENERIC_FAMILIES = {"Sans Serif", "Sans", "sans-serif", ""}


class ThemeChoice(enum.StrEnum):
    """What the user asked for."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True)
class Tokens:
    """The named colours of one theme."""

    name: str
    colors: dict[str, str]

    def color(self, token: str) -> QColor:
        """The token as a QColor; KeyError for a token that palettes.toml lacks."""
        return QColor(self.colors[token])

    @property
    def dark(self) -> bool:
        """True for the theme with light text on dark ground."""
        return self.name == "dark"


@lru_cache(maxsize=2)
def tokens(name: str) -> Tokens:
    """Tokens of ``"dark"`` or ``"light"``, read from resources/styles/palettes.toml."""
    text = (resources.files("resources") / "styles" / "palettes.toml").read_text("utf-8")
    return Tokens(name, tomllib.loads(text)[name])


class Theme(QObject):
    """The theme in force. ``changed`` fires after the application has been restyled."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._tokens = tokens("dark")
        app.setStyle("Fusion")
        app.setFont(interface_font())
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def choice(self) -> ThemeChoice:
        """The user's choice (system, dark or light)."""
        return self._choice

    @property
    def tokens(self) -> Tokens:
        """The tokens in force."""
        return self._tokens

    def choose(self, choice: ThemeChoice) -> None:
        """Switch to another theme at once."""
        self._choice = choice
        self._apply()

    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
            name = "light" if light else "dark"
        else:
            name = self._choice.value
        self._tokens = tokens(name)
        self._app.setPalette(palette(self._tokens))
        self._app.setStyleSheet(style_sheet(self._tokens, self._app.font()))
        self.changed.emit()


def interface_font() -> QFont:
    """The system's interface font, or a better installed one where the system names none."""
    font = QGuiApplication.font()
    if font.family() in GENERIC_FAMILIES:
        installed = set(QFontDatabase.families())
        font.setFamily(next((f for f in PREFERRED_FAMILIES if f in installed), font.family()))
        font.setPointSizeF(max(font.pointSizeF(), 10.0))
    return font


def style_sheet(theme: Tokens, font: QFont) -> str:
    """The style sheet of resources/styles with ``theme``'s colours and sizes relative to font."""
    source = (resources.files("resources") / "styles" / "albumen.qss").read_text("utf-8")
    px = QFontPixels(font)
    chevron = resources.files("resources") / "styles" / f"chevron-{theme.name}.svg"
    return Template(source).substitute(
        theme.colors,
        chevron=str(chevron).replace("\\", "/"),
        px_small=px.scaled(0.88),
        px_title=px.scaled(1.15),
        px_headline=px.scaled(1.6),
        px_hero=px.scaled(2.7),
    )


class QFontPixels:
    """Pixel sizes relative to a font, so that text grows with the system's setting."""

    def __init__(self, font: QFont) -> None:
        screen = QGuiApplication.primaryScreen()
        dpi = screen.logicalDotsPerInchY() if screen is not None else 96.0
        points = font.pointSizeF()
        self._base = points * dpi / 72.0 if points > 0 else float(font.pixelSize())

    def scaled(self, factor: float) -> int:
        """Pixels of ``factor`` times the font's size."""
        return max(1, round(self._base * factor))


def palette(theme: Tokens) -> QPalette:
    """A palette for what the style sheet leaves to Fusion (check marks, dialogs)."""
    result = QPalette()
    role = QPalette.ColorRole
    for target, token in (
        (role.Window, "panel"), (role.WindowText, "text"), (role.Base, "raised"),
        (role.AlternateBase, "panel"), (role.Text, "text"), (role.Button, "raised"),
        (role.ButtonText, "text"), (role.BrightText, "reject"), (role.Highlight, "accent"),
        (role.HighlightedText, "on_accent"), (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"), (role.PlaceholderText, "text_faint"),
        (role.Link, "accent_text"), (role.LinkVisited, "accent_text"), (role.Mid, "border"),
        (role.Accent, "accent"),
    ):  # fmt: skip
        result.setColor(target, theme.color(token))
    disabled = QPalette.ColorGroup.Disabled
    for target in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(disabled, target, theme.color("outline"))
    return result


@lru_cache(maxsize=128)
def _icon_source(name: str) -> str:
    return (resources.files("resources") / "icons" / f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def _drawn(name: str, side: int) -> QPixmap:
    """The icon in black where it takes a colour, ``side`` pixels wide."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_icon_source(name).encode("utf-8")))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


@lru_cache(maxsize=1024)
def icon_pixmap(name: str, color: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon ``name`` in one colour, ``size`` device-independent pixels wide. GUI thread only."""
    side = max(1, round(size * ratio))
    pixmap = QPixmap(_drawn(name, side))
    if "currentColor" in _icon_source(name):
        painter = QPainter(pixmap)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(pixmap.rect(), QColor(color))
        painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, theme: Tokens) -> QIcon:
    """A monochrome icon that turns to the accent when checked and pales when disabled.

    Drawn for the sides that buttons and menus have on the screens there are, and once for all
    who show it: the window has some sixty, and drawing them took half of its opening.
    """
    wanted = {MENU_ICON, icon_size(QGuiApplication.font()).width()}
    ratios = {screen.devicePixelRatio() for screen in QGuiApplication.screens()} or {1.0}
    sides = tuple(sorted({round(side * ratio) for side in wanted for ratio in ratios}))
    colors = theme.colors
    return _icon(name, colors["text"], colors["accent_text"], colors["outline"], sides)


@lru_cache(maxsize=256)
def _icon(name: str, normal: str, checked: str, pale: str, sides: tuple[int, ...]) -> QIcon:
    result = QIcon()
    for side in sides:
        for state, color in ((QIcon.State.Off, normal), (QIcon.State.On, checked)):
            drawn = icon_pixmap(name, color, side)
            result.addPixmap(drawn, QIcon.Mode.Normal, state)
            result.addPixmap(drawn, QIcon.Mode.Active, state)
            result.addPixmap(icon_pixmap(name, pale, side), QIcon.Mode.Disabled, state)
    return result


def app_icon() -> QIcon:
    """The program's own icon, in the sizes that desktops ask for."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        result.addPixmap(icon_pixmap("albumen", "none", size))
    return result


def icon_size(font: QFont) -> QSize:
    """The size of icons in buttons, following the font."""
    side = QFontPixels(font).scaled(1.4)
    return QSize(side, side)
