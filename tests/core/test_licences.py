"""The licence check: what may be joined with the program, and that all that is installed may."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "licences.py"
licences = runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later", True),
        ("GPL-2.0-only", False),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("Proprietary", False),
    ],
)
def test_what_may_be_joined(expression: str, expected: bool) -> None:
    assert licences["fits"](expression) is expected


@pytest.mark.parametrize("expression", ["", "MIT AND", "(MIT", "MIT Apache-2.0"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(licences["LicenceError"]):
        licences["fits"](expression)


def test_notices_name_every_package_and_model_with_their_texts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "THIRD-PARTY-NOTICES.txt").read_text("utf-8")
    for name in ("onnxruntime", "PySide6_Essentials", "exiv2", "numpy"):
        assert f"\n{name} " in text
    assert "idealo" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert "Apache License" in (tmp_path / "LICENSE.txt").read_text("utf-8")
