"""A decoder that crashes, hangs or eats memory costs that one file, and the next one is read."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.domain import PhotoMetadata, Picture
from core.errors import PhotoChangedError, PhotoTooLargeError, UnreadablePhotoError
from core.files import isolate
from core.files.decode import decode, decode_here
from core.files.isolate import DecoderPool, decoder_command
from core.files.source import open_photo
from tests.photos import quadrants

BAD_DECODER = """
import ctypes, os, sys, time
import numpy as np
from core.domain import PhotoMetadata, Picture
from core.errors import UnsupportedFormatError
from core.files.decoder_process import main

def decode(path, max_side, exact):
    name = path.name
    if name == "crash":
        ctypes.string_at(0)
    if name == "hang":
        while True:
            pass
    if name == "bomb":
        bytearray(16 << 30)
    if name == "quit":
        os._exit(0)
    if name == "print":
        print("noise"), os.write(1, b"noise"), os.system("echo noise")
    if name == "bug":
        raise KeyError("a mistake")
    if name == "refused":
        raise UnsupportedFormatError("this is a test")
    pixels = np.full((3, 4, 3), len(name), np.uint8)
    return Picture(pixels, PhotoMetadata("heic", 4, 3, camera=str(os.getpid())))

sys.exit(main(decode))
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[DecoderPool]:
    script = tmp_path / "decoder.py"
    script.write_text(BAD_DECODER)
    pool = DecoderPool([sys.executable, str(script)], time_limit_s=1.5, size=2)
    yield pool
    pool.close()


def test_crash_costs_one_file(pool: DecoderPool) -> None:
    with pytest.raises(UnreadablePhotoError, match="the decoder crashed on this file"):
        pool.decode(Path("crash"))
    with pytest.raises(UnreadablePhotoError, match="the decoder crashed on this file"):
        pool.decode(Path("quit"))
    assert pool.decode(Path("good")).pixels[0, 0, 0] == 4


def test_endless_loop_is_ended(pool: DecoderPool) -> None:
    with pytest.raises(UnreadablePhotoError, match="takes too long"):
        pool.decode(Path("hang"))
    assert pool.decode(Path("good")).pixels.shape == (3, 4, 3)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits need POSIX")
def test_memory_bomb_is_refused(pool: DecoderPool) -> None:
    with pytest.raises(PhotoTooLargeError, match="memory"):
        pool.decode(Path("bomb"))
    assert pool.decode(Path("good")).pixels.shape == (3, 4, 3)


def test_processes_are_kept_and_shared(pool: DecoderPool) -> None:
    with ThreadPoolExecutor(8) as threads:
        pictures = list(threads.map(lambda i: pool.decode(Path("x" * i)), range(1, 60)))
    assert [int(picture.pixels[0, 0, 0]) for picture in pictures] == list(range(1, 60))
    assert len({picture.metadata.camera for picture in pictures}) <= 2


def test_what_a_codec_prints_does_not_garble_pictures(pool: DecoderPool) -> None:
    assert pool.decode(Path("print")).pixels[0, 0, 0] == 5
    assert pool.decode(Path("print")).pixels[0, 0, 0] == 5


def test_reasons_come_through_and_bugs_stay_bugs(pool: DecoderPool) -> None:
    with pytest.raises(UnreadablePhotoError, match="this is a test"):
        pool.decode(Path("refused"))
    with pytest.raises(RuntimeError, match="a mistake"):
        pool.decode(Path("bug"))


def test_names_that_are_not_text_come_through(pool: DecoderPool) -> None:
    assert pool.decode(Path(os.fsdecode(b"caf\xe9"))).pixels[0, 0, 0] == 4


def test_ending_the_program_interrupts_and_leaves_no_process(pool: DecoderPool) -> None:
    before = {child.pid for child in psutil.Process().children()}
    told: list[BaseException] = []

    def hang() -> None:
        try:
            pool.decode(Path("hang"))
        except UnreadablePhotoError as error:
            told.append(error)

    pool.decode(Path("good"))
    thread = threading.Thread(target=hang)
    thread.start()
    while not pool._busy:
        threading.Event().wait(0.005)
    pool.close()
    thread.join(10)
    assert [type(error) for error in told] == [PhotoChangedError]
    assert {child.pid for child in psutil.Process().children()} <= before
    with pytest.raises(PhotoChangedError):
        pool.decode(Path("good"))


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="needs POSIX signals")
def test_terminated_decoder_is_not_held_against_the_file(pool: DecoderPool) -> None:
    pid = int(pool.decode(Path("good")).metadata.camera or 0)
    timer = threading.Timer(0.2, lambda: os.kill(pid, signal.SIGTERM))
    timer.start()
    with pytest.raises(PhotoChangedError):
        pool.decode(Path("hang"))
    timer.join()


def test_idle_process_that_died_is_replaced(pool: DecoderPool) -> None:
    pid = int(pool.decode(Path("good")).metadata.camera or 0)
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(5)
    assert pool.decode(Path("good")).pixels.shape == (3, 4, 3)


def test_decoder_that_does_not_start_is_a_bug_not_a_bad_photo(tmp_path: Path) -> None:
    pool = DecoderPool([sys.executable, "-c", "pass"])
    with pytest.raises(RuntimeError, match="does not start"):
        pool.decode(tmp_path / "a.heic")
    pool.close()


def test_child_and_program_decode_alike(tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    quadrants().save(path)
    there = decode(path, 60)
    with open_photo(path) as source:
        here = decode_here(source, 60)
    assert np.array_equal(there.pixels, here.pixels)
    assert there.metadata == here.metadata


def test_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert decoder_command() == [sys.executable, isolate.DECODER_ARGUMENT]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_common_formats_stay_in_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def refuse() -> None:
        raise AssertionError("no process is needed for this")

    monkeypatch.setattr("core.files.decode.decoder_pool", refuse)
    quadrants().save(tmp_path / "a", kind)
    assert decode(tmp_path / "a").pixels.shape == (80, 120, 3)


def test_answer_keeps_every_fact() -> None:
    facts = PhotoMetadata("heic", 4, 3, 6, True, None, "exif", "a", "b", 1, 0.5, 2.8, 50.0)
    answer = isolate.answer_with(Picture(np.zeros((3, 4, 3), np.uint8), facts))
    assert isolate._picture(answer, np.zeros((3, 4, 3), np.uint8)).metadata == facts
