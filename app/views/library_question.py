"""A library that can't be opened: says why, and lets the user choose another folder for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.translation import tr


def ask_folder() -> str:
    """Lets the user choose a folder; empty when none was chosen."""
    return QFileDialog.getExistingDirectory(None, tr("Folder for another library"))


def ask_for_another_library(reason: str, choose: Callable[[], str] = ask_folder) -> Path | None:
    """Tell why the library can't be opened; gives the folder of another one, if that is wanted.

    There is no window yet in which this could be said less loudly.
    """
    box = QMessageBox(QMessageBox.Icon.Critical, "Albumen", reason)
    box.setInformativeText(tr("The library was left as it is."))
    another = box.addButton(tr("Open another library…"), QMessageBox.ButtonRole.AcceptRole)
    close = box.addButton(tr("Close"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(another)
    box.setEscapeButton(close)
    box.exec()
    if box.clickedButton() is not another:
        return None
    folder = choose()
    return Path(folder) if folder else None
