"""Training end to end on twenty tiny photos: parity, resume, determinism, commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import typer  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from core.cli import training  # noqa: E402
from core.errors import ModelError, UsageError  # noqa: E402
from core.inference.cards import find_model, load_card  # noqa: E402
from core.inference.session import OnnxSession  # noqa: E402
from core.training import export  # noqa: E402
from core.training.ablate import ablate, usable_sizes  # noqa: E402
from core.training.calibrate import fit_scale, rescale  # noqa: E402
from core.training.encoders import VGGFACE_FILE  # noqa: E402
from core.training.head import Steadying, photo_weights  # noqa: E402
from core.training.losses import emd_loss, level_loss, ordered_loss  # noqa: E402
from core.training.networks import FusedNetwork  # noqa: E402
from core.training.samples import Companions, TrainingSet  # noqa: E402
from core.training.settings import ABLATION, PAPER, PRESETS, Settings  # noqa: E402
from core.training.study import Study, study  # noqa: E402
from core.training.train import (  # noqa: E402
    new_network,
    predict_pictures,
    principal_axes,
    train,
)
from core.training.workflow import nima_backbone  # noqa: E402
from tests.core.training.test_encoders import stand_in  # noqa: E402

NOTHING = np.array([], np.intp)
QUICK = Settings(
    frozen=12, views=1, head_epochs=2, epochs=2, rate=1e-3, batch=8, average_from=1, patience=0
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photos() -> TrainingSet:
    """Twelve random pictures; half of them have a descriptor of 16 numbers."""
    generator = np.random.default_rng(0)
    stored = generator.integers(0, 255, (12, 256, 256, 3)).astype(np.uint8)
    descriptors = generator.uniform(0, 1, (12, 16)).astype(np.float32)
    descriptors[::2] = 0
    return TrainingSet(
        stored,
        np.ascontiguousarray(stored[:, 16:240, 16:240]),
        descriptors,
        generator.dirichlet(np.ones(10), 12).astype(np.float32),
        tuple(f"g{i // 2}" for i in range(12)),
    )


def program() -> typer.Typer:
    """A program with the commands about models alone."""
    app = typer.Typer()
    training.register(app)
    return app


def random_backbone(network: FusedNetwork) -> None:
    """Keeps PyTorch's own initial weights (seeded by the settings)."""


def test_the_network_is_nima_exactly() -> None:
    spec, load = nima_backbone()
    network = FusedNetwork()
    load(network)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 224, 224)).astype(np.float32)
    wanted = OnnxSession(find_model("nima")).run({spec.name: image})["features"]
    with torch.no_grad():
        found = network.pooled(torch.from_numpy(image)).numpy()
    assert np.abs(found - wanted).max() < 1e-4


def test_a_model_without_mobilenets_shapes_is_refused() -> None:
    with pytest.raises(ModelError, match="MobileNet"):
        FusedNetwork().backbone.load([])


def test_emd_is_zero_when_equal_and_grows_with_distance() -> None:
    target = torch.full((1, 10), 0.1)
    assert emd_loss(target.log(), target) < 1e-4
    near, far, truth = torch.zeros(1, 10), torch.zeros(1, 10), torch.zeros(1, 10)
    truth[0, 0] = 1
    near[0, 1] = far[0, 9] = 50
    assert emd_loss(near, truth) < emd_loss(far, truth)
    assert level_loss(far, truth) == pytest.approx(81)


def test_a_faulty_copy_is_only_pushed_when_it_scores_too_high() -> None:
    low, high = torch.zeros(1, 10), torch.zeros(1, 10)
    low[0, 2] = high[0, 7] = 50
    assert ordered_loss(high, low, 0.5) == 0
    assert ordered_loss(low, high, 0.5) == pytest.approx(5.5)


def test_principal_axes_are_orthonormal_and_reach_any_size(photos: TrainingSet) -> None:
    axes = principal_axes(photos.descriptors, 10)
    assert axes @ axes.T == pytest.approx(np.eye(10), abs=1e-5)
    with pytest.raises(UsageError, match="16"):
        principal_axes(photos.descriptors, 17)


