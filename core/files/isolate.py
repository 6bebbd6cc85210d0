"""Decodes in child processes, so that a crash, an endless loop or a memory bomb costs one file.

Requests and answers go through the child's standard input and output: a length (4 bytes, big
endian), that many bytes of JSON, and, in an answer with a picture, its raw pixels. No pickles: a
decoder taken over by a hostile file must not get to run anything in the program itself.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import json
import logging
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.domain import ImageArray, PhotoMetadata, Picture
from core.errors import (
    PhotoChangedError,
    PhotoTooLargeError,
    UnreadablePhotoError,
    UnsupportedFormatError,
)
from core.files.limits import MAX_PIXELS

log = logging.getLogger(__name__)

DECODER_ARGUMENT = "--decode-photos"
"""A frozen program that is called with this one argument must run `decoder_process.main`."""

TIME_LIMIT_S = 60.0
START_LIMIT_S = 60.0
MEMORY_LIMIT = 2 << 30
DECODES_PER_PROCESS = 500

CRASHED = "the decoder crashed on this file"
ENDLESS = "decoding this file takes too long"
_ERRORS = {
    kind.__name__: kind
    for kind in (
        UnreadablePhotoError,
        UnsupportedFormatError,
        PhotoTooLargeError,
        PhotoChangedError,
    )
}
_INTERRUPTIONS = {-getattr(signal, name, 0) for name in ("SIGTERM", "SIGINT", "SIGHUP")} - {0}


def decoder_command() -> list[str]:
    """How to start a child of this very program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, DECODER_ARGUMENT]
    # -P: the current folder may be full of strangers' files, and must not be imported from.
    return [sys.executable, "-P", "-m", "core.files.decoder_process"]


class ChildEndedError(Exception):
    """The other end of the pipe is closed: that process has ended."""


class DecoderPool:
    """Child processes that decode photos, started when needed and kept for the next one.

    Args:
        command: what to start; by default this program's own decoder.
        time_limit_s: seconds after which a decode is given up and its process ended.
        size: processes at a time; further callers wait.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        time_limit_s: float = TIME_LIMIT_S,
        size: int | None = None,
    ) -> None:
        self._command = list(command or decoder_command())
        self._time_limit_s = time_limit_s
        self._room = threading.BoundedSemaphore(size or max(2, os.cpu_count() or 2))
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False

    def decode(self, path: Path, max_side: int | None = None, exact: bool = True) -> Picture:
        """Like `core.files.decode.decode`, in a child process.

        Raises:
            UnreadablePhotoError: what the decoder said, or that it crashed, or took too long.
        """
        request = {
            "path": os.fspath(path),
            "max_side": max_side,
            "exact": exact,
            "seconds": self._time_limit_s,
        }
        with self._room:
            child = self._take()
            try:
                answer, pixels = child.ask(request, self._time_limit_s)
            except BaseException:
                self._end(child)
                raise
            self._give_back(child)
        return _picture(answer, pixels)

    def close(self) -> None:
        """End all children; decodes under way fail as interrupted."""
        with self._lock:
            self._closed = True
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            child.end()

    def _take(self) -> _Child:
        with self._lock:
            if self._closed:
                raise PhotoChangedError("the program is closing")
            while self._idle:
                child = self._idle.pop()
                if child.alive():
                    self._busy.add(child)
                    return child
                child.end()
        child = _Child(self._command)
        with self._lock:
            self._busy.add(child)
        return child

    def _give_back(self, child: _Child) -> None:
        with self._lock:
            self._busy.discard(child)
            if not self._closed and child.decodes < DECODES_PER_PROCESS:
                self._idle.append(child)
                return
        child.end()

    def _end(self, child: _Child) -> None:
        with self._lock:
            self._busy.discard(child)
        child.end()


@functools.cache
def decoder_pool() -> DecoderPool:
    """The program's own pool; its processes end with the program."""
    pool = DecoderPool()
    atexit.register(pool.close)
    return pool


