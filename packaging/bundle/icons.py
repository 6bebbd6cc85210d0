"""Renders the program's icon in all sizes: python icons.py OUT-FOLDER

Writes ``NxN/albumen.png``, ``albumen.svg``, ``albumen.ico`` (Windows), ``albumen.icns`` (macOS).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "resources" / "icons" / "albumen.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512, 1024)


def main(out: Path) -> None:
    """Render all sizes into ``out``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(SOURCE))
    if not renderer.isValid():
        sys.exit(f"{SOURCE} is not an SVG that Qt can draw.")
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        file = out / f"{size}x{size}" / "albumen.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not image.save(str(file)):
            sys.exit(f"{file} can't be written.")
    del application
    shutil.copyfile(SOURCE, out / "albumen.svg")
    largest = Image.open(out / "1024x1024" / "albumen.png")
    largest.save(out / "albumen.ico", sizes=[(size, size) for size in SIZES if size <= 256])
    largest.save(out / "albumen.icns")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
