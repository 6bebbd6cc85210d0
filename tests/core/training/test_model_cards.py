"""What training's commands write into cards, and which photos a model says it has seen."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import typer
from typer.testing import CliRunner

from core.cli import training
from core.errors import UsageError
from core.inference.cards import find_model, load_card
from core.training.card_text import put_sections
from core.training.crops import adjusted, lower_bound
from core.training.ratings import distributions, folds, read_csv
from core.training.table import PROGRESS_FILE, read_table, sum_of
from core.training.trained_on import write_trained_on


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the published model, free to be written to."""
    folder = tmp_path / "mine"
    folder.mkdir()
    source = find_model("nima").directory
    assert isinstance(source, Path)
    for name in ("card.toml", "model.onnx"):
        shutil.copyfile(source / name, folder / name)
    return folder


@pytest.fixture
def run() -> Callable[..., dict[str, object]]:
    """Runs a command about models and gives its JSON."""
    app = typer.Typer()
    training.register(app)

    def call(*arguments: object) -> dict[str, object]:
        answer = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert answer.exit_code == 0, answer.stderr
        found: dict[str, object] = json.loads(answer.stdout)
        return found

    return call


def test_a_section_takes_the_place_of_an_older_one_and_the_rest_stays(tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(
        '# mine\nname = "m"\n\n[[crops]]\nn = 1\n\n[[crops]]\nn = 2\n\n[speed]\nms = 3 # fast\n'
    )
    put_sections(tmp_path, {"crops": [{"n": 5, "kinds": ["a", "b"]}], "faithfulness": {"n": 7}})
    text = card.read_text()
    assert text.startswith('# mine\nname = "m"\n\n[speed]\nms = 3 # fast\n')
    assert tomllib.loads(text) == {
        "name": "m",
        "speed": {"ms": 3},
        "crops": [{"n": 5, "kinds": ["a", "b"]}],
        "faithfulness": {"n": 7},
    }
    put_sections(tmp_path, {"crops": [{"n": 5, "kinds": ["a", "b"]}], "faithfulness": {"n": 7}})
    assert card.read_text() == text


def test_figures_on_photos_that_a_model_was_trained_on_are_told_apart(
    rated_csv: Path,
    model: Path,
    tmp_path: Path,
    no_faces: Callable[[], None],
    run: Callable[..., dict[str, object]],
) -> None:
    no_faces()
    common = ("evaluate", rated_csv, "--model", model, "--cache", tmp_path / "cache")
    assert run(*common)["trained_on"] is None
    photos = sorted((rated_csv.parent / "images").iterdir())
    write_trained_on(model, photos[:8])
    assert run(*common)["trained_on"] == 8
    rest = run(*common, "--unseen")
    assert rest["trained_on"] == 0
    assert rest["all"]["n"] == 12  # type: ignore[index]


def test_the_bundled_model_says_what_it_was_trained_on() -> None:
    folder = find_model("fused").directory
    assert len((folder / "trained_on.txt").read_text("ascii").split()) == 534


def test_tables_of_sizes_and_crops_reach_a_card(
    rated_csv: Path,
    model: Path,
    tmp_path: Path,
    no_faces: Callable[[], None],
    run: Callable[..., dict[str, object]],
) -> None:
    no_faces()
    common = ("--card", model, "--cache", tmp_path / "cache")
    kept, page = tmp_path / "table", tmp_path / "report.html"
    table = run("ablate", rated_csv, "--folds", 2, "--size", 0, "--size", 3, "--out", kept, *common)
    reported = ("report", rated_csv, "--model", model, "--out", page, "--table", kept)
    answer = run(*reported, *common)
    assert "Agreement against embedding size" in page.read_text("utf-8")
    facts = load_card(model).facts
    assert [row["size"] for row in facts["ablation"]] == [0, 3]
    rows = table["rows"]
    assert facts["ablation"][1]["srcc"] == pytest.approx(rows[1]["all"]["srcc"]["value"], abs=1e-4)  # type: ignore[index]
    crops = answer["crops"]
    assert [row["crop"] for row in facts["crops"]] == [row["kind"] for row in crops]  # type: ignore[attr-defined]
    assert {"BlazeFace face", "body"} <= {row["crop"] for row in facts["crops"]}
    plain, best, *_, held_out = facts["lower_bound"]
    assert plain["changed"] == 0
    assert best["srcc"] >= plain["srcc"] - 0.05
    assert "other folds" in held_out["on"]
    assert answer["lower_bound"]["plain"]["srcc"] == pytest.approx(plain["srcc"], abs=1e-4)  # type: ignore[index]


def test_a_useless_lower_bound_is_not_chosen_by_luck() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(5, 1, 60)
    scores = truth + generator.normal(0, 0.3, 60)
    groups = [f"g{i // 2}" for i in range(60)]
    noise = lower_bound(scores, generator.normal(4, 1, 60), truth, groups)
    assert noise.held_out.srcc <= noise.plain.srcc + 0.02
    low = np.where(np.arange(60) % 3 == 0, 1.0, scores)
    helped = lower_bound(low, truth, truth, groups)
    assert helped.held_out.srcc > helped.plain.srcc + 0.2
    assert helped.best_active is not None
    assert helped.best_active.changed >= 0.1
    assert adjusted(np.array([2.0, 5.0]), np.array([np.nan, 8.0]), 2.0, 1.0).tolist() == [2.0, 5.0]


def test_a_table_of_other_photos_does_not_get_into_a_report(
    rated_csv: Path, tmp_path: Path
) -> None:
    rated = read_csv(rated_csv)
    truth, groups = distributions(rated), [photo.group for photo in rated]
    portraits = np.ones(len(rated), np.bool_)
    with pytest.raises(UsageError, match="no table"):
        read_table(tmp_path, truth, groups, portraits)
    fold_of = folds(groups, 2)
    signature = {"folds": fold_of.tolist(), "encoder": "faceres", "ratings": sum_of(truth)}
    guess = np.full((len(rated), 10), 0.1)
    parts = {f"0-{fold}": guess[fold_of == fold] for fold in (0, 1)}
    np.savez(tmp_path / PROGRESS_FILE, signature=np.array(json.dumps(signature)), **parts)
    assert [row.size for row in read_table(tmp_path, truth, groups, portraits).rows] == [0]
    with pytest.raises(UsageError, match="other photos"):
        read_table(tmp_path, truth[:, ::-1], groups, portraits)
    np.savez(tmp_path / PROGRESS_FILE, signature=np.array(json.dumps(signature)))
    with pytest.raises(UsageError, match="not finished"):
        read_table(tmp_path, truth, groups, portraits)
