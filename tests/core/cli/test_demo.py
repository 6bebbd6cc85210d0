"""`albumen demo`: what someone sees in the first minute."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.reasons.codes import Code

EXPECTED = {
    # what was done -> what must be measured
    "camera moved": Code.MOTION_BLUR,
    "out of focus": Code.FACE_BLURRED,
    "a hand before the face": Code.FACE_COVERED,
    "closer, two stops too bright": Code.FACE_OVEREXPOSED,
    "almost no light": Code.FACE_DARK,
    "burnt out": Code.HIGHLIGHTS_CLIPPED,
    "light from behind": Code.BACK_LIGHT,
    "noise of a high ISO": Code.NOISE,
    "the face cut off by the frame": Code.FACE_CUT,
    "heavily compressed": Code.COMPRESSED,
}
CLEAN = {"sharp", "sharp, camera a little aside", "closer, sharp"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("demo")
    return place / "album", place / "library"


@pytest.fixture(scope="module")
def answer(folders: tuple[Path, Path]) -> dict[str, Any]:
    """The JSON of one run, shared by the tests here: it scans 23 photos."""
    import contextlib
    import io

    album, library = folders
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["demo", str(album), "--library", str(library), "--json"]) == 0
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def test_the_faults_that_were_made_are_the_reasons_that_are_told(answer: dict[str, Any]) -> None:
    reasons = {
        p["what"]: {r["code"] for r in p["reasons"]} for p in answer["photos"] if p["reasons"]
    }
    missing = {what: code for what, code in EXPECTED.items() if code not in reasons.get(what, ())}
    assert not missing
    assert not CLEAN & set(reasons)


def test_what_is_no_photo_gets_no_score_but_a_reason(answer: dict[str, Any]) -> None:
    by_what = {p["what"]: p for p in answer["photos"]}
    assert by_what["taken with the lens covered"]["status"] == "not_scored"
    assert "black" in by_what["taken with the lens covered"]["reason"]
    assert by_what["a damaged file"]["status"] == "unreadable"
    assert by_what["a damaged file"]["reason"]


def test_the_best_come_first_and_equal_files_score_the_same(answer: dict[str, Any]) -> None:
    means = [p["mean"] for p in answer["photos"] if p["mean"] is not None]
    assert len(means) == 21
    assert means == sorted(means, reverse=True)
    by_what = {p["what"]: p["mean"] for p in answer["photos"]}
    assert by_what["sharp"] == by_what["a copy of the first file"]


def test_keep_best_one_sees_both_bursts(
    answer: dict[str, Any], folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    album, library = folders
    command = ["keep", "1", str(album), "--library", str(library), "--dry-run", "--json"]
    assert main(command) == 0
    plan = json.loads(capsys.readouterr().out)
    bursts = [
        {Path(path).name for path in (*group["keep"], *(p["path"] for p in group["reject"]))}
        for group in plan["groups"]
    ]
    first = {f"demo-000{n}.jpg" for n in range(1, 6)}
    second = {f"demo-000{n}.jpg" for n in range(6, 10)}
    assert any(first <= burst for burst in bursts)
    assert any(second <= burst for burst in bursts)


def test_a_folder_with_other_files_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", str(tmp_path), "--library", str(tmp_path / "library")]) == 1
    assert "holds other files" in capsys.readouterr().err


def test_keep_one_keeps_a_sharp_frame_of_each_burst(
    answer: dict[str, Any], folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    album, library = folders
    whats = {Path(p["path"]).name: p["what"] for p in answer["photos"]}
    command = ["keep", "1", str(album), "--library", str(library), "--dry-run", "--json"]
    assert main(command) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    kept = {whats[Path(path).name] for group in groups for path in group["keep"]}
    assert kept <= {"sharp", "closer, sharp", "a copy of the first file"}
    reasons = {
        whats[Path(reject["path"]).name]: reject["reason"]
        for group in groups
        for reject in group["reject"]
    }
    assert reasons["out of focus"] == "the face is not sharp"
    assert reasons["closer, slightly out of focus"] == "the face is not sharp"
    assert reasons["a hand before the face"] == "the face is covered"
    assert reasons["camera moved"] in {"motion blur", "closed eyes"}
