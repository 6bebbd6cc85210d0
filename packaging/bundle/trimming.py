"""What of the installed packages the frozen program does without."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Distributions that the lock file names and the frozen program does without.
LEFT_OUT = frozenset(
    [
        "deepface",
        "retina-face",
        "pandas",
        "gdown",
        "beautifulsoup4",
        "soupsieve",
        "werkzeug",
        "requests",
        "urllib3",
        "certifi",
        "charset-normalizer",
        "idna",
        "tqdm",
        "python-dateutil",
        "tzdata",
        "pysocks",
        "six",
    ]
)

UNUSED_MODULES = [
    # Training is done from a checkout: PyTorch alone is larger than everything else together.
    "torch", "onnx", "h5py", "sympy", "mpmath", "networkx",
    # DeepFace serves training with its recognisers; the program's own faces don't need it.
    "deepface", "retinaface", "pandas", "gdown", "bs4", "soupsieve", "werkzeug", "requests",
    "urllib3", "certifi", "charset_normalizer", "idna", "tqdm", "dateutil", "tzdata", "socks",
    # Developers' tools and what else hangs on by an optional import.
    "tkinter", "IPython", "matplotlib", "scipy", "pytest", "_pytest", "hypothesis", "psutil",
    "setuptools", "pkg_resources", "pip", "wheel", "mypy", "lib2to3", "pydoc_data", "ensurepip",
    "distutils", "idlelib", "turtle", "curses", "jinja2", "PyInstaller",
    "numpy.f2py", "numpy.distutils", "numpy.testing", "numpy._pyinstaller",
    "onnxruntime.quantization", "onnxruntime.tools", "onnxruntime.transformers",
    "onnxruntime.datasets", "onnxruntime.backend",
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtSql", "PySide6.QtTest",
    "PySide6.QtPrintSupport", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtXml",
    "PySide6.scripts", "PIL.ImageTk", "PIL.ImageQt", "PIL._tkinter_finder",
]  # fmt: skip

# Kept: what draws (xcb, wayland, offscreen), reads our pictures, and fits in with the desktop.
_UNUSED_FILES = re.compile(
    r"""
    PySide6/Qt/plugins/(?!platforms/|wayland-|xcbglintegrations/|imageformats/|iconengines/
                         |platformthemes/|platforminputcontexts/|styles/)
    | PySide6/Qt/plugins/platforms/lib(?:qeglfs|qlinuxfb|qminimal|qminimalegl|qvkkhrdisplay|qvnc)
    | PySide6/Qt/plugins/imageformats/lib(?:qicns|qpdf|qtga|qtiff|qwbmp)
    | PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard
    # The desktop's own dialogs come by its portal; GTK would bring thirty libraries along.
    | PySide6/Qt/plugins/platformthemes/libqgtk3
    | ^lib(?:atk|cairo|pango|gdk_pixbuf|thai|datrie|fribidi|pixman|graphite2)
    | ^lib(?:gio|gobject|gmodule)-2|^lib(?:mount|blkid|selinux|Xau|Xdmcp|Xext|Xrender|jpeg)\.so
    | ^libharfbuzz\.so
    | PySide6/Qt/translations/(?!qtbase_(?:de|fr|es)\.qm)
    | libQt6(?:Qml|Quick|VirtualKeyboard|Pdf|Sql|Test|Egl|Network)
    | ^lib(?:gssapi_krb5|krb5|krb5support|k5crypto|com_err|keyutils)\.so
    | cv2/data/
    | /tests?/ | /__pycache__/
    | \.pyi$ | \.pxd$ | \.h$ | \.lib$ | \.a$
    """,
    re.VERBOSE,
)


def wanted_room(module: str) -> bool:
    """Whether a module of ``core`` belongs into the frozen program."""
    return not module.startswith("core.library.migrations")


def wanted(entries: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The entries of PyInstaller's table (place, source, kind) that are kept."""
    return [entry for entry in entries if not _UNUSED_FILES.search(entry[0].replace("\\", "/"))]
