"""TensorFlow.js graph models -> ONNX, for the handful of operations that the face models use.

TensorFlow's tensors are NHWC; the ONNX graph works in NCHW and turns a tensor back just before a
``Reshape``, where the order of the numbers matters. Only what the wanted outputs need is
converted, so heads nobody asks for (FaceRes's guesses about people) are not in the result.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from models.onnx_graph import OnnxGraph
from numpy.typing import NDArray

Array = NDArray[Any]


class ConversionError(Exception):
    """The graph uses something this converter does not know."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value of the ONNX graph; ``shape`` is NCHW for four dimensions (-1: free batch)."""

    name: str
    shape: tuple[int, ...]


def convert(
    model: bytes,
    weights: bytes,
    *,
    name: str,
    outputs: Mapping[str, str],
    input_name: str = "image",
) -> bytes:
    """The ONNX file for a TF.js graph model.

    Args:
        model: content of the ``.json`` file; ``weights``: of the ``.bin`` file.
        outputs: TensorFlow node name -> name in the ONNX graph, in the order wanted.

    Raises:
        ConversionError: an operation, or a use of one, that is not supported.
    """
    return _Converter(json.loads(model), weights, name, input_name).run(outputs)


def read_weights(manifest: list[dict[str, Any]], content: bytes) -> dict[str, Array]:
    """Constants by name; float16-packed ones come back as float32."""
    found: dict[str, Array] = {}
    offset = 0
    for group in manifest:
        for entry in group["weights"]:
            packed = entry.get("quantization", {}).get("dtype", entry["dtype"])
            if packed not in {"float32", "float16", "int32"}:
                raise ConversionError(f"weights of type {packed}")
            kind = np.dtype(packed).newbyteorder("<")
            count = math.prod(entry["shape"])
            values = np.frombuffer(content, kind, count, offset).reshape(entry["shape"])
            offset += count * kind.itemsize
            found[entry["name"]] = values.astype(entry["dtype"])
    if offset != len(content):
        raise ConversionError(f"{len(content) - offset} bytes of weights are left over")
    return found