def test_the_exported_graph_says_what_the_network_says(photos: TrainingSet, tmp_path: Path) -> None:
    spec, load = nima_backbone()
    indices = np.arange(12)
    network = train(photos, indices, NOTHING, replace(QUICK, embedding_size=8), load).network
    card = export.write_model(
        network, tmp_path, spec, {"name": "mine", "version": "1", "limits": ['a "quoted" one']}
    )
    assert load_card(tmp_path).limits == ('a "quoted" one',)
    session = OnnxSession(card)
    image = np.random.default_rng(1).uniform(-1, 1, (1, 3, 224, 224)).astype(np.float32)
    face = photos.descriptors[1:2]
    found = session.run({"image": image, "descriptor": face})
    with torch.no_grad():
        wanted = network(torch.from_numpy(image), torch.from_numpy(face)).softmax(dim=1)
    assert np.abs(found["distribution"] - wanted.numpy()).max() < 1e-5
    # The exact explanation: places, face and bias add up to the logits.
    bare = session.run({"image": image, "descriptor": face * 0})
    assert bare["face_logits"] == pytest.approx(np.zeros((1, 10)))
    parts = found["class_maps"].sum(axis=(2, 3)) + found["face_logits"] + network.bias()
    assert parts == pytest.approx(found["logits"], abs=1e-4)
    assert found["face_weights"] @ face[0] == pytest.approx(found["face_logits"][0], abs=1e-5)


def test_a_graph_that_differs_from_its_network_is_not_accepted(photos: TrainingSet) -> None:
    torch.manual_seed(0)
    network, other = FusedNetwork(), FusedNetwork()
    with pytest.raises(ModelError, match="differs"):
        export.check_parity(export.graph_bytes(other), _sharper(network))


def _sharper(network: FusedNetwork) -> FusedNetwork:
    with torch.no_grad():
        network.dense.bias.add_(torch.arange(10.0))
    return network


def test_an_interrupted_run_goes_on_and_ends_the_same(photos: TrainingSet, tmp_path: Path) -> None:
    indices = np.arange(12)
    whole = train(photos, indices, NOTHING, QUICK, random_backbone)

    class StoppedError(Exception):
        pass

    def stop(what: str, done: int, total: int) -> None:
        if what.startswith("stage 2") and done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(photos, indices, NOTHING, QUICK, random_backbone, folder=tmp_path, progress=stop)
    resumed = train(photos, indices, NOTHING, QUICK, random_backbone, folder=tmp_path)
    assert len(resumed.history) == 2
    for name, values in whole.network.state_dict().items():
        assert torch.allclose(values, resumed.network.state_dict()[name], atol=1e-6), name


def test_a_folder_with_another_run_is_not_mixed_up(photos: TrainingSet, tmp_path: Path) -> None:
    indices = np.arange(12)
    train(photos, indices, NOTHING, QUICK, random_backbone, folder=tmp_path)
    with pytest.raises(UsageError, match="other settings"):
        train(photos, indices, NOTHING, replace(QUICK, seed=9), random_backbone, folder=tmp_path)


def test_training_stops_early_when_held_out_photos_no_longer_gain(photos: TrainingSet) -> None:
    settings = replace(QUICK, epochs=6, rate=0.5, average_from=0, patience=1)
    trained = train(photos, np.arange(8), np.arange(8, 12), settings, random_backbone)
    assert len(trained.history) < 6
    assert all("held_out_emd" in entry for entry in trained.history)


