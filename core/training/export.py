"""A trained network as a model directory: ``model.onnx`` and ``card.toml``, ready for the program.

The graph is written node by node rather than traced, with the names of the bundled ``nima`` graph,
so that its outputs are exactly what explanations need.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.domain import SCORE_BINS
from core.errors import ModelError
from core.explaining.backward import write_backward
from core.inference.cards import CARD_FILE, ImageInput, ModelCard, load_card
from core.training.card_text import is_table, toml
from core.training.networks import FEATURES, STRIDES, FusedNetwork
from core.training.speed import speed_entry

GRAPH_FILE = "model.onnx"
OPSET = 17
IR_VERSION = 8
PARITY = 1e-4
"""Largest difference allowed between the graph's probabilities and PyTorch's."""


def graph_bytes(network: FusedNetwork, *, side: int = 224) -> bytes:
    """The network as an ONNX file's content; equal networks give equal bytes.

    Inputs ``image`` (n, 3, side, side) and, with a face branch, ``descriptor`` (n, width) as the
    encoder gives it (zeros: no face). Outputs ``distribution``, ``logits`` (n, 10), ``class_maps``
    (n, 10, h, w): what each place adds to each logit, ``features`` (n, 1024), and with a face
    branch ``face_logits`` (n, 10) = ``face_weights`` @ descriptor and ``face_weights`` (10, width).
    ``logits = sum of class_maps + face_logits + bias``.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights: dict[str, NDArray[Any]] = {
        "zero": np.array(0, np.float32),
        "six": np.array(6, np.float32),
    }
    nodes: list[Any] = []

    def node(op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output

    names = ["conv1"]
    for block in range(1, len(STRIDES) + 1):
        names += [f"conv_dw_{block}", f"conv_pw_{block}"]
    flow = "image"
    for name, convolution in zip(names, network.backbone.convolutions(), strict=True):
        weights[f"{name}.weight"] = convolution.weight.detach().float().contiguous().numpy()
        weights[f"{name}.bias"] = convolution.bias.detach().float().numpy()
        size, pad = convolution.kernel_size[0], convolution.padding[0]
        flow = node(
            "Conv",
            [flow, f"{name}.weight", f"{name}.bias"],
            f"{name}_bn",
            kernel_shape=[size, size],
            strides=list(convolution.stride),
            pads=[pad] * 4,
            group=convolution.groups,
        )
        flow = node("Clip", [flow, "zero", "six"], f"{name}_relu")
    places = _places(side)
    weights["dense.weight"] = network.scene_weights()[:, :, None, None]
    weights["dense.bias"] = network.bias()
    weights["places"] = np.array(places * places, np.float32)
    weights["spatial_axes"] = np.array([2, 3], np.int64)
    node("GlobalAveragePool", [flow], "pooled")
    node("Flatten", ["pooled"], "features", axis=1)
    node("Conv", [flow, "dense.weight"], "class_maps_sum", kernel_shape=[1, 1])
    node("Div", ["class_maps_sum", "places"], "class_maps")
    node("ReduceSum", ["class_maps", "spatial_axes"], "class_sums", keepdims=0)
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, side, side])]
    shapes: dict[str, list[Any]] = {
        "distribution": ["batch", SCORE_BINS],
        "class_maps": ["batch", SCORE_BINS, places, places],
        "logits": ["batch", SCORE_BINS],
        "features": ["batch", FEATURES],
    }
    scene = "class_sums"
    width = network.descriptor_width
    if width:
        inputs.append(
            helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, ["batch", width])
        )
        weights["face.weight"] = network.face_weights()
        node("Identity", ["face.weight"], "face_weights")
        node("Gemm", ["descriptor", "face.weight"], "face_logits", transB=1)
        scene = node("Add", ["class_sums", "face_logits"], "both_sums")
        shapes["face_logits"] = ["batch", SCORE_BINS]
        shapes["face_weights"] = [SCORE_BINS, width]
    node("Add", [scene, "dense.bias"], "logits")
    node("Softmax", ["logits"], "distribution", axis=1)
    graph = helper.make_graph(
        nodes,
        "fused" if width else "scene",
        inputs,
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
        [numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in weights.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="albumen",
    )
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _places(side: int) -> int:
    """Side of the last map: the input's halved five times, rounded up."""
    for stride in (2, *STRIDES):
        side = -(-side // stride)
    return side


def check_parity(content: bytes, network: FusedNetwork, seed: int = 0) -> float:
    """Largest difference in probability between graph and network on made-up inputs.

    Raises ``ModelError`` when it is above `PARITY`: the export must not be used then.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(seed)
    image = generator.uniform(-1, 1, (3, 3, 224, 224)).astype(np.float32)
    descriptor = generator.uniform(0, 1, (3, network.descriptor_width)).astype(np.float32)
    descriptor[0] = 0.0
    inputs = {"image": image}
    if network.descriptor_width:
        inputs["descriptor"] = descriptor
    (found,) = session.run(["distribution"], inputs)
    network.eval()
    with torch.no_grad():
        wanted = network(torch.from_numpy(image), torch.from_numpy(descriptor)).softmax(dim=1)
    gap = float(np.abs(found - wanted.numpy()).max())
    if not gap <= PARITY:
        raise ModelError(f"The exported graph differs from the trained network by {gap:.2g}.")
    return gap


def write_model(
    network: FusedNetwork,
    folder: Path,
    image: ImageInput,
    facts: Mapping[str, Any],
    encoder: str = "faceres",
) -> ModelCard:
    """Write graph, backward part and card into ``folder``; returns the card as read back.

    ``facts`` are the card's further entries (name, title, version, licence, metrics, ...). The
    graph is checked against the network before anything is written.
    """
    content = graph_bytes(network, side=image.width)
    check_parity(content, network)
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / GRAPH_FILE, content)
    width = network.descriptor_width
    write_card(folder, content, width, image, facts, encoder)
    write_backward(folder)
    timed = {**facts, "speed": speed_entry(load_card(folder))}
    write_card(folder, content, width, image, timed, encoder)
    return load_card(folder)


def write_card(
    folder: Path,
    content: bytes,
    width: int,
    image: ImageInput,
    facts: Mapping[str, Any],
    encoder: str,
) -> None:
    """Write ``card.toml`` for a graph with these bytes."""
    places = _places(image.width)
    inputs: list[dict[str, Any]] = [
        {
            "name": image.name,
            "kind": "image",
            "size": [image.height, image.width],
            "layout": image.layout,
            "color": image.color,
            "filter": image.filter,
            "fit": "stretch",
            "mean": list(image.mean),
            "scale": list(image.scale),
        }
    ]
    outputs: list[dict[str, Any]] = [
        {"name": "distribution", "shape": [10], "meaning": "predicted share of the ratings 1..10"},
        {
            "name": "class_maps",
            "shape": [10, places, places],
            "meaning": "what each place adds to each class's logit",
        },
        {
            "name": "logits",
            "shape": [10],
            "meaning": "before the softmax: class_maps + face + bias",
        },
        {"name": "features", "shape": [FEATURES], "meaning": "spatial mean of the last map"},
    ]
    if width:
        inputs.append(
            {"name": "descriptor", "kind": "descriptor", "length": width, "encoder": encoder}
        )
        outputs += [
            {"name": "face_logits", "shape": [10], "meaning": "what the face adds to each logit"},
            {
                "name": "face_weights",
                "shape": [10, width],
                "meaning": "from the descriptor to the logits; the same for every photo",
            },
        ]
    plain = {k: v for k, v in facts.items() if not is_table(v)}
    tables = {k: v for k, v in facts.items() if is_table(v)}
    card = {
        **plain,
        "kind": "aesthetics",
        "file": GRAPH_FILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "inputs": inputs,
        "outputs": outputs,
        **tables,
    }
    _replace(folder / CARD_FILE, toml(card).encode())


def _replace(file: Path, content: bytes) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(file)
