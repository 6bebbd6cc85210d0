"""Albums at the left, with the background work below them."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDesktopServices, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.models.albums import ALBUM_ROLE, COUNT_ROLE, SMART_ROLE, AlbumListModel
from app.theme import Theme, icon_pixmap
from app.translation import tr
from app.views.controls import IconButton, label
from core.domain import Album


class AlbumDelegate(QStyledItemDelegate):
    """Icon, name, count; an album whose folder is away is struck through as an icon and dimmed."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """A comfortable row."""
        return QSize(80, option.fontMetrics.height() + 16)

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Over the name, beside the icon."""
        rtl = option.direction is Qt.LayoutDirection.RightToLeft
        editor.setGeometry(option.rect.adjusted(8 if rtl else 36, 0, -36 if rtl else -8, 0))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        tokens = self._theme.tokens
        album = index.data(ALBUM_ROLE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        online = album is None or album.online
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect).adjusted(8, 1, -8, -1)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("accent_soft" if selected else "raised"))
            painter.drawRoundedRect(row, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
            painter.setPen(QPen(tokens.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        token = "accent_text" if selected else "text" if online else "text_faint"
        name = "photos" if album is None else "album" if online else "album-offline"
        if index.data(SMART_ROLE) is not None:
            name = "bookmark"
        inside = row.adjusted(10, 0, -10, 0).toRect()
        self._paint_row(painter, option, index, inside, token, name)
        painter.restore()

    def _paint_row(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        inside: QRect,
        token: str,
        icon_name: str,
    ) -> None:
        tokens = self._theme.tokens
        rtl = option.direction is Qt.LayoutDirection.RightToLeft
        pixmap = icon_pixmap(
            icon_name, tokens.colors[token], 18, painter.device().devicePixelRatioF()
        )
        near = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        far = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        x = inside.right() - 17 if rtl else inside.left()
        painter.drawPixmap(x, inside.center().y() - 8, pixmap)
        count = index.data(COUNT_ROLE)
        painter.setFont(option.font)
        painter.setPen(tokens.color("text_dim"))
        painter.drawText(inside, int(far | middle), count)
        used = option.fontMetrics.horizontalAdvance(count) + 10
        text = inside.adjusted(used if rtl else 27, 0, -27 if rtl else -used, 0)
        font = QFont(option.font)
        if index.row() == 0:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(tokens.color(token))
        name = painter.fontMetrics().elidedText(
            index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideMiddle, text.width()
        )
        painter.drawText(text, int(near | middle), name)


class AlbumSidebar(QFrame):
    """The albums; the one chosen is what the grid shows.

    Signals:
        album_chosen(object): id of the album, None for all photos.
        add_requested(): the user wants to add a folder.
        rescan_requested(object), remove_requested(object): an ``Album``.
        search_chosen(object), forget_requested(object): a ``SmartAlbum``.
        ignoring_requested(object): change which files of an ``Album`` are ignored.
    """

    album_chosen = Signal(object)
    add_requested = Signal()
    rescan_requested = Signal(object)
    remove_requested = Signal(object)
    search_chosen = Signal(object)
    forget_requested = Signal(object)
    ignoring_requested = Signal(object)

    def __init__(
        self, albums: AlbumListModel, activity: QWidget, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self._albums = albums
        self._chosen: int | None = None
        self._chosen_search: int | None = None
        self._naming: int | None = None
        self.view = QListView()
        self.view.setObjectName("albums")
        self.view.setAccessibleName(tr("Albums"))
        self.view.setModel(albums)
        self.view.setItemDelegate(AlbumDelegate(theme, self.view))
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setMouseTracking(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        albums.modelReset.connect(self._keep_choice)
        add = IconButton("add", tr("Add a folder of photos"), theme, key="Ctrl+O")
        add.clicked.connect(self.add_requested)

        header = QHBoxLayout()
        header.setContentsMargins(18, 10, 8, 2)
        header.addWidget(label(tr("Albums"), "section"))
        header.addStretch()
        header.addWidget(add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(2)
        column.addLayout(header)
        column.addWidget(self.view, 1)
        column.addWidget(activity)
        theme.changed.connect(self.view.viewport().update)
        self._keep_choice()

    def choose(self, album_id: int | None) -> None:
        """Show an album as the chosen one (and tell so)."""
        index = self._albums.index(self._albums.row_of(album_id))
        self.view.setCurrentIndex(index)

    def name_search(self, album_id: int) -> None:
        """Let the user name a saved search where it stands, once it is shown."""
        self._naming = album_id
        self._begin_naming()

    def leave_search(self) -> None:
        """What is looked at is no longer the chosen search: all photos stand for it."""
        if self._chosen_search is not None:
            self._chosen_search = self._chosen = None
            self._keep_choice()

    def _begin_naming(self) -> None:
        row = None if self._naming is None else self._albums.row_of_smart(self._naming)
        if row is not None:
            self._naming = None
            index = self._albums.index(row)
            self.view.setCurrentIndex(index)
            self.view.edit(index)

    def _keep_choice(self) -> None:
        row = self._albums.row_of(self._chosen)
        left = False
        if self._chosen_search is not None:
            found = self._albums.row_of_smart(self._chosen_search)
            left = found is None
            self._chosen_search = None if left else self._chosen_search
            row = row if found is None else found
        index = self._albums.index(row)
        self.view.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect
        )
        if left:  # what a removed search asked for goes with it
            self.album_chosen.emit(self._chosen)
        if self._naming is not None:
            QTimer.singleShot(0, self, self._begin_naming)

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not current.isValid():
            return
        smart = self._albums.smart(current.row())
        if smart is not None:
            if smart.id != self._chosen_search:
                self._chosen, self._chosen_search = None, smart.id
                self.search_chosen.emit(smart)
            return
        album = self._albums.album(current.row())
        chosen = album.id if album is not None else None
        if chosen != self._chosen or self._chosen_search is not None:
            self._chosen, self._chosen_search = chosen, None
            self.album_chosen.emit(chosen)

    def _open_menu(self, point: QPoint) -> None:
        index = self.view.indexAt(point)
        album: Album | None = self._albums.album(index.row()) if index.isValid() else None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        smart = self._albums.smart(index.row()) if index.isValid() else None
        if smart is not None:
            menu.addAction(tr("Rename"), lambda: self.view.edit(index))
            menu.addAction(tr("Remove"), lambda: self.forget_requested.emit(smart))
        elif album is None:
            menu.addAction(tr("Add a folder of photos…"), self.add_requested.emit)
        else:
            menu.addAction(tr("Scan again"), lambda: self.rescan_requested.emit(album))
            menu.addAction(
                tr("Open in the file manager"),
                lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(album.path))),
            )
            menu.addAction(
                tr("Which files are ignored…"), lambda: self.ignoring_requested.emit(album)
            )
            menu.addSeparator()
            menu.addAction(
                tr("Stop watching (photos stay)"), lambda: self.remove_requested.emit(album)
            )
        menu.popup(self.view.viewport().mapToGlobal(point))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F5 scans the chosen album again, F2 renames and Delete removes a saved search."""
        current = self.view.currentIndex()
        album = self._albums.album(current.row())
        smart = self._albums.smart(current.row())
        if event.key() == Qt.Key.Key_F5 and album is not None:
            self.rescan_requested.emit(album)
        elif event.key() == Qt.Key.Key_F2 and smart is not None:
            self.view.edit(current)
        elif event.key() == Qt.Key.Key_Delete and smart is not None:
            self.forget_requested.emit(smart)
        else:
            super().keyPressEvent(event)
