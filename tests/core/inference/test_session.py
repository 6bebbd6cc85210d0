"""One session per model, shared by all threads, loaded when first used."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from core.inference.cards import ModelCard, find_model, load_card
from core.inference.session import OnnxSession, SessionPool


class FakeSession:
    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        return dict(inputs)


def test_many_threads_get_one_session() -> None:
    loads: list[ModelCard] = []
    gate = threading.Barrier(8)

    def load(card: ModelCard) -> FakeSession:
        loads.append(card)
        return FakeSession()

    pool = SessionPool(load)
    card = find_model("nima")

    def ask() -> object:
        gate.wait()
        return pool(card)

    with ThreadPoolExecutor(8) as threads:
        found = {id(future.result()) for future in [threads.submit(ask) for _ in range(8)]}
    assert len(found) == 1
    assert len(loads) == 1
    assert pool(find_model("nima")) is pool(card)


def test_failed_load_is_tried_again() -> None:
    answers: list[FakeSession | None] = [None, FakeSession()]

    def load(card: ModelCard) -> FakeSession:
        session = answers.pop(0)
        if session is None:
            raise ModelError("not there yet")
        return session

    pool = SessionPool(load)
    with pytest.raises(ModelError):
        pool(find_model("nima"))
    assert isinstance(pool(find_model("nima")), FakeSession)


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    session = OnnxSession(find_model("blazeface"))
    image = np.linspace(-1, 1, 3 * 256 * 256, dtype=np.float32).reshape(1, 3, 256, 256)
    alone = session.run({"image": image})
    with ThreadPoolExecutor(4) as threads:
        futures = [threads.submit(session.run, {"image": image}) for _ in range(8)]
        for future in futures:
            for name, values in future.result().items():
                np.testing.assert_array_equal(values, alone[name])


def test_file_that_is_not_a_graph(tmp_path: Path) -> None:
    with resources.as_file(resources.files("resources") / "models" / "blazeface") as folder:
        directory = Path(shutil.copytree(folder, tmp_path / "model"))
    content = b"not a graph at all"
    (directory / "model.onnx").write_bytes(content)
    import hashlib
    import re

    card = directory / "card.toml"
    text = re.sub(
        r'sha256 = ".*"', f'sha256 = "{hashlib.sha256(content).hexdigest()}"', card.read_text()
    )
    card.write_text(re.sub(r"(?m)^bytes = \d+", f"bytes = {len(content)}", text))
    with pytest.raises(ModelError, match=r"model\.onnx can't be loaded"):
        OnnxSession(load_card(directory))


def test_wrong_input_is_a_model_error() -> None:
    session = OnnxSession(find_model("blazeface"))
    with pytest.raises(ModelError, match="blazeface"):
        session.run({"image": np.zeros((1, 3, 8, 8), np.float32)})
    with pytest.raises(ModelError, match="blazeface"):
        session.run({})
