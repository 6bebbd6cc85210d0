"""A bundled scoring model in PyTorch, made from its own ONNX weights."""

from __future__ import annotations

from typing import Any

import pytest

from core.inference.cards import ModelCard


def torch_twin(card: ModelCard, descriptor: Any = None) -> Any:
    """A module from (1, 3, h, w) images to (1, 10) logits; ``last`` is the layer of its last map.

    ``descriptor`` (n,) is the face's, for models that look at one.
    """
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    graph = onnx.load_from_string(card.graph().read_bytes()).graph
    weights = {
        tensor.name: torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
        for tensor in graph.initializer
    }
    convolutions = [
        (node, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute})
        for node in graph.node
        if node.op_type == "Conv" and node.input[1] != "dense.weight"
    ]

    class Twin(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.last = torch.nn.Identity()
            self.dense = torch.nn.Parameter(weights["dense.weight"][:, :, 0, 0])
            self.bias = torch.nn.Parameter(weights["dense.bias"])

        def forward(self, flow: Any) -> Any:
            for node, given in convolutions:
                flow = torch.nn.functional.conv2d(
                    flow,
                    weights[node.input[1]],
                    weights[node.input[2]],
                    stride=given.get("strides", [1, 1]),
                    padding=list(given.get("pads", [0, 0]))[:2],
                    groups=given.get("group", 1),
                ).clamp(0, 6)
            logits = self.last(flow).mean((2, 3)) @ self.dense.T + self.bias
            if descriptor is not None:
                face = torch.from_numpy(descriptor.copy())[None]
                logits = logits + face @ weights["face.weight"].T
            return logits

    return Twin().eval()
