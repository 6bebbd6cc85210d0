"""A few photos as tiles, each with its standing and its gravest fault below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.models.thumbnails import ThumbnailCache
from app.theme import Theme
from app.translation import tr
from app.views.photo_delegate import draw_fitted
from core.domain import PhotoRow
from core.reasons.codes import title

TILE = 116
"""Side of a tile in pixels."""


class PhotoTiles(QWidget):
    """A row of small photos that wraps; each opens with a click or with Return.

    Signals:
        opened(int): id of the photo.
    """

    opened = Signal(int)

    def __init__(
        self,
        name: str,
        thumbnails: ThumbnailCache,
        standing: Callable[[PhotoRow], str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._standing = standing
        self._theme = theme
        self._rows: Sequence[PhotoRow] = ()
        self._current = 0
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        thumbnails.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)

    def set_rows(self, rows: Sequence[PhotoRow]) -> None:
        """Show these photos."""
        self._rows = rows
        self._current = min(self._current, max(0, len(rows) - 1))
        words = (f"{row.name} {self._standing(row)}" for row in rows)
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def _columns(self, width: int) -> int:
        return max(1, width // (TILE + 8))

    def _height(self) -> int:
        return TILE + 2 * self.fontMetrics().height() + 12

    def hasHeightForWidth(self) -> bool:
        """Rows depend on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows."""
        lines = -(-max(1, len(self._rows)) // self._columns(width))
        return lines * self._height()

    def sizeHint(self) -> QSize:
        """Five photos wide."""
        return QSize(5 * (TILE + 8), self.heightForWidth(5 * (TILE + 8)))

    def minimumSizeHint(self) -> QSize:
        """At least one photo."""
        return QSize(TILE + 8, self._height())

    def _spot(self, place: int) -> QRect:
        columns = self._columns(self.width())
        x = (place % columns) * (TILE + 8)
        if self.isRightToLeft():
            x = self.width() - TILE - x
        return QRect(x, (place // columns) * self._height(), TILE, self._height() - 8)

    def _on_loaded(self, photo_id: int) -> None:
        if self.isVisible() and any(row.id == photo_id for row in self._rows):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photos, scores, the gravest fault of each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        line = self.fontMetrics().height()
        for place, row in enumerate(self._rows):
            spot = self._spot(place)
            area = QRect(spot.x(), spot.y(), TILE, TILE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("tile"))
            if self.hasFocus() and place == self._current:
                painter.setPen(QPen(tokens.color("accent"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)
            pixmap = self._thumbnails.get(row.id)
            if pixmap is not None:
                draw_fitted(painter, area.adjusted(6, 6, -6, -6), pixmap)
            painter.setPen(tokens.color("text"))
            text = QRect(spot.x(), area.bottom() + 3, TILE, line)
            painter.drawText(text, int(Qt.AlignmentFlag.AlignHCenter), self._standing(row))
            if row.main_reason is not None:
                painter.setPen(tokens.color("text_dim"))
                words = self.fontMetrics().elidedText(
                    tr(title(row.main_reason)), Qt.TextElideMode.ElideRight, TILE
                )
                below = text.translated(0, line)
                painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the photo under the mouse."""
        point = event.position().toPoint()
        for place, row in enumerate(self._rows):
            if self._spot(place).contains(point):
                self._current = place
                self.opened.emit(row.id)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Return opens."""
        forward = -1 if self.isRightToLeft() else 1
        columns = self._columns(self.width())
        steps = {Qt.Key.Key_Right: forward, Qt.Key.Key_Left: -forward,
                 Qt.Key.Key_Down: columns, Qt.Key.Key_Up: -columns}  # fmt: skip
        key = event.key()
        if key in steps and 0 <= self._current + steps[key] < len(self._rows):
            self._current += steps[key]
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows:
            self.opened.emit(self._rows[self._current].id)
        else:
            event.ignore()

    def focusInEvent(self, event: object) -> None:
        """Show which photo Return opens."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide it."""
        self.update()
