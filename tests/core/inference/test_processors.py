"""Another processor runs models only where it is there and gives what the CPU gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from core.inference import session
from core.inference.cards import ModelCard, bundled_models, find_model
from core.inference.session import (
    PROVIDERS,
    TOLERANCE,
    OnnxSession,
    Session,
    available_processors,
    open_as_set,
    open_session,
    sample_inputs,
)
from core.settings import PROCESSORS, Settings, save_settings

OTHERS = [name for name in PROVIDERS if name != "cpu"]


class Elsewhere:
    """A processor whose outputs are the CPU's, off by a share of their range."""

    def __init__(self, card: ModelCard, off: float) -> None:
        self._exact = OnnxSession(card)
        self._off = off

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        found = self._exact.run(inputs)
        return {name: values + self._off * np.abs(values).max() for name, values in found.items()}


def opened(off: float, monkeypatch: pytest.MonkeyPatch) -> Session:
    """What is used where CUDA is installed and its outputs are off by so much."""
    monkeypatch.setattr(session, "available_processors", lambda: ("cpu", "cuda"))

    def open_on(card: ModelCard, processor: str) -> Any:
        return OnnxSession(card) if processor == "cpu" else Elsewhere(card, off)

    return open_session(find_model("nima"), "cuda", open_on)


def test_the_settings_name_what_can_be_run_on() -> None:
    assert tuple(PROVIDERS) == PROCESSORS
    assert "cpu" in available_processors()


def test_used_where_its_outputs_are_the_cpu_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(opened(TOLERANCE / 4, monkeypatch), Elsewhere)


@pytest.mark.parametrize("off", [2 * TOLERANCE, -2 * TOLERANCE, np.nan])
def test_the_cpu_takes_the_place_of_one_that_computes_otherwise(
    off: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(opened(off, monkeypatch), OnnxSession)
    assert "differs" in caplog.text
    caplog.clear()


def test_the_cpu_takes_the_place_of_one_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(session, "available_processors", lambda: ("cpu", "cuda"))

    def open_on(card: ModelCard, processor: str) -> Any:
        if processor != "cpu":
            raise ModelError("no driver")
        return OnnxSession(card)

    assert isinstance(open_session(find_model("nima"), "cuda", open_on), OnnxSession)
    assert "no driver" in caplog.text
    caplog.clear()


def test_one_that_is_not_installed_is_the_cpu_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path))
    missing = next((name for name in OTHERS if name not in available_processors()), None)
    if missing is None:
        pytest.skip("every processor is installed here")
    save_settings(Settings(processor=missing))
    card = find_model("nima")
    inputs = sample_inputs(card)
    found, exact = open_as_set(card).run(inputs), OnnxSession(card).run(inputs)
    np.testing.assert_array_equal(found["distribution"], exact["distribution"])
    assert f"{missing} can't be used here" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("processor", OTHERS)
def test_an_installed_one_gives_the_same_for_every_model(processor: str) -> None:
    if processor not in available_processors():
        pytest.skip(f"onnxruntime has no {processor} here")
    for card in bundled_models(kind=None):
        inputs = sample_inputs(card)
        found, exact = OnnxSession(card, processor).run(inputs), OnnxSession(card).run(inputs)
        for name, values in exact.items():
            room = TOLERANCE * float(np.abs(values).max())
            np.testing.assert_allclose(found[name], values, atol=room, err_msg=card.name)