class _Converter:
    def __init__(self, model: dict[str, Any], weights: bytes, name: str, input_name: str) -> None:
        self._nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        self._constants = read_weights(model["weightsManifest"], weights)
        self._graph = OnnxGraph(name)
        self._input_name = input_name
        self._done: dict[str, Tensor] = {}
        self._rules: dict[str, Callable[[dict[str, Any]], Tensor]] = {
            "Placeholder": self._placeholder,
            "Identity": lambda node: self._tensor(node["input"][0]),
            "Conv2D": self._convolution,
            "_FusedConv2D": self._convolution,
            "DepthwiseConv2dNative": self._convolution,
            "Add": self._arithmetic,
            "AddV2": self._arithmetic,
            "Mul": self._arithmetic,
            "Relu": lambda node: self._unary("Relu", node),
            "Sigmoid": lambda node: self._unary("Sigmoid", node),
            "Minimum": self._minimum,
            "Maximum": self._maximum,
            "Prelu": self._prelu,
            "MaxPool": self._max_pool,
            "Mean": self._spatial_mean,
            "Pad": self._pad,
            "Reshape": self._reshape,
        }

    def run(self, outputs: Mapping[str, str]) -> bytes:
        for node, name in outputs.items():
            value = self._tensor(node)
            if value.shape[2:] == (1, 1):  # numbers, not a map
                self._graph.node("Flatten", [value.name], name, axis=1)
                self._graph.output(name, _onnx_shape(value.shape[:2]))
            else:
                self._graph.node("Identity", [value.name], name)
                self._graph.output(name, _onnx_shape(value.shape))
        return self._graph.serialize()

    def _tensor(self, name: str) -> Tensor:
        # Depth first without recursion: these graphs are some hundred nodes deep.
        stack = [name]
        while stack:
            node = self._nodes[stack[-1]]
            waiting = [
                source
                for source in node.get("input", [])
                if source not in self._done and self._nodes[source]["op"] != "Const"
            ]
            if stack[-1] in self._done:
                stack.pop()
            elif waiting:
                stack.extend(waiting)
            else:
                rule = self._rules.get(node["op"])
                if rule is None:
                    raise ConversionError(f"operation {node['op']} ({node['name']})")
                self._done[stack.pop()] = rule(node)
        return self._done[name]

    def _constant(self, name: str) -> Array:
        if name not in self._constants:
            raise ConversionError(f"{name} should be a constant")
        return self._constants[name]

    def _placeholder(self, node: dict[str, Any]) -> Tensor:
        dims = [int(dim["size"]) for dim in node["attr"]["shape"]["shape"]["dim"]]
        shape = _channels_first(dims)
        return Tensor(self._graph.input(self._input_name, _onnx_shape(shape)), shape)

    def _convolution(self, node: dict[str, Any]) -> Tensor:
        source, kernel_name, *extra = node["input"]
        flow = self._tensor(source)
        kernel = self._constant(kernel_name)
        if node["op"] == "DepthwiseConv2dNative":
            if kernel.shape[3] != 1:
                raise ConversionError(f"channel multiplier in {node['name']}")
            kernel, group = kernel.transpose(2, 3, 0, 1), kernel.shape[2]
        else:
            kernel, group = kernel.transpose(3, 2, 0, 1), 1
        if _integers(node, "dilations") not in ([], [1, 1, 1, 1]):
            raise ConversionError(f"dilation in {node['name']}")
        strides = _integers(node, "strides")[1:3]
        window = kernel.shape[2:]
        pads, size = _padding(node, flow.shape[2:], window, strides)
        inputs = [flow.name, self._graph.weight(f"{node['name']}/weight", kernel)]
        fused = [
            base64.b64decode(text).decode()
            for text in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])
        ]
        if fused and fused[0] != "BiasAdd":
            raise ConversionError(f"fused {fused} in {node['name']}")
        if fused:
            bias = self._constant(extra[0])
            inputs.append(self._graph.weight(f"{node['name']}/bias", bias.reshape(-1)))
        result = self._graph.node(
            "Conv",
            inputs,
            f"{node['name']}/conv",
            kernel_shape=list(window),
            strides=strides,
            pads=pads,
            group=group,
        )
        shape = (flow.shape[0], kernel.shape[0], *size)
        for operation in fused[1:]:
            if operation == "Relu":
                result = self._graph.node("Relu", [result], f"{node['name']}/relu")
            elif operation == "Prelu":
                result = self._emit_prelu(node["name"], result, extra[1])
            else:
                raise ConversionError(f"fused {operation} in {node['name']}")
        return Tensor(result, shape)

    def _emit_prelu(self, name: str, flow: str, slope_name: str) -> str:
        slope = self._constant(slope_name).reshape(-1, 1, 1)
        self._graph.weight(f"{name}/slope", slope)
        return self._graph.node("PRelu", [flow, f"{name}/slope"], f"{name}/prelu")

    def _prelu(self, node: dict[str, Any]) -> Tensor:
        flow = self._tensor(node["input"][0])
        return Tensor(self._emit_prelu(node["name"], flow.name, node["input"][1]), flow.shape)

    def _unary(self, operation: str, node: dict[str, Any]) -> Tensor:
        flow = self._tensor(node["input"][0])
        return Tensor(self._graph.node(operation, [flow.name], node["name"]), flow.shape)

    def _arithmetic(self, node: dict[str, Any]) -> Tensor:
        operation = "Mul" if node["op"] == "Mul" else "Add"
        left, right = node["input"]
        flow = self._tensor(left)
        if right in self._constants:
            values = self._constants[right]
            if values.size not in (1, flow.shape[1]) or values.shape[-1:] != (values.size,):
                raise ConversionError(f"shape of the constant in {node['name']}")
            other = self._graph.weight(f"{node['name']}/constant", values.reshape(-1, 1, 1))
        else:
            second = self._tensor(right)
            if second.shape != flow.shape:
                raise ConversionError(f"shapes in {node['name']}")
            other = second.name
        return Tensor(self._graph.node(operation, [flow.name, other], node["name"]), flow.shape)

    def _minimum(self, node: dict[str, Any]) -> Tensor:
        """``min(x, c)``, bounded by 0 below where x is a ReLU: then it is one ``Clip``."""
        flow = self._tensor(node["input"][0])
        limit = self._scalar(node["input"][1])
        name = node["name"]
        top = self._graph.weight(f"{name}/top", np.array(limit))
        floor = ""
        if self._is_relu(node["input"][0]):
            floor = self._graph.weight(f"{name}/floor", np.array(0.0))
        return Tensor(self._graph.node("Clip", [flow.name, floor, top], name), flow.shape)

    def _maximum(self, node: dict[str, Any]) -> Tensor:
        """``max(x, c)``; nothing to do for c = 0 where x is a bounded ReLU already."""
        source = node["input"][0]
        flow = self._tensor(source)
        limit = self._scalar(node["input"][1])
        below = self._nodes[source]
        if limit == 0 and below["op"] == "Minimum" and self._is_relu(below["input"][0]):
            return flow
        floor = self._graph.weight(f"{node['name']}/floor", np.array(limit))
        return Tensor(self._graph.node("Clip", [flow.name, floor], node["name"]), flow.shape)

    def _is_relu(self, name: str) -> bool:
        return bool(self._nodes[name]["op"] == "Relu")

    def _scalar(self, name: str) -> float:
        values = self._constant(name)
        if values.size != 1:
            raise ConversionError(f"{name} should be one number")
        return float(values.reshape(()))

    def _max_pool(self, node: dict[str, Any]) -> Tensor:
        flow = self._tensor(node["input"][0])
        window, strides = _integers(node, "ksize")[1:3], _integers(node, "strides")[1:3]
        pads, size = _padding(node, flow.shape[2:], window, strides)
        result = self._graph.node(
            "MaxPool", [flow.name], node["name"], kernel_shape=window, strides=strides, pads=pads
        )
        return Tensor(result, (*flow.shape[:2], *size))

    def _spatial_mean(self, node: dict[str, Any]) -> Tensor:
        axes = sorted(self._constant(node["input"][1]).reshape(-1).tolist())
        if axes != [1, 2] or node["attr"].get("keep_dims", {}).get("b", False):
            raise ConversionError(f"axes {axes} in {node['name']}")
        flow = self._tensor(node["input"][0])
        pooled = self._graph.node("GlobalAveragePool", [flow.name], f"{node['name']}/pooled")
        return Tensor(self._graph.node("Flatten", [pooled], node["name"], axis=1), flow.shape[:2])

    def _pad(self, node: dict[str, Any]) -> Tensor:
        flow = self._tensor(node["input"][0])
        pairs = self._constant(node["input"][1])[[0, 3, 1, 2]]
        grown = tuple(
            size if size < 0 else size + int(before) + int(after)
            for size, (before, after) in zip(flow.shape, pairs, strict=True)
        )
        if set(np.flatnonzero(pairs)) <= {2, 3}:
            return Tensor(self._more_channels(node["name"], flow, grown[1], pairs[1][0]), grown)
        pads = self._graph.weight(f"{node['name']}/pads", pairs.T.reshape(-1))
        return Tensor(self._graph.node("Pad", [flow.name, pads], node["name"]), grown)

    def _more_channels(self, name: str, flow: Tensor, channels: int, before: int) -> str:
        """Channels of zeros around the others.

        As a convolution that copies them: onnxruntime lays maps out in blocks of channels between
        convolutions, and a Pad in their midst would have it lay them out anew at every step.
        """
        kernel = np.zeros((channels, flow.shape[1], 1, 1), np.float32)
        kernel[np.arange(flow.shape[1]) + before, np.arange(flow.shape[1])] = 1.0
        weight = self._graph.weight(f"{name}/copies", kernel)
        return self._graph.node("Conv", [flow.name, weight], name, kernel_shape=[1, 1])

    def _reshape(self, node: dict[str, Any]) -> Tensor:
        flow = self._tensor(node["input"][0])
        shape = [int(size) for size in self._constant(node["input"][1]).reshape(-1)]
        if len(shape) == 4:
            raise ConversionError(f"reshape to four dimensions in {node['name']}")
        name = flow.name
        if len(flow.shape) == 4:
            name = self._graph.node("Transpose", [name], f"{name}/nhwc", perm=[0, 2, 3, 1])
        target = self._graph.weight(f"{node['name']}/shape", np.array(shape))
        return Tensor(self._graph.node("Reshape", [name, target], node["name"]), tuple(shape))


