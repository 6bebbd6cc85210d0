"""A layout that wraps its widgets into rows, so that no control is cut off in a narrow window."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows of widgets at their preferred size, vertically centred in each row.

    A widget added with ``add_last`` keeps to the far end of its row.
    """

    def __init__(self, parent: QWidget | None = None, gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._last: set[QWidget] = set()
        self._gap = gap

    def add_last(self, widget: QWidget) -> None:
        """Add a widget at the far end."""
        self._last.add(widget)
        self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        """Qt's way to add."""
        self._items.append(item)

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at an index."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Never asks for more than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Rows depend on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the rows at a width."""
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        """Smallest useful size."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """The widest item and the margins."""
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def setGeometry(self, rect: QRect) -> None:
        """Place the widgets."""
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        margins = self.contentsMargins()
        area = rect.marginsRemoved(margins)
        rows: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            width = item.sizeHint().width()
            if rows[-1] and used + width > area.width():
                rows.append([])
                used = 0
            rows[-1].append(item)
            used += width + self._gap
        y = area.y()
        for row in rows:
            height = max((item.sizeHint().height() for item in row), default=0)
            if move:
                self._place(row, area, y, height)
            y += height + self._gap if height else 0
        bottom = y - self._gap if y > area.y() else y
        return bottom - rect.y() + margins.bottom()

    def _place(self, row: list[QLayoutItem], area: QRect, y: int, height: int) -> None:
        parent = self.parentWidget()
        rtl = parent is not None and parent.isRightToLeft()
        x = area.left()
        for item in row:
            size = item.sizeHint()
            if item.widget() in self._last:
                x = max(x, area.right() + 1 - size.width())
            spot = QRect(QPoint(x, y + (height - size.height()) // 2), size)
            if rtl:
                spot.moveRight(area.left() + area.right() - x)
            item.setGeometry(spot)
            x += size.width() + self._gap