def test_companions_keep_degraded_copies_below_and_two_folders_together(
    photos: TrainingSet,
) -> None:
    generator = np.random.default_rng(4)
    clean = generator.integers(0, 255, (8, 224, 224, 3)).astype(np.uint8)
    clean[:4] //= 3
    copies = np.ascontiguousarray(clean[:, ::-1] // 2 + 60)
    sides = np.array([1] * 4 + [-1] * 4, np.int8)
    beside = Companions(clean, (copies,), np.zeros((8, 16), np.float32), sides)
    plain = replace(ABLATION, frozen=12, views=1)
    steady = replace(plain, fault_weight=5.0, balance_weight=50.0, balance_gap=0.05)
    _, load = nima_backbone()
    levels = torch.arange(1.0, 11.0)

    def judge(settings: Settings) -> tuple[float, float]:
        network = train(photos, np.arange(12), NOTHING, settings, load, companions=beside).network
        with torch.no_grad():
            from core.training.head import whole_features

            zero = torch.zeros(8, 16)
            a = network.head(whole_features(network, clean), zero).softmax(1) @ levels
            b = network.head(whole_features(network, copies), zero).softmax(1) @ levels
        return float((b - a).clamp_min(0).mean()), float((a[:4].mean() - a[4:].mean()).abs())

    before, after = judge(plain), judge(steady)
    assert after[0] <= before[0]
    assert after[1] < max(0.1, before[1])


def test_the_level_is_moved_without_changing_the_order(photos: TrainingSet) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(40, 10))
    scale = fit_scale(logits, 5.0)
    means = scale.apply(logits) @ np.arange(1, 11)
    assert means.mean() == pytest.approx(5.0, abs=1e-3)
    network = FusedNetwork()
    before = network.bias().copy()
    rescale(network, scale)
    assert np.ptp(np.diff(network.bias() - before)) < 1e-5


def test_the_spread_is_set_together_with_the_level() -> None:
    logits = np.random.default_rng(0).normal(size=(60, 10))
    means = fit_scale(logits, 5.0, 0.6).apply(logits) @ np.arange(1, 11)
    assert means.mean() == pytest.approx(5.0, abs=1e-3)
    assert means.std() == pytest.approx(0.6, abs=1e-3)


def test_photos_with_a_face_count_as_often_as_they_should(photos: TrainingSet) -> None:
    weights = photo_weights(photos, np.arange(12), 2.0)
    assert weights is not None
    assert float(weights.mean()) == pytest.approx(1.0)
    assert float(weights[1] / weights[0]) == pytest.approx(2.0)
    assert photo_weights(photos, np.arange(12), 1.0) is None
    _, load = nima_backbone()
    plain = replace(ABLATION, frozen=12, views=1)
    distances = []
    for settings in (plain, replace(plain, face_weight=30.0)):
        network = train(photos, np.arange(12), NOTHING, settings, load).network
        found = predict_pictures(network, photos.whole[1::2], photos.descriptors[1::2])
        gap = np.cumsum(found - photos.targets[1::2], axis=1)
        distances.append(float(np.sqrt((gap**2).mean(axis=1)).mean()))
    assert distances[1] < distances[0]


