"""Running ONNX graphs: one shared session per model file and process, one thread per call.

The program runs photos side by side, so each session keeps to one thread (intra_op = inter_op = 1):
more would only contend, and results stay bit-equal whatever the number of workers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
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


class OnnxSession:
    """A graph in onnxruntime, on the CPU.

    Raises:
        ModelError: the file is missing, damaged or not a graph, or its outputs are not the card's.
    """

    def __init__(self, card: ModelCard) -> None:
        import onnxruntime

        file = card.graph()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(file) if isinstance(file, Path) else file.read_bytes(),
                sess_options=options,
                providers=["CPUExecutionProvider"],
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
            values = self._session.run(self._outputs, dict(inputs))
        except _onnxruntime_errors() as error:
            raise ModelError(f"The model {self._file} failed: {error}") from error
        return dict(zip(self._outputs, values, strict=True))


def _onnxruntime_errors() -> tuple[type[Exception], ...]:
    """Everything onnxruntime raises; its own classes share no base but ``Exception``."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (kind for kind in vars(state).values() if isinstance(kind, type))
    return (*(kind for kind in own if issubclass(kind, Exception)), RuntimeError, ValueError)


class SessionPool:
    """Loads each model once, on first use, and hands the same session to every thread."""

    def __init__(self, factory: SessionFactory = OnnxSession) -> None:
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


shared_sessions = SessionPool()
"""The process's sessions; the default everywhere, replaced in tests by any ``SessionFactory``."""
