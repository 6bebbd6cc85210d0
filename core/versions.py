"""Versions of what matters when something goes wrong."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3

from core.errors import ModelError
from core.inference.cards import bundled_models
from core.tuning import remembered, usual_workers

VERSION = "0.1.0"

_DISTRIBUTIONS = {
    "pyside6": "PySide6-Essentials",
    "onnxruntime": "onnxruntime",
    "opencv": "opencv-contrib-python-headless",
    "pillow": "pillow",
    "pillow_heif": "pillow-heif",
    "rawpy": "rawpy",
    "exiv2": "exiv2",
    "sqlalchemy": "SQLAlchemy",
    "watchdog": "watchdog",
    "numpy": "numpy",
    "deepface": "deepface",
}


def shown_distributions() -> tuple[str, ...]:
    """The distributions whose versions are told (a frozen program must carry their metadata)."""
    return tuple(_DISTRIBUTIONS.values())


def versions() -> dict[str, str | None]:
    """The program, interpreter, system, bundled models and libraries; ``None`` where absent.

    ``workers`` is how many photos are analyzed at a time, and how that is known.
    """
    found: dict[str, str | None] = {
        "albumen": VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name, distribution in _DISTRIBUTIONS.items():
        try:
            found[name] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    try:
        found["models"] = ", ".join(card.model_id for card in bundled_models(None))
    except ModelError:
        found["models"] = None
    measured = remembered()
    found["workers"] = f"{usual_workers()}, {'measured' if measured else 'one a core'}"
    return found
