"""``albumen explain``, ``enhance`` and the reasons in ``show``, as scripts rely on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.cli import main
from core.domain import ImageArray
from tests.core.inference.conftest import drawn_face

__all__ = ["drawn_face"]

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json; gives the document, or the message of a failure."""

    def run_command(*words: str | Path, code: int = 0) -> Any:
        capsys.readouterr()
        got = main([*map(str, words), "--json"])
        output = capsys.readouterr()
        assert got == code, output.err
        return json.loads(output.out) if code == 0 else output.err

    return run_command


@pytest.fixture
def library(tmp_path: Path) -> tuple[str, Path]:
    return "--library", tmp_path / "library"


@pytest.fixture
def portrait(tmp_path: Path, drawn_face: Callable[..., ImageArray]) -> Path:
    file = tmp_path / "album" / "portrait.png"
    file.parent.mkdir()
    Image.fromarray(drawn_face(600)).save(file)
    return file


def test_explain_draws_a_map_as_large_as_the_photo(
    run: Run, portrait: Path, tmp_path: Path, library: tuple[str, Path]
) -> None:
    out = tmp_path / "why.png"
    told = run("explain", portrait, "-o", out, *library)
    with Image.open(out) as drawn, Image.open(portrait) as photo:
        assert drawn.size == photo.size
        assert np.abs(np.asarray(drawn, int) - np.asarray(photo, int)).max() > 20
    assert told["out"] == str(out)
    assert (told["method"], told["target"]) == ("gradcam", "mean")
    assert sum(told["branch_share"].values()) == pytest.approx(1, abs=1e-3)
    assert told["informative"] is told["deletion_auc"] is None
    assert isinstance(told["reasons"], list)


def test_every_target_branch_and_method_draws_something_else(
    run: Run, portrait: Path, tmp_path: Path, library: tuple[str, Path]
) -> None:
    run("scan", portrait.parent, *library)
    pictures = []
    for number, options in enumerate(
        [
            ("--target", "mean"),
            ("--target", "average"),
            ("--target", "class:9"),
            ("--target", "share:9"),
            ("--branch", "scene"),
            ("--branch", "face"),
            ("--method", "guided"),
        ]
    ):
        out = tmp_path / f"{number}.png"
        run("explain", portrait, "-o", out, *options, *library)
        with Image.open(out) as drawn:
            pictures.append(drawn.tobytes())
    assert len(set(pictures)) >= 6, "mean and both branches may agree, the others differ"


def test_check_says_whether_the_map_is_informative(
    run: Run, portrait: Path, library: tuple[str, Path]
) -> None:
    told = run("explain", portrait, "--check", *library)
    assert told["informative"] in (True, False)
    assert 1 <= told["deletion_auc"] <= 10
    assert len(told["check"]["deletion"]) == 11
    assert told["out"] is None


def test_enhance_reports_what_it_wrote(run: Run, portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "enhanced.png"
    told = run("enhance", portrait, "-o", out, "--steps", "15", "--classes", "7-10")
    assert told["after"] > told["before"]
    with Image.open(out) as enhanced, Image.open(portrait) as photo:
        difference = np.abs(np.asarray(enhanced, int) - np.asarray(photo, int))
    assert told["largest_change"] == difference.max()
    assert told["mean_change"] == pytest.approx(difference.mean(), abs=1e-3)
    assert told["classes"] == [7, 8, 9, 10]


@pytest.mark.parametrize(
    ("words", "blame"),
    [
        (("--target", "class:11"), "class:11"),
        (("--target", "beauty"), "beauty"),
        (("-o", "no/such/folder/x.png"), "folder"),
        (("-o", "x.jpg"), ".png"),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(
    run: Run, portrait: Path, library: tuple[str, Path], words: tuple[str, ...], blame: str
) -> None:
    told = run("explain", portrait, *words, *library, code=2)
    assert blame in told
    assert len(told.strip().splitlines()) == 1


def test_the_photo_itself_is_never_written_over(
    run: Run, portrait: Path, library: tuple[str, Path]
) -> None:
    before = portrait.read_bytes()
    assert "replace the photo" in run("explain", portrait, "-o", portrait, *library, code=2)
    assert "replace the photo" in run("enhance", portrait, "-o", portrait, code=2)
    assert "Classes" in run("enhance", portrait, "-o", "x.png", "--classes", "0-3", code=2)
    assert portrait.read_bytes() == before


def test_show_tells_reasons_and_keeps_them(
    run: Run,
    portrait: Path,
    tmp_path: Path,
    library: tuple[str, Path],
    drawn_face: Callable[..., ImageArray],
) -> None:
    shut = portrait.parent / "shut.png"
    dark = (drawn_face(600) * 0.1).astype(np.uint8)
    Image.fromarray(dark).save(shut)
    run("scan", portrait.parent, *library)
    assert run("list", portrait.parent, *library)[0]["reasons"] is None, "not measured yet"
    reasons = run("show", shut, *library)["reasons"]
    assert "face_dark" in [reason["code"] for reason in reasons]
    for reason in reasons:
        assert set(reason) >= {"code", "text", "value", "threshold", "box"}
        assert reason["text"].endswith(".")
    stored = {p["path"]: p["reasons"] for p in run("list", portrait.parent, *library)}
    assert stored[str(shut)] == reasons
    assert stored[str(portrait)] is None


def test_scan_measures_reasons_when_asked(
    run: Run, portrait: Path, library: tuple[str, Path]
) -> None:
    run("scan", portrait.parent, "--reasons", *library)
    (listed,) = run("list", portrait.parent, *library)
    assert listed["reasons"] is not None


def test_reasons_prints_the_table_of_what_is_found_and_cried(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    table = run("reasons")
    assert table["found"]["closed_eyes"]["reasons"] == ["eyes_closed"]
    for share in table["found"].values():
        assert share["low"] <= share["hits"] / share["n"] <= share["high"]
    for told in table["cried"].values():
        assert told["portraits"]["n"] > 200
    assert main(["reasons"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (eyes,) = [line for line in lines if "closed eyes" in line]
    found = table["found"]["closed_eyes"]
    assert f"{100 * found['share']:.1f} %" in eyes
    assert "Eyes closed" in eyes
