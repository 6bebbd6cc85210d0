"""The page for faults of our own: what happened, and a report that the user may copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.theme import Theme
from app.translation import tr
from app.views.controls import label, push_button
from app.views.sheet import Sheet
from core.crashes import Crash, report_text


class ProblemReport(QWidget):
    """A report to read and copy. Nothing is sent anywhere."""

    def __init__(self, log_directory: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log_directory = log_directory
        self.what = label("", "small")
        self.what.setWordWrap(True)
        self.advice = label("")
        self.advice.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setObjectName("report")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(tr("Report"))
        self.text.setMinimumSize(560, 180)
        self.copy = push_button(tr("Copy the report"), primary=True)
        self.copy.clicked.connect(self._copy)
        self.folder = push_button(tr("Open the log’s folder"))
        self.folder.clicked.connect(self._open_folder)
        self.copied = label("", "small")
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        for part in (self.copy, self.folder, self.copied):
            buttons.addWidget(part)
        buttons.addStretch()
        privacy = tr(
            "The report holds no photos and names no folders, but names of files may be in it. "
            "Read it, copy it, and add it to your report of the fault. Nothing is sent by itself."
        )
        self.privacy = label(privacy, "small")
        self.privacy.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(10)
        column.addWidget(self.advice)
        column.addWidget(self.what)
        column.addWidget(self.text, 1)
        column.addWidget(self.privacy)
        column.addLayout(buttons)

    def show_crash(self, crash: Crash | None, advice: str) -> None:
        """Put a crash, or how things stand, into words."""
        self.what.setText(tr("No fault is known") if crash is None else crash.summary)
        self.advice.setText(advice)
        self.text.setPlainText(report_text(crash, self._log_directory))
        self.copied.setText("")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copied.setText(tr("Copied"))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_directory)))


class CrashPage(Sheet):
    """Comes up over the window after an unexpected fault; closing it goes on with the work."""

    def __init__(self, log_directory: Path, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Something went wrong"), theme, parent)
        self.report = ProblemReport(log_directory)
        self.set_body(self.report)
        self.go_on = push_button(tr("Go on"))
        self.go_on.clicked.connect(self.dismiss)
        footer = QWidget()
        row = QHBoxLayout(footer)
        row.setContentsMargins(0, 8, 8, 0)
        row.addStretch()
        row.addWidget(self.go_on)
        self.set_footer(footer)

    def show_crash(self, crash: Crash) -> None:
        """A fault while the window is open: what it was doing is lost, the rest goes on."""
        self._show(
            crash,
            tr(
                "That is a fault of Albumen. Your photos, stars and flags are untouched. What you "
                "asked for last may not have happened; everything else goes on."
            ),
        )

    def show_earlier_crash(self, crash: Crash) -> None:
        """A fault that ended an earlier run."""
        self._show(
            crash,
            tr(
                "Albumen ended unexpectedly when it ran last. Your photos, stars and flags are "
                "untouched, and the work goes on where it stopped."
            ),
        )

    def show_report(self) -> None:
        """How things stand, for a report of something that was no crash."""
        self._show(None, tr("This is what helps others to find a fault that you saw."))

    def _show(self, crash: Crash | None, advice: str) -> None:
        self.set_title(tr("Report a fault") if crash is None else tr("Something went wrong"))
        self.report.show_crash(crash, advice)
        self.open()
        self.report.copy.setFocus()


def show_alone(crash: Crash, log_directory: Path, run: Callable[[], object]) -> ProblemReport:
    """The report in a window of its own, for when the program's window can't be opened."""
    result = ProblemReport(log_directory)
    result.setWindowTitle("Albumen")
    result.layout().setContentsMargins(24, 20, 24, 20)
    result.resize(720, 480)
    result.show_crash(
        crash,
        tr("Albumen can’t be opened because of a fault of its own. Your photos are untouched."),
    )
    result.show()
    run()
    return result
