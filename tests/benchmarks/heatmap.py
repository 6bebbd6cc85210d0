"""A photo's heatmap from its stored class maps against Grad-CAM by autograd, as pytorch-grad-cam
computes it: a forward and a backward pass, gradients averaged over places, a weighted sum."""

from __future__ import annotations

import argparse
import importlib.util

import numpy as np

from tests.benchmarks.photos import scene
from tests.benchmarks.report import machine, median_ms, print_json, print_table, quiet_note


def measure(times: int) -> dict[str, float | None]:
    """Milliseconds of each way, and the largest difference of the two maps."""
    from core.inference.aesthetics import AestheticScorer
    from core.inference.cards import find_model
    from core.inference.preprocess import prepare
    from core.inference.saliency import saliency_map, target_weights

    card = find_model("nima")
    pixels = scene(1000, 750, 1)
    score = AestheticScorer(card).score(pixels)
    maps = score.scene_maps
    assert maps is not None

    def ours() -> np.ndarray:
        return saliency_map(maps, target_weights(score.distribution))

    found: dict[str, float | None] = {"stored_maps_ms": median_ms(ours, times), "grad_cam_ms": None}
    if importlib.util.find_spec("torch") is None:
        return found
    import torch
    from torch.nn import functional

    from core.training.networks import MobileNet, read_convolutions

    torch.set_num_threads(1)
    network = MobileNet()
    network.load(read_convolutions(_graph_path(card)))
    weights, bias = _head(card)
    head = torch.from_numpy(weights), torch.from_numpy(bias)
    batch = torch.from_numpy(prepare(pixels, card.image))
    ratings = torch.arange(1, 11, dtype=torch.float32)

    def grad_cam() -> np.ndarray:
        last = network(batch)
        last.retain_grad()
        logits = functional.linear(last.mean(dim=(2, 3)), *head)
        (torch.softmax(logits, dim=1) @ ratings).sum().backward()
        alpha = last.grad.mean(dim=(2, 3), keepdim=True)
        network.zero_grad()
        return (alpha * last).sum(dim=1)[0].detach().numpy()

    found["grad_cam_ms"] = median_ms(grad_cam, max(3, times // 10))
    found["largest_difference"] = float(np.abs(grad_cam() - ours()).max())
    found["ratio"] = found["grad_cam_ms"] / found["stored_maps_ms"]
    return found


def _graph_path(card):  # type: ignore[no-untyped-def]
    return card.graph()


def _head(card):  # type: ignore[no-untyped-def]
    """The last dense layer of the exact graph."""
    import onnx
    from onnx import numpy_helper

    constants = {
        item.name: numpy_helper.to_array(item)
        for item in onnx.load_from_string(card.graph().read_bytes()).graph.initializer
    }
    return constants["dense.weight"][:, :, 0, 0].copy(), constants["dense.bias"].copy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    found = measure(options.times)
    if options.json:
        print_json(found)
        return
    print(machine())
    print(quiet_note())
    print_table("A heatmap, ms", ["", "value"], [list(row) for row in found.items()])


if __name__ == "__main__":
    main()
