"""The paper's network in PyTorch: MobileNet v1, a face descriptor beside its pooled features.

MobileNet v1 (Howard et al. 2017, table 1, width 1) with Keras 2.1's symmetric zero padding, which
the published NIMA weights were trained with. Batch normalisation is folded into the convolutions:
fine-tuning here always keeps its statistics fixed (a few hundred photos say too little to move
them), so folding changes nothing but the speed, and weights read from ``nima/model.onnx`` and
weights written to ``fused/model.onnx`` are the same tensors.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import ModelError

FEATURES = 1024
"""Channels of MobileNet's last map, and so of its pooled features."""

BINS = 10
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
BLOCKS = len(STRIDES)


class Separable(nn.Module):
    """A depthwise 3x3 and a pointwise 1x1 convolution, each followed by ReLU6."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels)
        self.pointwise = nn.Conv2d(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, width, ceil(h / stride), ceil(w / stride))."""
        x = nn.functional.relu6(self.depthwise(x))
        return nn.functional.relu6(self.pointwise(x))


class MobileNet(nn.Module):
    """MobileNet v1 without its classifier: (n, 3, 224, 224) in -1..1 -> (n, 1024, 7, 7).

    The parts are numbered 0 (the first convolution) to 13 (the last separable block), so that
    training can freeze parts ``0..k`` and keep their output (`lower`, `upper`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, padding=1)
        channels = 32
        blocks = []
        for width, stride in zip(WIDTHS, STRIDES, strict=True):
            blocks.append(Separable(channels, width, stride))
            channels = width
        self.blocks = nn.ModuleList(blocks)

    def lower(self, image: Tensor, frozen: int) -> Tensor:
        """The output of parts ``0..frozen``; with ``frozen`` < 0 the image itself."""
        if frozen < 0:
            return image
        x = nn.functional.relu6(self.stem(image))
        for block in self.blocks[:frozen]:
            x = block(x)
        return x

    def upper(self, activation: Tensor, frozen: int) -> Tensor:
        """What follows `lower` up to the last map."""
        if frozen < 0:
            activation = nn.functional.relu6(self.stem(activation))
            frozen = 0
        for block in self.blocks[frozen:]:
            activation = block(activation)
        return activation

    def forward(self, image: Tensor) -> Tensor:
        """The last map."""
        return self.upper(image, -1)

    def convolutions(self) -> list[nn.Conv2d]:
        """The 27 convolutions from input to output."""
        found = [self.stem]
        for block in self.blocks:
            separable = cast(Separable, block)
            found += [separable.depthwise, separable.pointwise]
        return found

    def load(self, weights: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> None:
        """Take kernels and biases in the order of `convolutions`; ``ModelError`` on a misfit.

        What follows the 27th (NIMA's head, written as a convolution) is left out.
        """
        own = self.convolutions()
        if len(weights) < len(own):
            raise ModelError(
                f"The model has {len(weights)} convolutions, MobileNet v1 has {len(own)}."
            )
        with torch.no_grad():
            for convolution, (kernel, bias) in zip(own, weights, strict=False):
                if tuple(convolution.weight.shape) != kernel.shape:
                    raise ModelError("The model's convolutions are not those of MobileNet v1.")
                convolution.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel)))
                convolution.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))


class FusedNetwork(nn.Module):
    """MobileNet features and a face descriptor -> dropout -> one dense layer -> 10 logits.

    The dense layer sees ``[features * feature_scale; projection @ descriptor] - center``: the
    projection holds the descriptor's principal components, scaled, and the centre lets dropout
    fall back to a typical photo rather than to zero. All of it is affine, so that the graph for
    use has one plain layer on the raw features and the raw descriptor. A photo without a face has
    an all-zero descriptor. ``projection`` ``None`` is NIMA itself, without a face branch.
    """

    projection: Tensor
    feature_scale: Tensor
    center: Tensor

    def __init__(
        self, projection: NDArray[np.float32] | None = None, dropout: float = 0.75
    ) -> None:
        super().__init__()
        self.backbone = MobileNet()
        if projection is None:
            projection = np.zeros((0, 0), np.float32)
        self.register_buffer("projection", torch.from_numpy(np.float32(projection)))
        self.register_buffer("feature_scale", torch.ones(()))
        self.register_buffer("center", torch.zeros(FEATURES + projection.shape[0]))
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(FEATURES + projection.shape[0], BINS)

    @property
    def embedding_size(self) -> int:
        """Components of the descriptor that the dense layer sees."""
        return int(self.projection.shape[0])

    @property
    def descriptor_width(self) -> int:
        """Length of the raw descriptor; 0 without a face branch."""
        return int(self.projection.shape[1])

    def joined(self, features: Tensor, descriptor: Tensor) -> Tensor:
        """(n, 1024) pooled features and (n, width) raw descriptors -> the dense layer's input."""
        inputs = features * self.feature_scale
        if self.embedding_size:
            inputs = torch.cat([inputs, descriptor @ self.projection.T], dim=1)
        return inputs - self.center

    def head(self, features: Tensor, descriptor: Tensor) -> Tensor:
        """Pooled features and raw descriptors -> (n, 10) logits."""
        return cast(Tensor, self.dense(self.dropout(self.joined(features, descriptor))))

    def pooled(self, activation: Tensor, frozen: int = -1) -> Tensor:
        """Activations behind part ``frozen`` (or images) -> (n, 1024) features."""
        return self.backbone.upper(activation, frozen).mean(dim=(2, 3))

    def forward(self, image: Tensor, descriptor: Tensor, frozen: int = -1) -> Tensor:
        """Logits of images, or of activations behind part ``frozen``."""
        return self.head(self.pooled(image, frozen), descriptor)

    def scene_weights(self) -> NDArray[np.float32]:
        """(10, 1024): from the pooled features to the logits, the scale folded in."""
        folded = self.dense.weight.detach()[:, :FEATURES].double() * self.feature_scale.double()
        return cast(NDArray[np.float32], folded.float().cpu().numpy())

    def face_weights(self) -> NDArray[np.float32]:
        """(10, width): from the raw descriptor to the logits, the projection folded in."""
        folded = self.dense.weight.detach()[:, FEATURES:].double() @ self.projection.double()
        return cast(NDArray[np.float32], folded.float().cpu().numpy())

    def bias(self) -> NDArray[np.float32]:
        """(10,) the dense layer's bias, the centre folded in."""
        weight, bias = self.dense.weight.detach().double(), self.dense.bias.detach().double()
        return cast(NDArray[np.float32], (bias - weight @ self.center.double()).float().numpy())


def read_convolutions(path: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Kernels and biases of an ONNX graph's convolutions in order, batch norms folded in.

    Reads any exporter's MobileNet: a convolution with or without bias, optionally followed by a
    ``BatchNormalization``. Raises ``ModelError`` when the file can't be read.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except (OSError, ValueError) as error:
        raise ModelError(f"The model file {path} can't be read: {error}") from error
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    normalised = {n.input[0]: n for n in graph.node if n.op_type == "BatchNormalization"}
    found = []
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        kernel = constants[node.input[1]].astype(np.float64)
        bias = (
            constants[node.input[2]].astype(np.float64)
            if len(node.input) > 2
            else np.zeros(kernel.shape[0])
        )
        following = normalised.get(node.output[0])
        if following is not None:
            gamma, beta, mean, variance = (
                constants[name].astype(np.float64) for name in following.input[1:5]
            )
            epsilon = next((a.f for a in following.attribute if a.name == "epsilon"), 1e-5)
            factor = gamma / np.sqrt(variance + epsilon)
            kernel = kernel * factor[:, None, None, None]
            bias = (bias - mean) * factor + beta
        found.append((kernel.astype(np.float32), bias.astype(np.float32)))
    return found
