"""Running ONNX graphs: one shared session per model file and process, one thread per call.

The program runs photos side by side, so each session keeps to one thread (intra_op = inter_op = 1):
more would only contend, and results stay bit-equal whatever the number of workers.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.inference.cards import ModelCard

logger = logging.getLogger(__name__)

Tensors = dict[str, NDArray[np.float32]]


class Session(Protocol):
    """A loaded graph. ``run`` may be called from several threads at once."""

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """All outputs by name for these inputs by name."""
        ...


SessionFactory = Callable[[ModelCard], Session]


PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""What can run models, by the name in the settings, and onnxruntime's word for it."""

TOLERANCE = 0.02
"""How far another processor's outputs may lie from the CPU's, as a share of their range: room for
16-bit arithmetic, not for a fault of a driver."""


def available_processors() -> tuple[str, ...]:
    """Names in `PROVIDERS` that this installation of onnxruntime has, the CPU among them."""
    import onnxruntime

    there = set(onnxruntime.get_available_providers())
    return tuple(name for name, provider in PROVIDERS.items() if provider in there)


class OnnxSession:
    """A graph in onnxruntime.

    Args:
        card: the model.
        processor: what runs it, of `PROVIDERS`.

    Raises:
        ModelError: the file is missing, damaged or not a graph, or its outputs are not the card's.
    """

    def __init__(self, card: ModelCard, processor: str = "cpu") -> None:
        import onnxruntime

        file = card.graph()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # DirectML wants memory patterns off and one call at a time (onnxruntime's page on it).
        self._turn: AbstractContextManager[Any] = contextlib.nullcontext()
        if processor == "directml":
            options.enable_mem_pattern = False
            self._turn = threading.Lock()
        providers = [PROVIDERS[processor]]
        if processor != "cpu":
            providers.append(PROVIDERS["cpu"])
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(file) if isinstance(file, Path) else file.read_bytes(),
                sess_options=options,
                providers=providers,
            )
        except _onnxruntime_errors() as error:
            raise ModelError(f"The model file {file} can't be loaded: {error}") from error
        self._file = str(file)
        self._outputs = [output.name for output in self._session.get_outputs()]
        missing = {output.name for output in card.outputs} - set(self._outputs)
        if missing:
            raise ModelError(
                f"The model file {file} does not give what its card says: "
                f"{', '.join(sorted(missing))}."
            )

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """All outputs by name.

        Raises:
            ModelError: the graph refuses the inputs.
        """
        try:
            with self._turn:
                values = self._session.run(self._outputs, dict(inputs))
        except _onnxruntime_errors() as error:
            raise ModelError(f"The model {self._file} failed: {error}") from error
        return dict(zip(self._outputs, values, strict=True))


def _onnxruntime_errors() -> tuple[type[Exception], ...]:
    """Everything onnxruntime raises; its own classes share no base but ``Exception``."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (kind for kind in vars(state).values() if isinstance(kind, type))
    return (*(kind for kind in own if issubclass(kind, Exception)), RuntimeError, ValueError)


def open_session(
    card: ModelCard,
    processor: str = "cpu",
    open_on: Callable[[ModelCard, str], Session] = OnnxSession,
) -> Session:
    """The model on that processor; on the CPU where it isn't there, fails, or gives other results.

    Raises:
        ModelError: the model can't be used on the CPU either.
    """
    exact = open_on(card, "cpu")
    if processor == "cpu":
        return exact
    if processor not in available_processors():
        logger.warning("%s can't be used here; %s runs on the CPU", processor, card.name)
        return exact
    inputs = sample_inputs(card)
    wanted = exact.run(inputs)
    try:
        other = open_on(card, processor)
        given = other.run(inputs)
    except ModelError as error:
        logger.warning("%s runs on the CPU: %s", card.name, error)
        return exact
    for name, values in wanted.items():
        room = TOLERANCE * max(float(np.abs(values).max()), 1e-6)
        difference = float(np.abs(given[name] - values).max())
        if not difference <= room:  # a NaN is no agreement either
            logger.warning(
                "%s runs on the CPU: on %s its output %s differs by %g",
                card.name, processor, name, difference,
            )  # fmt: skip
            return exact
    logger.info("%s runs on %s", card.name, processor)
    return other


def sample_inputs(card: ModelCard) -> dict[str, NDArray[np.float32]]:
    """Something to compare processors with: a smooth picture, a plain vector."""
    from core.inference.preprocess import normalize

    inputs: dict[str, NDArray[np.float32]] = {}
    for spec in card.images:
        y, x = np.mgrid[0 : spec.height, 0 : spec.width]
        picture = np.stack([x * 255 // spec.width, y * 255 // spec.height, (x + y) % 256], axis=-1)
        inputs[spec.name] = normalize(picture.astype(np.uint8), spec)
    for vector in card.vectors:
        inputs[vector.name] = np.linspace(0, 1, vector.length, dtype=np.float32)[None]
    return inputs


def open_as_set(card: ModelCard) -> Session:
    """The model on the processor that the settings name."""
    from core.settings import load_settings

    return open_session(card, load_settings().processor)


class SessionPool:
    """Loads each model once, on first use, and hands the same session to every thread."""

    def __init__(self, factory: SessionFactory = open_as_set) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def __call__(self, card: ModelCard) -> Session:
        """The session of that model; loads it if this is the first call.

        A failed load is not remembered, so a restored file works without a restart.
        """
        key = f"{card.directory}/{card.file}:{card.sha256}"
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                logger.info("loading model %s", card.model_id)
                session = self._factory(card)
                self._sessions[key] = session
            return session

    def forget(self) -> None:
        """Load every model anew when it is next used (another processor was chosen)."""
        with self._lock:
            self._sessions.clear()


shared_sessions = SessionPool()
"""The process's sessions; the default everywhere, replaced in tests by any ``SessionFactory``."""
