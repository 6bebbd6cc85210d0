"""The backward graph of a model, written as ONNX: from the logits down to the picture.

Needs the ``onnx`` package, so it runs where models are built (packaging, training), not in the
program: what it writes is a small file beside the model that holds the backward nodes only. The
weights are those of the model itself. Two serialised protocol buffers one after the other are the
two merged (Protocol Buffers, "Encoding", section "Last One Wins": repeated fields are joined), so
the bytes of the model followed by those of the backward part are one graph that gives both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelError
from core.inference.cards import load_card

BACKWARD_FILE = "backward.onnx"
"""Name of the file beside ``model.onnx``."""

BACKWARD_OF = "backward_of"
"""Metadata key: the sha256 of the model that the backward part belongs to."""

PULL, LOGIT_SEED, FLOOR = "pull", "logit_seed", "floor"
GRADIENT, MOVED = "gradient", "moved"

PREFIX = "backward/"

Node = Any  # onnx.NodeProto
Graph = Any  # onnx.GraphProto


def backward_part(model: bytes, sha256: str, image: str = "image") -> bytes:
    """The backward part of a model that goes from an image to ``logits`` and ``distribution``.

    The merged graph takes three more inputs:

    * ``pull`` (10,): the target is ``sum_k pull_k p_k`` (1..10 gives the mean score);
    * ``logit_seed`` (10,): plus ``sum_k logit_seed_k z_k``;
    * ``floor`` (): 0 for guided backpropagation, which drops negative gradients at every
      rectifier (Springenberg et al., "Striving for Simplicity", 2015, section 3.4); a very
      negative number for the true gradient.

    It gives one more output, ``gradient``: the target's gradient by the model's image input, of
    the same shape. A rectifier that is capped (ReLU6) passes nothing where it is capped, as it
    passes nothing where its input is negative.

    Args:
        model: the content of an ONNX file.
        sha256: of that content; kept so that a mismatch is seen.
        image: name of the image input.

    Raises:
        ModelError: the graph has a kind of node whose gradient is not known here.
    """
    import onnx
    from onnx import helper

    whole = onnx.load_model_from_string(model)
    graph = onnx.shape_inference.infer_shapes(whole).graph
    backward = _Backward(graph, image)
    gradient = backward.run()
    backward.node("Identity", [gradient], GRADIENT)
    part = onnx.ModelProto()
    part.graph.node.extend(backward.nodes)
    part.graph.initializer.extend(backward.constants)
    for name, shape in ((PULL, [10]), (LOGIT_SEED, [10]), (FLOOR, [])):
        part.graph.input.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape))
        )
    part.graph.output.append(
        helper.make_tensor_value_info(
            GRADIENT, onnx.TensorProto.FLOAT, ["batch", *backward.shapes[image][1:]]
        )
    )
    entry = part.metadata_props.add()
    entry.key, entry.value = BACKWARD_OF, sha256
    content: bytes = part.SerializeToString(deterministic=True)
    onnx.checker.check_model(onnx.load_model_from_string(model + content), full_check=True)
    return content


def write_backward(directory: Path) -> None:
    """Write the backward part beside the model in ``directory``, which must hold its card.

    Raises:
        ModelError: there is no usable model, or a gradient is not known.
    """
    card = load_card(directory)
    part = backward_part(card.graph().read_bytes(), card.sha256, card.image.name)
    (directory / BACKWARD_FILE).write_bytes(part)


class _Backward:
    """Walks a graph from its logits to its image, writing each node's gradient."""

    def __init__(self, graph: Graph, image: str) -> None:
        from onnx import numpy_helper

        self.image = image
        self.nodes: list[Node] = []
        self.constants: list[Any] = []
        self.shapes: dict[str, list[Any]] = {
            value.name: [d.dim_value if d.HasField("dim_value") else None for d in dims]
            for value in (*graph.input, *graph.value_info, *graph.output)
            for dims in (value.type.tensor_type.shape.dim,)
        }
        self._forward = list(graph.node)
        self._weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self._weights[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self._varying = {image}
        for node in self._forward:
            if self._varying.intersection(node.input):
                self._varying.update(node.output)
        self._gradients: dict[str, str] = {}
        self._count = 0

    # --- writing ---------------------------------------------------------------------------------

    def node(self, op: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        from onnx import helper

        if not output:
            self._count += 1
            output = f"{PREFIX}{self._count}_{op}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        from onnx import numpy_helper

        name = f"{PREFIX}constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    # --- walking ---------------------------------------------------------------------------------

    def run(self) -> str:
        """Write all nodes; gives the name of the image's gradient."""
        self._gradients["logits"] = self._seed()
        wanted = {"logits"}
        for node in reversed(self._forward):
            if wanted.intersection(node.output) and self._varying.intersection(node.input):
                wanted.update(name for name in node.input if name in self._varying)
        for node in reversed(self._forward):
            output = node.output[0]
            if output not in wanted or not self._varying.intersection(node.input):
                continue
            rule = RULES.get(node.op_type)
            if rule is None:
                raise ModelError(
                    f"The gradient of “{node.op_type}” is not known, so the model gets no "
                    "backward graph."
                )
            if output in self._gradients:
                rule(self, node, self._gradients[output])
        if self.image not in self._gradients:
            raise ModelError("The model's logits do not depend on its image.")
        return self._gradients[self.image]

    def _seed(self) -> str:
        """The target's gradient by the logits: ``p (pull - sum p pull) + logit_seed``."""
        axis = self.constant([1], np.int64)
        pulled = self.node("Mul", ["distribution", PULL])
        level = self.node("ReduceSum", [pulled, axis], keepdims=1)
        away = self.node("Sub", [PULL, level])
        weighted = self.node("Mul", ["distribution", away])
        return self.node("Add", [weighted, LOGIT_SEED])

    def varies(self, name: str) -> bool:
        """Whether a value depends on the image."""
        return name in self._varying

    def weight(self, name: str) -> Any:
        """The content of a constant.

        Raises:
            ModelError: it is none.
        """
        if name not in self._weights:
            raise ModelError(f"“{name}” is not a constant, so its gradient is not known.")
        return self._weights[name]

    def give(self, name: str, gradient: str) -> None:
        """Add to a value's gradient; values that don't depend on the image need none."""
        if not self.varies(name):
            return
        if name in self._gradients:
            gradient = self.node("Add", [self._gradients[name], gradient])
        self._gradients[name] = gradient


def _attributes(node: Node) -> dict[str, Any]:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _convolution(walk: _Backward, node: Node, gradient: str) -> None:
    """A transposed convolution with the same kernel, padded to the input's exact size."""
    given = _attributes(node)
    kernel = walk.weight(node.input[1])
    sides = len(kernel.shape) - 2
    strides = list(given.get("strides", [1] * sides))
    pads = list(given.get("pads", [0] * 2 * sides))
    if set(given.get("dilations", [1])) != {1} or given.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ModelError("The gradient of this kind of convolution is not known.")
    before, after = (walk.shapes[name][2:] for name in (node.input[0], node.output[0]))
    missing = [
        before[i] - ((after[i] - 1) * strides[i] - pads[i] - pads[sides + i] + kernel.shape[2 + i])
        for i in range(sides)
    ]
    walk.give(
        node.input[0],
        walk.node(
            "ConvTranspose",
            [gradient, node.input[1]],
            kernel_shape=list(kernel.shape[2:]),
            strides=strides,
            pads=pads,
            output_padding=missing,
            group=given.get("group", 1),
        ),
    )


def _rectifier(walk: _Backward, node: Node, gradient: str) -> None:
    """Relu or Clip: passes where the output lies strictly inside, and only what tops the floor."""
    output = node.output[0]
    low, high = 0.0, math.inf
    if node.op_type == "Clip":
        low, high = (
            float(walk.weight(name).ravel()[0]) if name else default
            for name, default in zip(
                [*node.input[1:], "", ""][:2], (-math.inf, math.inf), strict=True
            )
        )
    passes: list[str] = []
    if low > -math.inf:
        passes.append(walk.node("Greater", [output, walk.constant(low)]))
    if high < math.inf:
        passes.append(walk.node("Less", [output, walk.constant(high)]))
    kept = walk.node("Max", [gradient, FLOOR])
    for gate in passes:
        kept = walk.node("Mul", [kept, walk.node("Cast", [gate], to=1)])
    walk.give(node.input[0], kept)


def _spread(walk: _Backward, node: Node, gradient: str) -> None:
    """A sum or mean over axes: every place gets the whole gradient, or its share of it."""
    given = _attributes(node)
    shape = walk.shapes[node.input[0]]
    if node.op_type == "GlobalAveragePool":
        axes, keep = list(range(2, len(shape))), True
    else:
        listed = walk.weight(node.input[1]) if len(node.input) > 1 else given.get("axes", ())
        axes = [int(axis) % len(shape) for axis in listed]
        keep = bool(given.get("keepdims", 1))
    if not keep:
        gradient = walk.node("Unsqueeze", [gradient, walk.constant(axes, np.int64)])
    if node.op_type != "ReduceSum":
        places = math.prod(shape[axis] for axis in axes)
        gradient = walk.node("Div", [gradient, walk.constant(float(places))])
    size = walk.node("Shape", [node.input[0]])
    walk.give(node.input[0], walk.node("Expand", [gradient, size]))


def _reshaped(walk: _Backward, node: Node, gradient: str) -> None:
    """Flatten, Reshape, Squeeze, Unsqueeze: back into the input's shape."""
    size = walk.node("Shape", [node.input[0]])
    walk.give(node.input[0], walk.node("Reshape", [gradient, size]))


def _added(walk: _Backward, node: Node, gradient: str) -> None:
    for place, name in enumerate(node.input):
        if not walk.varies(name):
            continue
        if walk.shapes[name][1:] != walk.shapes[node.output[0]][1:]:
            raise ModelError("The gradient of a broadcast sum is not known.")
        minus = node.op_type == "Sub" and place == 1
        walk.give(name, walk.node("Neg", [gradient]) if minus else gradient)


def _scaled(walk: _Backward, node: Node, gradient: str) -> None:
    """Mul or Div by something that doesn't depend on the image."""
    first, second = node.input
    flow, factor = (first, second) if walk.varies(first) else (second, first)
    if walk.varies(factor) or (node.op_type == "Div" and flow != first):
        raise ModelError("The gradient of a product of two parts of the picture is not known.")
    walk.give(flow, walk.node(node.op_type, [gradient, factor]))


def _multiplied(walk: _Backward, node: Node, gradient: str) -> None:
    """MatMul or Gemm by a constant matrix."""
    given = _attributes(node)
    walk.weight(node.input[1])
    if given.get("transA", 0) or not walk.varies(node.input[0]):
        raise ModelError("The gradient of this kind of matrix product is not known.")
    matrix = node.input[1]
    if not given.get("transB", 0):
        matrix = walk.node("Transpose", [matrix], perm=[1, 0])
    result = walk.node("MatMul", [gradient, matrix])
    if given.get("alpha", 1.0) != 1.0:
        result = walk.node("Mul", [result, walk.constant(given["alpha"])])
    walk.give(node.input[0], result)


def _same(walk: _Backward, node: Node, gradient: str) -> None:
    walk.give(node.input[0], gradient)


def _joined(walk: _Backward, node: Node, gradient: str) -> None:
    """Concat: each part gets its slice."""
    axis = int(_attributes(node)["axis"])
    start = 0
    for name in node.input:
        length = walk.shapes[name][axis] if name in walk.shapes else None
        if length is None:
            raise ModelError("The gradient of a join of unknown sizes is not known.")
        if walk.varies(name):
            bounds = ([start], [start + length], [axis])
            ends = [walk.constant(bound, np.int64) for bound in bounds]
            walk.give(name, walk.node("Slice", [gradient, *ends]))
        start += length


RULES: dict[str, Callable[[_Backward, Node, str], None]] = {
    "Conv": _convolution,
    "Relu": _rectifier,
    "Clip": _rectifier,
    "GlobalAveragePool": _spread,
    "ReduceMean": _spread,
    "ReduceSum": _spread,
    "Flatten": _reshaped,
    "Reshape": _reshaped,
    "Squeeze": _reshaped,
    "Unsqueeze": _reshaped,
    "Add": _added,
    "Sub": _added,
    "Mul": _scaled,
    "Div": _scaled,
    "MatMul": _multiplied,
    "Gemm": _multiplied,
    "Identity": _same,
    "Concat": _joined,
}