def _padding(
    node: dict[str, Any], size: tuple[int, ...], window: Any, strides: list[int]
) -> tuple[list[int], tuple[int, ...]]:
    """ONNX pads (top, left, bottom, right) and the output size for TensorFlow's rule.

    ``SAME`` pads ``max((ceil(n / s) - 1) s + k - n, 0)`` in all, the odd pixel after the picture.
    """
    rule = base64.b64decode(node["attr"]["padding"]["s"]).decode()
    if rule == "VALID":
        return [0, 0, 0, 0], tuple(
            (n - k) // s + 1 for n, k, s in zip(size, window, strides, strict=True)
        )
    if rule != "SAME":
        raise ConversionError(f"padding {rule} in {node['name']}")
    result = tuple(-(-n // s) for n, s in zip(size, strides, strict=True))
    totals = [
        max((m - 1) * s + k - n, 0)
        for m, s, k, n in zip(result, strides, window, size, strict=True)
    ]
    before = [total // 2 for total in totals]
    after = [total - half for total, half in zip(totals, before, strict=True)]
    return [*before, *after], result


def _integers(node: dict[str, Any], attribute: str) -> list[int]:
    return [int(i) for i in node["attr"].get(attribute, {}).get("list", {}).get("i", [])]


def _channels_first(dims: list[int]) -> tuple[int, ...]:
    batch, height, width, channels = dims
    return batch, channels, height, width


def _onnx_shape(shape: tuple[int, ...]) -> list[int | str]:
    return ["batch" if size < 0 else size for size in shape]
