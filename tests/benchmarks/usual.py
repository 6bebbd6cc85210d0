"""The usual way to do what the program does: DeepFace on the photo's file, then NIMA, one by one.

VGG-Face's weights may not be passed on, so a network of the same shape with random weights stands
in for it: the same arithmetic, descriptors without meaning. NIMA runs in PyTorch, eagerly, as in
its published code; where PyTorch is absent, in onnxruntime, which is about twice as fast, so the
usual way looks better than it is.

Run as ``python -m tests.benchmarks.usual FOLDER COUNT``; prints seconds per photo as JSON.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.report import print_json

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Convolutions and channels of VGG-16's blocks (Parkhi et al., "Deep Face Recognition", 2015)."""


def write_vggface(path: Path) -> None:
    """An ONNX graph of VGG-Face's shape up to fc7: NHWC (n, 224, 224, 3) -> (n, 4096)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    noise = np.random.default_rng(0)
    nodes, weights = [], []

    def weight(name: str, *shape: int) -> str:
        fan_in = int(np.prod(shape[1:])) or 1
        values = noise.standard_normal(shape, np.float32) * np.float32((2 / fan_in) ** 0.5)
        weights.append(numpy_helper.from_array(values, name))
        return name

    def add(op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    x = add("Transpose", ["image"], "nchw", perm=[0, 3, 1, 2])
    channels = 3
    for block, (count, width) in enumerate(BLOCKS):
        for step in range(count):
            name = f"conv{block}_{step}"
            kernel = weight(f"{name}_w", width, channels, 3, 3)
            bias = weight(f"{name}_b", width)
            x = add("Conv", [x, kernel, bias], name, pads=[1, 1, 1, 1])
            x = add("Relu", [x], f"{name}_relu")
            channels = width
        x = add("MaxPool", [x], f"pool{block}", kernel_shape=[2, 2], strides=[2, 2])
    x = add("Flatten", [x], "flat")
    for name, rows, columns in (("fc6", 4096, 25088), ("fc7", 4096, 4096)):
        x = add("Gemm", [x, weight(f"{name}_w", rows, columns), weight(f"{name}_b", rows)],
                name, transB=1)  # fmt: skip
        x = add("Relu", [x], f"{name}_relu")
    graph = helper.make_graph(
        nodes,
        "vggface-shape",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 224, 224, 3])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 4096])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def nima() -> tuple[str, Callable[[np.ndarray], Any]]:
    """How NIMA is run, and a call that scores a (1, 3, 224, 224) batch."""
    if importlib.util.find_spec("torch"):
        import torch

        from core.training.networks import MobileNet

        network = torch.nn.Sequential(
            MobileNet(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(),
            torch.nn.Linear(1024, 10), torch.nn.Softmax(dim=1),
        ).eval()  # fmt: skip

        def score(batch: np.ndarray) -> Any:
            with torch.inference_mode():
                return network(torch.from_numpy(batch)).numpy()

        return "torch eager", score
    from core.inference.cards import find_model
    from core.inference.session import OnnxSession

    session = OnnxSession(find_model("nima"))
    return "onnxruntime", lambda batch: session.run({"image": batch})


def measure(folder: Path, count: int, home: Path) -> dict[str, Any]:
    """Seconds per photo, models loaded beforehand."""
    os.environ["DEEPFACE_HOME"] = str(home)
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    os.environ["DEEPFACE_LOG_LEVEL"] = "40"
    weights = home / ".deepface" / "weights" / "vgg_face_weights.onnx"
    if not weights.exists():
        write_vggface(weights)
    from deepface import DeepFace
    from PIL import Image

    engine, score = nima()
    DeepFace.build_model("VGG-Face")
    taken = []
    for path in sorted(folder.glob("*.jpg"))[:count]:
        start = time.perf_counter()
        DeepFace.represent(str(path), model_name="VGG-Face", enforce_detection=False)
        with Image.open(path) as photo:
            pixels = np.asarray(photo.convert("RGB").resize((224, 224)), np.float32)
        score(np.ascontiguousarray((pixels / 127.5 - 1.0).transpose(2, 0, 1)[None]))
        taken.append(time.perf_counter() - start)
    return {"seconds_per_photo": statistics.median(taken), "nima": engine}


if __name__ == "__main__":
    print_json(measure(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
