"""A model that is not what its card says is refused with a sentence that names the file."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from core.errors import ModelError
from core.inference.cards import bundled_models, find_model, load_card


@pytest.fixture
def model_directory(tmp_path: Path) -> Path:
    """A private copy of a small bundled model."""
    with resources.as_file(resources.files("resources") / "models" / "blazeface") as folder:
        return Path(shutil.copytree(folder, tmp_path / "model"))


def test_every_bundled_model_is_what_its_card_says() -> None:
    cards = bundled_models(kind=None)
    assert {"nima", "faceres", "blazeface", "facemesh", "iris"} <= {card.name for card in cards}
    for card in cards:
        card.graph()
        assert card.licence
        assert card.credit
        assert card.source
        assert card.limits


def test_aesthetics_models_are_listed_apart() -> None:
    assert all(card.kind == "aesthetics" for card in bundled_models())
    assert "nima" in [card.name for card in bundled_models()]


def test_model_is_found_by_name_or_directory(model_directory: Path) -> None:
    assert find_model("nima").name == "nima"
    assert find_model(model_directory).name == "blazeface"
    assert find_model(str(model_directory)).directory == model_directory


def test_unknown_model_names_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere.*nima"):
        find_model("nowhere")
    with pytest.raises(ModelError, match=r"card\.toml"):
        find_model(tmp_path)


def test_missing_file(model_directory: Path) -> None:
    (model_directory / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx is missing"):
        load_card(model_directory).graph()


def test_truncated_file(model_directory: Path) -> None:
    file = model_directory / "model.onnx"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"model\.onnx is cut short"):
        load_card(model_directory).graph()


def test_pointer_instead_of_the_file(model_directory: Path) -> None:
    (model_directory / "model.onnx").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 590177\n"
    )
    with pytest.raises(ModelError, match=r"model\.onnx is only a pointer"):
        load_card(model_directory).graph()


def test_damage_is_seen_and_repair_needs_no_restart(model_directory: Path) -> None:
    file = model_directory / "model.onnx"
    content = file.read_bytes()
    card = load_card(model_directory)
    card.graph()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"model\.onnx is damaged"):
        card.graph()
    file.write_bytes(content)
    card.graph()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('color = "RGB"', 'color = "GBR"', "colour order"),
        ('filter = "area"', 'filter = "bilnear"', "filter"),
        ('file = "model.onnx"', 'file = "../model.onnx"', "not a file beside the card"),
        ('version = "1"', "", "'version' is missing"),
        ("kind =", "kind", "can't be read"),
        ("mean = [127.5, ", "mean = [", "three numbers"),
    ],
)
def test_unusable_card(model_directory: Path, old: str, new: str, complaint: str) -> None:
    card = model_directory / "card.toml"
    text = card.read_text("utf-8")
    assert old in text
    card.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ModelError, match=complaint) as refusal:
        load_card(model_directory)
    assert str(card) in str(refusal.value)


def test_scores_of_other_weights_have_another_id(model_directory: Path) -> None:
    card = model_directory / "card.toml"
    before = load_card(model_directory).model_id
    text = card.read_text("utf-8")
    card.write_text(text.replace('sha256 = "', 'sha256 = "0'), "utf-8")
    assert load_card(model_directory).model_id != before
