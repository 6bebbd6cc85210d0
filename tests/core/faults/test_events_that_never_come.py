"""Shares that announce nothing: looking again and again finds what is new, and so does asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.files import native_watches
from core.library.library import Library
from tests.core.faults.indexed import watched
from tests.quick import TinyPhotos


class DeafObserver:
    """An observer that is alive and never tells of anything."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.emitters: set[Any] = set()
        self.daemon = True

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def join(self, timeout: float | None = None) -> None:
        pass

    def is_alive(self) -> bool:
        return True

    def schedule(self, _handler: object, path: str, **_options: object) -> Any:
        from types import SimpleNamespace

        told = SimpleNamespace(path=path)
        self.emitters.add(_Emitter(told))
        return told

    def unschedule(self, told: Any) -> None:
        self.emitters = {emitter for emitter in self.emitters if emitter.watch is not told}


class _Emitter:
    def __init__(self, told: Any) -> None:
        self.watch = told

    def is_alive(self) -> bool:
        return True


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_watches.NativeWatches, "_new_observer", lambda self: DeafObserver())


@pytest.mark.usefixtures("deaf")
def test_a_file_that_nobody_announced_is_found_by_the_regular_rescan(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B27, the periodic rescan."""
    album = tmp_path / "album"
    (path,) = tiny.album(album, 1)
    with watched(library, rescan_s=0.3) as home:
        library.writer.add_album(album).result()
        home.until_scored(path)
        new = tiny.save(album / "new.jpg")
        home.until_scored(new)


@pytest.mark.usefixtures("deaf")
def test_a_file_that_nobody_announced_is_found_when_the_user_asks(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B27, the rescan button."""
    album = tmp_path / "album"
    (path,) = tiny.album(album, 1)
    with watched(library, rescan_s=3600) as home:
        library.writer.add_album(album).result()
        home.until_scored(path)
        new = tiny.save(album / "new.jpg")
        home.indexer.rescan()
        home.until_scored(new)


def test_a_polled_folder_shows_new_files(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B27, polling, as on a network share."""
    album = tmp_path / "album"
    (path,) = tiny.album(album, 1)
    with watched(library, native=False, poll_s=0.2, rescan_s=3600) as home:
        library.writer.add_album(album).result()
        home.until_scored(path)
        new = tiny.save(album / "new.jpg")
        home.until_scored(new)
