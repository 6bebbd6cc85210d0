"""Rebuilding the fused model: the builder's recipe is the card's, and differences are judged."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from core.inference.cards import find_model  # noqa: E402
from tests.core.training.conftest import picture  # noqa: E402

PACKAGING = Path(__file__).resolve().parents[3] / "packaging"


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PACKAGING))
    from models import fused as module

    return module


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    found = []
    for number in range(6):
        found.append(tmp_path / f"{number}.jpg")
        picture(number / 5, number).save(found[-1])
    return found


def test_the_builder_trains_as_the_card_says(fused: ModuleType) -> None:
    source = find_model("fused").source
    said = shlex.split(re.match(r"albumen (train .*?) gives this model", source)[1])  # type: ignore[index]
    options = [word for word in said if word.startswith("--")]
    told = shlex.split(fused.RECIPE)
    assert set(options) - {"--companions", "--out"} == {w for w in told if w.startswith("--")}
    for option in ("--preset", "--level", "--spread", "--name"):
        assert said[said.index(option) + 1] == told[told.index(option) + 1]
    assert f"within {fused.LARGEST}, {fused.MEAN} on average" in source


def test_the_same_model_is_reproduced_and_another_one_is_not(
    fused: ModuleType, photos: list[Path], tmp_path: Path
) -> None:
    bundled = find_model("fused").directory
    assert isinstance(bundled, Path)
    other = tmp_path / "other"
    shutil.copytree(bundled, other)
    same = fused.difference(bundled, other, photos, tmp_path / "cache")
    assert same.tolerable
    assert same.largest == 0
    model = onnx.load(str(other / "model.onnx"))
    bias = next(w for w in model.graph.initializer if w.name == "dense.bias")
    moved = onnx.numpy_helper.to_array(bias) + np.linspace(0, 0.5, 10, dtype=np.float32)
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, "dense.bias"))
    content = model.SerializeToString()
    (other / "model.onnx").write_bytes(content)
    card = other / "card.toml"
    text = card.read_text("utf-8").replace(
        find_model("fused").sha256, hashlib.sha256(content).hexdigest()
    )
    text = text.replace(f"bytes = {find_model('fused').bytes}", f"bytes = {len(content)}")
    card.write_text(text, "utf-8")
    found = fused.difference(bundled, other, photos, tmp_path / "cache")
    assert not found.tolerable
    assert found.largest > fused.LARGEST
    assert found.order == pytest.approx(1, abs=0.2)
