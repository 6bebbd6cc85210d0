"""A MobileNet in 8-bit integers: about twice as fast on a processor, scores all but the same.

Static, per-channel weights of 7 bits (8-bit products of older processors overflow 16 bits
otherwise), activations of 8 bits over ReLU6's range. Rounding each weight to its nearest step
would cost the order of photos dearly (SRCC 0.97 against the exact model); instead the error of
every rounding is spread over the weights not rounded yet, by what their inputs look like on real
photos (Frantar et al., "GPTQ", 2023, section 3), and each channel's mean is put right in its bias
(Nagel et al., "Data-Free Quantization", 2019, section 4.2). Layer after layer, each with the
inputs that the layers quantized before it give.

The first convolution and the head stay in float32, so class maps still add up to the logits
exactly and explanations need nothing new.

The face detector is left as it is: its layers of 32 channels gain nothing from integers
(onnxruntime's static quantization, per channel, calibrated on 60 portraits: 10 ms against 7).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.errors import ModelError

log = logging.getLogger(__name__)

WEIGHT_STEPS = 63
ACTIVATION_STEPS = 255
CLIP = 6.0
STEP = CLIP / ACTIVATION_STEPS
DAMPING = 0.01
MOST_INPUTS = 60_000
"""Places whose inputs are looked at in a layer; more tell nothing new."""

Array = NDArray[Any]


@dataclass(slots=True)
class Layer:
    """One convolution with everything up to its ReLU6 folded into it.

    ``weight`` (out, in / groups, k, k) and ``bias`` (out,) are float64. After quantizing,
    ``steps`` are the weights as whole numbers of ``scale`` (out,).
    """

    output: str
    weight: Array
    bias: Array
    stride: int
    pads: tuple[int, int, int, int]  # left, right, top, bottom
    groups: int
    steps: Array | None = None
    scale: Array | None = None

    def run(self, inputs: Tensor, weight: Array, bias: Array) -> Tensor:
        """The convolution, before the clip."""
        return functional.conv2d(
            functional.pad(inputs, self.pads),
            torch.from_numpy(weight.astype(np.float32)),
            torch.from_numpy(bias.astype(np.float32)),
            stride=self.stride,
            groups=self.groups,
        )


def int8_graph(exact: bytes, images: NDArray[np.float32]) -> bytes:
    """The model with its chain of convolutions in integers.

    Args:
        exact: an ONNX file whose image input runs through convolutions with ReLU6, one after
            another (MobileNet v1), perhaps with additions and factors between them.
        images: (n, 3, h, w) what the model is shown: real photos, prepared as its card says;
            about fifty do.

    Raises:
        ModelError: the graph is built in another way.
    """
    import onnx

    model = onnx.load_from_string(exact)
    layers = _chain(model.graph)
    _quantize(layers, torch.from_numpy(np.ascontiguousarray(images, np.float32)))
    return _written(model, layers)


def _chain(graph: Any) -> list[Layer]:
    """The convolutions from the image on, constants folded in, as far as each has a ReLU6."""
    from onnx import helper, numpy_helper

    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    consumers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    layers: list[Layer] = []
    open_layer: Layer | None = None
    flow = graph.input[0].name
    while len(consumers.get(flow, [])) == 1:
        node = consumers[flow][0]
        if node.op_type == "Conv" and open_layer is None:
            facts = {item.name: helper.get_attribute_value(item) for item in node.attribute}
            weight = constants[node.input[1]].astype(np.float64)
            bias = constants[node.input[2]] if len(node.input) > 2 else np.zeros(len(weight))
            top, left, bottom, right = facts.get("pads", [0, 0, 0, 0])
            open_layer = Layer(
                "", weight, bias.astype(np.float64), facts.get("strides", [1])[0],
                (left, right, top, bottom), facts.get("group", 1),
            )  # fmt: skip
        elif node.op_type in ("Add", "Mul") and open_layer is not None:
            values = next((constants[name] for name in node.input if name in constants), None)
            if values is None or values.size not in (1, len(open_layer.bias)):
                break
            flat = values.astype(np.float64).reshape(-1)
            if node.op_type == "Add":
                open_layer.bias = open_layer.bias + flat
            else:
                open_layer.bias = open_layer.bias * flat
                open_layer.weight = open_layer.weight * flat.reshape(-1, 1, 1, 1)
        elif node.op_type == "Clip" and open_layer is not None:
            bounds = [constants[name].item() for name in node.input[1:]]
            if bounds != [0.0, CLIP]:
                break
            open_layer.output = node.output[0]
            layers.append(open_layer)
            open_layer = None
        elif node.op_type != "Relu" or open_layer is None:
            break
        flow = node.output[0]
    if len(layers) < 2:
        raise ModelError("Only a chain of convolutions with ReLU6 can be turned into integers.")
    return layers


def _quantize(layers: Sequence[Layer], images: Tensor) -> None:
    """Round every layer's weights but the first's; see the module's text."""
    exact = rounded = images
    with torch.no_grad():
        for number, layer in enumerate(layers):
            wanted = layer.run(exact, layer.weight, layer.bias)
            if number == 0:
                given = layer.run(rounded, layer.weight, layer.bias)
            else:
                layer.scale = _scales(layer)
                layer.steps = _rounded(layer, rounded)
                weight = layer.steps * layer.scale.reshape(-1, 1, 1, 1)
                given = layer.run(rounded, weight, layer.bias)
                shift = (wanted - given).double().mean(dim=(0, 2, 3)).numpy()
                layer.bias = layer.bias + shift
                given = given + torch.from_numpy(shift.astype(np.float32)).reshape(1, -1, 1, 1)
            exact = wanted.clamp(0, CLIP)
            rounded = (given.clamp(0, CLIP) / STEP).round() * STEP
            log.debug("%s: error %.4f", layer.output, float((exact - rounded).std() / exact.std()))


