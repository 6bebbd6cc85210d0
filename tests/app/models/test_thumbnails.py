"""Thumbnails: loaded off the GUI thread, bounded in memory, never an endless wish."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.models.thumbnails import ThumbnailCache
from tests.app.synthetic import thumbnail


class Store:
    """Gives thumbnails by number; some are missing, some damaged."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.threads: set[str] = set()
        self.damaged: set[int] = set()
        self.missing: set[int] = set()

    def get(self, photo_id: int) -> bytes | None:
        self.asked.append(photo_id)
        self.threads.add(threading.current_thread().name)
        if photo_id in self.missing:
            return None
        return b"no picture" if photo_id in self.damaged else thumbnail(photo_id)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def cache(qtbot: QtBot, store: Store) -> Iterator[ThumbnailCache]:
    made = ThumbnailCache(store.get, capacity_mb=2)
    yield made
    made.stop()


def load(qtbot: QtBot, cache: ThumbnailCache, photo_id: int) -> None:
    with qtbot.waitSignal(cache.loaded, check_params_cb=lambda done: done == photo_id):
        cache.get(photo_id)


def test_a_miss_is_loaded_elsewhere_and_told(
    qtbot: QtBot, cache: ThumbnailCache, store: Store
) -> None:
    assert cache.get(7) is None
    load(qtbot, cache, 7)
    pixmap = cache.get(7)
    assert pixmap is not None
    assert max(pixmap.width(), pixmap.height()) == cache.side
    assert store.threads == {"albumen-thumbnails"}


@pytest.mark.parametrize("kind", ["missing", "damaged"])
def test_no_picture_is_asked_for_once(
    qtbot: QtBot, cache: ThumbnailCache, store: Store, kind: str
) -> None:
    getattr(store, kind).add(3)
    load(qtbot, cache, 3)
    assert cache.get(3) is None
    load(qtbot, cache, 4)
    assert store.asked.count(3) == 1


def test_memory_stays_within_the_bound(qtbot: QtBot, cache: ThumbnailCache) -> None:
    """B51."""
    for photo_id in range(40):
        load(qtbot, cache, photo_id)
    assert cache.used_bytes <= 2_000_000
    assert cache.get(39) is not None


def test_another_size_keeps_the_old_picture_until_the_new_one_is_there(
    qtbot: QtBot, cache: ThumbnailCache
) -> None:
    load(qtbot, cache, 1)
    cache.set_side(128)
    old = cache.get(1)
    assert old is not None
    assert old.width() == 256
    with qtbot.waitSignal(cache.loaded):
        cache.get(1)
    new = cache.get(1)
    assert new is not None
    assert new.width() == 128


def test_a_changed_photo_is_loaded_again(qtbot: QtBot, cache: ThumbnailCache, store: Store) -> None:
    load(qtbot, cache, 1)
    cache.invalidate([1])
    load(qtbot, cache, 1)
    assert store.asked.count(1) == 2


def test_a_store_that_fails_does_not_end_the_loader(
    qtbot: QtBot, cache: ThumbnailCache, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    good = store.get
    cache._load = lambda photo_id: 1 / 0 if photo_id == 1 else good(photo_id)  # type: ignore[assignment]
    load(qtbot, cache, 1)
    load(qtbot, cache, 2)
    assert cache.get(1) is None
    assert cache.get(2) is not None
    assert "thumbnail of photo 1" in caplog.text


def test_thumbnails_are_read_while_the_window_ends_connections() -> None:
    """Qt's own reader stopped both threads for good here, within a second or two."""
    code = """
        import faulthandler, threading
        from PySide6.QtCore import QObject, Signal
        from app.models.thumbnails import decode_thumbnail
        from tests.app.synthetic import thumbnail

        class Sender(QObject):
            said = Signal()

        class Listener:
            def hear(self):
                pass

        def read():
            while not done.is_set():
                assert not decode_thumbnail(jpeg, 32).isNull()

        faulthandler.dump_traceback_later(60, exit=True)
        jpeg, done = thumbnail(1), threading.Event()
        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(300):
            senders, listeners = [Sender() for _ in range(50)], [Listener() for _ in range(50)]
            for sender, listener in zip(senders, listeners):
                sender.said.connect(listener.hear)
            del listeners, listener
        done.set()
        reader.join()
    """
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=root, check=True, timeout=120)