class _Child:
    """One decoder process and the pipes to it."""

    def __init__(self, command: Sequence[str]) -> None:
        root = str(Path(__file__).resolve().parents[2])
        inherited = os.environ.get("PYTHONPATH")
        self.decodes = 0
        self._ended_by_us = False
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root]),
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        try:
            with self._deadline(START_LIMIT_S):
                read_message(self._from)  # it says when it is ready
        except (ChildEndedError, ValueError) as error:
            self.end()
            raise RuntimeError("the decoder process does not start") from error

    def alive(self) -> bool:
        """True while the process can take a request."""
        return self._process.poll() is None

    def ask(
        self, request: dict[str, Any], time_limit_s: float
    ) -> tuple[dict[str, Any], ImageArray | None]:
        """Sends a request and waits for the answer."""
        self.decodes += 1
        pixels: ImageArray | None = None
        with self._deadline(time_limit_s) as deadline:
            try:
                write_message(self._to, request)
                answer = read_message(self._from)
                if "shape" in answer:
                    pixels = _empty_pixels(answer["shape"])
                    _read_into(self._from, pixels.reshape(-1).data)
            except (ChildEndedError, OSError, ValueError) as error:
                raise self._death(deadline.is_set()) from error
        if deadline.is_set():
            raise UnreadablePhotoError(ENDLESS)
        return answer, pixels

    def end(self) -> None:
        """Ends the process and closes the pipes."""
        self._ended_by_us = True
        self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from):
            with contextlib.suppress(OSError):
                pipe.close()

    def _death(self, too_late: bool) -> UnreadablePhotoError:
        if too_late:
            return UnreadablePhotoError(ENDLESS)
        if self._ended_by_us:
            return PhotoChangedError("the program is closing")
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0  # it talks nonsense instead of dying
        log.warning("a decoder process ended with code %s", code)
        if code == -getattr(signal, "SIGALRM", -1):
            return UnreadablePhotoError(ENDLESS)
        if code in _INTERRUPTIONS:
            return PhotoChangedError("decoding was interrupted")
        return UnreadablePhotoError(CRASHED)

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Any:
        """Kills the process after ``seconds``; yields the event that then is set."""
        passed = threading.Event()

        def kill() -> None:
            passed.set()
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield passed
        finally:
            timer.cancel()


def write_message(
    pipe: IO[bytes], message: dict[str, Any], pixels: ImageArray | None = None
) -> None:
    """Writes one message, and the pixels that belong to it."""
    text = json.dumps(message).encode("ascii")
    _write_all(pipe, memoryview(struct.pack(">I", len(text)) + text))
    if pixels is not None:
        _write_all(pipe, pixels.reshape(-1).data)


def read_message(pipe: IO[bytes]) -> dict[str, Any]:
    """Reads one message (without pixels)."""
    length = bytearray(4)
    _read_into(pipe, memoryview(length))
    count = struct.unpack(">I", length)[0]
    if count > 1 << 20:
        raise ValueError("not a message")
    text = bytearray(count)
    _read_into(pipe, memoryview(text))
    message: dict[str, Any] = json.loads(text)
    return message


def answer_with(picture: Picture) -> dict[str, Any]:
    """The message that goes ahead of a picture's pixels."""
    facts = dataclasses.asdict(picture.metadata)
    taken = picture.metadata.taken_at
    facts["taken_at"] = None if taken is None else taken.isoformat()
    return {"shape": list(picture.pixels.shape[:2]), "metadata": facts}


def _picture(answer: dict[str, Any], pixels: ImageArray | None) -> Picture:
    if "bug" in answer:
        raise RuntimeError(f"in the decoder process: {answer['bug']}")
    if pixels is None:
        raise _ERRORS.get(answer.get("error", ""), UnreadablePhotoError)(str(answer.get("reason")))
    facts = answer["metadata"]
    taken = facts["taken_at"]
    facts["taken_at"] = None if taken is None else datetime.fromisoformat(taken)
    return Picture(pixels, PhotoMetadata(**facts))


def _empty_pixels(shape: Sequence[int]) -> ImageArray:
    height, width = int(shape[0]), int(shape[1])
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise ValueError("not a picture's shape")
    return np.empty((height, width, 3), np.uint8)


def _read_into(pipe: IO[bytes], buffer: memoryview) -> None:
    while buffer:
        count = pipe.readinto(buffer)  # type: ignore[attr-defined]
        if not count:
            raise ChildEndedError
        buffer = buffer[count:]


def _write_all(pipe: IO[bytes], buffer: memoryview) -> None:
    while buffer:
        buffer = buffer[pipe.write(buffer) :]
