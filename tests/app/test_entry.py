"""The entry point: a window where there is a display, one sentence where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import _window_call, has_display, main
from core.files.isolate import DECODER_ARGUMENT, DecoderPool
from tests.making import save_photo

BARE = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_where_a_window_can_be_shown(
    platform: str, environment: dict[str, str], expected: bool
) -> None:
    assert has_display(platform, environment) is expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are Linux's affair")
def test_without_a_display_it_says_how_to_go_on() -> None:
    """B52."""
    environment = {k: v for k, v in BARE.items() if k != "QT_QPA_PLATFORM"}
    done = subprocess.run(
        [sys.executable, "-m", "app"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "albumen rank FOLDER" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_command_goes_to_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "rank" in capsys.readouterr().out
    assert main(["no-such-command"]) == 2


def test_the_command_line_loads_no_window_library(tmp_path: Path) -> None:
    code = (
        "import sys; from app.__main__ import main; main(['models', '--json']); "
        "sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (None, [])),
        (["--library", "L"], (Path("L"), [])),
        (["--library=L", "open", "A", "B"], (Path("L"), [Path("A"), Path("B")])),
        (["open", "A", "--library", "L"], (Path("L"), [Path("A")])),
        (["open"], (None, [])),
        (["scan", "A", "--library", "L"], None),
        (["open", "--help"], None),
        (["--help"], None),
    ],
)
def test_what_is_meant_for_the_window(
    words: list[str], expected: tuple[Path | None, list[Path]] | None
) -> None:
    assert _window_call(words) == expected


def test_a_folder_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "/no/such folder"]) == 2
    assert "no folder /no/such folder" in capsys.readouterr().err


def test_the_program_serves_as_its_own_decoder(tmp_path: Path) -> None:
    """A frozen program has no interpreter to start: it starts itself with one argument."""
    photo = save_photo(tmp_path / "one.png", seed=1)
    pool = DecoderPool([sys.executable, "-P", "-m", "app", DECODER_ARGUMENT])
    try:
        assert pool.decode(photo).pixels.shape == (120, 160, 3)
    finally:
        pool.close()
