"""A command as a script calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.cli import main

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json on the test's own library; gives the document.

    Where there is none, gives what the command says on standard error.
    """

    def run_command(*words: str | Path, code: int = 0) -> Any:
        capsys.readouterr()
        got = main([*map(str, words), "--library", str(tmp_path / "library"), "--json"])
        output = capsys.readouterr()
        assert got == code, output.err
        return json.loads(output.out) if output.out else output.err

    return run_command