def test_the_study_judges_faults_on_companions_that_took_no_part(
    photos: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.study.FOLDS", 2)
    generator = np.random.default_rng(4)
    clean = generator.integers(0, 255, (6, 224, 224, 3)).astype(np.uint8)
    sides = np.array([1, 1, 1, -1, -1, -1], np.int8)
    beside = Companions(clean, (clean // 2,), np.zeros((6, 16), np.float32), sides)
    settings = replace(ABLATION, frozen=12, views=1, fault_weight=1.0, balance_weight=1.0)
    _, load = nima_backbone()
    blank = new_network(photos, np.arange(12), settings, load)
    steadying = Steadying(beside, blank, settings, lambda what, done, total: None)
    told: list[str] = []

    def run() -> Study:
        return study(
            photos,
            photos.descriptors.any(axis=1),
            "faceres",
            settings,
            load,
            views=None,
            steadying=steadying,
            companions=beside,
            sizes=(0, 4),
            folder=tmp_path,
            progress=lambda what, done, total: told.append(what),
        )

    first = run()
    assert [row["fault"] for row in first.faults] == ["blur", "noise", "over", "under"]
    assert all(row["n"] == 6 and row["held_out"] for row in first.faults)
    solved = sum(what.endswith("stage 1") for what in told)
    second = run()
    assert first.metrics == second.metrics
    # Interrupted, it goes on: the second time only the two halves of companions are solved.
    assert sum(what.endswith("stage 1") for what in told) == solved + 2


def test_sizes_beyond_the_encoder_are_left_out_of_the_table() -> None:
    assert usable_sizes(1024) == (0, 128, 512, 1024)
    assert usable_sizes(4096) == (0, 128, 512, 1024, 2048, 4096)


def test_the_table_of_sizes_is_on_one_set_of_folds_and_resumes(
    photos: TrainingSet, tmp_path: Path
) -> None:
    settings = replace(ABLATION, frozen=12, views=1)
    portraits = photos.descriptors.any(axis=1)
    told: list[str] = []

    def run() -> object:
        return ablate(
            photos,
            portraits,
            "faceres",
            settings,
            random_backbone,
            sizes=(0, 4),
            folds=3,
            folder=tmp_path,
            progress=lambda what, done, total: told.append(what),
        )

    first = run()
    stage_one = sum(w.endswith("stage 1") for w in told)
    assert stage_one == 6
    second = run()
    assert sum(w.endswith("stage 1") for w in told) == stage_one
    assert first.as_dict() == second.as_dict()  # type: ignore[attr-defined]
    rows = first.rows  # type: ignore[attr-defined]
    assert [row.size for row in rows] == [0, 4]
    assert rows[0].gain is None
    assert rows[1].portraits.n == 6
    with pytest.raises(UsageError, match="another folder"):
        ablate(photos, portraits, "vggface", settings, random_backbone, folds=3, folder=tmp_path)


def test_presets_hold_the_papers_settings() -> None:
    assert PRESETS["paper"] == PAPER
    assert (PAPER.head_rate, PAPER.dropout, PAPER.head_epochs) == (1e-3, 0.75, 10)
    assert (PAPER.rate, PAPER.epochs, PAPER.frozen) == (3e-5, 15, -1)
    with pytest.raises(UsageError):
        Settings(solver="convex")


def test_commands_train_evaluate_and_report(
    rated_csv: Path, tmp_path: Path, no_faces: Callable[[], None]
) -> None:
    no_faces()
    runner = CliRunner()
    cache = ["--cache", str(tmp_path / "cache")]
    out = tmp_path / "mine"
    quick = ["--frozen", "12", "--views", "1", "--epochs", "1", "--head-epochs", "1"]
    answer = runner.invoke(
        program(), ["train", str(rated_csv), "--out", str(out), *quick, *cache, "--json"]
    )
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["photos"] == 20
    assert load_card(out).descriptor is not None
    answer = runner.invoke(
        program(), ["evaluate", str(rated_csv), "--model", str(out), *cache, "--json"]
    )
    assert answer.exit_code == 0, answer.stderr
    figures = json.loads(answer.stdout)["all"]
    assert figures["n"] == 20
    assert figures["srcc"]["low"] <= figures["srcc"]["value"] <= figures["srcc"]["high"]
    page = tmp_path / "report.html"
    answer = runner.invoke(
        program(),
        ["report", str(rated_csv), "--out", str(page), "--model", str(out), *cache, "--json"],
    )
    assert answer.exit_code == 0, answer.stderr
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 6
    for wanted in ("Top 10 by people", "Worst 10", "1.15", "calibration", "number of faces"):
        assert wanted in text
    assert "http" not in text


def test_the_papers_table_on_ava_is_the_readmes_one_command(
    ava: Path,
    tmp_path: Path,
    no_faces: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_faces()
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    stand_in(tmp_path / ".deepface" / "weights" / VGGFACE_FILE)
    readme = Path(__file__).resolve().parents[3] / "README.md"
    lines = readme.read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("albumen ablate ~/AVA"))
    words = shlex.split(line)[1:]
    words[words.index("~/AVA")] = str(ava)
    words[words.index("--out") + 1] = str(tmp_path / "table")
    assert words[words.index("--preset") + 1] == "paper"
    quick = ["--epochs", "1", "--size", "0", "--size", "4096", "--tag", "all"]
    cache = ["--cache", str(tmp_path / "c"), "--json"]
    answer = CliRunner().invoke(program(), [*words, *quick, *cache])
    assert answer.exit_code == 0, answer.stderr
    table = json.loads(answer.stdout)
    assert table["encoder"] == "vggface"
    assert [row["size"] for row in table["rows"]] == [0, 4096]
    assert table["rows"][0]["all"]["n"] == 4
    assert any((tmp_path / "table").iterdir())


def test_a_source_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    answer = CliRunner().invoke(program(), ["evaluate", str(tmp_path / "no.csv")])
    assert answer.exit_code == 2
    assert "no table of ratings" in answer.stderr
