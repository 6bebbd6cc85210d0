"""The command line as scripts rely on it: JSON on standard output, codes, one sentence of blame."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from core.cli import main
from tests.core.cli.conftest import Run
from tests.making import save_album

PHOTO_KEYS = {
    "path", "album", "width", "height", "taken_at", "status", "reason", "model", "mean", "std",
    "distribution", "percentile", "faces", "rating", "flag",
}  # fmt: skip


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    save_album(folder, 4)
    (folder / "broken.jpg").write_bytes(b"")
    Image.new("RGB", (200, 200)).save(folder / "black.png")
    return folder


def test_scan_counts_and_a_second_scan_finds_everything_unchanged(run: Run, album: Path) -> None:
    first = run("scan", album)
    assert {key: first[key] for key in first if key != "seconds"} == {
        "found": 6,
        "scored": 4,
        "unchanged": 0,
        "unreadable": 1,
        "not_scored": 1,
        "faces": 0,
    }
    second = run("scan", album)
    assert (second["found"], second["scored"], second["unchanged"]) == (6, 0, 6)
    assert second["unreadable"] == 1


def test_rank_lists_scored_photos_best_first_and_bottom_turns_it(run: Run, album: Path) -> None:
    ranked = run("rank", album)
    means = [photo["mean"] for photo in ranked]
    assert len(means) == 4
    assert means == sorted(means, reverse=True)
    assert [photo["path"] for photo in run("rank", album, "--top", "2")] == [
        photo["path"] for photo in ranked[:2]
    ]
    worst = run("rank", album, "--bottom", "2")
    assert [photo["path"] for photo in worst] == [photo["path"] for photo in ranked[:-3:-1]]
    assert run("rank", album, "--portraits") == []


def test_a_photo_has_every_promised_key_and_nulls_for_the_unknown(run: Run, album: Path) -> None:
    run("scan", album)
    listed = {Path(photo["path"]).name: photo for photo in run("list", album)}
    assert set(listed) == {path.name for path in album.iterdir()}
    for photo in listed.values():
        assert set(photo) >= PHOTO_KEYS
        assert photo["album"] == str(album)
    scored, broken, black = (listed[n] for n in ("photo-0000.jpg", "broken.jpg", "black.png"))
    assert (scored["width"], scored["height"]) == (160, 120)
    assert sum(scored["distribution"]) == pytest.approx(1, abs=1e-4)
    assert scored["model"] == "fused"
    expected = sum(k * p for k, p in enumerate(scored["distribution"], start=1))
    assert scored["mean"] == pytest.approx(expected, abs=1e-3)
    assert broken["status"] == "unreadable"
    assert broken["reason"] == "the file is empty"
    assert black["status"] == "not_scored"
    for photo in (broken, black):
        assert (
            photo["mean"] is photo["distribution"] is photo["percentile"] is photo["model"] is None
        )


def test_list_sorts_limits_and_filters(run: Run, album: Path) -> None:
    run("scan", album)
    by_score = run("list", album, "--sort", "-score", "--limit", "3")
    assert [p["mean"] for p in by_score] == sorted((p["mean"] for p in by_score), reverse=True)
    rising = [p["mean"] for p in run("list", album, "--sort", "score") if p["mean"] is not None]
    assert rising == sorted(rising)
    names = [Path(p["path"]).name for p in run("list", album, "--sort", "name")]
    assert names == sorted(names)
    assert [p["status"] for p in run("list", album, "--status", "unreadable")] == ["unreadable"]
    assert run("list", album / "nowhere") == []


def test_show_gives_the_stored_photo_and_analyzes_a_strange_one(
    run: Run, album: Path, tmp_path: Path
) -> None:
    run("scan", album)
    (listed,) = run("list", album, "--sort", "-score", "--limit", "1")
    shown = run("show", listed["path"])
    assert {key: shown[key] for key in PHOTO_KEYS} == {key: listed[key] for key in PHOTO_KEYS}
    (strange,) = save_album(tmp_path / "elsewhere", 1, start=70)
    fresh = run("show", strange)
    assert fresh["status"] == "scored"
    assert fresh["album"] is fresh["percentile"] is None
    assert run("show", album / "broken.jpg", code=1)["reason"] == "the file is empty"


def test_a_deleted_photo_is_shown_as_missing(run: Run, album: Path) -> None:
    run("scan", album)
    (album / "photo-0002.jpg").unlink()
    run("scan", album)
    assert run("show", album / "photo-0002.jpg")["status"] == "missing"
    assert len(run("rank", album)) == 3


def test_scores_of_two_models_live_side_by_side(run: Run, album: Path) -> None:
    fused = run("rank", album)
    nima = run("rank", album, "--model", "nima")
    assert {photo["model"] for photo in nima} == {"nima"}
    assert run("list", album, "--sort", "-score", "--status", "scored") == fused
    again = run("scan", album, "--model", "nima")
    assert (again["scored"], again["unchanged"]) == (0, 6)


def test_models_side_by_side_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    cards = {card["name"]: card for card in json.loads(capsys.readouterr().out)}
    assert {"nima", "blazeface", "faceres", "facemesh", "iris"} <= set(cards)
    for card in cards.values():
        assert len(card["sha256"]) == 64
        assert card["licence"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rank", "nowhere-to-be-found"], "There is no folder"),
        (["show", "nowhere.jpg"], "There is no file"),
        (["rank", ".", "--top", "1", "--bottom", "1"], "not for both"),
        (["rank", ".", "--top", "0"], "--top"),
        (["list", "--sort", "beauty"], "beauty"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage_is_told_with_code_2(
    words: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALBUMEN_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert said in output.err


def test_a_model_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], album: Path
) -> None:
    code = main(["rank", str(album), "--model", "wishful", "--library", str(tmp_path / "library")])
    assert code == 1
    assert "wishful" in capsys.readouterr().err


def test_versions_of_what_matters_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"albumen", "python", "onnxruntime", "pillow", "sqlite", "platform"} <= set(told)
    assert "fused-" in told["models"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"albumen {told['albumen']}\n"


def test_names_that_are_no_text_can_be_listed(run: Run, album: Path) -> None:
    strange = os.fsdecode(os.fsencode(album) + b"/caf\xe9.jpg")
    Path(strange).write_bytes((album / "photo-0000.jpg").read_bytes())
    run("scan", album)
    names = [Path(photo["path"]).name for photo in run("list", album)]
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in names


def test_the_program_keeps_progress_off_standard_output(album: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "ALBUMEN_LIBRARY": str(tmp_path / "library"), "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "app", "rank", str(album), "--json"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert len(json.loads(done.stdout)) == 4


def test_the_command_line_never_loads_qt_or_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from core.cli import main; main(['list', '--json']);"
        "bad = {'PySide6', 'torch', 'onnxruntime', 'deepface'} & set(sys.modules);"
        "sys.exit(f'loaded {bad}' if bad else 0)"
    )
    environment = {**os.environ, "ALBUMEN_LIBRARY": str(tmp_path / "library")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["list", "show", "keep"])
def test_names_like_markup_are_shown_whole_and_no_path_is_broken(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = tmp_path / ("album [bold] " + "of a long summer " * 8)
    save_album(long, 2)
    for number, file in enumerate(sorted(long.iterdir())):
        file.rename(long / f"[red]photo{number}[bold].jpg")
    library = ["--library", str(tmp_path / "library")]
    assert main(["scan", str(long), *library]) == 0
    capsys.readouterr()
    words = {
        "list": ["list"],
        "show": ["show", str(long / "[red]photo0[bold].jpg")],
        "keep": ["keep", "1", str(long), "--by", "album", "--dry-run"],
    }[command]
    assert main([*words, *library]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("[red]photo0[bold].jpg" in line for line in lines)
    if command != "keep":
        assert any(str(long) in line for line in lines)


def test_what_a_new_model_moved_most_comes_first(run: Run, album: Path) -> None:
    run("scan", album, "--model", "nima")
    assert run("list", album, "--sort", "moved")[0]["change"] is None
    ranked = run("rank", album, "--sort", "moved")
    changes = [photo["change"] for photo in ranked]
    assert len(changes) == 4
    assert [abs(change) for change in changes] == sorted(map(abs, changes), reverse=True)
    assert all(photo["model_before"].startswith("nima-") for photo in ranked)
    assert ranked[0]["mean"] - ranked[0]["mean_before"] == pytest.approx(changes[0], abs=1e-3)
    listed = run("list", album, "--sort", "moved")
    assert [photo["path"] for photo in listed][:4] == [photo["path"] for photo in ranked]


def test_list_understands_the_query_language(
    run: Run, album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("scan", album)
    scored = run("list", "--query", "score>1 format:jpg")
    assert len(scored) == 4
    best = max(photo["mean"] for photo in scored)
    above = run("list", "--query", f"score>={best:.6f} -broken", "--sort", "-score")
    assert {photo["mean"] for photo in above} <= {best}
    assert main(["list", "--library", str(tmp_path / "library"), "--query", "score>1 fases:1"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert "Did you mean “faces”?" in told[0]
    assert told[1][told[2].index("^") : told[2].rindex("^") + 1] == "fases"


def test_a_models_card_says_what_it_can_and_where_it_fails(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "fused"]) == 0
    card = capsys.readouterr().out
    for wanted in ("Learnt from", "NIMA as published", "without a face", "srcc", "[", "limits"):
        assert wanted in card
    assert main(["models", "fused", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "fused"
    assert {row["fault"] for row in document["faults"]} == {"blur", "noise", "over", "under"}
    assert {row["size"] for row in document["ablation"]} == {0, 128, 512, 1024}
    before, after = (document["folders"][f"{name}_difference"] for name in ("published", "fused"))
    assert abs(after) - abs(before) < 0.15
    assert document["speed"]["ms_per_photo"] > 0
