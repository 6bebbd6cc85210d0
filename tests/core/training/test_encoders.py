"""Face encoders: FaceRes, a stand-in for VGG-Face's file, and the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, Face
from core.errors import ModelError, UsageError
from core.training.encoders import (
    DEEPFACE_MODELS,
    VGGFACE_FILE,
    Described,
    DescriptorCache,
    VggFaceEncoder,
    align,
    build_encoder,
    vggface_input,
)

FACE = Face(Box(0.25, 0.2, 0.5, 0.6), 0.9, ((0.4, 0.4), (0.6, 0.4)))


def stand_in(file: Path, side: int = 224, width: int = 4096) -> None:
    """A random network, by default of VGG-Face's shapes: (n, 224, 224, 3) -> (n, 4096)."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["colour", "w"], ["fc7"]),
        helper.make_node("Relu", ["fc7"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "vgg",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", side, side, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(weights, "w")],
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(file))


def test_vggface_without_its_file_names_place_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="537 MB") as caught:
        build_encoder("VGG-Face")
    assert str(tmp_path / ".deepface" / "weights" / VGGFACE_FILE) in str(caught.value)


@pytest.mark.parametrize("name", sorted(DEEPFACE_MODELS))
def test_deepfaces_models_are_not_downloaded_unasked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="--fetch") as caught:
        build_encoder(name)
    assert str(tmp_path / ".deepface" / "weights" / DEEPFACE_MODELS[name][1]) in str(caught.value)


def test_deepface_looks_for_the_files_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to fetch where there is no network, it says which file it wanted."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    wanted: list[str] = []

    def offline(file_name: str, source_url: object, **_: object) -> str:
        wanted.append(file_name)
        raise ValueError("no network")

    monkeypatch.setattr(
        "deepface.commons.weight_utils.download_weights_if_necessary", offline, raising=True
    )
    for name in ("vggface", "ArcFace", "Facenet512"):
        with pytest.raises(ModelError, match="no network"):
            build_encoder(name, fetch=True)
    assert wanted == [VGGFACE_FILE, "arcface_weights.onnx", "facenet512_weights.onnx"]


def test_vggface_gives_4096_numbers_of_length_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    stand_in(tmp_path / ".deepface" / "weights" / VGGFACE_FILE)
    pixels = np.full((100, 80, 3), 120, np.uint8)
    found = build_encoder("vggface")(pixels, FACE)
    assert found.shape == (4096,)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_other_models_of_deepface_describe_faces_by_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    stand_in(tmp_path / ".deepface" / "weights" / "arcface_weights.onnx", 112, 512)
    encoder = build_encoder("arcface")
    found = encoder(np.full((100, 80, 3), 120, np.uint8), FACE)
    assert (encoder.name, encoder.width, found.shape) == ("ArcFace", 512, (512,))
    assert found.any()


def test_another_network_in_vggfaces_place_is_refused(tmp_path: Path) -> None:
    stand_in(tmp_path / "models" / "other.onnx")
    encoder = VggFaceEncoder(tmp_path / "models" / "other.onnx")
    encoder.width = 100
    with pytest.raises(ModelError, match="not VGG-Face"):
        encoder(np.zeros((50, 50, 3), np.uint8), FACE)


def test_vggface_sees_bgr_over_255_padded_black_in_the_middle() -> None:
    wide = np.zeros((50, 100, 3), np.uint8)
    wide[:] = (255, 51, 0)
    values = vggface_input(wide)
    assert values.shape == (1, 224, 224, 3)
    assert values[0, 112, 112] == pytest.approx([0, 0.2, 1])
    assert not values[0, :56].any()
    assert not values[0, 168:].any()
    assert values[0, 56:168].any(axis=(1, 2)).all()


def test_a_tilted_face_is_turned_until_its_eyes_are_level() -> None:
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[70:80, 60:70] = 255
    pixels[110:120, 120:130] = 255
    face = Face(Box(0.2, 0.2, 0.6, 0.6), 0.9, ((0.325, 0.375), (0.625, 0.575)))
    turned = align(pixels, face)
    rows = np.flatnonzero(turned.max(axis=(1, 2)) > 128)
    assert np.ptp(rows) < 16


def test_an_unknown_encoder_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"faceres, vggface.*ArcFace"):
        build_encoder("eigenfaces")


def test_the_cache_remembers_by_encoder_and_content(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path)
    described = Described(np.ones((1, 5), np.float32), np.arange(4, dtype=np.float32))
    cache.put("faceres", "abc", described)
    found = cache.get("faceres", "abc")
    assert found is not None
    assert found.descriptor.tolist() == [0, 1, 2, 3]
    assert cache.get("vggface", "abc") is None
    (tmp_path / "faceres" / "abc.npz").write_bytes(b"PK broken")
    assert cache.get("faceres", "abc") is None