def _scales(layer: Layer) -> Array:
    """Weight of one step per channel: the largest weight takes all steps, and the bias must still
    fit into 32 bits (channels that are always zero or six have tiny weights)."""
    largest = np.abs(layer.weight).reshape(len(layer.bias), -1).max(axis=1)
    scale: Array = np.maximum(largest / WEIGHT_STEPS, np.abs(layer.bias) / STEP / 2**29)
    return np.maximum(scale, 1e-12)


def _rounded(layer: Layer, inputs: Tensor) -> Array:
    """Whole numbers of steps for every weight, errors compensated."""
    scale = layer.scale
    assert scale is not None
    channels = len(scale)
    flat = layer.weight.reshape(channels, -1)
    if layer.groups == 1:
        return _compensated(flat, _second_moments(layer, inputs), scale).reshape(layer.weight.shape)
    steps = np.empty_like(flat)
    for channel in range(channels):
        moments = _second_moments(layer, inputs[:, channel : channel + 1])
        row = slice(channel, channel + 1)
        steps[row] = _compensated(flat[row], moments, scale[row])
    return steps.reshape(layer.weight.shape)


def _second_moments(layer: Layer, inputs: Tensor) -> Array:
    """Sum over places of x x^T for what the kernel sees, (in k k, in k k)."""
    side = layer.weight.shape[2]
    if side == 1:
        seen = inputs.permute(1, 0, 2, 3).reshape(inputs.shape[1], -1)
    else:
        padded = functional.pad(inputs, layer.pads)
        patches = functional.unfold(padded, side, stride=layer.stride)
        seen = patches.permute(1, 0, 2).reshape(patches.shape[1], -1)
    seen = seen[:, :: seen.shape[1] // MOST_INPUTS + 1]
    return (seen @ seen.T).double().numpy()


def _compensated(weight: Array, moments: Array, scale: Array) -> Array:
    """GPTQ's rounding of rows (r, k) by their inputs' second moments (k, k)."""
    weight = weight.copy()
    steps = np.zeros_like(weight)
    size = weight.shape[1]
    damping = DAMPING * float(np.mean(np.diag(moments))) or 1.0
    upper = np.linalg.cholesky(np.linalg.inv(moments + damping * np.eye(size))).T
    for column in range(size):
        whole = np.clip(np.round(weight[:, column] / scale), -WEIGHT_STEPS, WEIGHT_STEPS)
        error = (weight[:, column] - whole * scale) / upper[column, column]
        steps[:, column] = whole
        weight[:, column + 1 :] -= np.outer(error, upper[column, column + 1 :])
    return steps


def _written(model: Any, layers: Sequence[Layer]) -> bytes:
    """The graph with quantized layers (QDQ form) in the place of the exact ones."""
    from onnx import checker, helper, numpy_helper

    graph = model.graph
    nodes: list[Any] = []
    weights: dict[str, Any] = {}

    def constant(name: str, values: Array) -> str:
        weights[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def node(op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output

    step = constant("int8/step", np.array(STEP, np.float32))
    zero = constant("int8/zero", np.array(0, np.uint8))
    flow = graph.input[0].name
    for number, layer in enumerate(layers):
        name = f"int8/{number}"
        if layer.steps is None or layer.scale is None:
            weight = constant(f"{name}/weight", layer.weight.astype(np.float32))
            bias = constant(f"{name}/bias", layer.bias.astype(np.float32))
        else:
            scale = constant(f"{name}/scale", layer.scale.astype(np.float32))
            weight = node(
                "DequantizeLinear",
                [constant(f"{name}/steps", layer.steps.astype(np.int8)), scale],
                f"{name}/weight",
                axis=0,
            )
            unit = layer.scale.astype(np.float32).astype(np.float64) * STEP
            bias = node(
                "DequantizeLinear",
                [
                    constant(f"{name}/bias_steps", np.round(layer.bias / unit).astype(np.int32)),
                    constant(f"{name}/bias_scale", unit.astype(np.float32)),
                ],
                f"{name}/bias",
                axis=0,
            )
        side = layer.weight.shape[2]
        left, right, top, bottom = layer.pads
        flow = node(
            "Conv", [flow, weight, bias], f"{name}/conv", kernel_shape=[side, side],
            strides=[layer.stride] * 2, pads=[top, left, bottom, right], group=layer.groups,
        )  # fmt: skip
        # Whole numbers of steps end at 0 and 6, so the quantizing is the clip too.
        flow = node("QuantizeLinear", [flow, step, zero], f"{name}/whole")
        flow = node("DequantizeLinear", [flow, step, zero], f"{name}/relu6")
    nodes[-1].output[0] = layers[-1].output
    replaced = _up_to(graph, layers[-1].output)
    kept = [item for item in graph.node if item.output[0] not in replaced]
    used = {name for item in kept for name in item.input}
    weights |= {item.name: item for item in graph.initializer if item.name in used}
    whole = helper.make_model(
        helper.make_graph(
            [*nodes, *kept], graph.name, graph.input, graph.output, list(weights.values())
        ),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    checker.check_model(whole, full_check=True)
    return bytes(whole.SerializeToString(deterministic=True))


def _up_to(graph: Any, output: str) -> set[str]:
    """First outputs of the nodes that make ``output``."""
    makers = {name: item for item in graph.node for name in item.output}
    found: set[str] = set()
    waiting = [output]
    while waiting:
        item = makers.get(waiting.pop())
        if item is not None:
            found.add(item.output[0])
            waiting += item.input
    return found
